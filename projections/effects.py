"""Effects: what a projector does to rows, gathered and coalesced before anything is written.

Additions to one row become one addition and a put swallows what came before it, so that a batch
costs one action a row whatever the number of events. What cannot be joined (a put or a change after
a delete, a field both set and added to) is refused within one commit and begins a new transaction
between commits.

What a model does not have, or cannot hold, is refused while the handler runs: the error then stands
with the event that caused it, and no other stream's effects are joined to it. Rows and values are
copied as they come, so that a handler may go on using what it gave.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

from orm.config import SingleTableConfig
from orm.models.layout import Layout, layout_of
from orm.models.model import Model
from orm.requests import Action
from projections.errors import EffectsError
from projections.pending import ChangeRow, DeleteRow, Pending, PutRow, can_follow
from projections.projection import ReadModel
from projections.sums import Exact, Number, number_field

RowId: TypeAlias = tuple[type[Model], str | None, str, str]
"""Model, tenant and key: two effects with one id are effects on one row."""


class Effects:
    """The rows that handlers write. One is handed to a projector with each event.

    Args:
        config: the read-model table's names.
        tenant: whose rows; the tenant of the stream that is being handled.
    """

    def __init__(self, config: SingleTableConfig, tenant: str | None = None) -> None:
        self._config, self._tenant = config, tenant
        self._pending: dict[RowId, Pending] = {}

    def put(self, row: Model) -> None:
        """Write a whole row, whatever was there."""
        layout = self._layout(type(row))
        row_id = _id(layout, layout.key_values(row))
        self._check_not_deleted(row_id, "put")
        self._pending[row_id] = PutRow(copy.deepcopy(row))

    def delete(self, model: type[Model], /, **key: object) -> None:
        """Take a row away, if it is there."""
        self._pending[_id(self._layout(model), key)] = DeleteRow(key)

    def add(self, model: type[Model], key: Mapping[str, object], /, **numbers: Number) -> None:
        """Add to fields of a row, exactly; a row that is not there begins at 0."""
        layout = self._layout(model)
        exact = {}
        for name, number in numbers.items():
            _check_field(layout, name)
            exact[name] = number_field(model, name).exact(number)
        self._change(layout, dict(key), exact, {})

    def set(self, model: type[Model], key: Mapping[str, object], /, **values: object) -> None:
        """Give fields of a row a value; a row that is not there begins with its defaults."""
        layout = self._layout(model)
        for name, value in values.items():
            _check_field(layout, name)
            layout.fields[name].to_wire(value)  # refuses what the field cannot hold
        self._change(layout, dict(key), {}, copy.deepcopy(values))

    def _change(
        self,
        layout: Layout[Any],
        key: dict[str, object],
        add: Mapping[str, Exact],
        set_: Mapping[str, object],
    ) -> None:
        row_id = _id(layout, key)
        self._check_not_deleted(row_id, "changed")
        pending = self._pending.setdefault(row_id, ChangeRow(layout.model, key))
        assert not isinstance(pending, DeleteRow)
        pending.apply(add, set_)

    def _check_not_deleted(self, row_id: RowId, done: str) -> None:
        pending = self._pending.get(row_id)
        if isinstance(pending, DeleteRow):
            name = row_id[0].__name__
            raise EffectsError(f"{name} {pending.key} is deleted and {done} in one commit")

    def _layout(self, model: type[Model]) -> Layout[Any]:
        """A read model's row carries what its own stream has applied: nobody else may write it."""
        if issubclass(model, ReadModel):
            raise EffectsError(
                f"{model.__name__} is a read model, whose rows its own streams make; "
                "let projectors write a Model of their own"
            )
        return layout_of(model, self._config, self._tenant)

    # --- for the gate ---

    def __len__(self) -> int:
        return len(self._pending)

    def copy(self) -> Effects:
        """The same effects, to add to and perhaps throw away."""
        twin = Effects(self._config, self._tenant)
        twin._pending = {row_id: pending.copy() for row_id, pending in self._pending.items()}
        return twin

    def can_join(self, later: Effects) -> bool:
        """Whether `later` can be coalesced onto these."""
        return all(
            can_follow(self._pending.get(row_id), pending)
            for row_id, pending in later._pending.items()
        )

    def rows_with(self, later: Effects) -> int:
        """How many rows these and `later` write together."""
        return len(self._pending) + sum(row not in self._pending for row in later._pending)

    def join(self, later: Effects) -> None:
        """Coalesce the effects of a later commit onto these.

        Raises:
            EffectsError: what each adds to a row is a number, and their sum is none.
        """
        for row_id, pending in later._pending.items():
            mine = self._pending.get(row_id)
            if isinstance(pending, ChangeRow) and isinstance(mine, PutRow | ChangeRow):
                mine.apply(pending.add, pending.values)
            else:
                self._pending[row_id] = pending

    def actions(self) -> Iterator[Action]:
        """The writes, one a row."""
        for (model, tenant, _, _), pending in self._pending.items():
            yield pending.action(layout_of(model, self._config, tenant))


def _id(layout: Layout[Any], key: Mapping[str, object]) -> RowId:
    """Which row this is.

    Raises:
        InvalidKeyError, KeyTooLargeError: it is no key of the model's.
    """
    found, config = layout.key(key), layout.config
    return layout.model, layout.tenant, found[config.pk]["S"], found[config.sk]["S"]


def _check_field(layout: Layout[Any], name: str) -> None:
    if name not in layout.fields:
        raise EffectsError(f"{layout.model.__name__} has no field {name}")
    if name in layout.key_fields:
        raise EffectsError(f"{layout.model.__name__}.{name} identifies the row and cannot change")
