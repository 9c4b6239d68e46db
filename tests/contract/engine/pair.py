"""Two engines side by side: every request goes to both, and the answers must be the same.

Compared are whole bodies, consumed capacity included, and for errors the code and the fields;
never the wording of a message. What cannot be the same is put aside: times, ARNs and identifiers,
the order of what has none, and differences that `orm.memory.divergences` lists, by their names.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator
from typing import Any

from orm.driver import Transport
from orm.driver.transport import ServiceError
from orm.memory.divergences import DIVERGENCES
from orm.memory.numbers import canonical_number

Params = dict[str, Any]
Outcome = tuple[str, Any]

UNLIKE = frozenset(
    {
        "CreationDateTime",
        "CreationRequestDateTime",
        "IndexArn",
        "LastDecreaseDateTime",
        "LastIncreaseDateTime",
        "LastUpdateToPayPerRequestDateTime",
        "LatestStreamArn",
        "LatestStreamLabel",
        "Message",
        "StreamArn",
        "StreamLabel",
        "TableArn",
        # creating
        "ProvisionedThroughput",
        "TableId",
        "TableStatus",
        # index-sizes
        "IndexSizeBytes",
        # transaction-units
        "ReadCapacityUnits",
        "WriteCapacityUnits",
    }
)
UNORDERED = frozenset({"SS", "NS", "BS", "ConsumedCapacity", "GlobalSecondaryIndexes"})
UNITS_DIFFER = frozenset({"batch-get-miss", "delete-of-nothing", "transaction-units"})
KNOWN = frozenset(divergence.name for divergence in DIVERGENCES)


class Pair:
    """The engine under test and the one it is measured by."""

    def __init__(self, memory: Transport, local: Transport) -> None:
        self.memory, self.local = memory, local

    def same(self, operation: str, params: Params, aside: Collection[str] = ()) -> Outcome:
        """Ask both, insist on one answer, and return it.

        Args:
            aside: names of divergences that this request meets and whose traces are left out.
        """
        assert KNOWN.issuperset(aside)
        outcomes = self.both(operation, params)
        ours, theirs = (comparable(_without(one, operation, params, aside)) for one in outcomes)
        assert ours == theirs, difference((operation, params), ours, theirs)
        return outcomes[0]

    def both(self, operation: str, params: Params) -> tuple[Outcome, Outcome]:
        """Ask both and return both answers."""
        return outcome(self.memory, operation, params), outcome(self.local, operation, params)


def outcome(transport: Transport, operation: str, params: Params) -> Outcome:
    """Return `("ok", body)` or `(error code, fields)`."""
    try:
        return "ok", json.loads(transport.call(operation, params))
    except ServiceError as error:
        return error.code, error.fields


def comparable(value: Any) -> Any:
    """Return a form in which two right answers are equal."""
    if isinstance(value, dict):
        return {name: _member(name, inner) for name, inner in value.items() if name not in UNLIKE}
    if isinstance(value, list | tuple):
        return [comparable(inner) for inner in value]
    return value


def unordered(items: list[Any]) -> list[Any]:
    """Return items in an order of their own, for answers that have none."""
    by_text: Callable[[Any], str] = lambda item: json.dumps(item, sort_keys=True)  # noqa: E731
    return sorted((comparable(item) for item in items), key=by_text)


def respelled(value: Any) -> Any:
    """Return the value with every number in the memory engine's spelling."""
    if isinstance(value, dict):
        inside = {name: respelled(inner) for name, inner in value.items()}
        if isinstance(value.get("N"), str):
            inside["N"] = canonical_number(value["N"])
        return inside
    return [respelled(inner) for inner in value] if isinstance(value, list) else value


def difference(asked: object, ours: Any, theirs: Any) -> str:
    """Say what was asked and where the answers differ."""
    places = "".join(_differences(ours, theirs, "answer"))
    return f"\n{asked}{places}"


def _differences(ours: Any, theirs: Any, place: str) -> Iterator[str]:
    if isinstance(ours, dict) and isinstance(theirs, dict):
        for name in sorted(ours.keys() | theirs.keys()):
            yield from _differences(ours.get(name), theirs.get(name), f"{place}.{name}")
    elif isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        for at, (one, other) in enumerate(zip(ours, theirs, strict=True)):
            yield from _differences(one, other, f"{place}[{at}]")
    elif ours != theirs:
        yield f"\n{place}\n  memory: {ours}\n  local:  {theirs}"


def _member(name: str, inner: Any) -> Any:
    if name in UNORDERED and isinstance(inner, list):
        return unordered(inner)
    if name == "Responses" and isinstance(inner, dict):
        return {table: unordered(items) for table, items in inner.items()}
    return comparable(inner)


def _without(one: Outcome, operation: str, params: Params, aside: Collection[str]) -> Outcome:
    code, body = one
    if operation == "UpdateItem" or "numbers-below" in aside:
        body = respelled(body)
    if code != "ok" or not isinstance(body, dict):
        return code, body
    body = dict(body)
    reads_nothing = operation in ("Query", "Scan") and body.get("ScannedCount") == 0
    unasked = params.get("ReturnConsumedCapacity", "NONE") == "NONE"  # delete-of-nothing
    if reads_nothing or unasked or UNITS_DIFFER & set(aside):
        body.pop("ConsumedCapacity", None)
    if {"order-of-ties", "order-of-scan"} & set(aside) and "Items" in body:
        body["Items"] = unordered(body["Items"])
    return code, body
