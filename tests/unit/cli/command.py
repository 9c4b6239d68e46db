"""The command in this process: what a test types and what it gets to see."""

from __future__ import annotations

import contextlib
import io
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from importlib.metadata import EntryPoint, distributions
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from orm.cli import main
from orm.settings import VARIABLES

GROUPS = tuple(
    EntryPoint(name, value, "keyfold.commands")
    for name, value in {
        "aggregate": "eventstore.cli.aggregates:app",
        "init": "orm.cli.init:app",
        "local": "orm.cli.local:app",
        "parked": "projections.cli.parked:app",
        "projection": "projections.cli.projection:app",
        "stream": "eventstore.cli.streams:app",
        "tables": "eventstore.cli.tables:app",
        "worker": "projections.cli.worker:app",
    }.items()
)


class Ended(NamedTuple):
    """A command that ended."""

    code: int
    out: str
    err: str

    def json(self) -> Any:
        return json.loads(self.out)

    def lines(self) -> list[str]:
        return self.out.splitlines()

    def error(self) -> dict[str, Any]:
        """The error that `--json` put on the last line of standard error."""
        told: dict[str, Any] = json.loads(self.err.splitlines()[-1])["error"]
        return told


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def run(*words: str, groups: Sequence[EntryPoint] = GROUPS, terminal: bool = False) -> Ended:
    """Type `keyfold` and these words."""
    out, err = (Terminal(), Terminal()) if terminal else (io.StringIO(), io.StringIO())
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = main(words, groups)
    return Ended(code, out.getvalue(), err.getvalue())


@contextlib.contextmanager
def standing_in(folder: Path, **environ: str) -> Iterator[None]:
    """With this current folder and environment, and `sys.path` restored."""
    path = list(sys.path)
    with pytest.MonkeyPatch.context() as patch:
        for name in (*VARIABLES, "KEYFOLD_DEBUG", "NO_COLOR", "FORCE_COLOR"):
            patch.delenv(name, raising=False)
        for name, value in environ.items():
            patch.setenv(name, value)
        patch.chdir(folder)
        try:
            yield
        finally:
            sys.path[:] = path


def installed(folder: Path, distribution: str, groups: Mapping[str, str]) -> None:
    """Make `folder` hold a distribution with these command groups, as an installer would."""
    info = folder / f"{distribution.replace('-', '_')}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.0\n")
    lines = [f"{name} = {value}" for name, value in groups.items()]
    (info / "entry_points.txt").write_text("\n".join(["[keyfold.commands]", *lines, ""]))


def entry_points_in(folder: Path) -> list[EntryPoint]:
    """The command groups of the distributions in a folder."""
    return [
        point
        for distribution in distributions(path=[str(folder)])
        for point in distribution.entry_points.select(group="keyfold.commands")
    ]
