"""Saving: what a record's create, change or deletion writes.

A change sends the attributes that changed and the keys of every index that they are part of. The
other inputs of these keys are what was loaded, so the call demands that they still are; where
someone changed one meanwhile, the keys are made anew of what is stored and the call is repeated.
Claims of unique values move in the same transaction, on the same terms.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec

from orm.config import SingleTableConfig
from orm.errors import (
    CancellationReason,
    OrmError,
    RowExistsError,
    RowNotFoundError,
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
from orm.records.committing import ATTEMPTS, REFUSED, Refusal, Write
from orm.records.errors import (
    CheckFailedError,
    ContendedRowError,
    StaleRowError,
    UniqueError,
)
from orm.requests import Action, AttributeValue, ConditionCheck, Delete, Item, Put
from orm.update import Change as AttributeChange
from orm.update import ChangeKind, UpdateExpression

WRITTEN: Final = "!written"
"""Chance, by which a writer whose answer was lost knows its own write from a rival's."""

Values = Mapping[str, Any]
Moves = list[tuple[UniqueSet, Item | None, Item | None]]


class Rows:
    """What writes know of one entity's rows.

    Args:
        layout: how they lie.
        claims: what keeps their values unique.
        ttl: the attribute with the second at which a row expires.
        version: the attribute that counts a row's changes.
        hidden: the attributes whose values no error says.
    """

    def __init__(
        self,
        layout: Layout[Any],
        claims: Claims,
        *,
        ttl: str | None,
        version: str | None,
        hidden: frozenset[str],
    ) -> None:
        self.layout, self.claims = layout, claims
        self.ttl, self.version, self.hidden = ttl, version, hidden
        self._nothing_there = _fields(not_exists(layout.config.pk))

    @property
    def config(self) -> SingleTableConfig:
        return self.layout.config

    def plain(self, item: Item) -> dict[str, Any]:
        """The values of a stored item."""
        return self.layout.values(self.layout.known_row(item))

    def identity(self, values: Values) -> dict[str, Any]:
        """What tells a row from others, for errors."""
        return {name: values.get(name) for name in self.layout.key_fields}

    def key(self, item: Item) -> Item:
        """The key of an item."""
        return {name: item[name] for name in (self.config.pk, self.config.sk)}

    def unchanged(self, before: Item, names: Iterable[str]) -> Condition:
        """The row is there, of the version that was loaded, and so are these values."""
        demands = [exists(self.config.pk)]
        for name in sorted({*names} | ({self.version} if self.version else set())):
            attribute = self.layout.fields[name].attribute
            wire = before.get(attribute)
            if wire is None or "NULL" in wire:
                demands.append(is_absent(attribute))
            else:
                demands.append(Comparison(attribute, "=", wire))
        return all_of(*demands)

    def free(self, now: int) -> dict[str, Any]:
        """The request fields that demand that no row is at a key, or one that has expired."""
        if self.ttl is None:
            return self._nothing_there
        expired = all_of(exists(self.ttl), compared(self.ttl, "<=", now))
        return _fields(any_of(not_exists(self.config.pk), expired))

    def check_stored(self, before: Item, stored: Item) -> None:
        """Refuse a row that someone else has saved since it was loaded."""
        if self.version is not None:
            attribute = self.layout.fields[self.version].attribute
            known, found = before.get(attribute), stored.get(attribute)
            if known != found:
                key = self.identity(self.plain(before))
                raise StaleRowError(self.layout.entity, key, _number(known), _number(found))

    # --- claims ---

    def claim_actions(self, moved: Moves, row: Item, values: Values, now: int) -> list[Action]:
        """Taking comes first, in the order of `moved`, so that a refusal tells which was taken."""
        if not moved:
            return []
        owner = self.key(row)
        expires = values.get(self.ttl) if self.ttl else None
        expires = expires if isinstance(expires, int) else None
        taken = [self.claims.take(new, owner, now, expires) for _, _, new in moved if new]
        given = [self.claims.give_up(old, owner) for _, old, _ in moved if old]
        return taken + given

    def refuse_taken(
        self, reasons: Sequence[CancellationReason], moved: Moves, values: Values, error: Refusal
    ) -> None:
        """Raise where a claim that was to be taken is another row's."""
        taking = [unique for unique, _, new in moved if new]
        for unique, reason in zip(taking, reasons, strict=False):
            if reason.code == REFUSED:
                said = [
                    "…" if name in self.hidden else values.get(name) for name in unique.attributes
                ]
                raise UniqueError(self.layout.entity, unique.attributes, said) from error


