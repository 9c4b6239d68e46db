"""The systems by the names that the documents give them: thin views of one plan.

There is one allocator, the plan; these only say what it decided. So a generator of key patterns, a
deriver of indexes and the code that writes rows cannot disagree.
"""

from __future__ import annotations

import msgspec

from orm.config import SingleTableConfig
from orm.definitions import KeyTemplate
from orm.definitions.guards import Guards
from orm.definitions.paths import KeyPath
from orm.indexes.native import Lists
from orm.indexes.plan import IndexPlan
from orm.indexes.projections import Slot


class KeyPatternGenerator:
    """Keys as readable text: `USER#{id}`."""

    def __init__(self, plan: IndexPlan, config: SingleTableConfig) -> None:
        self._plan, self._config = plan, config
        own = [each.prefix for each in plan.entities.values()]
        self._prefixes = {prefix: config.entity_prefix(prefix) for prefix in own}
        if all(map(config.is_entity_prefix, own)):  # a connection's plan has the table's prefixes
            self._prefixes = {}

    def pk(self, entity: str) -> str:
        """The partition key of an entity's rows: `USER#{id}`."""
        return self._texts(self._plan.entity(entity).key)[0]

    def sk(self, entity: str) -> str:
        """The sort key of an entity's rows."""
        return self._texts(self._plan.entity(entity).key)[1]

    def patterns(self, entity: str) -> dict[str, str]:
        """Attribute → template, for every key attribute that a row of the entity may have."""
        found: dict[str, str] = {}
        for path in self._plan.entity(entity).paths:
            if path.native:
                continue  # nothing is written for it
            pk, sk = self._texts(path)
            pk_name, sk_name = self._names(path)
            found |= {pk_name: pk, sk_name: sk}
        return found

    def all(self) -> dict[str, dict[str, str]]:
        """The same of every entity."""
        return {entity: self.patterns(entity) for entity in self._plan.entities}

    def _texts(self, path: KeyPath) -> tuple[str, str]:
        """Both keys, derived ones with the table's prefixes in place of the entities' own."""
        if not path.explicit:
            partition, order = self._prefixed(path.partition), self._prefixed(path.order)
            path = msgspec.structs.replace(path, partition=partition, order=order)
        return path.texts(self._config.delimiter)

    def _prefixed(self, template: KeyTemplate) -> KeyTemplate:
        first, *rest = template
        return (self._prefixes.get(first, first) if isinstance(first, str) else first, *rest)

    def _names(self, path: KeyPath) -> tuple[str, str]:
        if path.kind == "gsi":
            return self._config.index_keys(path.number)
        if path.kind == "lsi":
            return self._config.pk, self._config.local_index_key(path.number)
        return self._config.pk, self._config.sk


class IndexSchema(msgspec.Struct, frozen=True):
    """An index as it is made.

    Args:
        name: as queries call it.
        pk: its partition key attribute.
        sk: its sort key attribute.
        entities: whose rows stand in it.
        include: the attributes that it copies beside keys; all where there are none.
        native: all its HASH and all its RANGE attributes, where these are attributes of rows; `pk`
            and `sk` are then the first of each, or empty.
    """

    name: str
    pk: str
    sk: str
    entities: tuple[str, ...]
    include: tuple[str, ...] = ()
    native: Lists | None = None


class GsiDeriver:
    """The table's global secondary indexes."""

    def __init__(self, plan: IndexPlan, config: SingleTableConfig) -> None:
        self._plan, self._config = plan, config

    def derive(self) -> tuple[IndexSchema, ...]:
        """All of them, by number; the entity attribute is always copied."""
        return tuple(map(self._schema, self._plan.slots))

    def _schema(self, slot: Slot) -> IndexSchema:
        name, keys = self._config.index_name(slot.number), self._config.index_keys(slot.number)
        copied = (self._config.entity, *slot.include) if slot.include else ()
        if slot.native is None:
            return IndexSchema(name, *keys, slot.entities, copied)
        partition, order = (self._config.entity, *slot.native[0]), slot.native[1]
        beside = tuple(one for one in copied if one not in (*partition, *order))
        first = order[0] if order else ""
        native = partition, order
        return IndexSchema(name, partition[0], first, slot.entities, beside, native)

    def of(self, entity: str) -> tuple[KeyPath, ...]:
        """The keys of one entity's rows in them."""
        return self._plan.entity(entity).indexes


class LsiDeriver:
    """The table's local secondary indexes: none unless strong patterns ask for them."""

    def __init__(self, plan: IndexPlan, config: SingleTableConfig) -> None:
        self._plan, self._config = plan, config

    def derive(self) -> tuple[IndexSchema, ...]:
        """All of them, by number; they must be made with the table."""
        entities: dict[int, list[str]] = {}
        for each in self._plan.entities.values():
            for path in each.local:
                entities.setdefault(path.number, []).append(each.entity)
        return tuple(
            IndexSchema(
                self._config.local_index_name(number),
                self._config.pk,
                self._config.local_index_key(number),
                tuple(sorted(entities[number])),
            )
            for number in sorted(entities)
        )

    def of(self, entity: str) -> tuple[KeyPath, ...]:
        """The keys of one entity's rows in them."""
        return self._plan.entity(entity).local


class SparseIndex(msgspec.Struct, frozen=True):
    """An index that not every row of an entity stands in.

    Args:
        entity: whose rows.
        path: their key in it.
        guards: what must hold for a row.
        may_lack: parts of the key that a row may be without, and then is not there.
    """

    entity: str
    path: KeyPath
    guards: Guards
    may_lack: tuple[str, ...]


class SparseIndexDeriver:
    """The indexes that some rows are left out of, and why."""

    def __init__(self, plan: IndexPlan) -> None:
        self._plan = plan

    def derive(self) -> tuple[SparseIndex, ...]:
        """All of them."""
        return tuple(found for entity in self._plan.entities for found in self.of(entity))

    def of(self, entity: str) -> tuple[SparseIndex, ...]:
        """Those of one entity."""
        planned = self._plan.entity(entity)
        found = []
        for path in (*planned.indexes, *planned.local):
            may_lack = self._plan.may_lack(entity, path)
            if path.guards or may_lack:
                found.append(SparseIndex(entity, path, path.guards, may_lack))
        return tuple(found)
