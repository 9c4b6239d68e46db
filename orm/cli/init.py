"""`keyfold init`: a project to begin with, whose tests pass.

The template is plain files beside this module. `{{name}}` and `{{engine}}` are all that is filled
in, so that what is read there is what is written.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path, PurePosixPath
from typing import Annotated, Final, Literal

from cyclopts import App, Parameter

from orm.cli.failure import USAGE
from orm.cli.output import OK, AsJson, Output
from orm.errors import ConfigurationError, OrmError

SUFFIX: Final = ".tmpl"  # so that no tool takes a template for what it becomes
NAME: Final = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?")  # of a distribution
NAME_LENGTH_MAX: Final = 200  # a table's name is at most 255, and begins with it

app = App(name="init")


class InvalidNameError(ConfigurationError):
    """No project can have this name."""

    exit_code = USAGE

    def __init__(self, name: str) -> None:
        super().__init__(
            "name",
            f"{name!r} cannot name a project: letters, digits, `.`, `_` and `-`, "
            f"at most {NAME_LENGTH_MAX}",
            "keyfold init bank",
        )
        self.args = (name,)


class FolderNotEmptyError(OrmError):
    """There is something at the place already."""

    hint = "name another folder; keyfold init never overwrites"

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.folder = folder

    def __str__(self) -> str:
        return f"{self.folder} is there and not an empty folder; nothing was written"


@app.default
def init(
    name: Annotated[Path, Parameter(help="The folder to make; its last part names the project.")],
    /,
    *,
    engine: Annotated[
        Literal["local", "memory"],
        Parameter(help="local: the real engine; memory: runs everywhere, forgets at its end."),
    ] = "local",
    json: AsJson = False,
) -> int:
    """Make a folder with an aggregate, a projection, a property test and settings.

    Nothing is overwritten: the folder must be missing or empty.

    Example: `keyfold init bank`
    """
    folder = name.absolute()
    written = make_project(folder, engine)
    output = Output(json)
    output.said(
        {"folder": str(folder), "engine": engine, "files": [str(file) for file in written]},
        "\n".join([f"made {folder}", *(f"  {file}" for file in written)]),
    )
    output.note(f"next: cd {name} && pytest; then see README.md there")
    return OK


def make_project(folder: Path, engine: str) -> list[PurePosixPath]:
    """Write the template into a folder that is missing or empty; gives what was written.

    Raises:
        InvalidNameError: the folder's name cannot be a project's.
        FolderNotEmptyError: something is there; nothing was written.
    """
    name = folder.name
    if not NAME.fullmatch(name) or len(name) > NAME_LENGTH_MAX:
        raise InvalidNameError(name)
    if folder.exists() and not (folder.is_dir() and next(folder.iterdir(), None) is None):
        raise FolderNotEmptyError(folder)
    written = []
    for path, text in sorted(_template(files("orm.cli") / "template", PurePosixPath())):
        filled = text.replace("{{name}}", name).replace("{{engine}}", engine)
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("x", encoding="utf-8", newline="\n") as file:
            file.write(filled)
        written.append(path)
    return written


def _template(folder: Traversable, under: PurePosixPath) -> Iterator[tuple[PurePosixPath, str]]:
    """The template's files by the path they get, with their text."""
    for entry in folder.iterdir():
        if entry.is_dir():
            yield from _template(entry, under / entry.name)
        elif entry.name.endswith(SUFFIX):
            name = entry.name.removesuffix(SUFFIX).removeprefix("dot")
            yield under / name, entry.read_text(encoding="utf-8")
