"""Explaining: what a query will send, and what that costs, before it is sent.

print(Post.where(user_id="7").filter(status="open").explain())

Post: 1 reading
1. index GSI1, least first
   key     gsi1pk = "POST#7" AND begins_with(gsi1sk, "POST#")
   filter  status = "open"   (rows that it leaves out are read and paid for)
   units   ½ × ⌈rows × bytes ÷ 4096⌉, at least ½
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import msgspec

from orm.capacity import CLAIM_FORMULA, claim_units, formula, read_units
from orm.codec import from_wire
from orm.records.queries.compiling import Asked, Reader, readers
from orm.records.queries.requesting import request, request_of_one
from orm.records.relating.resolver import Having, Wanted
from orm.requests import Item, Query

if TYPE_CHECKING:
    from orm.records.repository import Repository

_PLACEHOLDER = re.compile(r"[#:][A-Za-z]+[0-9]+")


class ReadingPlan(msgspec.Struct, frozen=True, kw_only=True):
    """One reading of a query.

    Args:
        index: the name of the index; empty for the table itself.
        key: the key condition, in the table's own names.
        filter: what else is demanded of what is read; empty where nothing is.
        consistent: whether every write before is seen.
        forward: whether the least sort key comes first.
        claim: whether it looks up the claim of a unique value, and then the row that has it.
        whole: whether the key is given whole, so that one row is found at the most.
    """

    index: str
    key: str
    filter: str
    consistent: bool
    forward: bool
    claim: bool
    whole: bool

    def units(self, rows: float, item_bytes: float) -> float:
        """Read capacity units, where it reads so many rows of this mean size."""
        if self.claim:
            return claim_units(rows, item_bytes)
        return read_units(rows, item_bytes, consistent=self.consistent)

    @property
    def formula(self) -> str:
        """What `units` computes, to be read."""
        if self.claim:
            return CLAIM_FORMULA
        return formula(consistent=self.consistent, one=self.whole)

    def __str__(self) -> str:
        where = "claim, then the row" if self.claim else self._where()
        lines = [where, f"   key     {self.key}"]
        if self.filter:
            note = "(rows that it leaves out are read and paid for)"
            lines.append(f"   filter  {self.filter}   {note}")
        lines.append(f"   units   {self.formula}")
        return "\n".join(lines)

    def _where(self) -> str:
        place = f"index {self.index}" if self.index else "the table"
        read = "consistently, " if self.consistent else ""
        return f"{place}, {read}{'least' if self.forward else 'greatest'} first"


class Explanation(msgspec.Struct, frozen=True, kw_only=True):
    """What a query will send.

    Args:
        entity: whose rows it finds.
        readings: the readings, which are merged where there are several.
        after: what is read for the rows that these find, in words.
    """

    entity: str
    readings: tuple[ReadingPlan, ...]
    after: tuple[str, ...] = ()

    def units(self, rows: float, item_bytes: float) -> float:
        """Read capacity units, where each reading finds so many rows of this mean size; what is
        read of relations is not among them."""
        return sum(reading.units(rows, item_bytes) for reading in self.readings)

    def __str__(self) -> str:
        count = len(self.readings)
        head = f"{self.entity}: {count} reading{'s' * (count != 1)}"
        told = [f"{number}. {reading}" for number, reading in enumerate(self.readings, 1)]
        return "\n".join([head, *told, *(f"then {line}" for line in self.after)])


def explained(repository: Repository[Any], asked: Asked) -> Explanation:
    """What a query will send.

    Raises:
        NoIndexError: only a scan could answer; names the pattern to declare.
        ConfigurationError: it names no attribute, or asks what no single reading can.
    """
    said = [clause for group in (*asked.groups, asked.filters) for clause in group]
    secret = any(clause.attribute in repository.hidden for clause in said)
    return Explanation(
        entity=repository.definition.name,
        readings=tuple(
            _reading(repository, one, secret=secret) for one in readers(repository, asked)
        ),
        after=(*map(_demand, asked.having), *map(_load, asked.eager), *map(_count, asked.counted)),
    )


def _reading(repository: Repository[Any], reader: Reader, *, secret: bool) -> ReadingPlan:
    if reader.claim is not None:
        return _lookup(repository, reader, reader.claim.key, secret=secret)
    sent, path = request(repository, reader, None, None), reader.keys.path
    return ReadingPlan(
        index=sent.index_name or "",
        key=_text(sent.key_condition_expression, sent, secret=secret),
        filter=_text(sent.filter_expression or "", sent, secret=secret),
        consistent=sent.consistent_read,
        forward=reader.forward,
        claim=False,
        whole=reader.position >= len(path.sort),
    )


def _lookup(
    repository: Repository[Any], reader: Reader, claim: Item, *, secret: bool
) -> ReadingPlan:
    sent = request_of_one(repository, reader, claim)
    return ReadingPlan(
        index="",
        key=_text(sent.key_condition_expression, sent, secret=secret),
        filter=_text(sent.filter_expression or "", sent, secret=secret),
        consistent=True,
        forward=True,
        claim=True,
        whole=True,
    )


def _text(expression: str, sent: Query[Any], *, secret: bool) -> str:
    """An expression with its names and values in their places; values that may be hidden are not
    said."""
    names: Mapping[str, str] = sent.expression_attribute_names or {}
    values = sent.expression_attribute_values or {}

    def said(match: re.Match[str]) -> str:
        if match[0] in names:
            return names[match[0]]
        return "…" if secret else _value(from_wire(values[match[0]]))

    return _PLACEHOLDER.sub(said, expression)


def _value(value: Any) -> str:
    return f'"{value}"' if isinstance(value, str) else repr(value)


def _demand(demand: Having) -> str:
    return (
        f"of each row its {demand.relation}, to leave out those without {demand.operator} "
        f"{demand.count}"
    )


def _load(wanted: Wanted) -> str:
    return f"{wanted} of all rows"


def _count(wanted: Wanted) -> str:
    return f"{wanted} of all rows, to count them"
