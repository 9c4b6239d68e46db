"""A package's history as events: facts that were recorded elsewhere and are taken as they are.

Each keeps the time it was recorded at, also where that is earlier than the one before: clocks of
many people make such histories, and the order is the stream's, not the clock's.
"""

from __future__ import annotations

from typing import Final

from eventstore import Aggregate, Event, applies
from examples.packages.data import Added, Edited, Published, Record

CATEGORY: Final = "PACKAGE"


class PackageEvent(Event):
    """What every event of a package has: when it was recorded, in unix seconds."""

    at: int


class PackageAdded(PackageEvent, tag="package-added"):
    """It appeared; what its manifest does not say is not known."""

    version: str | None
    license: str | None
    homepage: str | None


class VersionPublished(PackageEvent, tag="version-published"):
    """Its version changed; either end may be unknown."""

    before: str | None
    version: str | None


class ManifestEdited(PackageEvent, tag="manifest-edited"):
    """Other fields of its manifest changed."""

    fields: tuple[str, ...]


class PackageRemoved(PackageEvent, tag="package-removed"):
    """It is gone."""


class PackageDeprecated(PackageEvent, tag="package-deprecated"):
    """It should not be used any more."""


class PackageRestored(PackageEvent, tag="package-restored"):
    """It may be used again."""


class ManifestUnparsable(PackageEvent, tag="manifest-unparsable"):
    """Its manifest cannot be read; what it says is not known."""


class ManifestRepaired(PackageEvent, tag="manifest-repaired"):
    """Its manifest can be read again."""


_PLAIN: Final[dict[str, type[PackageEvent]]] = {
    "PackageRemoved": PackageRemoved,
    "PackageDeprecated": PackageDeprecated,
    "PackageRestored": PackageRestored,
    "ManifestUnparsable": ManifestUnparsable,
    "ManifestRepaired": ManifestRepaired,
}


def event_of(record: Record) -> PackageEvent:
    """The event that a line of the file is."""
    at = record.at
    match record.data:
        case Added(version, license, homepage):
            return PackageAdded(at, version, license, homepage)
        case Published(before, to):
            return VersionPublished(at, before, to)
        case Edited(fields):
            return ManifestEdited(at, fields)
        case _:
            return _PLAIN[record.type](at)


class Package(Aggregate, category=CATEGORY):
    """One package. It has no commands: its history was made elsewhere."""

    version: str | None = None
    live: bool = False
    deprecated: bool = False
    parsable: bool = True

    @applies
    def added(self, event: PackageAdded) -> None:
        self.version, self.live, self.deprecated = event.version, True, False

    @applies
    def published(self, event: VersionPublished) -> None:
        self.version = event.version

    @applies
    def removed(self, event: PackageRemoved) -> None:
        self.live = False

    @applies
    def flagged(self, event: PackageDeprecated | PackageRestored) -> None:
        self.deprecated = isinstance(event, PackageDeprecated)

    @applies
    def read(self, event: ManifestUnparsable | ManifestRepaired) -> None:
        self.parsable = isinstance(event, ManifestRepaired)

    @applies
    def edited(self, event: ManifestEdited) -> None:
        """Nothing that is kept here."""
