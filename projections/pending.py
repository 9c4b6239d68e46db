"""What is pending for one row: a put, a delete or a change, and what can follow what.

Each becomes one action. What follows a put changes the put; numbers that follow numbers add up.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any, TypeAlias

import msgspec

from orm.codec import to_wire
from orm.models.actions import delete_row, put_row, upsert
from orm.models.layout import Layout
from orm.models.model import Model
from orm.requests import Action
from projections.errors import EffectsError
from projections.sums import Exact, number_field


class PutRow(msgspec.Struct):
    """A whole row; `sums` are fields added to since, exact where the row's own float is not."""

    row: Model
    sums: dict[str, Exact] = {}

    def apply(self, add: Mapping[str, Exact], set_: Mapping[str, object]) -> None:
        for name, number in add.items():
            field = number_field(type(self.row), name)
            total = field.total(self.sums.get(name, getattr(self.row, name)), number)
            setattr(self.row, name, field.in_row(total))
            self.sums[name] = total
        for name, value in set_.items():
            setattr(self.row, name, value)
            self.sums.pop(name, None)

    def copy(self) -> PutRow:
        return PutRow(copy.copy(self.row), dict(self.sums))

    def action(self, layout: Layout[Any]) -> Action:
        put = put_row(self.row, layout.config, tenant=layout.tenant)
        for name, total in self.sums.items():
            field = layout.fields[name]
            put.item[field.attribute] = to_wire(total, field.path)
        return Action(put=put)


class DeleteRow(msgspec.Struct):
    """No row, whatever was there."""

    key: dict[str, object]

    def copy(self) -> DeleteRow:
        return self

    def action(self, layout: Layout[Any]) -> Action:
        return Action(
            delete=delete_row(layout.model, layout.config, self.key, tenant=layout.tenant)
        )


class ChangeRow(msgspec.Struct):
    """Numbers to add to a row, and values to give it."""

    model: type[Model]
    key: dict[str, object]
    add: dict[str, Exact] = {}
    values: dict[str, object] = {}

    def clash(self, add: Mapping[str, Exact], set_: Mapping[str, object]) -> set[str]:
        """Fields that would be set and added to by one action."""
        return (add.keys() & self.values.keys()) | (set_.keys() & self.add.keys())

    def apply(self, add: Mapping[str, Exact], set_: Mapping[str, object]) -> None:
        if clash := self.clash(add, set_):
            raise EffectsError(
                f"{self.model.__name__}: {', '.join(sorted(clash))} is both set and added to"
            )
        for name, number in add.items():
            self.add[name] = number_field(self.model, name).total(self.add.get(name, 0), number)
        self.values.update(set_)

    def copy(self) -> ChangeRow:
        return ChangeRow(self.model, self.key, dict(self.add), dict(self.values))

    def action(self, layout: Layout[Any]) -> Action:
        return Action(
            update=upsert(
                layout.model,
                layout.config,
                key=self.key,
                add=self.add,
                set=self.values,
                tenant=layout.tenant,
            )
        )


Pending: TypeAlias = PutRow | DeleteRow | ChangeRow


def can_follow(pending: Pending | None, later: Pending) -> bool:
    """Whether one action can say both."""
    match pending, later:
        case DeleteRow(), PutRow() | ChangeRow():
            return False
        case ChangeRow(), ChangeRow():
            return not pending.clash(later.add, later.values)
        case _:
            return True
