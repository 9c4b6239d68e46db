"""The one way to print: a table on a terminal, tab-separated text in a pipe, JSON where asked.

Results go to standard output, everything said about them (notes, progress, failures) to standard
error. So a pipe and `--json` carry results alone. Tab-separated rows have no header, for `cut` and
`while read`; the order of columns is as stable as the names of the JSON keys.

Text out of a store may hold anything: control characters are shown as escapes, never obeyed.
"""

from __future__ import annotations

import datetime
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Annotated, Any, TextIO

import msgspec
from cyclopts import Parameter

from orm.cli.failure import ATTENTION, FAILED, OK, USAGE

__all__ = ["ATTENTION", "FAILED", "OK", "USAGE", "AsJson", "Output", "Report"]

AsJson = Annotated[bool, Parameter("--json", negative="", show_default=False, help="Print JSON.")]
"""The flag that every command has."""

_BIDI = (*range(0x202A, 0x202F), *range(0x2066, 0x206A))
"""What turns the direction of text round, and so can make a line read as another."""

_JSON_ESCAPES = {c: f"\\u{c:04x}" for c in (*range(0x7F, 0xA0), *_BIDI)}
"""What JSON may carry raw, and a terminal would obey."""

_ESCAPES = (
    _JSON_ESCAPES
    | {c: f"\\x{c:02x}" for c in (*range(0x20), *range(0x7F, 0xA0))}
    | {
        ord("\t"): "\\t",
        ord("\n"): "\\n",
        ord("\r"): "\\r",
    }
)


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """Rows under columns.

    Args:
        columns: the names of the columns, which are the JSON keys too.
        rows: as many values each.
        title: said above a table on a terminal.
        empty: said where there are no rows; a next step, if there is one.
    """

    columns: tuple[str, ...]
    rows: Sequence[Sequence[Any]]
    title: str = ""
    empty: str = "none"

    def objects(self) -> list[dict[str, Any]]:
        """The rows by name."""
        return [dict(zip(self.columns, row, strict=True)) for row in self.rows]


class Output:
    """Where a command prints.

    Args:
        json: print JSON.
        out: for results; this process's standard output unless given.
        err: for what is said about them; its standard error unless given.
    """

    def __init__(
        self, json: bool = False, out: TextIO | None = None, err: TextIO | None = None
    ) -> None:
        self.json = json
        self._out, self._err = out or sys.stdout, err or sys.stderr

    @property
    def terminal(self) -> bool:
        """Whether results are read by a person."""
        return self._out.isatty() and not self.json

    def report(self, report: Report) -> None:
        """Print rows: a table, tab-separated lines or a JSON array of objects."""
        if self.json:
            self._document(report.objects())
        elif not report.rows:
            self.note(report.empty)
        elif self.terminal:
            self._table(report)
        else:
            for row in report.rows:
                self._line("\t".join(cell(value) for value in row))

    def facts(self, facts: Mapping[str, Any], title: str = "") -> None:
        """Print names with values: aligned lines, tab-separated lines or a JSON object."""
        if self.json:
            self._document(facts)
        elif self.terminal:
            self._grid(facts, title)
        else:
            for name, value in facts.items():
                self._line(f"{name}\t{cell(value)}")

    def each(self, value: Mapping[str, Any], text: str) -> None:
        """Print one of a row without end: a JSON line, or its text."""
        self._line(encode(value) if self.json else printable(text))
        self._out.flush()

    def said(self, facts: Mapping[str, Any], text: str) -> None:
        """Print what was done: a sentence, or a JSON object."""
        if self.json:
            self._document(facts)
        else:
            self._line(printable(text))

    def note(self, text: str) -> None:
        """Say something beside the results; a JSON line where JSON is asked for."""
        line = encode({"note": text}) if self.json else printable(text)
        print(line, file=self._err, flush=True)

    def confirms(self, question: str, answer: str, read: Callable[[], str] | None = None) -> bool:
        """Whether a person at the terminal answers the question with exactly `answer`."""
        if read is None:
            if not (sys.stdin.isatty() and self._err.isatty()):
                return False
            read = sys.stdin.readline
        print(printable(question), end=" ", file=self._err, flush=True)
        return read().strip() == answer

    @contextmanager
    def progress(self, title: str, total: int | None = None) -> Iterator[Callable[[int], None]]:
        """Give a function to call with what was done; a bar on a terminal, silence elsewhere."""
        if self.json or not self._err.isatty():
            yield lambda _: None
            return
        from rich.console import Console
        from rich.progress import Progress

        with Progress(console=Console(file=self._err), transient=True) as bar:
            task = bar.add_task(title, total=total)
            yield lambda done: bar.advance(task, done)

    def _document(self, value: Any) -> None:
        text = encode(value)
        self._line(msgspec.json.format(text) if self._out.isatty() else text)

    def _line(self, text: str) -> None:
        print(text, file=self._out)

    def _table(self, report: Report) -> None:
        from rich import box
        from rich.console import Console
        from rich.table import Table

        table = Table(
            title=report.title or None,
            title_justify="left",
            box=box.SIMPLE_HEAD,
            show_edge=False,
            pad_edge=False,
        )
        for number, name in enumerate(report.columns):
            numeric = all(isinstance(row[number], int | float) for row in report.rows)
            table.add_column(name, justify="right" if numeric else "left")
        for row in report.rows:
            table.add_row(*[_text(value) for value in row])
        Console(file=self._out).print(table)

    def _grid(self, facts: Mapping[str, Any], title: str) -> None:
        from rich.console import Console
        from rich.table import Table

        grid = Table(
            title=title or None, title_justify="left", box=None, show_header=False, pad_edge=False
        )
        for name, value in facts.items():
            grid.add_row(_text(name), _text(value))
        Console(file=self._out).print(grid)


def encode(value: Any) -> str:
    """A value as JSON; bytes as base64, what JSON cannot say as text."""
    return msgspec.json.encode(value, enc_hook=str).decode().translate(_JSON_ESCAPES)


def printable(text: str) -> str:
    """Text with its control characters escaped, new lines kept."""
    return "\n".join(line.translate(_ESCAPES) for line in text.split("\n"))


def cell(value: Any) -> str:
    """A value as one field of a line: no tabs, no new lines, nothing that steers a terminal."""
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime.datetime):
        return value.isoformat(timespec="microseconds")
    if isinstance(value, str | int | float):
        return str(value).translate(_ESCAPES)
    if isinstance(value, list | tuple) and all(isinstance(one, str | int) for one in value):
        return ", ".join(cell(one) for one in value) or "-"
    return encode(value).translate(_ESCAPES)


def _text(value: Any) -> Any:
    """A value for rich, which must not read it as markup."""
    from rich.text import Text

    return Text(cell(value))
