"""Regular expressions: JavaScript's as Python's, where one says the same."""

from __future__ import annotations

import re
import warnings
from typing import Final

_FLAGS: Final = {"i": "i", "m": "m", "s": "s", "g": "", "u": "", "y": "", "d": ""}
_CLASSES: Final = {
    "d": "0-9",
    "w": "A-Za-z0-9_",
    "s": r"\t\n\v\f\r \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff",
}
_TOKEN: Final = re.compile(
    r"\\u\{[0-9A-Fa-f]+\}|\\u[0-9A-Fa-f]{4}|\\x[0-9A-Fa-f]{2}|\\k<\w+>|\\[\s\S]"
    r"|\(\?<(?![=!])|\[\^?|[\s\S]"
)
_FOREIGN: Final = frozenset("pPcAZGQEUNCLz")


def to_python(pattern: str, flags: str) -> str | None:
    """The pattern for Python's `re`, flags inside; None where Python cannot say it."""
    if any(flag not in _FLAGS for flag in flags):
        return None
    letters = "".join(sorted({_FLAGS[flag] for flag in flags} - {""}))
    if pattern.isascii() and "u" not in flags and ("i" in flags or "\\b" in pattern.lower()):
        letters = f"a{letters}"  # JavaScript's `i` and `\b` then know no letters beyond ASCII
    try:
        body = _translate(pattern, multiline="m" in flags)
        found = f"(?{letters}){body}" if letters else body
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            re.compile(found)
    except (re.error, ValueError, OverflowError, RecursionError, Warning):
        return None
    return found


def _translate(pattern: str, multiline: bool) -> str:
    parts: list[str] = []
    inside = False
    for token in _TOKEN.findall(pattern):
        if inside:
            parts.append(_in_class(token))
            inside = token != "]"
        elif token.startswith("["):
            inside = True
            parts.append(token)
        else:
            parts.append(_outside(token, multiline))
    return "".join(parts).replace("[^]", r"[\s\S]").replace("[]", r"(?!)")


def _in_class(token: str) -> str:
    if token == "\\b":
        return token
    if token.startswith("["):  # JavaScript's `[` in a class is a plain character
        return "".join("\\" + one if one in "[^" else one for one in token)
    if token in ("&", "~", "|"):
        return "\\" + token
    return _escape(token, inside=True) if token.startswith("\\") else token


def _outside(token: str, multiline: bool) -> str:
    if token == "(?<":
        return "(?P<"
    if token == "$" and not multiline:  # Python's would also match before a last newline
        return r"\Z"
    if token.startswith("\\k<"):
        return f"(?P={token[3:-1]})"
    return _escape(token, inside=False) if token.startswith("\\") else token


def _escape(token: str, inside: bool) -> str:
    letter = token[1]
    if letter in _CLASSES:  # Python's also match beyond ASCII
        return _CLASSES[letter] if inside else f"[{_CLASSES[letter]}]"
    if letter.lower() in _CLASSES:
        if inside:
            raise ValueError(token)
        return f"[^{_CLASSES[letter.lower()]}]"
    if letter in _FOREIGN:
        raise ValueError(token)
    if token.startswith("\\u{"):
        return re.escape(chr(int(token[3:-1], 16)))
    if (len(token) == 2 and letter in "/-") or not letter.isalnum():
        return re.escape(letter)
    return token
