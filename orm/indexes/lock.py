"""The lock file: which template has which slot, kept with the code.

`schema.lock.json` is written after planning and read before the next. What it says stays: rows in a
table hold these keys. A new entity or pattern takes a slot that is free; a pattern that is gone
leaves its slot reserved, and rows keep writing it, until `release` says that no running code reads
it any more. Sorted and indented, so that a change shows as a few lines.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

import msgspec

from orm.definitions import KeyTemplate
from orm.definitions.guards import Guards
from orm.definitions.paths import KeyPath, PathKind
from orm.indexes.errors import NotLockedError, UnreadableLockError

LOCK_NAME: Final = "schema.lock.json"
VERSION: Final = 1


class LockedPath(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """A path as the lock keeps it; see `KeyPath`."""

    pk: KeyTemplate
    sk: KeyTemplate
    guards: Guards = ()
    shards: int = 1
    under: str = ""
    explicit: bool = False
    native: bool = False

    @classmethod
    def of(cls, path: KeyPath) -> LockedPath:
        """What is kept of a path; its place is said by where it stands."""
        return cls(
            path.partition,
            path.order,
            path.guards,
            path.shards,
            path.under,
            path.explicit,
            path.native,
        )

    def path(self, kind: PathKind, number: int = 0) -> KeyPath:
        """The path again."""
        return KeyPath(
            kind=kind,
            number=number,
            partition=self.pk,
            order=self.sk,
            guards=self.guards,
            shards=self.shards,
            under=self.under,
            explicit=self.explicit,
            native=self.native,
        )


class LockedClaim(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """A set of unique values as the lock keeps it; see `UniqueSet`."""

    attributes: tuple[str, ...]
    casefold: tuple[str, ...] = ()
    guards: Guards = ()


class LockedEntity(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """What is pinned of one entity: its row key, and its templates by slot.

    Its claims pin nothing; they tell which are new. None in a lock that is older than they.
    """

    key: LockedPath
    gsis: dict[int, LockedPath] = {}
    lsis: dict[int, LockedPath] = {}
    claims: dict[str, LockedClaim] | None = None

    @property
    def indexes(self) -> list[KeyPath]:
        return [found.path("gsi", number) for number, found in sorted(self.gsis.items())]

    @property
    def local(self) -> list[KeyPath]:
        return [found.path("lsi", number) for number, found in sorted(self.lsis.items())]


class SchemaLock(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Everything that is pinned.

    Args:
        entities: by name.
        projections: slot → the attributes that the index copies; all where there are none.
        version: of this form.
    """

    entities: dict[str, LockedEntity] = {}
    projections: dict[int, tuple[str, ...]] = {}
    version: int = VERSION

    def release(self, entity: str, index: int) -> SchemaLock:
        """The lock without one entity's template in slot `index`.

        Say it once no running code reads the template: later saves drop its key from their rows,
        and another template of the entity may take the slot.

        Raises:
            NotLockedError: there is none.
        """
        locked = self._locked(entity)
        if index not in locked.gsis:
            held = ", ".join(map(str, locked.gsis)) or "none"
            raise NotLockedError(entity, f"index {index}", f"indexes {held}")
        gsis = {number: path for number, path in locked.gsis.items() if number != index}
        return self._with({**self.entities, entity: msgspec.structs.replace(locked, gsis=gsis)})

    def forget(self, entity: str) -> SchemaLock:
        """The lock without an entity whose rows are gone.

        Raises:
            NotLockedError: there is none.
        """
        self._locked(entity)
        return self._with({name: at for name, at in self.entities.items() if name != entity})

    def _locked(self, entity: str) -> LockedEntity:
        if entity not in self.entities:
            names = ", ".join(sorted(self.entities)) or "nothing"
            raise NotLockedError(entity, "that entity", names)
        return self.entities[entity]

    def _with(self, entities: dict[str, LockedEntity]) -> SchemaLock:
        used = {number for locked in entities.values() for number in locked.gsis}
        projections = {slot: names for slot, names in self.projections.items() if slot in used}
        return SchemaLock(entities, projections)


def encode_lock(lock: SchemaLock) -> bytes:
    """The lock as text: sorted, so that equal locks are equal bytes."""
    return msgspec.json.format(msgspec.json.encode(_sorted(lock)), indent=2) + b"\n"


def _sorted(lock: SchemaLock) -> SchemaLock:
    """The same with names and numbers in order; numbers as numbers, so that 10 follows 9."""
    entities = {
        name: msgspec.structs.replace(
            locked,
            gsis=dict(sorted(locked.gsis.items())),
            lsis=dict(sorted(locked.lsis.items())),
            claims=None if locked.claims is None else dict(sorted(locked.claims.items())),
        )
        for name, locked in sorted(lock.entities.items())
    }
    return SchemaLock(entities, dict(sorted(lock.projections.items())), lock.version)


def decode_lock(text: bytes, path: str = LOCK_NAME) -> SchemaLock:
    """The lock that `encode_lock` wrote.

    Raises:
        UnreadableLockError: it is none, or of another version.
    """
    try:
        version = msgspec.json.decode(text, type=_Form).version
        if version != VERSION:
            raise UnreadableLockError(path, f"it is of version {version}, this is {VERSION}")
        lock = msgspec.json.decode(text, type=SchemaLock)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise UnreadableLockError(path, str(error)) from error
    for name, locked in lock.entities.items():
        for found in (locked.key.path("table"), *locked.indexes, *locked.local):
            if not _can_be_planned(found):
                reason = f"{name} has keys there that nothing plans: {found}"
                raise UnreadableLockError(path, reason)
    return lock


class _Form(msgspec.Struct):
    """What every lock says first of all: of which form it is."""

    version: int


def _can_be_planned(path: KeyPath) -> bool:
    """Whether a path is not edited by hand: rows of two entities would share partitions whose
    keys begin with no text of their own."""
    if not path.partition or not (path.order or path.native):
        return False
    return path.explicit or path.native or isinstance(path.partition[0], str)


def read_lock(path: str | os.PathLike[str]) -> SchemaLock | None:
    """The lock in a file; None where there is no file, so nothing is pinned.

    Raises:
        UnreadableLockError: the file is no lock.
    """
    try:
        text = Path(path).read_bytes()
    except FileNotFoundError:
        return None
    return decode_lock(text, str(path))


def write_lock(path: str | os.PathLike[str], lock: SchemaLock) -> None:
    """Write the lock whole or not at all."""
    path = Path(path)
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    beside.write_bytes(encode_lock(lock))
    beside.replace(path)
