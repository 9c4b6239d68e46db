"""What a command prints: a table for a person, lines for a pipe, JSON for a program."""

from __future__ import annotations

import datetime
import io
import json

import pytest

from orm.cli.output import Output, Report, cell, encode, printable
from tests.unit.cli.command import Terminal

REPORT = Report(columns=("name", "count"), rows=[("one", 1), ("two", 22)])


def printed(report: Report, *, json: bool = False, out: io.StringIO | None = None) -> str:
    stream = out or io.StringIO()
    Output(json, stream, io.StringIO()).report(report)
    return stream.getvalue()


def test_a_pipe_gets_tab_separated_rows_without_a_header() -> None:
    """So that `cut` and `while read` see rows alone."""
    assert printed(REPORT) == "one\t1\ntwo\t22\n"


def test_json_is_one_document_with_the_columns_as_keys() -> None:
    assert json.loads(printed(REPORT, json=True)) == [
        {"name": "one", "count": 1},
        {"name": "two", "count": 22},
    ]


def test_json_of_no_rows_is_an_empty_array() -> None:
    assert json.loads(printed(Report(columns=("a",), rows=[]), json=True)) == []


def test_a_terminal_gets_a_table_with_a_header() -> None:
    shown = printed(REPORT, out=Terminal())
    assert "name" in shown
    assert "count" in shown
    assert "\t" not in shown


def test_json_on_a_terminal_is_indented_and_the_same() -> None:
    out = Terminal()
    Output(True, out, io.StringIO()).facts({"a": {"b": 1}})
    assert json.loads(out.getvalue()) == {"a": {"b": 1}}
    assert len(out.getvalue().splitlines()) > 1


def test_no_rows_are_said_on_standard_error() -> None:
    """The pipe stays empty."""
    out, err = io.StringIO(), io.StringIO()
    Output(False, out, err).report(Report(columns=("a",), rows=[], empty="no such thing"))
    assert (out.getvalue(), err.getvalue()) == ("", "no such thing\n")


def test_markup_in_a_value_is_shown_and_not_obeyed() -> None:
    """An id may look like rich's markup."""
    report = Report(columns=("id",), rows=[("[bold]x[/bold]",)])
    assert "[bold]x[/bold]" in printed(report, out=Terminal())


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "-"),
        (True, "yes"),
        (False, "no"),
        (7, "7"),
        ([], "-"),
        (["GSI1", "GSI2"], "GSI1, GSI2"),
        ({"a": 1}, '{"a":1}'),
        ("a\tb\nc", "a\\tb\\nc"),
        ("\x1b[2J", "\\x1b[2J"),
        ("\x9b2J", "\\x9b2J"),
        (datetime.datetime(2013, 1, 1, tzinfo=datetime.UTC), "2013-01-01T00:00:00.000000+00:00"),
    ],
)
def test_a_value_is_one_field_of_a_line(value: object, text: str) -> None:
    """No tabs, no new lines, nothing that steers a terminal."""
    assert cell(value) == text


def test_text_keeps_its_lines_and_loses_its_control_characters() -> None:
    assert printable("a\nb\x1b]0;x\x07") == "a\nb\\x1b]0;x\\x07"


def test_json_carries_bytes_as_base64_and_what_it_cannot_say_as_text() -> None:
    out = io.StringIO()
    Output(True, out).facts({"b": b"\x00\x01", "c": complex(1, 2)})
    assert json.loads(out.getvalue()) == {"b": "AAE=", "c": "(1+2j)"}


def test_progress_is_silent_where_nobody_looks() -> None:
    err = io.StringIO()
    with Output(False, io.StringIO(), err).progress("work", 2) as advance:
        advance(1)
    assert err.getvalue() == ""


def test_progress_is_shown_on_a_terminal() -> None:
    err = Terminal()
    with Output(False, io.StringIO(), err).progress("work", 2) as advance:
        advance(2)
    assert "work" in err.getvalue()


def test_a_question_without_a_terminal_is_not_confirmed() -> None:
    """A script is never taken to have agreed."""
    assert not Output(False, io.StringIO(), io.StringIO()).confirms("sure?", "yes")


@pytest.mark.parametrize(("typed", "agreed"), [("events\n", True), ("event\n", False), ("", False)])
def test_a_question_wants_the_very_answer(typed: str, agreed: bool) -> None:
    err = io.StringIO()
    assert Output(False, io.StringIO(), err).confirms("name?", "events", lambda: typed) is agreed
    assert err.getvalue() == "name? "


def test_json_carries_nothing_that_a_terminal_obeys() -> None:
    """C1 controls and what turns text round are legal in JSON, and escaped all the same."""
    text = encode({"id": "a\x9b31m\u202eb"})
    assert text.isascii()
    assert json.loads(text) == {"id": "a\x9b31m\u202eb"}
