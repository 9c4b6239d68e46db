"""What may be wrong with Stacks model files.

ConfigurationError
├── StacksExtraError            tree-sitter is not installed
└── StacksError                 a place in a file: file, line, column and the text there
    ├── UnreadableFileError         no such file, or not UTF-8
    ├── StacksSyntaxError           no TypeScript, or syntax that no model may have there
    ├── NoModelError                a file that exports no model
    ├── DuplicateModelError         two files declare one model
    └── ModelDeclarationError       a declaration that cannot be meant: names the place
"""

from __future__ import annotations

import msgspec

from orm.errors import ConfigurationError

TEXT_LENGTH_MAX = 80


class Place(msgspec.Struct, frozen=True):
    """A place in a file: line and column from 1 (0 for the file as a whole), and its text."""

    file: str
    line: int = 0
    column: int = 0
    text: str = ""

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}" if self.line else self.file


class StacksExtraError(ConfigurationError):
    """Model files are read with tree-sitter, which is an extra."""

    def __init__(self, missing: str) -> None:
        hint = "pip install 'keyfold[stacks]'"
        super().__init__("stacks", f"reading model files needs {missing}", hint)
        self.args = (missing,)
        self.missing = missing


class StacksError(ConfigurationError):
    """Something is wrong at a place in a model file; nothing of it was registered."""

    def __init__(self, place: Place, reason: str, hint: str = "") -> None:
        super().__init__(str(place), reason, hint)
        self.args = (place, reason, hint)
        self.place = place

    @property
    def file(self) -> str:
        """The file."""
        return self.place.file

    @property
    def line(self) -> int:
        """The line, from 1."""
        return self.place.line

    @property
    def column(self) -> int:
        """The column, from 1, in characters."""
        return self.place.column

    @property
    def text(self) -> str:
        """The source there, its first line."""
        return self.place.text

    def __str__(self) -> str:
        shown = f" `{self.text}`" if self.text else ""
        return f"{self.place}:{shown} {self.reason}" + (f"; {self.hint}" if self.hint else "")


class UnreadableFileError(StacksError):
    """The file is not there, cannot be opened, or is not UTF-8."""


class StacksSyntaxError(StacksError):
    """No TypeScript, or syntax that stands where no model can have it."""


class NoModelError(StacksError):
    """The file has no default export that is a model."""


class DuplicateModelError(StacksError):
    """Two files declare a model of one name."""


class ModelDeclarationError(StacksError):
    """The declaration cannot be meant so; `path` says where in it."""

    def __init__(
        self, place: Place, reason: str, hint: str = "", path: tuple[str | int, ...] = ()
    ) -> None:
        super().__init__(place, reason, hint)
        self.args = (place, reason, hint, path)
        self.path = path
