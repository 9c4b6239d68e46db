"""Claims: what keeps values unique, as items written in one transaction with the row.

    pk = !UNIQUE#USER#email#ann@example.com     sk = !UNIQUE     !owner = [row's pk, row's sk]

A claim is taken only where nobody has it, or its owner has expired, and given up only by its
owner; so of two that want one value exactly one gets it, whatever else happens at the time.

What a claim is made of are the attributes that it keeps unique, those that decide whether the row
has it, and the second at which the row expires. Whoever changes one of these, or deletes the row,
demands all of them as they were known: so a claim always follows what is stored.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

import msgspec

from orm.codec import to_wire
from orm.config import SingleTableConfig
from orm.definitions.guards import Guard
from orm.errors import InvalidKeyError, KeyTooLargeError
from orm.expressions import (
    Condition,
    Placeholders,
    all_of,
    any_of,
    compared,
    condition_fields,
    equals,
    exists,
    not_exists,
)
from orm.indexes import UniqueSet
from orm.keys import check_key_sizes
from orm.models.fields import Field, KeyPart
from orm.requests import Action, ConditionCheck, Delete, Item, Put

OWNER: Final = "!owner"
EXPIRES: Final = "!expires"
ENTITY: Final = "!UNIQUE"


class Move(NamedTuple):
    """A claim that changes with its row.

    Args:
        unique: what it keeps unique.
        given: the key that is given up.
        taken: the key that is taken.
        expires: the second at which what is taken is free again.
    """

    unique: UniqueSet
    given: Item | None
    taken: Item | None
    expires: int | None


class Claims:
    """The claims of one entity's rows.

    Args:
        sets: what no two rows share.
        prefix: the entity's key prefix.
        config: the table's names.
        parts: how the attributes stand in keys.
        tenant: whose rows.
        ttl: the field with the second at which a row expires, and its claims with it.
        holds: whether a row with these values passes a guard.
    """

    def __init__(
        self,
        sets: tuple[UniqueSet, ...],
        prefix: str,
        config: SingleTableConfig,
        parts: Mapping[str, KeyPart],
        tenant: str | None,
        ttl: Field | None = None,
        holds: Callable[[Guard, Mapping[str, Any]], bool] = Guard.holds,
    ) -> None:
        self._holds = holds
        self.sets, self._prefix, self._config = sets, prefix, config
        self._parts, self._tenant, self._ttl = parts, tenant, ttl

    def made_of(self, unique: UniqueSet) -> frozenset[str]:
        """The attributes that a claim is made of."""
        guards = (guard.attribute for guard in unique.guards)
        return frozenset((*unique.attributes, *guards, *([self._ttl.name] if self._ttl else ())))

    def key(self, unique: UniqueSet, values: Mapping[str, Any]) -> Item | None:
        """The key of the claim that a row with these values has; None where it has none."""
        given = [values.get(name) for name in unique.attributes]
        if any(value is None or value is msgspec.UNSET for value in given):
            return None
        if not all(self._holds(guard, values) for guard in unique.guards):
            return None
        parts = [
            self._parts[name].in_sort(_folded(value, name in unique.casefold))
            for name, value in zip(unique.attributes, given, strict=True)
        ]
        keys, config = self._config.keys, self._config
        pk = keys.framework_partition(
            "UNIQUE", self._prefix, unique.name, *parts, tenant=self._tenant
        )
        sk = keys.framework("UNIQUE")
        check_key_sizes(config.pk, pk, config.sk, sk)
        return config.key(pk, sk)

    def moved(
        self, before: Mapping[str, Any] | None, after: Mapping[str, Any] | None
    ) -> list[Move]:
        """The claims that change. One that is kept and expires at another time is taken again."""
        found = []
        for unique in self.sets:
            old = None if before is None else self._stored_key(unique, before)
            kept = _are_same(unique, before, after)
            key_of = self._stored_key if kept else self.key
            new = None if after is None else key_of(unique, after)
            expires = self._expires(after)
            if old != new:
                found.append(Move(unique, old, new, expires))
            elif new is not None and expires != self._expires(before):
                found.append(Move(unique, None, new, expires))
        return found

    def _stored_key(self, unique: UniqueSet, stored: Mapping[str, Any]) -> Item | None:
        """The key of the claim of a stored row. It may be older than the set, and hold what no key
        can carry: then it has no claim."""
        try:
            return self.key(unique, stored)
        except (InvalidKeyError, KeyTooLargeError):
            return None

    def _expires(self, values: Mapping[str, Any] | None) -> int | None:
        second = values.get(self._ttl.name) if values is not None and self._ttl else None
        return second if isinstance(second, int) else None

    def take(self, key: Item, owner: Item, now: int, expires: int | None) -> Action:
        """Claim for the row at `owner`; where it has the claim already, until that second."""
        item = {**key, self._config.entity: {"S": ENTITY}, OWNER: to_wire(self._owner(owner))}
        if expires is not None and self._ttl is not None:
            item[EXPIRES] = {"N": str(expires)}
            item[self._ttl.attribute] = item[EXPIRES]  # by which DynamoDB deletes it in the end
        free = any_of(
            not_exists(self._config.pk),
            _owned_by(self._owner(owner)),
            all_of(exists(EXPIRES), compared(EXPIRES, "<=", now)),
        )
        fields = condition_fields(free, Placeholders())
        return Action(put=Put(table_name=self._config.table, item=item, **fields))

    def give_up(self, key: Item, owner: Item) -> Action:
        """Delete the claim of the row at `owner`, or do nothing where there is none."""
        mine = any_of(not_exists(self._config.pk), _owned_by(self._owner(owner)))
        fields = condition_fields(mine, Placeholders())
        return Action(delete=Delete(table_name=self._config.table, key=key, **fields))

    def leave(self, key: Item, owner: Item) -> Action:
        """Demand that a claim is another's: the row at `owner` had expired and lost it."""
        others = compared(OWNER, "<>", self._owner(owner))
        fields = condition_fields(others, Placeholders())
        check = ConditionCheck(table_name=self._config.table, key=key, **fields)
        return Action(condition_check=check)

    def owner_of(self, claim: Item) -> Item:
        """The key of the row that has a claim."""
        pk, sk = claim[OWNER]["L"]
        return {self._config.pk: pk, self._config.sk: sk}

    def _owner(self, key: Item) -> list[str]:
        return list(self._config.place(key))


def _are_same(
    unique: UniqueSet, before: Mapping[str, Any] | None, after: Mapping[str, Any] | None
) -> bool:
    """Whether a row's values of a set stay what they are."""
    if before is None or after is None:
        return False
    return all(before.get(name) == after.get(name) for name in unique.attributes)


def _owned_by(owner: list[str]) -> Condition:
    return equals(OWNER, owner)


def _folded(value: Any, casefold: bool) -> Any:
    return value.casefold() if casefold and isinstance(value, str) else value
