"""Claims: what keeps values unique, as items written in one transaction with the row.

    pk = !UNIQUE#USER#email#ann@example.com     sk = the same     !owner = [row's pk, row's sk]

A claim is taken only where nobody has it, or its owner has expired, and given up only by its
owner; so of two that want one value exactly one gets it, whatever else happens at the time.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from orm.codec import to_wire
from orm.config import SingleTableConfig
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
from orm.models.fields import KeyPart
from orm.requests import Action, Delete, Item, Put

OWNER: Final = "!owner"
EXPIRES: Final = "!expires"
ENTITY: Final = "!UNIQUE"


class Claims:
    """The claims of one entity's rows.

    Args:
        sets: what no two rows share.
        prefix: the entity's key prefix.
        config: the table's names.
        parts: how the attributes stand in keys.
        tenant: whose rows.
    """

    def __init__(
        self,
        sets: tuple[UniqueSet, ...],
        prefix: str,
        config: SingleTableConfig,
        parts: Mapping[str, KeyPart],
        tenant: str | None,
    ) -> None:
        self.sets, self._prefix, self._config = sets, prefix, config
        self._parts, self._tenant = parts, tenant

    def key(self, unique: UniqueSet, values: Mapping[str, Any]) -> Item | None:
        """The key of the claim that a row with these values has; None where it has none."""
        given = [values.get(name) for name in unique.attributes]
        if any(value is None or value is msgspec.UNSET for value in given):
            return None
        if not all(guard.holds(values) for guard in unique.guards):
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
    ) -> list[tuple[UniqueSet, Item | None, Item | None]]:
        """The claims that change: `(set, key given up, key taken)`."""
        found = []
        for unique in self.sets:
            old = None if before is None else self.key(unique, before)
            new = None if after is None else self.key(unique, after)
            if old != new:
                found.append((unique, old, new))
        return found

    def take(self, key: Item, owner: Item, now: int, expires: int | None) -> Action:
        """Claim for the row at `owner`, or do nothing where it has the claim already."""
        item = {**key, self._config.entity: {"S": ENTITY}, OWNER: to_wire(self._owner(owner))}
        if expires is not None:
            item[EXPIRES] = {"N": str(expires)}
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

    def owner_of(self, claim: Item) -> Item:
        """The key of the row that has a claim."""
        pk, sk = claim[OWNER]["L"]
        return {self._config.pk: pk, self._config.sk: sk}

    def _owner(self, key: Item) -> list[str]:
        return [key[self._config.pk]["S"], key[self._config.sk]["S"]]


def _owned_by(owner: list[str]) -> Condition:
    return equals(OWNER, owner)


def _folded(value: Any, casefold: bool) -> Any:
    return value.casefold() if casefold and isinstance(value, str) else value
