"""Saving: what a record's create, change or deletion writes.

A change sends the attributes that changed and the keys of every index that they are part of. The
other inputs of these keys are what was loaded, so the call demands that they still are; where
someone changed one meanwhile, the keys are made anew of what is stored and the call is repeated.
Claims of unique values move in the same transaction, on the same terms: a change of anything that
a claim is made of demands all that it is made of, and so does a deletion of what any claim is.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from orm.codec import check_item_size
from orm.errors import (
    CancellationReason,
    InvalidKeyError,
    OrmError,
    RowExistsError,
    RowNotFoundError,
)
from orm.expressions import (
    Condition,
    all_of,
)
from orm.models.path_keys import PathKeys
from orm.records.errors import (
    CheckFailedError,
    ContendedRowError,
)
from orm.records.writes.claims import Move
from orm.records.writes.committing import ATTEMPTS, REFUSED, Refusal, Write
from orm.records.writes.rows import WRITTEN, Rows, Values, fields_of
from orm.requests import Action, AttributeValue, ConditionCheck, Delete, Item, Put
from orm.update import Change as AttributeChange
from orm.update import ChangeKind, UpdateExpression


class Hold(msgspec.Struct, frozen=True, eq=False):
    """Why a row is written for another's sake.

    Args:
        names: the attributes by which it hangs on the other.
        on: the write of the other.
    """

    names: tuple[str, ...]
    on: RowWrite


class RowWrite(Write):
    """A write of a row that was there before it."""

    def __init__(self, rows: Rows, before: Item) -> None:
        self.rows, self.before, self._read = rows, before, before
        self.moved: Sequence[Move] = ()
        self.others: set[str] = set()
        self._holds: list[Hold] | None = None

    def only_while(self, holds: Iterable[Hold]) -> None:
        """Write the row only while it hangs on another as it did when it was read, and that one is
        not left as it is either: rows move, and an index that lags does not know."""
        self._holds = list(holds)

    @property
    def holds(self) -> Sequence[Hold]:
        """Why it is written, where that is for another row's sake."""
        return self._holds or ()

    @property
    def is_left(self) -> bool:
        """Whether the row is left as it is, for it hangs on none of the others any more."""
        return self._holds is not None and all(one.on.is_left for one in self._holds)

    def held(self) -> set[str]:
        """The attributes by which the row hangs on others; parts of its key stay what they are."""
        if not self._holds:
            return set()
        names = (name for one in self._holds for name in one.names)
        return {*names}.difference(self.rows.layout.key_fields)

    def lose(self, stored: Item | None) -> list[Hold]:
        """Forget what does not hold of what is stored; what that was."""
        fields, known = self.rows.layout.fields, self._holds or []
        same = {
            name
            for name in self.held()
            if stored is not None and stored.get(at := fields[name].attribute) == self._read.get(at)
        }
        lost = [one for one in known if stored is None or not self.held() & {*one.names} <= same]
        if self._holds is not None:
            self._holds = [one for one in known if one not in lost]
        return lost

    def lost_claims(self, reasons: Sequence[CancellationReason]) -> bool:
        """Note which claims are not this row's to give up: it expired, and another took them. What
        was noted and is not so any more is forgotten. Whether there was anything to note."""
        given = [one.unique.name for one in self.moved if one.given]
        about = reasons[len(reasons) - len(given) :]
        found = {name for name, one in zip(given, about, strict=True) if one.code == REFUSED}
        self.others ^= found
        return bool(found)

    @property
    def identity(self) -> dict[str, Any]:
        return self.rows.told(self.rows.plain(self.before))

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
        self._mine: AttributeValue = {"B": os.urandom(8)}
        self.item = rows.layout.item_of(values, {WRITTEN: self._mine})
        self._moved = rows.claims.moved(None, values)

    def actions(self) -> list[Action]:
        put = Put(
            table_name=self.rows.config.table,
            item=self.item,
            return_values_on_condition_check_failure="ALL_OLD",
            **self.rows.free(self._now),
        )
        claimed = self.rows.claim_actions(self._moved, self.item, self._now)
        return [Action(put=put), *claimed]

    def recognises(self, stored: Item) -> bool:
        return bool(stored.get(WRITTEN) == self._mine)

    def refused(self, reasons: Sequence[CancellationReason], error: Refusal) -> bool:
        self.rows.refuse_taken(reasons[1:], self._moved, self._values, error)
        raise RowExistsError(self.rows.layout.entity, self.identity, error.applied) from error

    @property
    def identity(self) -> dict[str, Any]:
        return self.rows.told(self._values)

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
        new: these values.
        item: what is stored when it is done, as far as it is known.
        anew: whether others have changed the row since it was loaded, and `item` knows it.
    """

    def __init__(
        self, rows: Rows, before: Item, new: Values, now: int, values: Values | None = None
    ) -> None:
        super().__init__(rows, before)
        self.new, self._now, self._values = new, now, values
        self._mine: AttributeValue | None = None  # chance is a system call, so only where needed
        self.item: Item = before
        self.anew = False

    def actions(self) -> list[Action]:
        if self.is_left:
            return []
        rows, values = self.rows, self._whole()
        changes, inputs = self._changes(values)
        inputs |= self.held()
        if rows.claims.sets:
            self.moved = rows.claims.moved(rows.plain(self.before), values)
            inputs |= rows.inputs(self.new)
        alive = rows.alive(self._now)
        if rows.version is not None or self.moved or inputs or alive:
            self._mine = self._mine or {"B": os.urandom(8)}
            changes[WRITTEN] = self._mine
        after = {**self.before, **changes}
        self.item = {name: wire for name, wire in after.items() if wire is not None}
        check_item_size(self.item, f"a row of {rows.layout.entity}")
        rows.layout.check_native(self.item)
        key, condition = rows.key(self.before), all_of(rows.unchanged(self.before, inputs), *alive)
        update = _expression(changes).action(
            rows.config.table, key, condition, return_item_on_failure=True
        )
        return [
            Action(update=update),
            *rows.claim_actions(self.moved, key, self._now, self.others),
        ]

    def _whole(self) -> Values:
        """All of its values; once it is made anew, those of what is stored and the new ones."""
        if self._values is None:
            self._values = {**self.rows.plain(self.before), **self.new}
        return self._values

    def _changes(self, values: Values) -> tuple[dict[str, AttributeValue | None], set[str]]:
        """What attributes become, None for those that go, and which unchanged values the new index
        keys are made of."""
        layout, new, inputs = self.rows.layout, self.new, set[str]()
        changes: dict[str, AttributeValue | None] = {}
        for name, value in new.items():
            field = layout.fields[name]
            changes[field.attribute] = layout.changed(name, value)
        for index in layout.indexes:
            if index.attributes.isdisjoint(new):
                continue
            inputs |= index.attributes
            pair = self._index_key(index, values) or {}
            # a local index shares the table's partition key
            own = self.rows.config.pk
            changes |= {name: pair.get(name) for name in index.names if name != own}
        return changes, inputs - new.keys() - set(layout.key_fields)

    def _index_key(self, index: PathKeys, values: Values) -> Item | None:
        """The row's key in an index. It may be older than the index, and hold what no key can
        carry: then it does not stand there, until this is changed.

        Raises:
            InvalidKeyError: what is new is of this kind.
        """
        layout = self.rows.layout
        try:
            return layout.index_key(index, values)
        except InvalidKeyError:
            for name in self.new.keys() & {*index.path.hash, *index.path.sort}:
                layout.parts[name].in_sort(values[name])
            return None

    def recognises(self, stored: Item) -> bool:
        mine = self._mine is not None and bool(stored.get(WRITTEN) == self._mine)
        if mine:
            self.item, self.anew = stored, True
        return mine

    def refused(self, reasons: Sequence[CancellationReason], error: Refusal) -> bool:
        """The row comes first: where others changed it, the claims were made of what it was."""
        if reasons[0].code != REFUSED:
            self.rows.refuse_taken(reasons[1:], self.moved, self._whole(), error)
            if self.lost_claims(reasons):
                return True
            raise error
        stored = reasons[0].item
        if stored is not None and self.rows.has_expired(stored, self._now):
            stored = None
        lost = {name for one in self.lose(stored) for name in one.names}
        self.new = {name: value for name, value in self.new.items() if name not in lost}
        if self.is_left:
            return True
        if stored is None:
            raise RowNotFoundError(self.rows.layout.entity, self.identity) from error
        self.rows.check_stored(self.before, stored)
        self.before, self.anew, self._values = stored, True, None
        return True


class Removal(RowWrite):
    """The deletion of a row and its claims; one that is gone is no error."""

    def __init__(self, rows: Rows, before: Item) -> None:
        super().__init__(rows, before)
        self._gone = False

    def actions(self) -> list[Action]:
        if self._gone or self.is_left:
            return []
        rows, held = self.rows, self.held()
        if rows.claims.sets:
            self.moved = rows.claims.moved(rows.plain(self.before), None)
        key = rows.key(self.before)
        careful = bool(rows.claims.sets or held) or rows.version is not None
        condition = rows.unchanged(self.before, rows.inputs(None) | held) if careful else None
        delete = Delete(
            table_name=rows.config.table,
            key=key,
            return_values_on_condition_check_failure="ALL_OLD" if careful else None,
            **fields_of(condition),
        )
        return [Action(delete=delete), *rows.claim_actions(self.moved, key, 0, self.others)]

    def refused(self, reasons: Sequence[CancellationReason], error: Refusal) -> bool:
        if reasons[0].code != REFUSED:
            if self.lost_claims(reasons):
                return True
            raise error
        stored = reasons[0].item
        if stored is not None:
            self.lose(stored)
        if stored is None:
            self._gone = True
        elif not self.is_left:
            self.rows.check_stored(self.before, stored)
            self.before = stored
        return True


class Check(RowWrite):
    """The demand that a row is there, of the version that was loaded, and that conditions hold."""

    def __init__(
        self, rows: Rows, before: Item, said: str, condition: Condition | None, now: int
    ) -> None:
        super().__init__(rows, before)
        self._said, self._condition, self._now = said, condition, now

    def actions(self) -> list[Action]:
        demands = [self.rows.unchanged(self.before, ()), *self.rows.alive(self._now)]
        demands += [self._condition] if self._condition is not None else []
        check = ConditionCheck(
            table_name=self.rows.config.table,
            key=self.rows.key(self.before),
            return_values_on_condition_check_failure="ALL_OLD",
            **fields_of(all_of(*demands)),
        )
        return [Action(condition_check=check)]

    def refused(self, reasons: Sequence[CancellationReason], error: Refusal) -> bool:
        stored = reasons[0].item
        if stored is None or self.rows.has_expired(stored, self._now):
            raise RowNotFoundError(self.rows.layout.entity, self.identity) from error
        self.rows.check_stored(self.before, stored)
        raise CheckFailedError(self.rows.layout.entity, self.identity, self._said) from error


def _expression(changes: Mapping[str, AttributeValue | None]) -> UpdateExpression:
    return UpdateExpression(
        tuple(
            AttributeChange(ChangeKind.REMOVE if wire is None else ChangeKind.SET, name, wire)
            for name, wire in changes.items()
        )
    )
