"""Reports: what a parser could not know, and what it passed over."""

from __future__ import annotations

import msgspec

from orm.definitions.entity import EntityDefinition, Unresolved
from orm.definitions.names import nearest
from orm.errors import ConfigurationError


class Skipped(msgspec.Struct, frozen=True):
    """A file of a folder that is no model, and why."""

    file: str
    reason: str


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody should look at.

    Args:
        unresolved: values that are not known without running the file; each stands also in its
            definition.
        factories: factories that are more than one call of faker's; they keep their source.
        skipped: files of a folder that are no models.
    """

    unresolved: tuple[Unresolved, ...] = ()
    factories: tuple[Unresolved, ...] = ()
    skipped: tuple[Skipped, ...] = ()

    def lines(self) -> list[str]:
        """The report as lines, `file:line: text: reason`."""
        found = [
            f"{one.file}:{one.line}: {first_line(one.text)}: {one.reason}"
            for one in (*self.unresolved, *self.factories)
        ]
        return found + [f"{one.file}: {one.reason}" for one in self.skipped]


class Parsed(msgspec.Struct, frozen=True):
    """What was read from a file or a folder: definitions in the order of their files."""

    definitions: tuple[EntityDefinition, ...]
    report: Report = Report()

    def __getitem__(self, name: str) -> EntityDefinition:
        """The definition of a model by name.

        Raises:
            ConfigurationError: none of these files has it.
        """
        for one in self.definitions:
            if one.name == name:
                return one
        known = [one.name for one in self.definitions]
        near = nearest(name, known)
        hint = f"write {near!r}" if near else f"there are {', '.join(known) or 'none'}"
        raise ConfigurationError("parsed", f"has no model {name!r}", hint)


def first_line(text: str) -> str:
    """A text's first line, and a sign that there are more."""
    head, *more = text.splitlines() or [""]
    return head + " …" * bool(more)
