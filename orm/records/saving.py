"""Saving: what a record's create, change or deletion writes.

A change sends the attributes that changed and the keys of every index that they are part of. The
other inputs of these keys are what was loaded, so the call demands that they still are; where
someone changed one meanwhile, the keys are made anew of what is stored and the call is repeated.
Claims of unique values move in the same transaction, on the same terms: a change of anything that
a claim is made of demands all that it is made of, and so does a deletion of what any claim is.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

import msgspec

from orm.codec import check_item_size
from orm.config import SingleTableConfig
from orm.errors import (
    CancellationReason,
    InvalidKeyError,
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
from orm.models.fields import HIDDEN
from orm.models.layout import Layout
from orm.models.path_keys import PathKeys
from orm.records.claims import Claims, Move
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
        """What tells a row from others."""
        return {name: values.get(name) for name in self.layout.key_fields}

    def told(self, values: Values) -> dict[str, Any]:
        """The same for errors."""
        known = self.identity(values)
        return {name: HIDDEN if name in self.hidden else one for name, one in known.items()}

    def key(self, item: Item) -> Item:
        """The key of an item."""
        return {name: item[name] for name in (self.config.pk, self.config.sk)}

    def unchanged(self, before: Item, names: Iterable[str]) -> Condition:
        """The row is there, of the version that was loaded, and so are these values."""
        names = sorted({*names} | ({self.version} if self.version else set()))
        attributes = [self.layout.fields[name].attribute for name in names]
        attributes += [WRITTEN] if self.version else []
        return all_of(exists(self.config.pk), *(_still(before, one) for one in attributes))

    def alive(self, now: int) -> tuple[Condition, ...]:
        """That the row has not expired, where its model knows that."""
        if self.ttl is None:
            return ()
        attribute = self.layout.fields[self.ttl].attribute
        return (any_of(is_absent(attribute), compared(attribute, ">", now)),)

    def has_expired(self, stored: Item, now: int) -> bool:
        """Whether a stored row is none any more."""
        wire = stored.get(self.layout.fields[self.ttl].attribute) if self.ttl else None
        return wire is not None and "N" in wire and Decimal(wire["N"]) <= now

    def free(self, now: int) -> dict[str, Any]:
        """The request fields that demand that no row is at a key, or one that has expired."""
        if self.ttl is None:
            return self._nothing_there
        attribute = self.layout.fields[self.ttl].attribute
        expired = all_of(exists(attribute), compared(attribute, "<=", now))
        return _fields(any_of(not_exists(self.config.pk), expired))

    def check_stored(self, before: Item, stored: Item) -> None:
        """Refuse a row that someone else has saved since it was loaded, or deleted and made anew:
        then its version may be the same, but not who wrote it."""
        if self.version is not None:
            attribute = self.layout.fields[self.version].attribute
            known, found = before.get(attribute), stored.get(attribute)
            if known != found or before.get(WRITTEN) != stored.get(WRITTEN):
                key = self.told(self.plain(before))
                raise StaleRowError(self.layout.entity, key, _number(known), _number(found))

    # --- claims ---

    def inputs(self, changed: Collection[str] | None) -> set[str]:
        """What the claims are made of that a change of these attributes may move; without any, what
        all of them are made of. Parts of the key stay what they are."""
        made = [self.claims.made_of(unique) for unique in self.claims.sets]
        touched = [names for names in made if changed is None or not names.isdisjoint(changed)]
        return set().union(*touched).difference(self.layout.key_fields)

    def claim_actions(
        self, moved: Sequence[Move], row: Item, now: int, others: Collection[str] = ()
    ) -> list[Action]:
        """Taking comes first, in the order of `moved`, so that a refusal tells which was taken.

        Args:
            moved: the claims.
            row: the row whose they are.
            now: the second that it is.
            others: names of those that another row has by now, and keeps.
        """
        if not moved:
            return []
        owner, claims = self.key(row), self.claims
        taken = [claims.take(one.taken, owner, now, one.expires) for one in moved if one.taken]
        given = [(one.unique.name, one.given) for one in moved if one.given]
        return taken + [
            claims.leave(key, owner) if name in others else claims.give_up(key, owner)
            for name, key in given
        ]

    def refuse_taken(
        self,
        reasons: Sequence[CancellationReason],
        moved: Sequence[Move],
        values: Values,
        error: Refusal,
    ) -> None:
        """Raise where a claim that was to be taken is another row's."""
        taking = [one.unique for one in moved if one.taken]
        for unique, reason in zip(taking, reasons, strict=False):
            if reason.code == REFUSED:
                said = [
                    HIDDEN if name in self.hidden else values.get(name)
                    for name in unique.attributes
                ]
                raise UniqueError(self.layout.entity, unique.attributes, said) from error


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
        names = (name for one in self.holds for name in one.names)
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
            self._mine = self._mine or {"B": secrets.token_bytes(8)}
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
            **_fields(condition),
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
            **_fields(all_of(*demands)),
        )
        return [Action(condition_check=check)]

    def refused(self, reasons: Sequence[CancellationReason], error: Refusal) -> bool:
        stored = reasons[0].item
        if stored is None or self.rows.has_expired(stored, self._now):
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


def _still(before: Item, attribute: str) -> Condition:
    """The attribute has the value that it had before."""
    wire = before.get(attribute)
    if wire is None or "NULL" in wire:
        return is_absent(attribute)
    return Comparison(attribute, "=", wire)


def _number(wire: AttributeValue | None) -> Any:
    number = None if wire is None else wire.get("N")
    return None if number is None else int(number)
