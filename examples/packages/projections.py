"""What is asked about packages: a catalogue that takes everything, and releases that do not.

`Catalogue` goes on over a manifest that cannot be read. `Releases` does not: it would count
versions that nobody can vouch for. So it parks that package, and only that one, until a person has
looked; every other package goes on.
"""

from __future__ import annotations

import string
from datetime import UTC, datetime
from typing import Final, Self

from eventstore.store import Recorded
from examples.packages.domain import (
    CATEGORY,
    ManifestEdited,
    ManifestRepaired,
    ManifestUnparsable,
    Package,
    PackageAdded,
    PackageDeprecated,
    PackageEvent,
    PackageRemoved,
    PackageRestored,
    VersionPublished,
)
from orm.models import Key, Model
from projections import Effects, Projector, ReadModel, StreamId, handles

OTHER_SHELF: Final = "_"
SHELVES: Final = (*string.digits, *string.ascii_lowercase, OTHER_SHELF)


def shelf_of(name: str) -> str:
    """Where a package stands: by its first letter, so that no one partition holds them all."""
    first = name[:1].lower()
    return first if first in SHELVES else OTHER_SHELF


class Catalogue(ReadModel, key=Key("shelf", sort=("name",)), source=CATEGORY):
    """One package as it is now."""

    shelf: str
    name: str
    version: str | None = None
    live: bool = False
    deprecated: bool = False
    events: int = 0
    changed_at: int = 0
    clock_backwards: int = 0

    @classmethod
    def of(cls, stream: StreamId) -> Self:
        """The package before its first event."""
        return cls(shelf=shelf_of(stream.id), name=stream.id)

    def _note(self, event: PackageEvent) -> None:
        self.events += 1
        self.clock_backwards += event.at < self.changed_at
        self.changed_at = event.at

    @handles
    def added(self, event: PackageAdded) -> None:
        self._note(event)
        self.version, self.live, self.deprecated = event.version, True, False

    @handles
    def published(self, event: VersionPublished) -> None:
        self._note(event)
        self.version = event.version

    @handles
    def removed(self, event: PackageRemoved) -> None:
        self._note(event)
        self.live = False

    @handles
    def flagged(self, event: PackageDeprecated | PackageRestored) -> None:
        self._note(event)
        self.deprecated = isinstance(event, PackageDeprecated)

    @handles
    def touched(self, event: ManifestEdited | ManifestUnparsable | ManifestRepaired) -> None:
        self._note(event)


class Month(Model, key=Key("year", sort=("month",))):
    """What one month brought, over all packages."""

    year: int
    month: int
    added: int = 0
    released: int = 0


class Releases(Projector, source=CATEGORY):
    """Counts what each month brought; stops at a manifest that cannot be read."""

    @handles
    def added(self, event: PackageAdded, rows: Effects) -> None:
        rows.add(Month, month_of(event), added=1)

    @handles
    def published(self, event: VersionPublished, rows: Effects) -> None:
        rows.add(Month, month_of(event), released=1)

    @handles
    def unparsable(self, event: ManifestUnparsable, rows: Effects, commit: Recorded) -> None:
        raise ValueError(
            f"the manifest of {commit.stream.id} cannot be parsed, so its version is not known"
        )


def month_of(event: PackageEvent) -> dict[str, object]:
    """The month in which an event was recorded, in UTC."""
    at = datetime.fromtimestamp(event.at, UTC)
    return {"year": at.year, "month": at.month}


PROJECTIONS: Final = (Catalogue, Releases())

KNOWS: Final = (Package,)
"""What a worker's store must be able to read."""
