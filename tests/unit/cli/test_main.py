"""The command itself: its groups, its help, its exit codes, and that it never shows a traceback."""

from __future__ import annotations

import json
import sys
import types
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest
from cyclopts import App

from tests.unit.cli.command import GROUPS, entry_points_in, installed, run, standing_in


@contextmanager
def plugin(name: str, **attributes: object) -> Iterator[EntryPoint]:
    """A user's own group, importable for the length of the block."""
    module = types.ModuleType(f"plugin_{name}")
    for key, value in attributes.items():
        setattr(module, key, value)
    sys.modules[module.__name__] = module
    try:
        yield EntryPoint(name, f"{module.__name__}:app", "keyfold.commands")
    finally:
        del sys.modules[module.__name__]


def raising(error: BaseException) -> App:
    app = App(name="raising")

    @app.default
    def fail() -> None:
        raise error

    return app


@pytest.mark.parametrize("words", [(), ("--help",), ("-h",)])
def test_help_lists_every_group(words: tuple[str, ...]) -> None:
    ended = run(*words)
    assert ended.code == 0
    assert all(group.name in ended.out for group in GROUPS)


def commands_in(app: App, *names: str) -> Iterator[tuple[str, ...]]:
    """Every command of a group by its names; the group itself where it is one."""
    if app.default_command is not None:
        yield names
    for name in app:
        if not name.startswith("-"):
            yield from commands_in(app[name], *names, name)


@pytest.mark.parametrize("group", GROUPS, ids=lambda group: group.name)
def test_every_command_has_help_with_an_example(group: EntryPoint) -> None:
    """Which begins as it would be typed."""
    for words in commands_in(group.load(), group.name):
        ended = run(*words, "--help")
        assert ended.code == 0
        example = ended.out.partition("Example: ")[2]
        assert f"keyfold {' '.join(words)}" in example, words


@pytest.mark.parametrize("colour", [False, True])
def test_no_color_is_honoured(tmp_path: Path, colour: bool) -> None:
    plain = {} if colour else {"NO_COLOR": "1"}
    with standing_in(tmp_path, TERM="xterm-256color", **plain):
        shown = run("--help", terminal=True).out
    assert ("\x1b[3" in shown) is colour


def test_a_users_own_group_is_a_command_like_any() -> None:
    app = App(name="mine", help="Mine.")

    @app.command
    def greet(name: str) -> int:
        print(f"hello {name}")
        return 3

    with plugin("mine", app=app) as own:
        assert "Mine." in run("--help", groups=[*GROUPS, own]).out
        ended = run("mine", "greet", "you", groups=[*GROUPS, own])
    assert (ended.code, ended.out) == (3, "hello you\n")


def test_a_broken_group_breaks_only_itself() -> None:
    """It is named in the help, and the others work."""
    broken = EntryPoint("broken", "nowhere_at_all:app", "keyfold.commands")
    shown = run("--help", groups=[*GROUPS, broken])
    assert shown.code == 0
    assert "Not available" in shown.out
    assert run("stream", "--help", groups=[*GROUPS, broken]).code == 0
    ended = run("broken", "anything", "--at", "all", groups=[*GROUPS, broken])
    assert ended.code == 1
    assert "nowhere_at_all" in ended.err


def test_a_group_that_is_no_app_is_refused() -> None:
    with plugin("odd", app=7) as odd:
        ended = run("odd", groups=[odd])
    assert ended.code == 1
    assert "not a cyclopts App" in ended.err


@pytest.mark.parametrize(
    "words",
    [
        ("stram",),
        ("stream", "kat", "A#1"),
        ("stream", "cat"),
        ("stream", "cat", "A#1", "--form", "3"),
        ("stream", "cat", "A#1", "--from", "x"),
        ("stream", "cat", "A#1", "--from", "0"),
        ("stream", "ls", "A", "--limit", "-1"),
        ("stream", "cat", "no-id"),
        ("aggregate", "show", "#"),
        ("tables", "create", "evnts"),
        ("tables", "describe", "--engine", "lokal"),
    ],
)
def test_wrong_usage_ends_with_2_and_says_what_to_type(words: tuple[str, ...]) -> None:
    ended = run(*words)
    assert ended.code == 2
    assert ended.out == ""
    assert ended.err.startswith("error: ")
    assert "next: " in ended.err


