"""Plans: what a query asks, turned into one key condition, or refused.

A path with partition fields H and sort fields S1…Sk answers a question with equalities X and at
most one range iff H ⊆ X, the rest of X is exactly the first j sort fields, and the range is on the
next one. The table's own key is tried first (it can be read consistently), then the indexes in the
order of the class. Nothing is answered by a filter behind the user's back.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from orm.definitions.paths import KeyPath
from orm.errors import ConfigurationError, NoIndexError
from orm.expressions import Condition, Placeholders, all_of, begins_with, between, equals
from orm.keys import GREATEST, LEAST, check_key_size
from orm.limits import PARTITION_KEY_BYTES_MAX, SORT_KEY_BYTES_MAX
from orm.models.layout import Layout
from orm.models.native_keys import NativeKeys
from orm.models.path_keys import PathKeys, index_name
from orm.requests import Item


class Range(msgspec.Struct, frozen=True):
    """A range over one field: from `low` to `high`, both included, or texts that begin alike.

    One that is `open` is asked without its one bound. Keys of native indexes say so; texts include
    their bounds, and the row at it has to be left out by a filter.
    """

    field: str
    low: Any = None
    high: Any = None
    beginning: str | None = None
    open: bool = False


class Question(msgspec.Struct, frozen=True):
    """What a query asks.

    Args:
        equal: field → value.
        range: a range over one more field.
        order: the field to sort by; None leaves the path's own order.
        descending: whether the greatest comes first; None leaves the path's own order.
        consistent: whether every write before the read must be seen.
    """

    equal: Mapping[str, Any] = {}
    range: Range | None = None
    order: str | None = None
    descending: bool | None = None
    consistent: bool = False

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields it names, in the order in which an index for it would have them."""
        ranged = [self.range.field] if self.range else []
        ordered = [self.order] if self.order else []
        return tuple(dict.fromkeys([*self.equal, *ranged, *ordered]))


class Plan(msgspec.Struct, frozen=True):
    """How a query is answered.

    Attributes:
        index: the index's name; None for the table itself.
        key_condition: the condition as it is sent, made of placeholders.
        names: what the name placeholders stand for.
        values: what the value placeholders stand for.
        forward: whether it is read in ascending order of the sort key.
        consistent: whether it is read consistently.
    """

    index: str | None
    key_condition: str
    names: dict[str, str]
    values: Item
    forward: bool
    consistent: bool

    def __str__(self) -> str:
        where = f"index {self.index}" if self.index else "the table"
        order = "ascending" if self.forward else "descending"
        reading = ", consistently" if self.consistent else ""
        return f"query {where}, {order}{reading}: {self._spelled()}"

    def _spelled(self) -> str:
        """The condition with what the placeholders stand for; to be read, never to be sent."""
        words = self.names | {name: repr(v.get("S")) for name, v in self.values.items()}
        return _PLACEHOLDER.sub(lambda match: words[match[0]], self.key_condition)


_PLACEHOLDER: Final = re.compile(r"[#:][nv]\d+")


def plan(layout: Layout[Any], question: Question) -> Plan:
    """The plan that answers `question`.

    Raises:
        NoIndexError: only a scan could.
        ConfigurationError: it names no field, or asks an index to be consistent.
        InvalidKeyError: a value of another type than its field's.
    """
    _check_names(layout, question)
    for keys in layout.paths:
        if (position := _position(keys.path, question)) is not None:
            return _planned(layout, keys, position, question)
    raise NoIndexError(
        layout.model.__name__, question.fields, [str(keys.path) for keys in layout.paths]
    )


def _check_names(layout: Layout[Any], question: Question) -> None:
    for name in question.fields:
        if name not in layout.fields:
            raise ConfigurationError(
                layout.model.__name__,
                f"has no field {name!r}; it has {', '.join(layout.fields)}",
            )
    if question.range and question.range.field in question.equal:
        raise ConfigurationError(layout.model.__name__, f"{question.range.field!r} is asked twice")


