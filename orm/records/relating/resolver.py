"""RelationshipResolver: related rows of many rows, loaded, counted and asked about.

    resolver.load(users, "posts.comments", "roles")

A path names relations from row to row; what a level shares is read once. The number of calls is
that of `orm.records.relating.links`, never one for each row where one for many would do.
"""

from __future__ import annotations

import operator
from collections.abc import Iterable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import msgspec

from orm.definitions.names import snake_case
from orm.errors import ConfigurationError
from orm.records.relating.links import Children, Constrain, Link, link_of, unconstrained
from orm.records.relating.relations import MANY, RELATED, Relation

if TYPE_CHECKING:
    from orm.records.connection import Connection
    from orm.records.queries.query import RecordQuery

COUNTS: Final = "_counts"
"""Where a record keeps how many related rows it has, in its `__dict__`."""

COMPARISONS: Final = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


Named = str | Relation[Any]
"""A relation, by its name or given whole, so that it is known whose it is."""


class Wanted(msgspec.Struct, frozen=True):
    """What is to be loaded of a relation, or counted.

    Args:
        path: relations, from row to row.
        constrain: narrows the rows at its end.
    """

    path: tuple[Named, ...]
    constrain: Constrain = unconstrained

    def __str__(self) -> str:
        return ".".join(map(name_of, self.path))


def name_of(said: Named) -> str:
    """The name of a relation, as it was spelled."""
    return said if isinstance(said, str) else said.name


class Having(msgspec.Struct, frozen=True):
    """What a row's relation must be like for the row to be found.

    Args:
        said: which relation.
        operator: how the number of its rows compares with `count`.
        count: the number.
        constrain: which related rows count.
        beyond: the relations that are asked about by it, from row to row.
    """

    said: Named
    operator: str
    count: int
    constrain: Constrain = unconstrained
    beyond: tuple[Named, ...] = ()

    @property
    def path(self) -> tuple[Named, ...]:
        """All relations that are asked about, from row to row."""
        return self.said, *self.beyond

    @property
    def relation(self) -> str:
        """The relation's name."""
        return snake_case(name_of(self.said))

    def holds(self, count: int) -> bool:
        return bool(COMPARISONS[self.operator](count, self.count))


class RelationshipResolver:
    """Loads related rows, in one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    # --- loading ---

    def load(self, records: Iterable[Any], *paths: str | Relation[Any] | Wanted) -> None:
        """Load relations of rows, which may be of several models; loaded ones are loaded anew.

        Raises:
            ConfigurationError: a path names no relation.
        """
        self._load(list(records), [wanted(path) for path in paths])

    def _load(self, records: list[Any], asked: list[Wanted]) -> None:
        first: dict[Named, list[Wanted]] = {}
        for one in asked:
            first.setdefault(one.path[0], []).append(one)
        for name, wanting in first.items():
            rest = [Wanted(one.path[1:], one.constrain) for one in wanting if one.path[1:]]
            constrain = [one.constrain for one in wanting if not one.path[1:]]
            for same in _by_model(records):
                met = self._attach(name, same, constrain[-1] if constrain else unconstrained)
                if rest and met:
                    self._load(met, rest)

    def _attach(self, name: Named, records: list[Any], constrain: Constrain) -> list[Any]:
        """Keep the related rows on the rows; all of them together."""
        link = self.link(records[0], name)
        found = link.rows(records, constrain)
        many = link.relation.kind in MANY
        for record, rows in zip(records, found, strict=True):
            related = record.__dict__.setdefault(RELATED, {})
            related[link.relation.name] = rows if many else next(iter(rows), None)
        kept = found if many else [rows[:1] for rows in found]
        return list({id(row): row for rows in kept for row in rows}.values())

    def link(self, record: Any, name: Named) -> Link:
        """A row's relation, in the connection that the row is of."""
        repository = record.__dict__.get("_repository")
        if repository is None or repository.connection is not self._connection:
            repository = self._connection.repository(type(record))
        return link_of(repository, name)

    # --- counting ---

    def count(self, records: Iterable[Any], asked: Wanted) -> None:
        """Keep on each row how many rows a relation of it has."""
        name = name_of(asked.path[0])
        for same in _by_model(records):
            counts = self.counts(same, asked.path[0], asked.constrain)
            for record, count in zip(same, counts, strict=True):
                kept = record.__dict__.setdefault(COUNTS, {})
                for spelled in (name, snake_case(name)):
                    kept[spelled] = count

    def counts(
        self,
        records: Sequence[Any],
        name: Named,
        constrain: Constrain = unconstrained,
        most: int | None = None,
    ) -> list[int]:
        """How many related rows each of these rows has, counted up to `most`."""
        link = self.link(records[0], name)
        if isinstance(link, Children) and most is not None:
            constrain = partial(_at_most, most, constrain)
        return [len(rows) for rows in link.rows(records, constrain)]

    def having(self, records: list[Any], demands: Sequence[Having]) -> list[Any]:
        """Those of the rows whose relations are as demanded."""
        for demand in demands:
            if not records:
                break
            counts = self.counts(records, demand.said, demand.constrain, demand.count + 1)
            kept = zip(records, counts, strict=True)
            records = [record for record, count in kept if demand.holds(count)]
        return records


def wanted(path: str | Relation[Any] | Wanted, constrain: Constrain = unconstrained) -> Wanted:
    """A path as it is spelled, `posts.comments`, read.

    Raises:
        ConfigurationError: a part of it is empty.
    """
    if isinstance(path, Wanted):
        return path
    if isinstance(path, Relation):
        return Wanted((path,), constrain)
    parts = tuple(path.split("."))
    if not all(parts):
        raise ConfigurationError("with_", f"{path!r} names no relation", "write 'posts.comments'")
    return Wanted(parts, constrain)


def having(
    path: str | Relation[Any],
    operator: str = ">=",
    count: int = 1,
    constrain: Constrain = unconstrained,
    *,
    none: bool = False,
) -> Having:
    """A demand on the relation at the end of a path, and on those between that they have one such
    row; or, with `none`, that no row is at the end of it.

    Raises:
        ConfigurationError: there is no such comparison.
    """
    if operator not in COMPARISONS:
        known = " ".join(COMPARISONS)
        raise ConfigurationError("has", f"{operator!r} is no operator", f"there are {known}")
    *between, last = wanted(path).path
    found = Having(last, operator, count, constrain)
    for name in reversed(between):
        found = Having(name, ">=", 1, partial(_demanding, found), found.path)
    return msgspec.structs.replace(found, operator="<", count=1) if none else found


def _demanding(demand: Having, query: RecordQuery[Any]) -> RecordQuery[Any]:
    return query.demanding(demand)


def _at_most(count: int, constrain: Constrain, query: RecordQuery[Any]) -> RecordQuery[Any]:
    return constrain(query).at_most(count)


def _by_model(records: Iterable[Any]) -> list[list[Any]]:
    found: dict[type, list[Any]] = {}
    for record in records:
        found.setdefault(type(record), []).append(record)
    return list(found.values())
