"""Rules of size: the length of text and collections, the value of numbers and dates."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Context, Decimal, InvalidOperation
from functools import partial
from operator import eq, ge, gt, le, lt
from typing import Any, Final

from orm.definitions.entity import Kind
from orm.validation.arguments import ArgumentError, Arguments
from orm.validation.judging import ValueRule
from orm.validation.measures import TIME_KINDS, Number, instant, is_number, magnitude, unit

_EXACT: Final = Context(prec=300)
"""Enough for the digits that lie between DynamoDB's greatest number and its least."""

Measure = Callable[[Any], Number | None]


class _Scale:
    """How values of an attribute are measured, and its bounds with them."""

    def __init__(self, arguments: Arguments) -> None:
        self._arguments = arguments
        kind = arguments.target.kind
        dates = all(instant(value) is not None for value in arguments.values)
        # seconds may be bounded by a number, and what has no kind by either
        self.in_time = kind in ("date", "datetime") or (kind in ("timestamp", "any") and dates)
        measured: Kind = kind if kind in TIME_KINDS else "datetime"
        self.of: Measure = partial(instant, kind=measured) if self.in_time else magnitude

    def bound(self, position: int) -> Number:
        """An argument, measured as values are."""
        if not self.in_time:
            return self._arguments.number(position)
        value = self._arguments.values[position]
        found = instant(value, self._arguments.target.kind)
        if found is None:
            raise ArgumentError(f"takes a date, as 2024-02-29, not {value!r}")
        return found

    def told(self, how: str, *shown: object) -> Callable[[Any], str]:
        """`must have at least 3 characters`, `must be at least 3`."""
        amount = " and ".join(map(str, shown))

        def message(value: Any) -> str:
            counted = "" if self.in_time else unit(value)
            if not counted and self.of(value) is None:
                return "has no size that could be compared"
            phrase = f"{how} {amount}".strip()
            return f"must {'have' if counted else 'be'} {phrase}{counted}"

        return message


def _bound(
    name: str, how: str, holds: Callable[[Any, Any], bool], fact: str
) -> Callable[[Arguments], ValueRule]:
    """The rule that a size stands so to its one argument."""

    def build(arguments: Arguments) -> ValueRule:
        arguments.count(1, 1)
        scale = _Scale(arguments)
        of, bound = scale.of, scale.bound(0)

        def accepts(value: Any) -> bool:
            return (size := of(value)) is not None and holds(*_alike(size, bound))

        shown = arguments.values[0]
        return ValueRule(name, accepts, scale.told(how, shown), {fact: shown})

    return build


def _alike(size: Number, bound: Number) -> tuple[Number, Number]:
    """Both as they are written: to a decimal 0.1 is no binary fraction near it."""
    if isinstance(size, Decimal) and isinstance(bound, float):
        return size, Decimal(repr(bound))
    if isinstance(bound, Decimal) and isinstance(size, float):
        return Decimal(repr(size)), bound
    return size, bound


def _holds(compare: Callable[[Any, Any], bool], size: Number, bound: Number) -> bool:
    return compare(*_alike(size, bound))


def build_between(arguments: Arguments) -> ValueRule:
    """From so much to so much, both included."""
    arguments.count(2, 2)
    return _between(arguments, "between")


def _between(arguments: Arguments, name: str) -> ValueRule:
    scale = _Scale(arguments)
    of, least, most = scale.of, scale.bound(0), scale.bound(1)
    if least > most:
        raise ArgumentError(f"takes the smaller bound first, not {least} before {most}")

    def accepts(value: Any) -> bool:
        size = of(value)
        return size is not None and _holds(ge, size, least) and _holds(le, size, most)

    shown = arguments.values
    facts = {"min": shown[0], "max": shown[1], "length": f"{shown[0]} to {shown[1]}"}
    return ValueRule(name, accepts, scale.told("between", *shown), facts)


def build_length(arguments: Arguments) -> ValueRule:
    """Exactly so much, or within two bounds."""
    arguments.count(1, 2)
    if len(arguments.values) == 2:
        return _between(arguments, "length")
    scale = _Scale(arguments)
    of, exact = scale.of, scale.bound(0)
    shown = arguments.values[0]
    told = scale.told("exactly", shown)

    def accepts(value: Any) -> bool:
        size = of(value)
        return size is not None and _holds(eq, size, exact)

    return ValueRule("length", accepts, told, {"length": shown})


def build_multiple_of(arguments: Arguments) -> ValueRule:
    """A number that divides without rest."""
    arguments.count(1, 1)
    shown = arguments.values[0]
    factor = _decimal(arguments.number(0))
    if factor <= 0:
        raise ArgumentError(f"takes a number above 0, not {shown!r}")

    def accepts(value: Any) -> bool:
        return is_number(value) and _divides(value, factor)

    message = f"must be a multiple of {shown}"
    return ValueRule("multiple_of", accepts, message, {"value": shown})


def _divides(value: Number, factor: Decimal) -> bool:
    if isinstance(value, int) and factor == factor.to_integral_value():
        return value % int(factor) == 0
    try:
        return not _EXACT.remainder(_decimal(value), factor)
    except InvalidOperation:  # NaN, an infinity, or a quotient of more digits than are kept
        return False


def _decimal(value: Number) -> Decimal:
    return Decimal(repr(value)) if isinstance(value, float) else Decimal(value)


BUILDERS: Final = {
    "between": build_between,
    "gt": _bound("gt", "more than", gt, "value"),
    "length": build_length,
    "lt": _bound("lt", "less than", lt, "value"),
    "max": _bound("max", "at most", le, "max"),
    "min": _bound("min", "at least", ge, "min"),
    "multiple_of": build_multiple_of,
}
