"""The peers of loading: what a user would write without this project, to the same answer.

* `boto_load`: boto3's resource API on the layout that tutorials show (one item an event, fields in
  a map), items made into the same event classes and folded by the same aggregate.
* `SqliteOrders`: the `eventsourcing` package with its SQLite recorder in this process, the same
  fields in its own event classes, folded by its own aggregate.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

import msgspec
from boto3.dynamodb.conditions import Key
from eventsourcing.application import Application
from eventsourcing.domain import Aggregate as PeerAggregate
from eventsourcing.domain import datetime_now_with_tzinfo
from eventsourcing.utils import get_topic

from benchmarks.canned import naive_pk
from benchmarks.orders import EVENTS, Order, history
from eventstore import Decider, Event
from eventstore.aggregate import decider_of
from eventstore.event import event_tag

# --- boto3 -----------------------------------------------------------------------------------

_ORDERS: Decider[Order] = decider_of(Order)
_BY_TAG = {event_tag(cls): cls for cls in EVENTS}


def boto_load(table: Any, events: int) -> Order:
    """The order as boto3's resource reads it."""
    return _ORDERS.fold(Order(), boto_events(table, events))


def boto_events(table: Any, events: int) -> Iterator[Event]:
    """The event objects that boto3's items are made into."""
    for item in _boto_items(table, events):
        yield _BY_TAG[item["type"]](
            **{
                name: int(value) if isinstance(value, Decimal) else value
                for name, value in item["data"].items()
            }
        )


def _boto_items(table: Any, events: int) -> Iterator[dict[str, Any]]:
    query = {"KeyConditionExpression": Key("pk").eq(naive_pk(events)), "ConsistentRead": True}
    while True:
        page = table.query(**query)
        yield from page["Items"]
        if "LastEvaluatedKey" not in page:
            return
        query["ExclusiveStartKey"] = page["LastEvaluatedKey"]


# --- eventsourcing ---------------------------------------------------------------------------


class PeerOrder(PeerAggregate):
    """The order as `eventsourcing` writes aggregates, with explicit event classes."""

    def __init__(self, customer: str, currency: str, channel: str, notes: str | None) -> None:
        self.customer = customer
        self.lines: dict[str, int] = {}
        self.paid_pence = 0
        self.sent_grams = 0

    class OrderOpened(PeerAggregate.Created):
        customer: str
        currency: str
        channel: str
        notes: str | None

    class LineAdded(PeerAggregate.Event):
        line: str
        sku: str
        title: str
        quantity: int
        price_pence: int
        options: list[str]

        def apply(self, aggregate: PeerOrder) -> None:
            aggregate.lines[self.line] = self.quantity * self.price_pence

    class LineRemoved(PeerAggregate.Event):
        line: str
        reason: str
        actor: str
        refunded: bool

        def apply(self, aggregate: PeerOrder) -> None:
            aggregate.lines.pop(self.line, None)

    class PaymentTaken(PeerAggregate.Event):
        payment: str
        method: str
        amount_pence: int
        reference: str
        authorised_by: str | None

        def apply(self, aggregate: PeerOrder) -> None:
            aggregate.paid_pence += self.amount_pence

    class ParcelSent(PeerAggregate.Event):
        parcel: str
        carrier: str
        tracking: str
        weight_grams: int
        lines: list[str]

        def apply(self, aggregate: PeerOrder) -> None:
            aggregate.sent_grams += self.weight_grams


_NAMESPACE = UUID("7d0ed3a1-6f1a-4b5c-8a45-3a6f2e2b6c11")


class SqliteOrders:
    """Orders kept by `eventsourcing` in a SQLite file."""

    def __init__(self, folder: Path) -> None:
        env = {
            "PERSISTENCE_MODULE": "eventsourcing.sqlite",
            "SQLITE_DBNAME": os.fspath(folder / "orders.sqlite"),
        }
        self._application: Application[UUID] = Application(env)

    def write(self, events: int) -> None:
        """Store the first `events` of the history as one order."""
        self._application.events.put(list(self._peer_events(events)))

    def _peer_events(self, events: int) -> Iterator[Any]:
        created = {"originator_topic": get_topic(PeerOrder)}
        for version, event in enumerate(history(events), 1):
            cls = getattr(PeerOrder, type(event).__name__)
            yield cls(
                originator_id=_order_id(events),
                originator_version=version,
                timestamp=datetime_now_with_tzinfo(),
                **(created if version == 1 else {}),
                **msgspec.structs.asdict(event),
            )

    def load(self, events: int) -> PeerOrder:
        """The order, folded from its events."""
        order: PeerOrder = self._application.repository.get(_order_id(events))
        return order

    def close(self) -> None:
        self._application.close()


def _order_id(events: int) -> UUID:
    return uuid5(_NAMESPACE, str(events))


def as_order(peer: PeerOrder) -> Order:
    """The peer's state as ours, to compare."""
    return Order(peer.customer, peer.lines, peer.paid_pence, peer.sent_grams)
