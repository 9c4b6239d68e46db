"""Links: how the related rows of many rows are found at once, for each kind of relation.

    Parents      belongs_to                        batch gets, 100 keys each
    MorphParents morph_to                          the same, for each model
    Children     has_one, has_many, morph_one/many a query for each row, in parallel
    Through      has_one/many_through              a query for each row, then for each row between
    Across       the many-to-many kinds            a query for each row, then batch gets

Each finds live rows only: not those in the bin, nor expired ones.
"""

from __future__ import annotations

import abc
import copy
import enum
import uuid
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, TypeVar

import msgspec

from orm.definitions import RelationDefinition
from orm.definitions.names import nearest, snake_case
from orm.errors import ConfigurationError
from orm.indexes.edges import EdgeSide, side_of
from orm.indexes.relations import morph_columns
from orm.models.layout import Layout
from orm.parallel import in_parallel
from orm.records.relating.relations import MANY, Relation

if TYPE_CHECKING:
    from orm.records.connection import Connection
    from orm.records.model import DynamoDBModel
    from orm.records.queries.query import RecordQuery
    from orm.records.repository import Repository

Constrain = Callable[["RecordQuery[Any]"], "RecordQuery[Any]"]
"""Narrows what is loaded of a relation: `lambda posts: posts.limit(3)`."""

Held = tuple[tuple[str, Any], ...]
"""What rows hold of another, as attribute and value: a question that can be told from others."""


class RecordOrder(msgspec.Struct, frozen=True):
    """What a question sorts by, `-` before it for the greatest first, and how many rows it takes;
    nothing said and all."""

    said: str = ""
    limit: int | None = None


R = TypeVar("R")
K = TypeVar("K", bound=Hashable)
Rows = list["DynamoDBModel"]
EMPTY: Final = (None, msgspec.UNSET, "")
"""What a key cannot be: a foreign key that is one of these names no row."""

PIVOT: Final = "_pivot"
"""Where a row that came over an edge keeps the edge's row, in its `__dict__`."""


def unconstrained(query: RecordQuery[Any]) -> RecordQuery[Any]:
    """All related rows."""
    return query


class Link(abc.ABC):
    """One relation, in a connection.

    Attributes:
        owner: the repository of the rows that have it.
        relation: its definition.
    """

    def __init__(self, owner: Repository[Any], relation: RelationDefinition) -> None:
        self.owner, self.relation = owner, relation
        self.connection: Connection = owner.connection

    @abc.abstractmethod
    def rows(self, records: Sequence[Any], constrain: Constrain = unconstrained) -> list[Rows]:
        """The related rows of each of these rows."""

    def query(self, record: Any) -> RecordQuery[Any]:
        """The related rows of one row, as a question.

        Raises:
            ConfigurationError: no single question finds them.
        """
        raise ConfigurationError(
            str(self), "is no single question", f"read it with load({self.relation.name!r})"
        )

    def _repository(self, name: str) -> Repository[Any]:
        return self.connection.repository(name)

    def _value(self, record: Any) -> Any:
        """What related rows hold of this one."""
        return getattr(record, self.relation.owner_key or identity_of(self.owner))

    def _order(self) -> str:
        """What rows are to be sorted by after reading, where no index does it."""
        name = self.relation.name
        return self.connection.plan.route(self.owner.definition.name, name).order

    def __str__(self) -> str:
        return f"{self.owner.definition.name}.{self.relation.name}"


class Parents(Link):
    """The row that a foreign key names."""

    def rows(self, records: Sequence[Any], constrain: Constrain = unconstrained) -> list[Rows]:
        name = self.relation.foreign_key
        values = [getattr(record, name) for record in records]
        found = rows_by(self.target, values, self.key, constrain)
        narrow = narrowing(self.target, constrain)
        return [narrow([found[value]] if value in found else []) for value in values]

    @property
    def target(self) -> Repository[Any]:
        return self._repository(self.relation.model)

    @property
    def key(self) -> str:
        """What the foreign key holds of the other row."""
        return self.relation.owner_key or identity_of(self.target)

    @property
    def names(self) -> tuple[str, ...]:
        """The attributes that name the other row."""
        return (self.relation.foreign_key,)

    def query(self, record: Any) -> RecordQuery[Any]:
        value = getattr(record, self.relation.foreign_key)
        if value in EMPTY:
            raise ConfigurationError(str(self), "names no row", f"set {self.relation.foreign_key}")
        return self.target.query().where(**{self.key: value})


