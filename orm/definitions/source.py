"""Source: a piece of a program that is kept as it was written and never run."""

from __future__ import annotations

import msgspec

from orm.definitions.entity import Unresolved


class Source(msgspec.Struct, frozen=True):
    """A function in a declaration.

    Args:
        text: how it is written.
        file: where it stands; empty where there is no file.
        line: from 1; 0 where there is no file.
    """

    text: str
    file: str = ""
    line: int = 0

    def unresolved(self) -> Unresolved:
        """This function, where a value is needed."""
        reason = "a function, where a value is needed; it is not run"
        return Unresolved(self.text, self.file, self.line, reason)