def _position(path: KeyPath, question: Question) -> int | None:
    """The number of sort attributes given by equality, where the path answers the question."""
    if path.is_single:
        exact = question.equal.keys() == set(path.hash) and question.range is None
        return len(path.sort) if exact and question.order in (None, *path.hash) else None
    rest = question.equal.keys() - set(path.hash)
    count = len(rest)
    if len(question.equal) - count < len(path.hash) or set(path.sort[:count]) != rest:
        return None
    following = path.sort[count : count + 1]
    asked = {question.range.field} if question.range else set()
    if question.order is not None and question.order not in question.equal:
        asked.add(question.order)
    return count if asked <= set(following) else None


def _planned(
    layout: Layout[Any], keys: PathKeys | NativeKeys, position: int, question: Question
) -> Plan:
    index = index_name(keys.path, layout.config)
    if index is not None and question.consistent:
        raise ConfigurationError(
            "consistent",
            f"{layout.model.__name__} answers this through index {index}, which DynamoDB reads "
            "eventually consistently only",
        )
    placeholders = Placeholders()
    condition = key_condition(layout, keys, position, question)
    text = condition.render(placeholders)
    return Plan(
        index=index,
        key_condition=text,
        names=placeholders.names or {},
        values=placeholders.values or {},
        forward=_forward(keys.path, position, question),
        consistent=question.consistent,
    )


def _forward(path: KeyPath, position: int, question: Question) -> bool:
    descends = position < len(path.sort) and path.descends(position)
    if question.descending is None:
        return not descends if question.order else True
    return question.descending == descends


def key_condition(
    layout: Layout[Any],
    keys: PathKeys | NativeKeys,
    position: int,
    question: Question,
    shard: int = 0,
) -> Condition:
    """What the keys of a path must satisfy, `position` attributes of its sort key being given.

    Raises:
        ConfigurationError, InvalidKeyError: see `plan`.
        KeyTooLargeError: it asks for a key longer than any that DynamoDB has.
    """
    if isinstance(keys, NativeKeys):
        return keys.condition(question, position)
    pk, sk = keys.names
    text = keys.partition(question.equal, shard)
    check_key_size(pk, text, PARTITION_KEY_BYTES_MAX)
    return all_of(equals(pk, text), _sort_condition(layout, keys, position, question, sk))


def _sort_condition(
    layout: Layout[Any], keys: PathKeys, position: int, question: Question, sk: str
) -> Condition:
    if position == len(keys.path.sort):
        return equals(sk, _sized(sk, keys.order(question.equal)))
    given = keys.beginning(question.equal, position)
    if question.range is None:
        # a given template may begin with an attribute, and then there is nothing to begin with
        if not given:
            return between(sk, LEAST, GREATEST)
        return begins_with(sk, _sized(sk, layout.keys.prefix(*given)))
    if question.range.beginning is not None:
        text = _beginning(layout, keys, position, question.range, given)
        return begins_with(sk, _sized(sk, text))
    return _between(layout, keys, position, question.range, given, sk)


def _beginning(
    layout: Layout[Any], keys: PathKeys, position: int, asked: Range, given: list[str]
) -> str:
    if not layout.is_text(asked.field) or keys.path.descends(position):
        raise ConfigurationError(
            layout.model.__name__,
            f"where_begins_with needs an ascending str field, {asked.field!r} is none",
        )
    return layout.keys.join(*given, asked.beginning or "")


def _between(
    layout: Layout[Any],
    path: PathKeys,
    position: int,
    asked: Range,
    given: list[str],
    sk: str,
) -> Condition:
    keys = layout.keys
    bounds = [asked.low, asked.high]
    if path.path.descends(position):
        bounds.reverse()
    first, last = (None if bound is None else path.sort_part(position, bound) for bound in bounds)
    low, high = LEAST, GREATEST
    if first is not None or given:
        low = keys.prefix(*given) if first is None else keys.join(*given, first)
    if last is not None or given:
        high = keys.after_prefix(*given, *([] if last is None else [last]))
    return between(sk, _sized(sk, low), _sized(sk, high))


def _sized(sk: str, text: str) -> str:
    """A text that a sort key is compared with, which DynamoDB refuses as it does such a key."""
    check_key_size(sk, text, SORT_KEY_BYTES_MAX)
    return text