class MorphParents(Link):
    """The row that a type and an id name."""

    def rows(self, records: Sequence[Any], constrain: Constrain = unconstrained) -> list[Rows]:
        names = [self._names(record) for record in records]
        wanted: dict[str, list[Any]] = {}
        for model, value in names:
            if model is not None:
                wanted.setdefault(model, []).append(value)
        found = {model: self._of(model, values, constrain) for model, values in wanted.items()}
        rows = [found[model].get(value) if model else None for model, value in names]
        return [[] if row is None else [row] for row in rows]

    def _of(self, model: str, values: list[Any], constrain: Constrain) -> Mapping[Any, Any]:
        target = self._repository(model)
        return rows_by(target, values, identity_of(target), constrain)

    @property
    def names(self) -> tuple[str, ...]:
        """The attributes that name the other row: its model, and its key."""
        return morph_columns(self.relation)

    def naming(self, row: Any) -> dict[str, Any]:
        """What names this row."""
        target: Repository[Any] = self.connection.repository(type(row))
        values = (target.definition.name, getattr(row, identity_of(target)))
        return dict(zip(self.names, values, strict=True))

    def _names(self, record: Any) -> tuple[str | None, Any]:
        model, value = (getattr(record, name) for name in self.names)
        known = bool(model) and value not in EMPTY and str(model) in self.connection.plan.entities
        return (str(model), value) if known else (None, None)

    def query(self, record: Any) -> RecordQuery[Any]:
        model, value = self._names(record)
        if model is None:
            reason = "names no row of a model that is registered"
            raise ConfigurationError(str(self), reason, "set its type and its id")
        target = self._repository(model)
        return target.query().where(**{identity_of(target): value})


class Children(Link):
    """The rows that hold this one's key, and of polymorphic relations its model's name."""

    def rows(self, records: Sequence[Any], constrain: Constrain = unconstrained) -> list[Rows]:
        order = self._order()

        def of(held: Held) -> Rows:
            asked = constrain(self._asked(held))
            if self.relation.kind not in MANY:
                asked = asked.at_most(1)
            return asked.sorted_after(order) if order else asked.get()

        return for_each([tuple(self.held(record).items()) for record in records], of)

    @property
    def target(self) -> Repository[Any]:
        return self._repository(self.relation.model)

    def query(self, record: Any) -> RecordQuery[Any]:
        return self._asked(tuple(self.held(record).items()))

    def _asked(self, held: Held) -> RecordQuery[Any]:
        return ordered(self.target.query().where(**dict(held)), self)

    def held(self, record: Any) -> dict[str, Any]:
        """What the related rows hold of this one."""
        relation = self.relation
        if not relation.morph_name:
            return {relation.foreign_key: self._value(record)}
        type_column, id_column = morph_columns(relation)
        return {type_column: self.owner.definition.name, id_column: self._value(record)}


class Through(Link):
    """The rows that the rows between have."""

    def rows(self, records: Sequence[Any], constrain: Constrain = unconstrained) -> list[Rows]:
        relation, key = self.relation, identity_of(self._repository(self.relation.through))
        between = for_each([self._value(record) for record in records], self._between)

        target, order = self._repository(relation.model), self._order()

        def of(value: Any) -> Rows:
            asked = target.query().where(**{relation.through_foreign_key: value})
            asked = constrain(ordered(asked, self))
            return asked.sorted_after(order) if order else asked.get()

        met = for_each([getattr(row, key) for rows in between for row in rows], of)
        held = iter(met)
        found = [[one for _ in rows for one in next(held)] for rows in between]
        narrow = narrowing(target, constrain, relation.order_by)
        return [narrow(rows) for rows in found]

    def _between(self, value: Any) -> Rows:
        between = self._repository(self.relation.through)
        return between.query().where(**{self.relation.foreign_key: value}).get()


