"""Key paths: one way to the rows of an entity, as the templates of its two keys.

A path is what a plan is made of. `partition` and `order` are rows of parts, fixed texts and
attributes; derived ones begin with the entity's own prefix, explicit ones with whatever was given:

    table   pk = USER#{id}          sk = USER#{id}
    index 1 pk = POST#{user_id}     sk = POST#{created_at}#{id}
    table   pk = USER#{user_id}     sk = POST#{id}              (Post, lying under User)
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, TypeAlias

import msgspec

from orm.definitions import KeyTemplate, Reference
from orm.indexes.facts import Facts
from orm.indexes.guards import Guard, Guards, implied, ordered, present
from orm.indexes.patterns import AccessPattern

PathKind: TypeAlias = Literal["table", "gsi", "lsi"]


class KeyPath(msgspec.Struct, frozen=True, kw_only=True):
    """One way to the rows of an entity.

    Args:
        kind: the table's own key, a global or a local secondary index.
        number: of the index, from 1; 0 for the table.
        partition: the parts of the partition key.
        order: the parts of the sort key.
        guards: which rows stand in it, beside having a value in every part.
        shards: over how many partitions each is spread; the number of a row's own, made from its
            primary key, is then the partition key's last part.
        under: the entity in whose item collections the rows lie; empty for collections of its own.
        explicit: whether the templates were given and not derived.
    """

    kind: PathKind
    number: int = 0
    partition: KeyTemplate
    order: KeyTemplate
    guards: Guards = ()
    shards: int = 1
    under: str = ""
    explicit: bool = False

    @property
    def hash(self) -> tuple[str, ...]:
        """The attributes of the partition key."""
        return attributes_of(self.partition)

    @property
    def sort(self) -> tuple[str, ...]:
        """The attributes of the sort key, in order."""
        return attributes_of(self.order)

    @property
    def is_plain(self) -> bool:
        """Whether the form that a class declares, partition fields and sort fields, can say it.

        That form knows no fixed texts, no other entity's partitions, no guards, no shards, and no
        partition without an attribute.
        """
        special = self.under or self.explicit or self.guards or self.shards > 1 or not self.hash
        return self.kind != "lsi" and not special

    @property
    def attributes(self) -> tuple[str, ...]:
        """Every attribute that the key is made of, or that decides whether it is written."""
        guards = [guard.attribute for guard in self.guards]
        return tuple(dict.fromkeys((*self.hash, *self.sort, *guards)))

    @property
    def place(self) -> str:
        """`table`, `index 1`, `local index 2`."""
        names = {"table": "table", "gsi": f"index {self.number}"}
        return names.get(self.kind, f"local index {self.number}")

    def texts(self, delimiter: str = "#") -> tuple[str, str]:
        """Both templates to be read: `("POST#{user_id}", "POST#{created_at}#{id}")`."""
        shard = f"{delimiter}{{shard of {self.shards}}}" if self.shards > 1 else ""
        return template_text(self.partition, delimiter) + shard, template_text(
            self.order, delimiter
        )

    def __str__(self) -> str:
        pk, sk = self.texts()
        guards = f" if {' and '.join(map(str, self.guards))}" if self.guards else ""
        return f"{self.place}: {pk} | {sk}{guards}"


class Reading(msgspec.Struct, frozen=True):
    """How a path answers a question.

    Args:
        given: how many attributes of the sort key are given by equality, from the first.
        ranged: the attribute after them, where the answer is in its order; empty otherwise.
        forward: whether it is read in the order of the sort key.
        single: whether the key is given whole.
        filters: conditions on the rows that the path does not keep by itself.
    """

    given: int
    ranged: str
    forward: bool
    single: bool
    filters: Guards = ()


def attributes_of(template: KeyTemplate) -> tuple[str, ...]:
    """The attributes in a template, in order."""
    return tuple(part.attribute for part in template if isinstance(part, Reference))


def template_text(template: KeyTemplate, delimiter: str = "#") -> str:
    """A template to be read: `USER#{id}`."""
    parts = [part if isinstance(part, str) else f"{{{part.attribute}}}" for part in template]
    return delimiter.join(parts)


def template(prefix: str, attributes: Iterable[str]) -> KeyTemplate:
    """The derived form: a prefix, then attributes."""
    return (prefix, *(Reference(name) for name in attributes))


def rows_of(facts: Facts, guards: Guards, attributes: Iterable[str]) -> Guards:
    """Which rows there are where these guards hold and these attributes have values.

    Only what may fail is said: an attribute that every row has makes no condition.
    """
    needed = [present(name) for name in attributes if not facts.present(name)]
    return ordered((*guards, *(each for each in needed if not implied(each, guards))))


def asked_rows(facts: Facts, pattern: AccessPattern) -> Guards:
    """Which rows a pattern is about, whatever the values that it asks for."""
    return rows_of(facts, pattern.guards, (*pattern.fields, *pattern.needs))


def kept_rows(facts: Facts, path: KeyPath) -> Guards:
    """Which rows stand in a path."""
    return rows_of(facts, path.guards, (*path.hash, *path.sort))


def reading(facts: Facts, path: KeyPath, pattern: AccessPattern) -> Reading | None:
    """How `path` answers `pattern`; None where it does not.

    The partition key's attributes are all given, the others given are exactly the first of the sort
    key, and the one to sort by is next. No row that is asked for may be missing from the path.
    """
    position = _position(path, frozenset(pattern.equal), pattern.sort)
    asked, kept = asked_rows(facts, pattern), kept_rows(facts, path)
    if position is None or not all(implied(guard, asked) for guard in kept):
        return None
    given, single = position
    return Reading(
        given=given,
        ranged="" if single else pattern.sort,
        forward=single or not pattern.descending,
        single=single,
        filters=_left(asked, kept, pattern.equal),
    )


def _position(path: KeyPath, equal: frozenset[str], sort: str) -> tuple[int, bool] | None:
    refs, hashed = path.sort, set(path.hash)
    given = 0
    while given < len(refs) and refs[given] in equal:
        given += 1
    if not hashed <= equal or not equal - hashed <= set(refs[:given]):
        return None
    whole = given == len(refs)
    if sort and refs[given : given + 1] != (sort,) and not (whole and path.kind == "table"):
        return None
    return given, whole


def _left(asked: Guards, kept: Guards, equal: Iterable[str]) -> Guards:
    """What the path does not see to: having a value is seen to where one is given."""
    given = {present(name) for name in equal}
    left: list[Guard] = [g for g in asked if not implied(g, kept) and g not in given]
    return tuple(left)
