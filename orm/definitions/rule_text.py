"""Rules written as text: `required|min:3|enum:a,b`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from orm.definitions.entity import RuleCall

_PATTERN_NAMES: Final = "regex|matches|pattern"
_SLASHED: Final = re.compile(rf"\s*(?:{_PATTERN_NAMES})\s*:\s*/")
_END_OF_SLASHED: Final = re.compile(r"/([a-z]*)\s*(?:\||$)")


def parse_rules(text: str) -> tuple[RuleCall, ...]:
    """The rules of a text, in its order.

    Rules stand between `|`, arguments behind `:` and between `,`. A pattern is one argument, commas
    and all; one that holds `|` stands between slashes: `regex:/^(a|b)$/i`.
    """
    return tuple(_call(part) for part in _split(text) if part.strip())


def _split(text: str) -> Iterator[str]:
    while text:
        slashed = _SLASHED.match(text)
        end = _end_of_slashed(text, slashed.end()) if slashed else text.find("|")
        end = len(text) if end < 0 else end
        yield text[:end]
        text = text[end + 1 :]


def _end_of_slashed(text: str, start: int) -> int:
    for closing in _END_OF_SLASHED.finditer(text, start):
        before = text[start : closing.start()]
        backslashes = len(before) - len(before.rstrip("\\"))
        if backslashes % 2 == 0:
            return closing.end() - text[closing.start() : closing.end()].count("|")
    return len(text)


def _call(text: str) -> RuleCall:
    name, _, said = text.partition(":")
    name = name.strip()
    if name in _PATTERN_NAMES.split("|"):
        return RuleCall(name, (_pattern(said.strip()),) if said.strip() else ())
    parts = [part.strip() for part in said.split(",")] if said.strip() else []
    return RuleCall(name, tuple(parts))


def _pattern(said: str) -> str:
    body, slash, flags = said[1:].rpartition("/")
    if not said.startswith("/") or not slash or not re.fullmatch("[a-z]*", flags):
        return said
    known = "".join(flag for flag in "ims" if flag in flags)
    body = body.replace("\\/", "/")
    return f"(?{known}){body}" if known else body
