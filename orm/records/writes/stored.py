"""Stored: what rows know of what is stored of them, and how they differ from it.

A row keeps what it was read from or last written as, so that a save sends what has changed, on
condition of what was known.
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

import msgspec

from orm.errors import UnsupportedValueError
from orm.models.fields import alike
from orm.records.errors import UnsavedRowError
from orm.records.model import DynamoDBModel, is_stored
from orm.requests import Item

if TYPE_CHECKING:
    from orm.records.repository import Repository

R = TypeVar("R", bound=DynamoDBModel)
UNSET: Final = msgspec.UNSET
_PLAIN: Final = frozenset({bool, int, str})


class Stored(Generic[R]):
    """What the rows of one model know of what is stored of them."""

    def __init__(self, repository: Repository[R]) -> None:
        self._repository, self._layout = repository, repository.layout
        infos = msgspec.structs.fields(repository.model)  # evaluates annotations: not while saving
        self._none_is_absent = frozenset(info.name for info in infos if info.default is None)
        self._factories = tuple(
            info.name for info in infos if info.default_factory is not msgspec.NODEFAULT
        )

    def keep(self, record: R, stored: Any) -> None:
        """Let a row know what is stored of it."""
        own = record.__dict__  # set one by one, which for thousands of rows is felt
        own["_stored"], own["_repository"] = stored, self._repository
        if self._factories:
            self._keep_made_up(record, stored)

    def _keep_made_up(self, record: R, stored: Any) -> None:
        """Keep what factories made up for attributes that are not stored: another call would make
        something else, and the row would differ from what is stored though nothing was set."""
        known = record.__dict__.pop("_made_up", {})
        if isinstance(stored, dict):
            fields = self._layout.fields
            absent = [name for name in self._factories if fields[name].attribute not in stored]
        else:
            absent = self._layout.reader.absent(stored, self._factories)
        if absent:
            record.__dict__["_made_up"] = {
                name: known[name] if name in known else copy.deepcopy(getattr(record, name))
                for name in absent
            }

    def values(self, record: R) -> dict[str, Any]:
        """What is written of a row: None is left out where that is what absent is read as."""
        return self.as_written(self._layout.values(record))

    def as_written(self, values: dict[str, Any]) -> dict[str, Any]:
        """The same values, which are the caller's own, as they are written."""
        for name in self._none_is_absent:
            if values.get(name, UNSET) is None:
                values[name] = UNSET
        return values

    def item(self, record: R) -> Item:
        """The item that a row was loaded or saved as, with all of its keys."""
        stored = record.__dict__["_stored"]
        if isinstance(stored, dict):
            return stored
        return self._layout.item_of(self.values(self._layout.reader.row(stored)))

    def known(self, record: R) -> Item:
        """Of this item what a write starts from. It may lie in an index or not: a row may hold
        what no key of an index can carry, since it is older than that index.

        Raises:
            UnsavedRowError: it was never stored.
        """
        stored = record.__dict__.get("_stored")
        if stored is None:
            raise UnsavedRowError(
                self._repository.definition.name,
                self._repository.rows.told(self._layout.values(record)),
            )
        if isinstance(stored, dict):
            return stored
        reader = self._layout.reader
        values = self.values(reader.row(stored))
        values.update(dict.fromkeys(reader.absent(stored), UNSET))  # no default is stored
        item = self._layout.plain_item(values)
        if self._layout.marked is not None and stored.mark is not None:
            item[self._layout.marked] = stored.mark
        return item

    def original(self, record: R) -> R:
        """The row as it was loaded or last saved."""
        stored = record.__dict__["_stored"]
        row: R = (
            self._layout.known_row(stored)
            if isinstance(stored, dict)
            else self._layout.reader.row(stored)
        )
        for name, value in record.__dict__.get("_made_up", {}).items():
            setattr(row, name, value)
        return row

    def changed(self, record: R) -> set[str]:
        """The attributes that differ from what is stored; all of them where nothing is."""
        if not is_stored(record):
            return set(self._layout.fields)
        return self.differing(record, self.original(record))

    def differing(self, record: R, original: R) -> set[str]:
        known = self._layout.values(original)
        return {
            name
            for name, value in self._layout.values(record).items()
            if value is not (other := known[name])
            # of these what is equal is stored alike, by a cast as well
            and not (type(value) is type(other) and type(value) in _PLAIN and value == other)
            and not self.same(name, value, other)
        }

    def same(self, name: str, value: Any, other: Any) -> bool:
        """Whether two values are stored alike; one that cannot be stored is like none."""
        if value is other:
            return True
        if value is UNSET or value is None or other is UNSET or other is None:
            return False
        field = self._layout.fields[name]
        if type(value) is type(other) is field.faithful and type(value) in _PLAIN:
            return bool(value == other)
        try:
            if field.stores_alike(value, other):
                return True
            return alike(field.to_wire(value), field.to_wire(other))
        except UnsupportedValueError:
            return False
