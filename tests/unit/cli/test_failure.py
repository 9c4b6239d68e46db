"""A failure says what was tried, whether it was applied, whether to repeat, and what to type."""

from __future__ import annotations

import json

import pytest

from eventstore.errors import VersionConflictError
from eventstore.stream import StreamId
from orm.cli.failure import ATTENTION, FAILED, GroupError, describe
from orm.errors import AnswerLostError, ConfigurationError, KeyfoldError, TableNotFoundError


def test_a_lost_answer_says_that_it_may_have_been_applied() -> None:
    text = describe(AnswerLostError("PutItem", "events", "no answer came")).text()
    assert text.splitlines() == [
        "error: PutItem on events: no answer came",
        "  applied: it may have been",
        "  retry: the same command again may help",
        "  next: repeat the same request; appends with the same commit id are safe to repeat",
    ]


def test_a_missing_table_names_the_command_that_makes_it() -> None:
    text = describe(TableNotFoundError("Query", "events", "no such table")).text()
    assert "applied: nothing was written" in text
    assert "retry: the same command again does not help" in text
    assert "next: keyfold tables create" in text


def test_what_the_error_says_itself_is_not_said_twice() -> None:
    text = describe(VersionConflictError(StreamId("A", "1"), 3, 4)).text()
    assert text.count("nothing was written") == 1


def test_an_error_without_a_hint_leads_to_the_commands_help() -> None:
    error = ConfigurationError("names", "must differ")
    assert describe(error, ["stream", "cat", "ORDER#7"]).next == "keyfold stream cat --help"


def test_an_error_may_name_its_exit_code() -> None:
    class NeedsAPersonError(KeyfoldError):
        exit_code = ATTENTION

    assert describe(NeedsAPersonError("look")).exit_code == ATTENTION
    assert describe(KeyfoldError("no")).exit_code == FAILED


def test_an_unexpected_error_says_how_to_see_more() -> None:
    text = describe(ZeroDivisionError("division by zero"), ["stream", "ls", "A"]).text()
    assert "unexpected ZeroDivisionError: division by zero" in text
    assert "keyfold stream ls A --debug" in text
    assert "Traceback" not in text


def test_json_has_the_same_facts_under_stable_keys() -> None:
    told = json.loads(describe(AnswerLostError("PutItem", "events", "gone")).json())["error"]
    assert told == {
        "type": "AnswerLostError",
        "detail": "PutItem on events: gone",
        "applied": None,
        "retry": True,
        "next": "repeat the same request; appends with the same commit id are safe to repeat",
        "exit_code": FAILED,
    }


def test_control_characters_in_an_error_do_not_reach_the_terminal() -> None:
    assert "\x1b" not in describe(ConfigurationError("table", "\x1b[2J")).text()


@pytest.mark.parametrize(
    ("module", "extra"),
    [("platformdirs", "local"), ("jgo.maven", "local"), ("hypothesis", "testing"), ("rich", "cli")],
)
def test_a_missing_module_names_the_extra_that_brings_it(module: str, extra: str) -> None:
    error = GroupError("local", ModuleNotFoundError("none", name=module))
    assert f"pip install 'keyfold[{extra}]'" in str(error)


def test_a_module_of_no_extra_is_told_as_it_is() -> None:
    error = GroupError("theirs", ModuleNotFoundError("No module named 'x'", name="x"), "their-app")
    assert "their-app" in str(error)
    assert "No module named 'x'" in str(error)
    assert "their-app" in error.hint


def test_bytes_that_are_no_text_can_still_be_told() -> None:
    """As a shell passes them on in an argument."""
    failure = describe(ConfigurationError("table", "\udcff"))
    assert json.loads(failure.json())["error"]["detail"] == "table: \\udcff"