class Across(Link):
    """The rows that edges lead to; each keeps its edge."""

    def rows(self, records: Sequence[Any], constrain: Constrain = unconstrained) -> list[Rows]:
        edges = for_each([tuple(self.near(record).items()) for record in records], self._edges)
        wanted = [self.key_at(edge) for found in edges for edge in found]
        target, order = self.target, self._order()
        rows = rows_by(target, wanted, identity_of(target), constrain)
        narrow = narrowing(target, constrain, order)
        met = [
            [with_pivot(rows[key], edge) for edge in found if (key := self.key_at(edge)) in rows]
            for found in edges
        ]
        return [narrow(each) for each in met]

    @property
    def side(self) -> EdgeSide:
        return side_of(self.owner.definition.name, self.relation)

    @property
    def target(self) -> Repository[Any]:
        return self._repository(self.relation.model)

    @property
    def between(self) -> Repository[Any]:
        """The repository of the edges."""
        return self._repository(self.side.edge)

    def near(self, record: Any) -> dict[str, Any]:
        """What this side gives of its edges: its key, and what every edge of the relation has."""
        side = self.side
        held = held_by(self.between, side.own, self._value(record))
        return {**side.constants, side.own: held}

    def ends(self, record: Any, key: Any) -> dict[str, Any]:
        """What an edge between this row and the one with that key holds of both."""
        far = self.side.far
        return {**self.near(record), far: held_by(self.between, far, key)}

    def key(self, given: Any) -> Any:
        """A key of a related row, as that row has it."""
        return as_key(self.target, given)

    def key_at(self, edge: Any) -> Any:
        """The key of the row that an edge leads to."""
        return self.key(getattr(edge, self.side.far))

    def edges(self, record: Any) -> Rows:
        """The edges of one row."""
        return self._edges(tuple(self.near(record).items()))

    def _edges(self, near: Held) -> Rows:
        return ordered(self.between.query().where(**dict(near)), self).get()


_BY_KIND: Final[dict[str, type[Link]]] = {
    "belongs_to": Parents,
    "belongs_to_many": Across,
    "has_many": Children,
    "has_many_through": Through,
    "has_one": Children,
    "has_one_through": Through,
    "morph_many": Children,
    "morph_one": Children,
    "morph_to": MorphParents,
    "morph_to_many": Across,
    "morphed_by_many": Across,
}


def link_of(owner: Repository[Any], said: str | Relation[Any]) -> Link:
    """The relation of this name, or this one.

    Raises:
        ConfigurationError: there is none, it is another model's, or a model that it goes to is not
            registered.
    """
    name = said if isinstance(said, str) else said.name
    if not isinstance(said, str):
        said.check_of(owner.model)
    model = owner.definition.name
    known = {relation.name: relation for relation in owner.definition.relations}
    relation = known.get(snake_case(name))
    if relation is None:
        near = nearest(name, known)
        has = f"there are {', '.join(sorted(known))}" if known else f"{model} has no relations"
        hint = f"did you mean {near}?" if near else has
        raise ConfigurationError(f"{model}.{name}", "is no relation", hint)
    for target in filter(None, (relation.model, relation.through)):
        owner.connection.model(target)
    return _BY_KIND[relation.kind](owner, relation)


def check_path(owner: Repository[Any], path: Iterable[str | Relation[Any]]) -> None:
    """Refuse a path that names no relations from row to row, as far as it is known whose they are.

    Raises:
        ConfigurationError: see `link_of`.
    """
    at = owner
    for name in path:
        relation = link_of(at, name).relation
        if not relation.model:
            return
        at = at.connection.repository(relation.model)


def identity_of(repository: Repository[Any]) -> str:
    """The attribute that identifies a model's rows.

    Raises:
        ConfigurationError: several do.
    """
    names = repository.plan.identity
    if len(names) > 1:
        reason = f"cannot be named by one attribute: it is identified by {', '.join(names)}"
        raise ConfigurationError(repository.definition.name, reason, "give the relation owner_key")
    return names[0]


