"""Effects: what a projector does to rows, gathered and coalesced before anything is written.

Additions to one row become one addition and a put swallows what came before it, so that a batch
costs one action a row whatever the number of events. What cannot be joined (a put or a change after
a delete, a field both set and added to) is refused within one commit and begins a new transaction
between commits.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, TypeAlias

import msgspec

from orm.config import SingleTableConfig
from orm.models.actions import delete_row, put_row, upsert
from orm.models.layout import layout_of
from orm.models.model import Model
from orm.requests import Action
from projections.errors import EffectsError

Number: TypeAlias = int | float | Decimal
RowId: TypeAlias = tuple[type[Model], str | None, tuple[object, ...]]


class _Put(msgspec.Struct):
    row: Model


class _Delete(msgspec.Struct):
    key: dict[str, object]


class _Change(msgspec.Struct):
    key: dict[str, object]
    add: dict[str, Number] = {}
    set: dict[str, object] = {}


class Effects:
    """The rows that handlers write. One is handed to a projector with each event.

    Args:
        config: the read-model table's names.
        tenant: whose rows; the tenant of the stream that is being handled.
    """

    def __init__(self, config: SingleTableConfig, tenant: str | None = None) -> None:
        self._config, self._tenant = config, tenant
        self._pending: dict[RowId, _Put | _Delete | _Change] = {}

    def put(self, row: Model) -> None:
        """Write a whole row, whatever was there."""
        key = layout_of(type(row), self._config, self._tenant).key_values(row)
        row_id = self._id(type(row), key)
        if isinstance(self._pending.get(row_id), _Delete):
            raise EffectsError(f"{row_id[0].__name__} {key} is deleted and put in one commit")
        self._pending[row_id] = _Put(row)

    def delete(self, model: type[Model], /, **key: object) -> None:
        """Take a row away, if it is there."""
        self._pending[self._id(model, key)] = _Delete(key)

    def add(self, model: type[Model], key: Mapping[str, object], /, **numbers: Number) -> None:
        """Add to fields of a row; a row that is not there begins at 0."""
        self._change(model, dict(key), numbers, {})

    def set(self, model: type[Model], key: Mapping[str, object], /, **values: object) -> None:
        """Give fields of a row a value; a row that is not there begins with its defaults."""
        self._change(model, dict(key), {}, values)

    def _change(
        self,
        model: type[Model],
        key: dict[str, object],
        add: Mapping[str, Number],
        set_: Mapping[str, object],
    ) -> None:
        row_id = self._id(model, key)
        pending = self._pending.setdefault(row_id, _Change(key))
        if isinstance(pending, _Delete):
            raise EffectsError(f"{model.__name__} {key} is deleted and changed in one commit")
        _apply(pending, add, set_, model)

    def _id(self, model: type[Model], key: Mapping[str, object]) -> RowId:
        fields = layout_of(model, self._config, self._tenant).shape.key.fields
        return model, self._tenant, tuple([key.get(field) for field in fields])

    # --- for the gate ---

    def __len__(self) -> int:
        return len(self._pending)

    def copy(self) -> Effects:
        """The same effects, to add to and perhaps throw away."""
        twin = Effects(self._config, self._tenant)
        twin._pending = {row_id: _copied(pending) for row_id, pending in self._pending.items()}
        return twin

    def can_join(self, later: Effects) -> bool:
        """Whether `later` can be coalesced onto these."""
        return all(
            _can_follow(self._pending.get(row_id), pending)
            for row_id, pending in later._pending.items()
        )

    def rows_with(self, later: Effects) -> int:
        """How many rows these and `later` write together."""
        return len(self._pending) + sum(row not in self._pending for row in later._pending)

    def join(self, later: Effects) -> None:
        """Coalesce the effects of a later commit onto these."""
        for row_id, pending in later._pending.items():
            mine = self._pending.get(row_id)
            if isinstance(pending, _Change) and isinstance(mine, _Put | _Change):
                _apply(mine, pending.add, pending.set, row_id[0])
            else:
                self._pending[row_id] = pending

    def actions(self) -> Iterator[Action]:
        """The writes, one a row."""
        for (model, tenant, _), pending in self._pending.items():
            match pending:
                case _Put(row):
                    yield Action(put=put_row(row, self._config, tenant=tenant))
                case _Delete(key):
                    yield Action(delete=delete_row(model, self._config, key, tenant=tenant))
                case _Change(key, add, set_):
                    yield Action(
                        update=upsert(
                            model, self._config, key=key, add=add, set=set_, tenant=tenant
                        )
                    )


def _can_follow(pending: _Put | _Delete | _Change | None, later: _Put | _Delete | _Change) -> bool:
    match pending, later:
        case _Delete(), _Put() | _Change():
            return False
        case _Change(), _Change():
            return not _clash(pending, later.add, later.set)
        case _:
            return True


def _clash(pending: _Change, add: Mapping[str, Number], set_: Mapping[str, object]) -> set[str]:
    """Fields that would be set and added to by one action."""
    return (add.keys() & pending.set.keys()) | (set_.keys() & pending.add.keys())


def _copied(pending: _Put | _Delete | _Change) -> _Put | _Delete | _Change:
    match pending:
        case _Put(row):
            return _Put(copy.copy(row))
        case _Change(key, add, set_):
            return _Change(key, dict(add), dict(set_))
        case _:
            return pending


def _apply(
    pending: _Put | _Change,
    add: Mapping[str, Number],
    set_: Mapping[str, object],
    model: type[Model],
) -> None:
    """Bring a change of a row into what is pending for it."""
    if isinstance(pending, _Put):
        for name, number in add.items():
            setattr(pending.row, name, getattr(pending.row, name) + number)
        for name, value in set_.items():
            setattr(pending.row, name, value)
        return
    if clash := _clash(pending, add, set_):
        raise EffectsError(f"{model.__name__}: {', '.join(sorted(clash))} is both set and added to")
    for name, number in add.items():
        total: Any = pending.add.get(name, 0)
        pending.add[name] = total + number
    pending.set.update(set_)