def test_a_mistyped_name_is_answered_with_the_nearest() -> None:
    assert '"stream"' in run("stram").err


def test_errors_are_json_where_json_is_asked_for() -> None:
    ended = run("stream", "cat", "--json")
    assert ended.error()["type"] == "UsageError"
    assert ended.error()["exit_code"] == ended.code == 2


def test_wrong_settings_are_wrong_usage(tmp_path: Path) -> None:
    (tmp_path / "keyfold.toml").write_text('engin = "memory"\n')
    with standing_in(tmp_path):
        ended = run("tables", "describe")
    assert ended.code == 2
    assert "write engine" in ended.err


@pytest.mark.parametrize("debug", [False, True])
def test_a_traceback_is_shown_on_demand_only(debug: bool) -> None:
    with plugin("bad", app=raising(ZeroDivisionError("oh"))) as bad:
        ended = run("bad", *(["--debug"] if debug else []), groups=[bad])
    assert ended.code == 1
    assert ("Traceback" in ended.err) is debug
    assert "unexpected ZeroDivisionError: oh" in ended.err


def test_debug_can_be_asked_for_in_the_environment(tmp_path: Path) -> None:
    with plugin("bad", app=raising(ZeroDivisionError())) as bad, standing_in(tmp_path):
        assert "Traceback" not in run("bad", groups=[bad]).err
        with standing_in(tmp_path, KEYFOLD_DEBUG="1"):
            assert "Traceback" in run("bad", groups=[bad]).err


def test_ctrl_c_ends_with_130_and_one_word() -> None:
    with plugin("slow", app=raising(KeyboardInterrupt())) as slow:
        ended = run("slow", groups=[slow])
    assert (ended.code, ended.err) == (130, "interrupted\n")


def test_a_reader_that_went_away_is_no_failure() -> None:
    """As in `keyfold stream cat … | head -1`."""
    with plugin("pipe", app=raising(BrokenPipeError())) as pipe:
        ended = run("pipe", groups=[pipe])
    assert ended == (0, "", "")


def test_keyfolds_own_groups_cannot_be_displaced(tmp_path: Path) -> None:
    """Another distribution's group of the same name does not shadow ours."""
    installed(tmp_path, "another", {"stream": "nowhere_at_all:app", "own": "nowhere_at_all:app"})
    installed(tmp_path, "keyfold", {"stream": "eventstore.cli.streams:app"})
    installed(tmp_path, "yet-another", {"stream": "nowhere_at_all:app"})
    found = entry_points_in(tmp_path)
    assert len(found) == 4
    assert run("stream", "--help", groups=found).code == 0
    assert "own of another" in run("own", groups=found).err


def test_a_person_at_a_terminal_sees_names_beside_values(tmp_path: Path) -> None:
    with standing_in(tmp_path, NO_COLOR="1"):
        ended = run("tables", "describe", "--engine", "memory", terminal=True)
    assert ended.code == 3
    assert "status" in ended.out
    assert "missing" in ended.out
    assert "\t" not in ended.out


def test_notes_are_json_lines_where_json_is_asked_for(tmp_path: Path) -> None:
    """Whatever reads standard error reads one object a line."""
    with standing_in(tmp_path):
        ended = run("stream", "ls", "A", "--engine", "memory", "--json")
    assert [list(json.loads(line)) for line in ended.err.splitlines()] == [["note"], ["error"]]


def test_only_an_int_is_an_exit_code() -> None:
    for result, code in ((None, 0), (True, 0), ("text", 0), (3, 3)):
        app = App(name="ends")
        app.default(lambda result=result: result)
        with plugin("ends", app=app) as ends:
            assert run("ends", groups=[ends]).code == code


def test_a_group_decides_its_own_exit() -> None:
    """`sys.exit` in a command is obeyed."""
    with plugin("exits", app=raising(SystemExit(5))) as exits, pytest.raises(SystemExit) as ended:
        run("exits", groups=[exits])
    assert ended.value.code == 5
