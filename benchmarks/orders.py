"""The domain that is measured: an order of five events, folded into totals and open lines.

Events are of the size that orders, accounts and flights have: some 200 bytes of text and small
numbers each, with a list and a null among them.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from eventstore import Aggregate, Event, applies


class OrderOpened(Event, tag="order-opened"):
    customer: str
    currency: str
    channel: str
    notes: str | None


class LineAdded(Event, tag="line-added"):
    line: str
    sku: str
    title: str
    quantity: int
    price_pence: int
    options: list[str]


class LineRemoved(Event, tag="line-removed"):
    line: str
    reason: str
    actor: str
    refunded: bool


class PaymentTaken(Event, tag="payment-taken"):
    payment: str
    method: str
    amount_pence: int
    reference: str
    authorised_by: str | None


class ParcelSent(Event, tag="parcel-sent"):
    parcel: str
    carrier: str
    tracking: str
    weight_grams: int
    lines: list[str]


class Order(Aggregate, category="ORDER"):
    """What is on an order, and what was paid and sent."""

    customer: str = ""
    lines: dict[str, int] = msgspec.field(default_factory=dict)
    paid_pence: int = 0
    sent_grams: int = 0

    @applies
    def opened(self, event: OrderOpened) -> None:
        self.customer = event.customer

    @applies
    def added(self, event: LineAdded) -> None:
        self.lines[event.line] = event.quantity * event.price_pence

    @applies
    def removed(self, event: LineRemoved) -> None:
        self.lines.pop(event.line, None)

    @applies
    def paid(self, event: PaymentTaken) -> None:
        self.paid_pence += event.amount_pence

    @applies
    def sent(self, event: ParcelSent) -> None:
        self.sent_grams += event.weight_grams


EVENTS: tuple[type[Event], ...] = (OrderOpened, LineAdded, LineRemoved, PaymentTaken, ParcelSent)


def history(count: int) -> list[Event]:
    """The first `count` events of the one order, the same in every process."""
    return [event for event, _ in zip(_events(), range(count), strict=False)]


def _events() -> Iterator[Event]:
    yield OrderOpened("customer-000042", "GBP", "web", None)
    number = 0
    while True:
        number += 1
        yield from _round(number)


def _round(number: int) -> Iterator[Event]:
    """Three lines, one of them removed again, paid and sent."""
    lines = [f"line-{number:06d}-{part}" for part in "abc"]
    for place, line in enumerate(lines):
        yield LineAdded(
            line,
            f"SKU-{number % 997:04d}-{place}",
            f"A thing of some kind, number {number % 89}, in a box of its own",
            1 + (number + place) % 9,
            199 + 7 * (number % 311),
            ["gift wrap", "no plastic"] if number % 4 else [],
        )
    yield LineRemoved(lines[1], "changed their mind about it", f"agent-{number % 13:03d}", True)
    yield PaymentTaken(
        f"payment-{number:08d}",
        "card",
        2_500 + number % 7_919,
        f"ch_{number * 2_654_435_761 % 2**64:020d}",
        None if number % 3 else "3-D secure",
    )
    yield ParcelSent(
        f"parcel-{number:08d}",
        "Northern Parcel and Post",
        f"NPP{number * 40_503 % 10**12:012d}GB",
        250 + number % 1_999,
        [lines[0], lines[2]],
    )
