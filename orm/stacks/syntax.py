"""Syntax: a TypeScript file as a tree, with places for errors.

Only this module knows tree-sitter. Its tree is whole for any text: what is no TypeScript stands in
it as nodes of error, and whoever reads a node asks `check` first.
"""

from __future__ import annotations

import functools
import importlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from orm.stacks.errors import (
    TEXT_LENGTH_MAX,
    Place,
    StacksExtraError,
    StacksSyntaxError,
    UnreadableFileError,
)

SIZE_BYTES_MAX: Final = 4 * 1024 * 1024
FUNCTIONS: Final = frozenset(
    {
        "arrow_function",
        "function_expression",
        "generator_function",
        "function_declaration",
        "generator_function_declaration",
        "method_definition",
    }
)
WRAPPERS: Final = frozenset(
    {"as_expression", "satisfies_expression", "non_null_expression", "parenthesized_expression"}
)
_ESCAPE: Final = re.compile(
    r"\\(?:u\{([0-9A-Fa-f]{1,8})\}|u([0-9A-Fa-f]{4})|x([0-9A-Fa-f]{2})|(\r\n|[\s\S]))"
)
_NO_COMMA: Final = re.compile(
    rb"""[\w'"`\])}][ \t]*(?://[^\n]*)?\r?\n\s*(?:[\w$]+|'[^'\n]*'|"[^"\n]*")\s*:"""
)
"""The end of a value, and on a later line the name of an entry."""
_NEXT_LINE: Final = re.compile(rb"[^\n]*\n\s*[^\n]*")
_SINGLE: Final = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "v": "\v", "0": "\0"}
_NEWLINES: Final = frozenset({"\n", "\r", "\r\n", "\u2028", "\u2029"})

Node = Any
"""A node of tree-sitter; its types are those of an extra."""


@functools.cache
def _parser() -> Any:
    try:
        tree_sitter: Any = importlib.import_module("tree_sitter")
        grammar: Any = importlib.import_module("tree_sitter_typescript")
    except ModuleNotFoundError as error:
        raise StacksExtraError(str(error.name)) from error
    language = tree_sitter.Language(grammar.language_typescript())
    return tree_sitter.Parser(language)


