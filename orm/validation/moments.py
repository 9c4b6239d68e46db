"""Rules of time: before or after a date, now, today or another field."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any, Final

from orm.definitions.entity import Kind
from orm.validation.arguments import ArgumentError, Arguments, nearest
from orm.validation.context import Context
from orm.validation.judging import ContextRule
from orm.validation.measures import TIME_KINDS, instant

_DAY_MICROS: Final = 24 * 60 * 60 * 1_000_000
Moment = Callable[[Context], int | None]


def _moment(arguments: Arguments) -> Moment:
    """The moment that an argument means; None where it is another field's and that has none."""
    said = arguments.values[0]
    if said == "now":
        return lambda context: context.clock.now_micros()
    if said == "today":
        return lambda context: context.clock.now_micros() // _DAY_MICROS * _DAY_MICROS
    fixed = instant(said, _kind_of(arguments.target.kind))
    if fixed is not None:
        return lambda _context: fixed
    return _of_field(arguments, said)


def _of_field(arguments: Arguments, said: object) -> Moment:
    siblings = arguments.target.siblings
    other = arguments.sibling(said) if isinstance(said, str) else None
    if other is None:
        near = nearest(str(said), siblings)
        raise ArgumentError(f"takes a date, now, today or another attribute, not {said!r}{near}")
    kind = _kind_of(siblings[other].kind)
    return lambda context: instant(context.other(other), kind)


def _kind_of(kind: Kind) -> Kind:
    return kind if kind in TIME_KINDS else "datetime"


def build_moment(arguments: Arguments) -> ContextRule:
    """`before` or `after`, as `arguments` is named."""
    arguments.count(1, 1)
    moment, kind = _moment(arguments), _kind_of(arguments.target.kind)
    compare = operator.lt if arguments.name == "before" else operator.gt

    by_clock = arguments.values[0] in ("now", "today")

    def holds(value: Any, context: Context) -> bool:
        if by_clock and context.kept:
            return True  # as it was when it was stored
        own = instant(value, kind)
        if own is None:
            return False
        bound = moment(context)
        return bound is None or compare(own, bound)

    said = str(arguments.values[0])
    return ContextRule(arguments.name, holds, f"must be {arguments.name} {said}", {"date": said})


BUILDERS: Final = {"after": build_moment, "before": build_moment}
