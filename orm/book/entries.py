"""Entries: what the book says, as data. Equal plans give equal books, in the same order."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, TypeAlias

import msgspec

from orm.capacity import claim_units, read_units, write_units
from orm.definitions import RelationKind

Via: TypeAlias = Literal["table", "gsi", "lsi", "claim"]
Origin: TypeAlias = Literal["identity", "unique", "pattern", "index", "relation"]
Operation: TypeAlias = Literal["create", "update", "delete"]


class KeyEntry(msgspec.Struct, frozen=True, kw_only=True):
    """The keys of an entity's rows in the table or in an index.

    Args:
        index: the index; empty for the table.
        pk: the attribute that holds the partition key; the attributes, where a native index has
            several.
        sk: the attribute that holds the sort key; empty where there is none.
        partition: the partition key, attributes in braces: `POST#{user_id}`.
        order: the sort key.
        rows: which rows stand there, where not all do.
        under: the entity in whose item collections they lie.
    """

    index: str
    pk: str
    sk: str
    partition: str
    order: str
    rows: tuple[str, ...] = ()
    under: str = ""


class EntityEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One entity.

    Args:
        name: its name.
        edge: whether a relation made it up.
        identity: the attributes that tell a row from all others.
        unique: the attributes of which no two rows have the same values.
        keys: where its rows lie, the table first.
    """

    name: str
    edge: bool
    identity: tuple[str, ...]
    unique: tuple[tuple[str, ...], ...]
    keys: tuple[KeyEntry, ...]


class PatternEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One question.

    Args:
        entity: whose rows it finds.
        name: by which it is called; a relation's is `User.posts`.
        origin: what declared it.
        question: it, in words.
        via: what answers: the table, a global or a local index, or the claim of a unique value.
        index: the index; empty for the table and for claims.
        key_condition: attributes that are given in braces.
        equal: the attributes that are given a value.
        sort: the attribute that it may range over and that orders the answer.
        descending: whether the greatest comes first.
        filters: conditions that the key does not see to; rows that they leave out are read and
            paid for.
        consistency: `strong`: every write before it is seen; `eventual`: it may not be; `on
            request`: it is where that is asked for, at twice the price.
        attributes: what the answer has of each row, where the index copies no whole rows.
        one: whether it finds one row at the most.
        shards: how many partitions it reads.
        units: the read units, as a function of rows and of the bytes of each.
    """

    entity: str
    name: str
    origin: Origin
    question: str
    via: Via
    index: str
    key_condition: str
    equal: tuple[str, ...]
    sort: str
    descending: bool
    filters: tuple[str, ...]
    consistency: Literal["strong", "on request", "eventual"]
    attributes: tuple[str, ...]
    one: bool
    shards: int
    units: str

    def predict(self, rows: float, item_bytes: float) -> float:
        """Read units of an answer.

        Args:
            rows: how many rows the key finds, those that filters leave out included.
            item_bytes: the mean size of their items; of what an index copies of them.
        """
        if self.via == "claim":
            return claim_units(rows, item_bytes)
        strong = self.consistency == "strong"
        return read_units(rows, item_bytes, consistent=strong, shards=self.shards)


class RouteEntry(msgspec.Struct, frozen=True, kw_only=True):
    """How one relation is loaded.

    Args:
        entity: the entity that declares it.
        relation: its name.
        kind: which kind of relation.
        steps: `(entity, pattern)` of each reading, the next asked with what the last one found.
        either: whether the steps are alternatives, of which a type column chooses one.
        order: the attribute that is sorted by after reading, where no index can.
    """

    entity: str
    relation: str
    kind: RelationKind
    steps: tuple[tuple[str, str], ...]
    either: bool = False
    order: str = ""


class WriteEntry(msgspec.Struct, frozen=True, kw_only=True):
    """What one write of one row writes.

    Args:
        entity: whose row.
        operation: an `update` is one that leaves the claims of unique values as they are.
        entries: index entries, at least and at most; one whose key changes is written twice.
        claims: claims of unique values; with any it is a transaction, which costs double.
    """

    entity: str
    operation: Operation
    entries: tuple[int, int]
    claims: int

    def predict(self, item_bytes: float) -> tuple[float, float]:
        """Write units for an item of this size, at least and at most; less for an index that
        copies less."""
        least, most = (
            write_units(item_bytes) * (1 + entries) + self.claims for entries in self.entries
        )
        factor = 2.0 if self.claims else 1.0
        return factor * least, factor * most


class Book(msgspec.Struct, frozen=True, kw_only=True):
    """The access-pattern book of one table.

    Args:
        table: its name.
        entities: in the order of names, those that relations made up last.
        patterns: by entity in that order, its primary key first, then by name.
        relations: by entity and name.
        writes: what writes cost, by entity.
        findings: what is worth knowing.
        entity_diagram: the entities and their relations, in Mermaid.
        table_diagram: the table and its indexes, in Mermaid.
    """

    table: str
    entities: tuple[EntityEntry, ...]
    patterns: tuple[PatternEntry, ...]
    relations: tuple[RouteEntry, ...]
    writes: tuple[WriteEntry, ...]
    findings: tuple[str, ...]
    entity_diagram: str
    table_diagram: str


def places_of(entities: Iterable[EntityEntry]) -> list[tuple[str, str, str]]:
    """The table, then its indexes, each with the attributes of its keys; the table's name is
    empty."""
    found = {(key.index, key.pk, key.sk) for entity in entities for key in entity.keys}
    return sorted(found, key=lambda place: (len(place[0]), place))  # 2 before 10
