"""Key texts: the keys of one entity to be read, attributes in braces: `POST#{user_id}`.

They are made by what makes the keys of rows, of values that are the attributes' own names; so they
have the form that keys have, whatever the names of the table.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from orm.config import SingleTableConfig
from orm.definitions.paths import KeyPath
from orm.indexes import EntityPlan, Reading, UniqueSet
from orm.keys import LEAST
from orm.models.fields import KeyPart
from orm.models.path_keys import PathKeys
from orm.records.writes.claims import Claims

_TENANT: Final = "{tenant}"
_SHARD: Final = "{shard}"
_GREATEST: Final = "U+10FFFF…"  # `orm.keys.GREATEST`, which nobody can read


class _Spelled(KeyPart):
    """An attribute that stands in keys as it is said."""

    def __init__(self, name: str) -> None:
        super().__init__(name, str, False, str)

    def in_partition(self, value: object) -> str:
        return str(value)

    in_sort = in_sort_descending = in_partition


class KeyTexts:
    """The keys of one entity's rows.

    Args:
        plan: the entity.
        config: the names of the table.
        tenant: whether the rows are a tenant's.
    """

    def __init__(self, plan: EntityPlan, config: SingleTableConfig, *, tenant: bool) -> None:
        self._plan, self._config = plan, config
        self._tenant = _TENANT if tenant else None
        names = [name for path in plan.paths for name in path.attributes]
        names += [name for claim in plan.claims for name in claim.attributes]
        self._parts = {name: _Spelled(name) for name in names}
        self._said = {name: f"{{{name}}}" for name in names}

    def pair(self, path: KeyPath) -> tuple[str, str]:
        """Both keys of a row: `("POST#{user_id}", "POST#{created_at}#{id}")`."""
        if path.native:
            return path.texts()
        keys = PathKeys(path, self._config, self._parts, self._tenant)
        return self._partition(keys), keys.order(self._said)

    def _partition(self, keys: PathKeys) -> str:
        text = keys.partition(self._said)
        return text.removesuffix("0") + _SHARD if keys.path.shards > 1 else text

    def condition(self, path: KeyPath, reading: Reading) -> str:
        """`gsi1pk = "POST#{user_id}" AND begins_with(gsi1sk, "POST#")`."""
        if path.native:
            names = (*path.hash, *path.sort[: reading.given])
            entity = f'{self._config.entity} = "{path.partition[0]}"'
            return " AND ".join([entity, *(f"{name} = {{{name}}}" for name in names)])
        keys = PathKeys(path, self._config, self._parts, self._tenant)
        pk, sk = keys.names
        equal = f'{pk} = "{self._partition(keys)}"'
        if reading.given == len(path.sort):
            return f'{equal} AND {sk} = "{keys.order(self._said)}"'
        given = keys.beginning(self._said, reading.given)
        if given:
            return f'{equal} AND begins_with({sk}, "{self._config.keys.prefix(*given)}")'
        return f'{equal} AND {sk} BETWEEN "{LEAST}" AND "{_GREATEST}"'

    def claim(self, unique: UniqueSet) -> str:
        """The key of the claim of a unique value."""
        claims = Claims((unique,), self._plan.prefix, self._config, self._parts, self._tenant)
        key = claims.key(unique, claiming(unique, self._said))
        assert key is not None, "rows that claim have a claim"
        return " AND ".join(f'{name} = "{wire["S"]}"' for name, wire in key.items())


def claiming(unique: UniqueSet, given: Mapping[str, Any]) -> dict[str, Any]:
    """The values of a row that claims these unique ones: the guards of the claim hold of it."""
    values = {name: given[name] for name in unique.attributes}
    for guard in unique.guards:
        if guard.test == "is":
            values.setdefault(guard.attribute, guard.value)
        elif guard.test == "present":
            values.setdefault(guard.attribute, True)
    return values
