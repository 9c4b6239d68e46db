"""Saving: what one record's create, change or deletion writes, in one call or not at all.

A change sends the attributes that changed and the keys of every index that they are part of. The
other inputs of these keys are what was loaded, so the call demands that they still are; where
someone changed one meanwhile, the keys are made anew of what is stored and the call is repeated.
Claims of unique values move in the same transaction, on the same terms.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec

from orm.config import SingleTableConfig
from orm.driver.protocol import Driver
from orm.errors import (
    ConditionFailedError,
    RowExistsError,
    RowNotFoundError,
    TransactionCanceledError,
)
from orm.expressions import (
    Comparison,
    Condition,
    Placeholders,
    all_of,
    any_of,
    compared,
    condition_fields,
    exists,
    not_exists,
)
from orm.indexes import UniqueSet
from orm.models.layout import Layout
from orm.records.claims import Claims
from orm.records.clauses import is_absent
from orm.records.errors import ContendedRowError, StaleRowError, UniqueError
from orm.requests import Action, AttributeValue, Delete, DeleteItem, Item, Put, PutItem
from orm.transactions import transact
from orm.update import UpdateExpression, single

WRITTEN: Final = "!written"
"""Chance, by which a writer whose answer was lost knows its own write from a rival's."""

ATTEMPTS: Final = 5
"""How often a change is made anew of what others have stored meanwhile."""

Values = Mapping[str, Any]