def held_by(holder: Repository[Any], name: str, value: Any) -> Any:
    """What a row keeps in an attribute of another's key: edges are texts, numbers and moments, so
    of a UUID or a choice they keep the text."""
    if not holder.layout.is_text(name):
        return value
    if isinstance(value, uuid.UUID):
        return str(value)
    return value.value if isinstance(value, enum.Enum) else value


def as_key(target: Repository[Any], value: Any) -> Any:
    """The same value as the row has it whose key it is; as it is where it can be no such key."""
    kind = _key_type(target.layout, identity_of(target))
    if kind is None or not isinstance(value, str) or isinstance(value, kind):
        return value
    try:
        return kind(value)
    except ValueError:
        return value


@lru_cache(maxsize=1024)
def _key_type(layout: Layout[Any], name: str) -> type[Any] | None:
    """The type of a key, where edges keep another; annotations are evaluated for it."""
    found = next(info.type for info in msgspec.structs.fields(layout.model) if info.name == name)
    special = isinstance(found, type) and issubclass(found, uuid.UUID | enum.Enum)
    return found if special else None


def rows_by(
    repository: Repository[Any], values: Iterable[Any], key: str, constrain: Constrain
) -> dict[Any, Any]:
    """Rows by the values of an attribute that tells them apart; each is read once."""
    wanted = list(dict.fromkeys(value for value in values if value not in EMPTY))
    if constrain is unconstrained and repository.plan.identity == (key,):
        return {getattr(row, key): row for row in repository.find_many(wanted)}
    asked = constrain(repository.query())
    if asked.takes_all and repository.plan.identity == (key,):
        return {getattr(row, key): row for row in asked.loaded(repository.find_many(wanted))}

    def of(value: Any) -> Any:
        return asked.one_by({key: value})

    found = zip(wanted, in_parallel(of, wanted), strict=True)
    return {value: row for value, row in found if row is not None}


def narrowing(
    target: Repository[Any], constrain: Constrain, order: str = ""
) -> Callable[[list[R]], list[R]]:
    """What sorts and cuts one row's related rows, where they were not read by one question: as the
    narrowing says, else in this order.
    """
    asked = RecordOrder() if constrain is unconstrained else constrain(target.query()).ordered
    by = asked.said or order
    return lambda rows: sort_rows(rows, by)[: asked.limit]


def ordered(query: RecordQuery[Any], link: Link) -> RecordQuery[Any]:
    """The query in the relation's order, where an index has it."""
    said = link.relation.order_by
    if not said or link.connection.plan.route(link.owner.definition.name, link.relation.name).order:
        return query
    return query.order_by(said.removeprefix("-"), "desc" if said.startswith("-") else "asc")


def for_each(keys: Sequence[K], read: Callable[[K], list[R]]) -> list[list[R]]:
    """What is read for each of these keys, for equal ones once."""
    distinct = [key for key in dict.fromkeys(keys) if _is_whole(key)]
    found = dict(zip(distinct, in_parallel(read, distinct), strict=True))
    return [list(found.get(key, ())) for key in keys]


def _is_whole(key: Any) -> bool:
    """Whether every part has a value: what has none has no related rows."""
    parts = [value for _, value in key] if isinstance(key, tuple) else [key]
    return not any(part in EMPTY for part in parts)


def sort_rows(rows: list[R], order: str) -> list[R]:
    """Rows sorted by an attribute, `-` before it for the greatest first, those without it last; as
    they are where no order is said."""
    if not order:
        return rows
    name, descending = order.removeprefix("-"), order.startswith("-")
    there = [row for row in rows if getattr(row, name) is not None]
    there.sort(key=lambda row: getattr(row, name), reverse=descending)
    return there + [row for row in rows if getattr(row, name) is None]


def with_pivot(row: Any, edge: Any) -> Any:
    """The row as it stands at the end of this edge; each edge has one of its own."""
    made = copy.copy(row)
    made.__dict__.update(row.__dict__)
    made.__dict__[PIVOT] = edge
    return made
