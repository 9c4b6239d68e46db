"""Escaping: names as they are, wherever they stand.

A name may hold anything. What has a meaning in Markdown or in Mermaid becomes an entity of that
language, so that no name ends a cell, a code span, a string or the diagram.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

_PLAIN_CODE: Final = re.compile(r"[^`|\\\s](?:[^`|\\]*[^`|\\\s])?")
_MARKUP: Final = re.compile(
    r"[\\`*\[\]<>|&$~@]"  # anywhere, `$` and `@` as GitHub reads them
    r"|(?<![^\W_])_|_(?![^\W_])"  # but not within a word
    r"|:(?=\S)|(?<=www)\.|(?<=WWW)\."  # emoji and addresses
    r"|^[#+=-]|(?<=\d)[.)](?=\s|$)|#(?=\s|$)"  # lists and headings
)
_IN_CODE: Final = re.compile(r"[!\"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~]")
_IN_MERMAID: Final = re.compile(r"[\"%&*;<>\\`~]")
_DIRECTION: Final = re.compile(r"(direction)\s+(?=TB|TD|BT|RL|LR)", re.IGNORECASE)
_NO_WORD: Final = re.compile(r"[^A-Za-z0-9_]")
_KEY_WORDS: Final = frozenset({"pk", "fk", "uk"})
_BREAKS: Final = frozenset({"Cc", "Cs", "Zl", "Zp"})


def markdown_text(text: str) -> str:
    """A text in a line or a cell, without any meaning but its own."""
    return _MARKUP.sub(_html_entity, _one_line(text))


def markdown_code(text: str) -> str:
    """A text as code, in a line or a cell; nothing where there is none."""
    text = _one_line(text)
    if not text or _PLAIN_CODE.fullmatch(text):
        return f"`{text}`" if text else ""
    return f"<code>{_IN_CODE.sub(_html_entity, text)}</code>"


def _html_entity(match: re.Match[str]) -> str:
    return f"&#{ord(match[0])};"


def mermaid_text(text: str) -> str:
    """What stands between the quotes of a Mermaid string."""
    escaped = _IN_MERMAID.sub(lambda match: f"#{ord(match[0])};", _one_line(text))
    return _DIRECTION.sub(r"\1#32;", escaped)  # else the line is taken for the statement


class Words:
    """Bare words of Mermaid for names: letters, digits and `_`, no key words, no two alike."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def of(self, name: str) -> str:
        """The word for a name; with a number behind it where another name has the plain one."""
        plain = _NO_WORD.sub("_", name)
        plain = f"_{plain}" if not plain or plain[0].isdigit() else plain
        plain = f"{plain}_" if plain.lower() in _KEY_WORDS else plain
        word, number = plain, 1
        while word.lower() in self._taken:
            number += 1
            word = f"{plain}_{number}"
        self._taken.add(word.lower())
        return word


def _one_line(text: str) -> str:
    """Without line breaks, control characters and lone surrogates, which end what they stand in."""
    return "".join(" " if unicodedata.category(c) in _BREAKS else c for c in text)