class Saver:
    """Writes rows of one entity.

    Args:
        driver: what carries the calls.
        layout: how the rows lie.
        claims: what keeps their values unique.
        ttl: the attribute with the second at which a row expires.
        version: the attribute that counts a row's changes.
        hidden: the attributes whose values no error says.
    """

    def __init__(
        self,
        driver: Driver,
        layout: Layout[Any],
        claims: Claims,
        *,
        ttl: str | None,
        version: str | None,
        hidden: frozenset[str],
    ) -> None:
        self._driver, self._layout, self._claims = driver, layout, claims
        self._ttl, self._version, self._hidden = ttl, version, hidden

    @property
    def _config(self) -> SingleTableConfig:
        return self._layout.config

    # --- create ---

    def insert(self, values: Values, now: int) -> Item:
        """Write a new row; the item that is stored now.

        Args:
            values: all of its values.
            now: the second that it is, for what has expired.

        Raises:
            RowExistsError: there is a row at its key.
            UniqueError: another row has a value that is to be unique.
        """
        mine: AttributeValue = {"B": secrets.token_bytes(8)}
        item = self._layout.item_of(values, {WRITTEN: mine})
        put = Put(
            table_name=self._config.table,
            item=item,
            return_values_on_condition_check_failure="ALL_OLD",
            **condition_fields(self._free(now), Placeholders()),
        )
        moved = self._claims.moved(None, values)
        try:
            if moved:
                self._transact(Action(put=put), self._claim_actions(moved, item, values, now))
            else:
                self._driver.send(PutItem(**msgspec.structs.asdict(put)))
        except (ConditionFailedError, TransactionCanceledError) as error:
            self._refuse_taken(error, moved, values)
            found = _item_in(error)
            if found is None or found.get(WRITTEN) != mine:
                raise RowExistsError(
                    self._layout.entity, self._identity(values), error.applied
                ) from error
        return item

    def _free(self, now: int) -> Condition:
        """No row is at the key, or one that has expired."""
        nothing = not_exists(self._config.pk)
        if self._ttl is None:
            return nothing
        return any_of(nothing, all_of(exists(self._ttl), compared(self._ttl, "<=", now)))

    # --- change ---

    def change(self, before: Item, values: Values, changed: Iterable[str], now: int) -> Item:
        """Write what has changed of a row; the item as it is stored now, as far as it is known.

        Args:
            before: the item that it was loaded as.
            values: all of its values, the new ones among them.
            changed: the names of the new ones.
            now: the second that it is.

        Raises:
            RowNotFoundError: the row is gone.
            StaleRowError: someone else has saved it since.
            ContendedRowError: others changed it each time that this was made anew.
            UniqueError: another row has a value that is to be unique.
        """
        new = {name: values[name] for name in changed}
        mine: AttributeValue = {"B": secrets.token_bytes(8)}
        for _ in range(ATTEMPTS):
            try:
                return self._attempt(before, new, mine, now)
            except (ConditionFailedError, TransactionCanceledError) as error:
                stored = _item_in(error)
                if stored is not None and stored.get(WRITTEN) == mine:
                    return stored  # the answer of an earlier attempt was lost
                self._check_stored(before, stored)
                assert stored is not None, "checked above"
                before = stored
        raise ContendedRowError(self._layout.entity, self._identity(values), ATTEMPTS)

    def _attempt(self, before: Item, new: Values, mine: AttributeValue, now: int) -> Item:
        old = self.plain(before)
        values = {**old, **new}
        expression, inputs = self._expression(new, values)
        moved = self._claims.moved(old, values)
        inputs |= {name for unique, _, _ in moved for name in unique.attributes}
        marked = self._version is not None or bool(moved) or bool(inputs)
        if marked:
            expression = expression.set_wire(WRITTEN, mine)
        key = {name: before[name] for name in (self._config.pk, self._config.sk)}
        condition = self._unchanged(before, inputs)
        update = expression.action(self._config.table, key, condition, return_item_on_failure=True)
        if moved:
            try:
                self._transact(Action(update=update), self._claim_actions(moved, key, values, now))
            except TransactionCanceledError as error:
                self._refuse_taken(error, moved, values)
                raise
        else:
            self._driver.send(single(update))
        return {**self._layout.item_of(values), **({WRITTEN: mine} if marked else {})}

    def _expression(self, new: Values, values: Values) -> tuple[UpdateExpression, set[str]]:
        """The update, and which unchanged values its index keys are made of."""
        expression = UpdateExpression()
        for name, value in new.items():
            field = self._layout.fields[name]
            if value is msgspec.UNSET:
                expression = expression.remove(field.attribute)
            else:
                expression = expression.set_wire(field.attribute, field.to_wire(value))
        inputs: set[str] = set()
        for index in self._layout.indexes:
            if not new.keys() & set(index.path.attributes):
                continue
            inputs |= set(index.path.attributes) - new.keys()
            pair = self._layout.index_key(index, values)
            for name in index.names:
                if name == self._config.pk:
                    continue  # a local index shares the table's partition key
                expression = (
                    expression.remove(name)
                    if pair is None
                    else expression.set_wire(name, pair[name])
                )
        return expression, inputs - set(self._layout.key_fields)

    def _unchanged(self, before: Item, inputs: set[str]) -> Condition:
        """The row is there, of the version that was loaded, and so are these values."""
        demands = [exists(self._config.pk)]
        names = sorted(inputs | ({self._version} if self._version else set()))
        for name in names:
            attribute = self._layout.fields[name].attribute
            wire = before.get(attribute)
            if wire is None or "NULL" in wire:
                demands.append(is_absent(attribute))
            else:
                demands.append(Comparison(attribute, "=", wire))
        return all_of(*demands)

    def _check_stored(self, before: Item, stored: Item | None) -> None:
        key = self._identity(self.plain(before))
        if stored is None:
            raise RowNotFoundError(self._layout.entity, key)
        if self._version is not None:
            attribute = self._layout.fields[self._version].attribute
            known, found = before.get(attribute), stored.get(attribute)
            if known != found:
                raise StaleRowError(self._layout.entity, key, _number(known), _number(found))

    # --- delete ---

    def remove(self, before: Item) -> None:
        """Delete a row and its claims; one that is gone is no error.

        Raises:
            StaleRowError: someone else has saved it since it was loaded.
            ContendedRowError: others changed it each time that this was tried.
        """
        for _ in range(ATTEMPTS):
            try:
                return self._attempt_removal(before)
            except (ConditionFailedError, TransactionCanceledError) as error:
                stored = _item_in(error)
                if stored is None:
                    return None
                self._check_stored(before, stored)
                before = stored
        key = self._identity(self.plain(before))
        raise ContendedRowError(self._layout.entity, key, ATTEMPTS)

    def _attempt_removal(self, before: Item) -> None:
        old = self.plain(before)
        moved = self._claims.moved(old, None)
        inputs = {name for unique, _, _ in moved for name in unique.attributes}
        key = {name: before[name] for name in (self._config.pk, self._config.sk)}
        careful = bool(moved) or self._version is not None
        condition = self._unchanged(before, inputs) if careful else None
        delete = Delete(
            table_name=self._config.table,
            key=key,
            return_values_on_condition_check_failure="ALL_OLD" if careful else None,
            **condition_fields(condition, Placeholders()),
        )
        if moved:
            self._transact(Action(delete=delete), self._claim_actions(moved, key, old, 0))
        else:
            self._driver.send(DeleteItem(**msgspec.structs.asdict(delete)))

    # --- claims ---

    def _claim_actions(
        self,
        moved: list[tuple[UniqueSet, Item | None, Item | None]],
        row: Item,
        values: Values,
        now: int,
    ) -> list[Action]:
        """Taking comes first, in the order of `moved`, so that a refusal tells which was taken."""
        owner = {name: row[name] for name in (self._config.pk, self._config.sk)}
        expires = values.get(self._ttl) if self._ttl else None
        expires = expires if isinstance(expires, int) else None
        taken = [self._claims.take(new, owner, now, expires) for _, _, new in moved if new]
        given = [self._claims.give_up(old, owner) for _, old, _ in moved if old]
        return taken + given

    def _transact(self, first: Action, others: list[Action]) -> None:
        transact(self._driver, [first, *others], self._config, token=secrets.token_urlsafe(24))

    def _refuse_taken(
        self,
        error: ConditionFailedError | TransactionCanceledError,
        moved: list[tuple[UniqueSet, Item | None, Item | None]],
        values: Values,
    ) -> None:
        if not isinstance(error, TransactionCanceledError):
            return
        taking = [unique for unique, _, new in moved if new]
        for unique, reason in zip(taking, error.reasons[1:], strict=False):
            if reason.code == "ConditionalCheckFailed":
                said = [
                    "…" if name in self._hidden else values.get(name) for name in unique.attributes
                ]
                raise UniqueError(self._layout.entity, unique.attributes, said) from error

    # --- what is stored ---

    def plain(self, item: Item) -> dict[str, Any]:
        """The values of a stored item."""
        return self._layout.values(self._layout.row(item))

    def _identity(self, values: Values) -> dict[str, Any]:
        return {name: values.get(name) for name in self._layout.key_fields}


def _item_in(error: ConditionFailedError | TransactionCanceledError) -> Item | None:
    """The item that was there when the first action was refused.

    Raises:
        TransactionCanceledError: another action was at fault, which is not the row's own.
    """
    if isinstance(error, ConditionFailedError):
        return error.item
    if not error.reasons or error.reasons[0].code != "ConditionalCheckFailed":
        raise error
    return error.reasons[0].item


def _number(wire: AttributeValue | None) -> Any:
    return None if wire is None else wire.get("N")
