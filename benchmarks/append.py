"""Append of one event through the public API against a bare `put_item` of the same bytes.

Ours makes the event into bytes, names, hashes and dates the commit, builds its keys and reads the
answer. boto3's client is handed the finished item, with the same condition, and sends it.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from benchmarks.canned import EPOCH
from benchmarks.measure import ROUNDS_MIN, Measured, measure
from benchmarks.orders import history
from benchmarks.replay_server import ReplayServer
from benchmarks.stacks import boto_client, event_store, transport
from eventstore import StreamId, Token
from orm.requests import Item

OURS: Final = "EventStore.append"
STOCK: Final = "EventStore.append, stock transport"
PEER: Final = "boto3 client.put_item"

PLACE: Final = Token(StreamId("ORDER", "6f1c2a"), 41, 41, EPOCH)
EVENT: Final = history(2)[1]


def sent_item(server: ReplayServer) -> dict[str, Any]:
    """The parameters of the put that one append sends, as boto3 takes them."""
    store = event_store(transport(server))
    server.received()
    store.append(PLACE.stream, [EVENT], expected=PLACE)
    request = msgspec.json.decode(server.received().last_body, type=_Put)
    parameters: dict[str, Any] = msgspec.to_builtins(request, builtin_types=(bytes,))
    return parameters


class _Put(msgspec.Struct, rename="pascal"):
    """What an append sends; binary values read as bytes."""

    table_name: str
    item: Item
    condition_expression: str
    expression_attribute_names: dict[str, str]
    return_values_on_condition_check_failure: str
    return_consumed_capacity: str


def boto_put(server: ReplayServer) -> Any:
    """boto3's `put_item`, as it comes."""
    return boto_client(server).put_item


def check(server: ReplayServer) -> None:
    """Both send the same parameters and get an answer of the same meaning."""
    parameters = sent_item(server)
    answer = boto_put(server)(**parameters)
    assert answer["ConsumedCapacity"]["CapacityUnits"] == 1.0
    theirs = msgspec.json.decode(server.received().last_body)
    assert theirs == msgspec.json.decode(msgspec.json.encode(parameters))


def run(server: ReplayServer, rounds: int = ROUNDS_MIN) -> Measured:
    """Time all three."""
    lean, stock = (event_store(transport(server, stock=stock)) for stock in (False, True))
    bare, parameters = boto_put(server), sent_item(server)
    return measure(
        {
            OURS: lambda: lean.append(PLACE.stream, [EVENT], expected=PLACE),
            STOCK: lambda: stock.append(PLACE.stream, [EVENT], expected=PLACE),
            PEER: lambda: bare(**parameters),
        },
        rounds,
    )
