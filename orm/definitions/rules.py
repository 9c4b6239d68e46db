"""Rules: what values must satisfy, however it is written.

    'required|min:3|enum:a,b'                       one text
    ['required', 'min:3']                           a list of names
    [('string', ()), ('min', (3,))]                 a chain of methods and their arguments

All become the same tuple of `RuleCall`s, names in snake_case, in the order in which they stand.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from orm.definitions.entity import RuleCall, Unresolved
from orm.definitions.names import snake_case
from orm.definitions.rule_text import parse_rules
from orm.definitions.section import describe
from orm.definitions.source import Source

SYNONYMS: Final = {
    "alphanumeric": "alpha_num",
    "alpha_numeric": "alpha_num",
    "bool": "boolean",
    "date_time": "datetime",
    "divisible_by": "multiple_of",
    "equals": "in",
    "int": "integer",
    "matches": "regex",
    "min_length": "min",
    "max_length": "max",
    "one_of": "in",
    "pattern": "regex",
    "text": "string",
}
"""Names that say the same as another."""

_SHORT: Final[dict[str, tuple[str, tuple[Any, ...]]]] = {
    "negative": ("lt", (0,)),
    "positive": ("gt", (0,)),
    "time": ("regex", (r"^([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?\Z",)),
}
"""Names that say another with these arguments."""

RULE_HINT: Final = "write 'required|min:3', a list of names or a list of (method, arguments)"

_SPREAD_LISTS: Final = frozenset({"enum", "in", "not_in", "starts_with", "ends_with"})
_NESTED: Final = frozenset({"each", "of"})
_NUMERIC: Final = frozenset(
    [
        "between",
        "decimal",
        "digits",
        "gt",
        "gte",
        "length",
        "lt",
        "lte",
        "max",
        "min",
        "multiple_of",
        "size",
    ]
)
_WHOLE: Final = re.compile(r"[+-]?[0-9]{1,38}")
_BROKEN: Final = re.compile(r"[+-]?[0-9]{0,38}\.[0-9]{1,38}")


class RuleFormError(ValueError):
    """A value that is no rule; the text says why."""


def read_rules(value: Any) -> tuple[RuleCall, ...]:
    """The rules that a text, a list of names or a chain says.

    Raises:
        RuleFormError: it is none of these.
    """
    if value is None or value is msgspec.UNSET or isinstance(value, Unresolved):
        return ()
    if isinstance(value, Source):
        return ()
    if isinstance(value, RuleCall):
        return (value,)
    if isinstance(value, str):
        return tuple(map(_from_text, parse_rules(value)))
    if isinstance(value, Mapping):
        return tuple(_named_entry(name, arguments) for name, arguments in value.items())
    if _is_call(value):
        return (_from_call(value),)
    if isinstance(value, list | tuple):
        return tuple(rule for one in value for rule in read_rules(one))
    raise RuleFormError(f"is {describe(value)}, which is no rule")


def _is_call(value: Any) -> bool:
    """Whether this is `("min", (3,))`, as against a list of names."""
    return (
        isinstance(value, list | tuple)
        and len(value) == 2
        and isinstance(value[0], str)
        and not isinstance(value[1], str | RuleCall)
    )


def _from_call(value: Any) -> RuleCall:
    name, arguments = value
    return rule_call(name, arguments if isinstance(arguments, list | tuple) else (arguments,))


def _named_entry(name: Any, value: Any) -> RuleCall:
    if not isinstance(name, str):
        raise RuleFormError(f"has the key {name!r}, which is no name of a rule")
    arguments = () if value is True else value if isinstance(value, list | tuple) else (value,)
    return rule_call(name, arguments)


def rule_call(name: str, arguments: list[Any] | tuple[Any, ...]) -> RuleCall:
    """One rule, its name as all call it and its arguments as values."""
    name = snake_case(name)
    name = SYNONYMS.get(name, name)
    if name in _SHORT and not arguments:
        return RuleCall(*_SHORT[name])
    values = tuple(_argument(one) for one in arguments)
    if name in _SPREAD_LISTS and len(values) == 1 and isinstance(values[0], list):
        values = tuple(values[0])
    if name in _NESTED and len(values) == 1 and isinstance(values[0], tuple):
        values = values[0]  # `array().of(string().min(1))`: the inner chain's rules
    return RuleCall(name, values)


def _argument(value: Any) -> Any:
    if isinstance(value, Source):
        return value.unresolved()
    if isinstance(value, re.Pattern):
        return _with_flags(value)
    if isinstance(value, Mapping):
        return {key: _argument(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_argument(one) for one in value]
    if isinstance(value, tuple):  # a chain inside a chain: `array().of(string().min(1))`
        return tuple(_from_call(one) if _is_call(one) else _argument(one) for one in value)
    return value


def _with_flags(pattern: re.Pattern[Any]) -> str:
    letters = "".join(
        letter
        for flag, letter in ((re.A, "a"), (re.I, "i"), (re.M, "m"), (re.S, "s"), (re.X, "x"))
        if pattern.flags & flag
    )
    return f"(?{letters}){pattern.pattern}" if letters else str(pattern.pattern)


def _from_text(said: RuleCall) -> RuleCall:
    name = snake_case(said.name)
    name = SYNONYMS.get(name, name)
    if not name:
        raise RuleFormError(f"holds a rule that has no name, with {said.arguments!r}")
    if name in _SHORT and not said.arguments:
        return RuleCall(*_SHORT[name])
    values = (_number(one) if name in _NUMERIC else one for one in said.arguments)
    return RuleCall(name, tuple(values))


def _number(text: str) -> Any:
    if _WHOLE.fullmatch(text):
        return int(text)
    return float(text) if _BROKEN.fullmatch(text) else text
