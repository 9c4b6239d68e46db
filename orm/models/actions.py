"""Writes of rows as requests: pure, so that they can be put together before anything is sent.

Each function returns an action of `orm.requests`, to be sent in a transaction
(`Action(put=put_row(…))`) or alone (`orm.update.single` for an update).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from decimal import Decimal
from typing import Any, TypeVar

from orm.config import SingleTableConfig
from orm.errors import ConfigurationError
from orm.expressions import Condition, Placeholders, condition_fields
from orm.models.fields import Field
from orm.models.layout import Layout, layout_of
from orm.models.model import Model
from orm.models.path_keys import PathKeys
from orm.requests import AttributeValue, Delete, Item, Put, Update
from orm.update import UpdateExpression

M = TypeVar("M", bound=Model)
Wire = Mapping[str, AttributeValue]


def row_item(
    row: Model,
    config: SingleTableConfig,
    extra: Wire | None = None,
    *,
    tenant: str | None = None,
) -> Item:
    """The whole item of a row: keys, entity, index keys, fields, and `extra` attributes."""
    return layout_of(type(row), config, tenant).item(row, extra)


def row_key(
    model: type[Model],
    config: SingleTableConfig,
    key: Mapping[str, object],
    *,
    tenant: str | None = None,
) -> Item:
    """The key of the row that `key` (field → value) identifies."""
    return layout_of(model, config, tenant).key(key)


def put_row(
    row: Model,
    config: SingleTableConfig,
    *,
    extra: Wire | None = None,
    condition: Condition | None = None,
    return_item_on_failure: bool = False,
    tenant: str | None = None,
) -> Put:
    """Write a whole row in place of whatever is at its key."""
    return Put(
        table_name=config.table,
        item=row_item(row, config, extra, tenant=tenant),
        return_values_on_condition_check_failure=_all_old(return_item_on_failure),
        **condition_fields(condition, Placeholders()),
    )


def delete_row(
    model: type[Model],
    config: SingleTableConfig,
    key: Mapping[str, object],
    *,
    condition: Condition | None = None,
    return_item_on_failure: bool = False,
    tenant: str | None = None,
) -> Delete:
    """Delete the row at `key`, if it is there."""
    return Delete(
        table_name=config.table,
        key=row_key(model, config, key, tenant=tenant),
        return_values_on_condition_check_failure=_all_old(return_item_on_failure),
        **condition_fields(condition, Placeholders()),
    )


def _all_old(wanted: bool) -> str | None:
    return "ALL_OLD" if wanted else None


def upsert(
    model: type[M],
    config: SingleTableConfig,
    *,
    key: Mapping[str, object],
    add: Mapping[str, int | float | Decimal] | None = None,
    set: Mapping[str, object] | None = None,
    set_if_absent: Mapping[str, object] | None = None,
    extra: Wire | None = None,
    remove: Collection[str] = (),
    condition: Condition | None = None,
    return_item_on_failure: bool = False,
    tenant: str | None = None,
) -> Update:
    """Change a row, or make it where there is none: either way a complete one is there afterwards.

    Beside the changes it writes the key's own fields, the entity and the index keys.

    Args:
        model: whose row.
        config: the table's names.
        key: the fields that identify the row.
        add: numbers to add to fields; a row that was not there counts from 0.
        set: fields to give a value; None for a part of an index takes the row out of that index.
        set_if_absent: fields to give a value only where they have none.
        extra: attributes beside the model's own, in wire shape.
        remove: attributes beside the model's own to take away.
        condition: what must hold of the row that is there, or of there being none.
        return_item_on_failure: whether a refusal carries the item that was there.
        tenant: whose row.

    Raises:
        ConfigurationError: the row would be incomplete or out of step with its indexes: a field
            without a default is not given, a part of an index is not known, or a number is added
            to a field that does not start at 0.
    """
    layout = layout_of(model, config, tenant)
    changes = _Changes(layout, key, add or {}, set or {}, set_if_absent or {})
    expression = changes.expression()
    layout.check_foreign(extra or ())
    for name, wire in (extra or {}).items():
        expression = expression.set_wire(name, wire)
    layout.check_foreign(remove)
    for name in remove:
        expression = expression.remove(name)
    return expression.action(
        config.table, layout.key(key), condition, return_item_on_failure=return_item_on_failure
    )


class _Changes:
    """The changes of one upsert, checked against the model."""

    def __init__(
        self,
        layout: Layout[Any],
        key: Mapping[str, object],
        add: Mapping[str, int | float | Decimal],
        set_: Mapping[str, object],
        set_if_absent: Mapping[str, object],
    ) -> None:
        self._layout, self._key, self._add = layout, key, add
        self._set, self._set_if_absent = set_, set_if_absent
        self._check_fields()
        self._check_complete()

    def _check_fields(self) -> None:
        for name in (*self._add, *self._set, *self._set_if_absent):
            if name not in self._layout.fields:
                raise self._refusal(name, f"is no field of {self._layout.model.__name__}")
            if name in self._key:
                raise self._refusal(name, "identifies the row and cannot change")
        for name in self._add:
            if self._field(name).default() not in (None, 0):
                raise self._refusal(name, "starts at its default, adding starts at 0; give it = 0")

    def _check_complete(self) -> None:
        given = {*self._key, *self._add, *self._set, *self._set_if_absent}
        for name, field in self._layout.fields.items():
            if field.required and name not in given:
                raise self._refusal(name, "has no default and is not given, so a new row lacks it")

    def _field(self, name: str) -> Field:
        return self._layout.fields[name]

    def _refusal(self, name: str, reason: str) -> ConfigurationError:
        return ConfigurationError(f"upsert of {self._layout.model.__name__}.{name}", reason)

    def expression(self) -> UpdateExpression:
        """Fields, entity and index keys in one update."""
        config = self._layout.config
        expression = UpdateExpression()
        for name, value in (*self._key.items(), *self._set.items()):
            field = self._field(name)
            expression = expression.set_wire(field.attribute, field.to_wire(value))
        expression = expression.set(config.entity, self._layout.entity)
        for name, value in self._set_if_absent.items():
            field = self._field(name)
            expression = expression.set_if_absent_wire(field.attribute, field.to_wire(value))
        for name, number in self._add.items():
            expression = expression.add(self._field(name).attribute, number)
        for index in self._layout.indexes:
            expression = self._index(expression, index)
        return expression

    def _index(self, expression: UpdateExpression, index: PathKeys) -> UpdateExpression:
        known = {**self._key, **self._set}
        for name in index.path.attributes:
            if name not in known:
                raise self._refusal(
                    name,
                    f"is part of {index.path} and not known here; give it in set= or put the row",
                )
        pair = self._layout.index_key(index, known)
        for name in index.names:
            expression = (
                expression.remove(name) if pair is None else expression.set_wire(name, pair[name])
            )
        return expression