class RowWrite(Write):
    """A write of a row that was there before it."""

    def __init__(self, rows: Rows, before: Item) -> None:
        self.rows, self.before = rows, before

    @property
    def identity(self) -> dict[str, Any]:
        return self.rows.identity(self.rows.plain(self.before))

    def contended(self) -> OrmError:
        return ContendedRowError(self.rows.layout.entity, self.identity, ATTEMPTS)

    def subject(self) -> str:
        return f"{self.rows.layout.entity} {self.identity}"


class Insert(Write):
    """A new row.

    Args:
        rows: the entity.
        values: all of its values.
        now: the second that it is, for what has expired.

    Attributes:
        item: what is stored when it is done.
    """

    def __init__(self, rows: Rows, values: Values, now: int) -> None:
        self.rows, self._values, self._now = rows, values, now
        self._mine: AttributeValue = {"B": secrets.token_bytes(8)}
        self.item = rows.layout.item_of(values, {WRITTEN: self._mine})
        self._moved = rows.claims.moved(None, values)

    def actions(self) -> list[Action]:
        put = Put(
            table_name=self.rows.config.table,
            item=self.item,
            return_values_on_condition_check_failure="ALL_OLD",
            **self.rows.free(self._now),
        )
        claimed = self.rows.claim_actions(self._moved, self.item, self._values, self._now)
        return [Action(put=put), *claimed]

    def recognises(self, stored: Item) -> bool:
        return bool(stored.get(WRITTEN) == self._mine)

    def refused(self, reasons: Sequence[CancellationReason], error: Refusal) -> bool:
        self.rows.refuse_taken(reasons[1:], self._moved, self._values, error)
        raise RowExistsError(self.rows.layout.entity, self.identity, error.applied) from error

    @property
    def identity(self) -> dict[str, Any]:
        return self.rows.identity(self._values)

    def contended(self) -> OrmError:
        return ContendedRowError(self.rows.layout.entity, self.identity, ATTEMPTS)

    def subject(self) -> str:
        return f"{self.rows.layout.entity} {self.identity}"


class Change(RowWrite):
    """What has changed of a row.

    Args:
        rows: the entity.
        before: the item that it was loaded as.
        new: the values that have changed.
        now: the second that it is.
        values: all of its values, those among them; what `before` says of the others unless given.

    Attributes:
        item: what is stored when it is done, as far as it is known.
    """

    def __init__(
        self, rows: Rows, before: Item, new: Values, now: int, values: Values | None = None
    ) -> None:
        super().__init__(rows, before)
        self._new, self._now, self._values = new, now, values
        self._mine: AttributeValue | None = None  # chance is a system call, so only where needed
        self.item: Item = before
        self._moved: Moves = []

    def actions(self) -> list[Action]:
        rows, values = self.rows, self._whole()
        changes, inputs = self._changes(values)
        if rows.claims.sets:
            self._moved = rows.claims.moved(rows.plain(self.before), values)
            inputs |= {name for unique, _, _ in self._moved for name in unique.attributes}
        if rows.version is not None or self._moved or inputs:
            self._mine = self._mine or {"B": secrets.token_bytes(8)}
            changes[WRITTEN] = self._mine
        after = {**self.before, **changes}
        self.item = {name: wire for name, wire in after.items() if wire is not None}
        key, condition = rows.key(self.before), rows.unchanged(self.before, inputs)
        update = _expression(changes).action(
            rows.config.table, key, condition, return_item_on_failure=True
        )
        return [Action(update=update), *rows.claim_actions(self._moved, key, values, self._now)]

    def _whole(self) -> Values:
        """All of its values; once it is made anew, those of what is stored and the new ones."""
        if self._values is None:
            self._values = {**self.rows.plain(self.before), **self._new}
        return self._values

    def _changes(self, values: Values) -> tuple[dict[str, AttributeValue | None], set[str]]:
        """What attributes become, None for those that go, and which unchanged values the new index
        keys are made of."""
        layout, new, inputs = self.rows.layout, self._new, set[str]()
        changes: dict[str, AttributeValue | None] = {}
        for name, value in new.items():
            field = layout.fields[name]
            changes[field.attribute] = None if value is msgspec.UNSET else field.to_wire(value)
        for index in layout.indexes:
            if index.attributes.isdisjoint(new):
                continue
            inputs |= index.attributes
            pair = layout.index_key(index, values) or {}
            # a local index shares the table's partition key
            own = self.rows.config.pk
            changes |= {name: pair.get(name) for name in index.names if name != own}
        return changes, inputs - new.keys() - set(layout.key_fields)

    def recognises(self, stored: Item) -> bool:
        mine = self._mine is not None and bool(stored.get(WRITTEN) == self._mine)
        if mine:
            self.item = stored
        return mine

    def refused(self, reasons: Sequence[CancellationReason], error: Refusal) -> bool:
        self.rows.refuse_taken(reasons[1:], self._moved, self._whole(), error)
        if reasons[0].code != REFUSED:
            raise error
        if reasons[0].item is None:
            raise RowNotFoundError(self.rows.layout.entity, self.identity) from error
        self.rows.check_stored(self.before, reasons[0].item)
        self.before, self._values = reasons[0].item, None
        return True


