"""Events and states as text, and what differs between two of them, field by field.

A line that begins with `-` was expected and is not there; one with `+` is there and was not
expected.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from difflib import SequenceMatcher
from itertools import zip_longest
from typing import Any, Final

from eventstore.testing.sameness import fields_of, picture, same

_MISSING: Final = object()


def section(title: str, lines: Iterable[str]) -> str:
    """A title with its lines below; says so where there are none."""
    return "\n".join([title, *(f"    {line}" for line in lines or ("nothing",))])


def event_differences(expected: Sequence[Any], actual: Sequence[Any]) -> list[str]:
    """Expected and actual events in order, those that differ taken apart."""
    matcher = SequenceMatcher(None, _hashed(expected), _hashed(actual), autojunk=False)
    lines: list[str] = []
    for operation, i, j, k, m in matcher.get_opcodes():
        if operation == "equal":
            lines += [f"  {event!r}" for event in actual[k:m]]
        else:
            lines += _replaced(expected[i:j], actual[k:m])
    return lines


def _hashed(events: Sequence[Any]) -> list[Any]:
    """Stand-ins that the matcher can hash: equal where the events are the same."""
    known: list[Any] = []
    for event in events:
        known.append(picture(event))
    return [repr(one) if _unhashable(one) else one for one in known]


def _unhashable(value: Any) -> bool:
    try:
        hash(value)
    except TypeError:
        return True
    return False


def _replaced(expected: Sequence[Any], actual: Sequence[Any]) -> Iterator[str]:
    for one, other in zip_longest(expected, actual, fillvalue=_MISSING):
        if other is not _MISSING and type(one) is type(other):
            yield f"  {type(one).__name__}"
            yield from (f"    {line}" for line in differences(one, other))
        else:
            yield from () if one is _MISSING else (f"- {one!r}",)
            yield from () if other is _MISSING else (f"+ {other!r}",)


def differences(expected: Any, actual: Any) -> list[str]:
    """Two values' fields, those that differ on two lines."""
    before, after = fields_of(expected), fields_of(actual)
    if type(expected) is not type(actual) or before is None or after is None:
        return [f"- {expected!r}", f"+ {actual!r}"]
    return field_differences(before, after)


def field_differences(expected: dict[str, Any], actual: dict[str, Any]) -> list[str]:
    """The lines of two sets of fields."""
    lines: list[str] = []
    for name in expected | actual:
        one, other = expected.get(name, _MISSING), actual.get(name, _MISSING)
        if one is not _MISSING and other is not _MISSING and same(one, other):
            lines.append(f"  {name}={other!r}")
            continue
        lines += [] if one is _MISSING else [f"- {name}={one!r}"]
        lines += [] if other is _MISSING else [f"+ {name}={other!r}"]
    return lines


def changes(before: Any, after: Any) -> list[str]:
    """Only the fields that differ, as `name: old → new`."""
    one, other = fields_of(before), fields_of(after)
    if type(before) is not type(after) or one is None or other is None:
        return [f"{before!r} → {after!r}"]
    return [
        f"{name}: {one.get(name, '(none)')!r} → {other.get(name, '(none)')!r}"
        for name in one | other
        if not same(one.get(name, _MISSING), other.get(name, _MISSING))
    ]
