"""The rule `regex`: patterns that are judged first, and text that is bounded by the judgement."""

from __future__ import annotations

import re
from typing import Any, Final

from orm.validation.ambiguity import PatternError, degree
from orm.validation.arguments import ArgumentError, Arguments
from orm.validation.judging import ValueRule

STEPS_MAX: Final = 10_000_000  # some tenths of a second of matching
CHARACTERS_MAX: Final = 100_000
_DEGREE_MAX: Final = 3
_CLASS_OR_DOLLAR: Final = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\$", re.DOTALL)


def characters_max(power: int) -> int:
    """The longest text on which a pattern of this degree takes no more than `STEPS_MAX` steps."""
    return min(CHARACTERS_MAX, int(STEPS_MAX ** (1 / power)) if power else CHARACTERS_MAX)


def close_ends(pattern: str) -> str:
    """The pattern with `$` as the very end; Python's also matches before a last line break."""
    return _CLASS_OR_DOLLAR.sub(lambda found: r"\Z" if found[0] == "$" else found[0], pattern)


def build_regex(arguments: Arguments) -> ValueRule:
    """Text in which a pattern is found."""
    arguments.count(1, 1)
    pattern = arguments.text(0)
    try:
        power = degree(pattern)
    except PatternError as error:
        raise ArgumentError(f"has {pattern!r}, which {error}") from error
    if power > _DEGREE_MAX:
        raise ArgumentError(f"has {pattern!r}, whose time grows with the text's length to {power}")
    return _regex(pattern, characters_max(power))


def _regex(pattern: str, longest: int) -> ValueRule:
    multiline = re.compile(pattern).flags & re.MULTILINE
    search = re.compile(pattern if multiline else close_ends(pattern)).search

    def accepts(value: Any) -> bool:
        return isinstance(value, str) and len(value) <= longest and search(value) is not None

    def message(value: Any) -> str:
        if isinstance(value, str) and len(value) > longest:
            return f"must have at most {longest:,} characters to be matched with {pattern}"
        return f"must match {pattern}"

    return ValueRule("regex", accepts, message, {"pattern": pattern})


BUILDERS: Final = {"regex": build_regex}
