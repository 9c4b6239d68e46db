"""What a demo prints: tables and facts for a person, one JSON document for a program."""

from __future__ import annotations

import shlex
import shutil
import sys
import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, TextIO

from orm.cli.output import cell, printable

WIDTH: Final = min(100, shutil.get_terminal_size((100, 24)).columns)
_NAME_WIDTH: Final = 13
NEXT: Final = "next"
"""The fact that holds commands."""


class Story:
    """Prints the end of a demo.

    Args:
        out: where to; standard output unless given.
    """

    def __init__(self, out: TextIO | None = None) -> None:
        self._out = out or sys.stdout

    def table(self, title: str, rows: Sequence[Mapping[str, Any]], *columns: str) -> None:
        """Rows under their columns."""
        from rich import box
        from rich.console import Console
        from rich.table import Table
        from rich.text import Text

        table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, padding=(0, 1))
        for name in columns:
            numeric = all(isinstance(row[name], int | float) for row in rows)
            table.add_column(name.replace("_", " "), justify="right" if numeric else "left")
        for row in rows:
            table.add_row(*[Text(cell(row[name])) for name in columns])
        Console(file=self._out, width=WIDTH).print(table)

    def facts(self, facts: Mapping[str, str]) -> None:
        """Names with sentences; a sentence may have several lines."""
        for name, text in facts.items():
            self._fact(name, text)
        self._out.flush()

    def _fact(self, name: str, text: str) -> None:
        lines = printable(text).split("\n")
        if name != NEXT:  # what is to be typed stays on its line
            lines = [part for line in lines for part in _wrapped(line)]
        for number, line in enumerate(lines):
            head = name if number == 0 else ""
            print(f"{head:<{_NAME_WIDTH}}{line}".rstrip(), file=self._out)


def _wrapped(line: str) -> list[str]:
    width = WIDTH - _NAME_WIDTH
    return textwrap.wrap(line, width, break_on_hyphens=False, break_long_words=False) or [""]


def plural(count: int, noun: str) -> str:
    """`1 flight`, `2,000 flights`."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def shown_path(path: Path) -> str:
    """A path as short as a shell takes it."""
    try:
        return f"~/{path.relative_to(Path.home())}"
    except ValueError:
        return shlex.quote(str(path))


def keyfold() -> str:
    """The command as it can be typed here: by name where a shell finds it, else by its path."""
    if shutil.which("keyfold"):
        return "keyfold"
    beside = Path(sys.executable).with_name("keyfold")
    return shlex.quote(shown_path(beside)) if beside.exists() else "keyfold"