class Removal(RowWrite):
    """The deletion of a row and its claims; one that is gone is no error."""

    def __init__(self, rows: Rows, before: Item) -> None:
        super().__init__(rows, before)
        self._gone = False

    def actions(self) -> list[Action]:
        if self._gone:
            return []
        rows = self.rows
        old = rows.plain(self.before) if rows.claims.sets else {}
        moved = rows.claims.moved(old, None)
        inputs = {name for unique, _, _ in moved for name in unique.attributes}
        key, careful = rows.key(self.before), bool(moved) or rows.version is not None
        condition = rows.unchanged(self.before, inputs) if careful else None
        delete = Delete(
            table_name=rows.config.table,
            key=key,
            return_values_on_condition_check_failure="ALL_OLD" if careful else None,
            **_fields(condition),
        )
        return [Action(delete=delete), *rows.claim_actions(moved, key, old, 0)]

    def refused(self, reasons: Sequence[CancellationReason], error: Refusal) -> bool:
        if reasons[0].code != REFUSED:
            raise error
        stored = reasons[0].item
        if stored is None:
            self._gone = True
        else:
            self.rows.check_stored(self.before, stored)
            self.before = stored
        return True


class Check(RowWrite):
    """The demand that a row is there, of the version that was loaded, and that conditions hold."""

    def __init__(self, rows: Rows, before: Item, said: str, condition: Condition | None) -> None:
        super().__init__(rows, before)
        self._said, self._condition = said, condition

    def actions(self) -> list[Action]:
        demands = [self.rows.unchanged(self.before, ())]
        demands += [self._condition] if self._condition is not None else []
        check = ConditionCheck(
            table_name=self.rows.config.table,
            key=self.rows.key(self.before),
            return_values_on_condition_check_failure="ALL_OLD",
            **_fields(all_of(*demands)),
        )
        return [Action(condition_check=check)]

    def refused(self, reasons: Sequence[CancellationReason], error: Refusal) -> bool:
        stored = reasons[0].item
        if stored is None:
            raise RowNotFoundError(self.rows.layout.entity, self.identity) from error
        self.rows.check_stored(self.before, stored)
        raise CheckFailedError(self.rows.layout.entity, self.identity, self._said) from error


def _fields(condition: Condition | None) -> dict[str, Any]:
    return condition_fields(condition, Placeholders())


def _expression(changes: Mapping[str, AttributeValue | None]) -> UpdateExpression:
    return UpdateExpression(
        tuple(
            AttributeChange(ChangeKind.REMOVE if wire is None else ChangeKind.SET, name, wire)
            for name, wire in changes.items()
        )
    )


def _number(wire: AttributeValue | None) -> Any:
    return None if wire is None else wire.get("N")
