"""Rows: what the writes of one entity know of its rows: their keys, conditions and claims."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from orm.config import SingleTableConfig
from orm.errors import CancellationReason
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
from orm.records.errors import StaleRowError, UniqueError
from orm.records.queries.clauses import is_absent
from orm.records.writes.claims import Claims, Move
from orm.records.writes.committing import REFUSED, Refusal
from orm.requests import Action, AttributeValue, Item

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
        self._nothing_there = fields_of(not_exists(layout.config.pk))
        self._there = exists(layout.config.pk)
        self._key = layout.config.pk, layout.config.sk

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
        pk, sk = self._key
        return {pk: item[pk], sk: item[sk]}

    def unchanged(self, before: Item, names: Iterable[str]) -> Condition:
        """The row is there, of the version that was loaded, and so are these values."""
        names = {*names, self.version} if self.version else {*names}
        if not names:
            return self._there
        attributes = [self.layout.fields[name].attribute for name in sorted(names)]
        attributes += [WRITTEN] if self.version else []
        return all_of(self._there, *(_still(before, one) for one in attributes))

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
        return fields_of(any_of(not_exists(self.config.pk), expired))

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


def fields_of(condition: Condition | None) -> dict[str, Any]:
    """The request fields of a condition."""
    return condition_fields(condition, Placeholders())


def _still(before: Item, attribute: str) -> Condition:
    """The attribute has the value that it had before."""
    wire = before.get(attribute)
    if wire is None or "NULL" in wire:
        return is_absent(attribute)
    return Comparison(attribute, "=", wire)


def _number(wire: AttributeValue | None) -> Any:
    number = None if wire is None else wire.get("N")
    return None if number is None else int(number)