class SourceFile:
    """A file's text and its tree.

    Args:
        name: by which errors call it.
        content: its bytes, in UTF-8.

    Raises:
        UnreadableFileError: it is not UTF-8, or over 4 MB.
        StacksExtraError: tree-sitter is not installed.
    """

    def __init__(self, name: str, content: bytes) -> None:
        self.name = name
        if len(content) > SIZE_BYTES_MAX:
            raise UnreadableFileError(Place(name), "is over 4 MB, which is no model file")
        try:
            content.decode()
        except UnicodeDecodeError as error:
            line = content[: error.start].count(b"\n") + 1
            place = Place(name, line, 1)
            raise UnreadableFileError(place, "is not UTF-8", "save it as UTF-8") from error
        self.content = content.removeprefix(b"\xef\xbb\xbf")
        self._lines = self.content.split(b"\n")
        self.root = _parser().parse(self.content).root_node

    @classmethod
    def read(cls, path: Path) -> SourceFile:
        """The file at a path."""
        try:
            return cls(path.as_posix(), path.read_bytes())
        except (OSError, ValueError) as error:
            reason = f"cannot be read: {getattr(error, 'strerror', None) or error}"
            raise UnreadableFileError(Place(path.as_posix()), reason) from error

    def text(self, node: Node) -> str:
        """The source of a node."""
        return self.content[node.start_byte : node.end_byte].decode(errors="replace")

    def place(self, node: Node) -> Place:
        """Where a node stands."""
        row, column_bytes = node.start_point
        line = self._lines[row] if row < len(self._lines) else b""
        column = len(line[:column_bytes].decode(errors="replace")) + 1
        shown = self.text(node).strip() or line.decode(errors="replace").strip()
        first = shown.splitlines()[0] if shown else ""
        return Place(self.name, row + 1, column, first[:TEXT_LENGTH_MAX])

    def line(self, node: Node) -> int:
        """The line that a node begins in, from 1."""
        return int(node.start_point[0]) + 1

    def refuse(self, node: Node, reason: str, hint: str = "") -> StacksSyntaxError:
        """The error for a node."""
        return StacksSyntaxError(self.place(node), reason, hint)

    def check(self, node: Node) -> None:
        """Refuse a node that is not TypeScript throughout."""
        if node.has_error:
            broken = next(broken_nodes(node), node)
            self._refuse_without_comma(broken)
            missing = f"is followed by no {broken.type!r}" if broken.is_missing else ""
            raise self.refuse(broken, missing or "is no TypeScript")

    def check_outline(self) -> None:
        """Refuse a file whose statements cannot be told apart."""
        for node in self.root.children:
            if node.is_error or node.is_missing:
                self._refuse_without_comma(next(broken_nodes(self.root)))
                raise self.refuse(_giving_up(node), "is where the file stops being TypeScript")

    def _refuse_without_comma(self, broken: Node) -> None:
        """Name the line after which an entry follows without a comma, which is what reading most
        often breaks at; the tree shows it at another place each time."""
        start = self.content[: broken.start_byte].rstrip().rfind(b"\n") + 1
        end = _NEXT_LINE.match(self.content, broken.end_byte)
        found = _NO_COMMA.search(self.content, start, end.end() if end else broken.end_byte)
        if found is not None:
            row = self.content.count(b"\n", 0, found.start())
            line = self._lines[row].decode(errors="replace").rstrip()
            column = len(line) - len(line.lstrip()) + 1
            place = Place(self.name, row + 1, column, line.strip()[:TEXT_LENGTH_MAX])
            raise StacksSyntaxError(place, "is no TypeScript", "a comma is missing after it")


def _giving_up(node: Node) -> Node:
    """Where reading stopped: an error inside an error, else the last thing that was read."""
    inner = next((one for child in node.children for one in broken_nodes(child)), None)
    if inner is not None or node.start_point[0] == node.end_point[0]:
        return node if inner is None else inner
    while node.children:
        node = node.children[-1]
    return node


def broken_nodes(node: Node) -> Iterator[Node]:
    """The nodes of error in a tree, in order, without recursion: trees may be deep."""
    stack = [node]
    while stack:
        found = stack.pop()
        if found.is_error or found.is_missing:
            yield found
        elif found.has_error:
            stack += reversed(found.children)


def named(node: Node) -> list[Node]:
    """The named children of a node, without comments."""
    return [one for one in node.named_children if one.type != "comment"]


def unwrap(node: Node) -> Node:
    """The expression inside `(x)`, `x as T`, `x satisfies T`, `x!` and `<T>x`."""
    while node.type in WRAPPERS or node.type == "type_assertion":
        inner = named(node)
        if not inner:
            break
        node = inner[-1] if node.type == "type_assertion" else inner[0]
    return node


def unescape(raw: str) -> str:
    """The text that a string's source between its quotes means.

    Raises:
        ValueError: an escape is no JavaScript.
    """
    if "\\" not in raw:
        return raw
    return _joined_surrogates(_ESCAPE.sub(_unescape_one, raw))


def _unescape_one(match: re.Match[str]) -> str:
    code = match[1] or match[2] or match[3]
    if code:
        return chr(int(code, 16))
    single = match[4]
    if single in _NEWLINES:
        return ""
    if single in "ux" or (single in "123456789"):
        raise ValueError(f"\\{single} is no escape")
    return _SINGLE.get(single, single)


def _joined_surrogates(text: str) -> str:
    """`\\ud83d\\ude00` is one character."""
    if not any("\ud800" <= one <= "\udfff" for one in text):
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")
