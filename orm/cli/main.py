"""The entry of the `keyfold` command: finds the command groups, runs one, and ends with its code.

Groups come in through the entry-point group `keyfold.commands`, Keyfold's own like anyone's: the
name is the command, the object a cyclopts `App`. Only the group that is asked for is imported, so
that one start is quick and a broken group breaks nothing but itself.

Exit codes: 0 done, 1 failed, 2 wrong usage, 3 a person should look, 130 interrupted.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from importlib.metadata import EntryPoint, entry_points
from io import TextIOWrapper
from typing import TYPE_CHECKING, Final, TextIO

from orm.cli.failure import INTERRUPTED, OK, USAGE, Failure, GroupError, describe

if TYPE_CHECKING:
    from cyclopts import App

GROUP: Final = "keyfold.commands"
DEBUG_FLAG: Final = "--debug"
JSON_FLAG: Final = "--json"
SUMMARY: Final = "Event sourcing on DynamoDB: engine, tables, streams, aggregates and projections."
EPILOGUE: Final = (
    "Every command takes --json, and --debug for the traceback of a failure. "
    "Settings: [tool.keyfold] in pyproject.toml, or keyfold.toml. "
    "Exit codes: 0 done, 1 failed, 2 wrong usage, 3 a person should look."
)


def main(argv: Sequence[str] | None = None, groups: Sequence[EntryPoint] | None = None) -> int:
    """Run one command line and return its exit code.

    Args:
        argv: the words after `keyfold`; those of this process unless given.
        groups: the command groups; those of all installed distributions unless given.
    """
    words = list(sys.argv[1:] if argv is None else argv)
    debug = os.environ.get("KEYFOLD_DEBUG", "") not in ("", "0")
    if DEBUG_FLAG in _options(words):
        words.remove(DEBUG_FLAG)
        debug = True
    if missing := _missing_module():
        return _tell(GroupError("keyfold", missing), words, debug)
    if isinstance(sys.stdout, TextIOWrapper):  # a character that this terminal lacks is no failure
        sys.stdout.reconfigure(errors="backslashreplace")
    found = entry_points(group=GROUP) if groups is None else groups
    return _guarded(lambda: _run(words, list(found)), words, debug)


def _options(words: Sequence[str]) -> Sequence[str]:
    """The words that may be options: those before a lone `--`."""
    return words[: words.index("--")] if "--" in words else words


def _missing_module() -> ImportError | None:
    try:
        import cyclopts  # noqa: F401
        import rich  # noqa: F401
    except ImportError as error:
        return error
    return None


def _guarded(work: Callable[[], int], words: Sequence[str], debug: bool) -> int:
    """Run `work`; whatever it raises becomes a text and an exit code."""
    try:
        code = work()
        sys.stdout.flush()
    except KeyboardInterrupt:
        return _last_word("interrupted", INTERRUPTED)
    except BrokenPipeError:  # the reader has seen enough, as in `keyfold … | head -1`
        _silence(sys.stdout)
        return OK
    except Exception as error:
        return _tell(error, words, debug)
    return code


def _tell(error: Exception, words: Sequence[str], debug: bool) -> int:
    failure = describe(error, words)
    if debug:
        import traceback

        traceback.print_exception(error)
    return _last_word(_text(failure, words), failure.exit_code)


def _text(failure: Failure, words: Sequence[str]) -> str:
    return failure.json() if JSON_FLAG in _options(words) else failure.text()


def _last_word(text: str, code: int) -> int:
    try:
        print(text, file=sys.stderr, flush=True)
    except BrokenPipeError:
        _silence(sys.stderr)
    return code


def _silence(stream: TextIO) -> None:
    """Send what is still buffered to nowhere, so that the interpreter does not fail at its exit."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, stream.fileno())
    except OSError:  # not a real file, as under a test: then nothing is flushed at exit either
        return
    finally:
        os.close(nowhere)


def _run(words: list[str], found: list[EntryPoint]) -> int:
    from cyclopts import CycloptsError

    app = build(found, words[0] if words else "")
    try:
        result = app(
            words,
            exit_on_error=False,
            print_error=False,
            result_action="return_value",
        )
    except CycloptsError as error:
        return _tell_usage(error, words)
    # A code is an int that a group returns on purpose; True is not one.
    return result if type(result) is int else OK


def _tell_usage(error: Exception, words: Sequence[str]) -> int:
    failure = describe(error, words)
    return _last_word(_text(failure, words), USAGE)


def build(found: Sequence[EntryPoint], wanted: str = "") -> App:
    """The root command with the group that is wanted, or with all of them where none is so named.

    Raises:
        GroupError: the wanted group cannot be loaded.
    """
    from cyclopts import App

    app = App(
        name="keyfold",
        help=SUMMARY,
        help_epilogue=EPILOGUE,
        version=_version,
        suppress_keyboard_interrupt=False,
    )
    groups = _by_name(found)
    if wanted in groups:
        app.command(_load(groups[wanted]), name=wanted)
        return app
    for name, point in sorted(groups.items()):
        try:
            app.command(_load(point), name=name)
        except GroupError as error:
            app.command(App(name=name, help=f"Not available: {error}."), name=name)
    return app


def _by_name(found: Sequence[EntryPoint]) -> dict[str, EntryPoint]:
    """One entry point a name; Keyfold's own cannot be displaced by another distribution's."""
    ours_last = sorted(found, key=lambda point: _distribution(point) == "keyfold")
    return {point.name: point for point in ours_last}


def _distribution(point: EntryPoint) -> str:
    return point.dist.name if point.dist else ""


def _load(point: EntryPoint) -> App:
    from cyclopts import App

    try:
        app = point.load()
    except Exception as error:  # anything at all may happen when a stranger's module is imported
        raise GroupError(point.name, error, _distribution(point)) from error
    if not isinstance(app, App):
        problem = TypeError(f"{point.value} is a {type(app).__name__}, not a cyclopts App")
        raise GroupError(point.name, problem, _distribution(point))
    return app


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("keyfold")
    except PackageNotFoundError:
        return "keyfold, not installed as a distribution"
