"""Key paths: one way to the rows of an entity, as the templates of its two keys.

`partition` and `order` are rows of parts, fixed texts and attributes; derived ones begin with the
entity's own prefix, explicit ones with whatever was given:

    table   pk = USER#{id}          sk = USER#{id}
    index 1 pk = POST#{user_id}     sk = POST#{created_at}#{id}
    table   pk = USER#{user_id}     sk = POST#{id}              (Post, lying under User)

In a native path the parts are not joined into texts: each is a key attribute of the index, the
attribute itself; the one text, the entity's name, is what the attribute that names it holds:

    index 2 Post, {status}          {score}, {created_at}
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, TypeAlias

import msgspec

from orm.definitions.entity import KeyTemplate, Reference
from orm.definitions.guards import Guards
from orm.keys import encode_part

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
        native: whether the index has the attributes themselves for its keys.
    """

    kind: PathKind
    number: int = 0
    partition: KeyTemplate
    order: KeyTemplate
    guards: Guards = ()
    shards: int = 1
    under: str = ""
    explicit: bool = False
    native: bool = False

    @property
    def hash(self) -> tuple[str, ...]:
        """The attributes of the partition key."""
        return attributes_of(self.partition)

    @property
    def sort(self) -> tuple[str, ...]:
        """The attributes of the sort key, in order."""
        return attributes_of(self.order)

    @property
    def is_single(self) -> bool:
        """Whether each row has a partition of its own, so that nothing is sorted in it."""
        return self.hash == self.sort

    def descends(self, position: int) -> bool:
        """Whether attribute `position` of the sort key has its greatest value first."""
        references = [part for part in self.order if isinstance(part, Reference)]
        return references[position].descending

    @property
    def is_plain(self) -> bool:
        """Whether the form that a class declares, partition fields and sort fields, can say it.

        That form knows no fixed texts, no other entity's partitions, no guards, no shards, and no
        partition without an attribute.
        """
        special = self.under or self.explicit or self.guards or self.shards > 1 or not self.hash
        return self.kind != "lsi" and not special and not self.native

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
        if self.native:
            return _listed(self.partition), _listed(self.order)
        shard = f"{delimiter}{{shard of {self.shards}}}" if self.shards > 1 else ""
        return template_text(self.partition, delimiter) + shard, template_text(
            self.order, delimiter
        )

    def __str__(self) -> str:
        pk, sk = self.texts()
        guards = f" if {' and '.join(map(str, self.guards))}" if self.guards else ""
        order = f" | {sk}" if sk else ""
        return f"{self.place}: {pk}{order}{guards}"


def attributes_of(template: KeyTemplate) -> tuple[str, ...]:
    """The attributes in a template, in order."""
    return tuple(part.attribute for part in template if isinstance(part, Reference))


def _listed(template: KeyTemplate) -> str:
    """Key attributes to be read: `Post, {status}`."""
    return ", ".join(
        part if isinstance(part, str) else f"{{{part.attribute}}}" for part in template
    )


def template_text(template: KeyTemplate, delimiter: str = "#") -> str:
    """A template to be read: `USER#{id}`. Texts are as they are stored."""
    parts = [
        encode_part(part) if isinstance(part, str) else f"{{{part.attribute}}}" for part in template
    ]
    return delimiter.join(parts)


def template(prefix: str, attributes: Iterable[str]) -> KeyTemplate:
    """The derived form: a prefix, then attributes."""
    return (prefix, *(Reference(name) for name in attributes))
