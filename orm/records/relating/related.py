"""Related: the rows of one row's relation, to be asked about and changed.

    ann.related(User.posts).create(title="Hello")
    ann.related(User.roles).attach(admin, since=today)
    post.related(Post.user).associate(bob).save()

Each change is a write of its own. Nothing that was loaded before is changed by it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import msgspec

from orm.errors import ConfigurationError, RowExistsError
from orm.parallel import in_parallel
from orm.records.errors import UniqueError
from orm.records.relating.links import (
    EMPTY,
    Across,
    Children,
    Constrain,
    Link,
    MorphParents,
    Parents,
    identity_of,
    unconstrained,
)
from orm.records.writes.pending import Pending, finish

if TYPE_CHECKING:
    from orm.records.model import DynamoDBModel
    from orm.records.queries.query import RecordQuery
    from orm.records.repository import Repository

R = TypeVar("R", bound="DynamoDBModel")


class Synced(msgspec.Struct, frozen=True):
    """What `sync` changed, as keys of related rows."""

    attached: list[Any]
    detached: list[Any]
    updated: list[Any]


class Related(Generic[R]):
    """The rows of one relation of one row."""

    def __init__(self, record: DynamoDBModel, link: Link) -> None:
        self._record, self._link = record, link

    # --- asking ---

    def query(self) -> RecordQuery[R]:
        """The rows as a question, to be narrowed.

        Raises:
            ConfigurationError: the relation goes through others; use `get`.
        """
        return self._link.query(self._record)

    def where(self, *said: Any, **equal: Any) -> RecordQuery[R]:
        """`query().where(…)`."""
        return self.query().where(*said, **equal)

    def get(self, constrain: Constrain = unconstrained) -> list[R]:
        """All rows, in the relation's order."""
        found: list[R] = self._link.rows([self._record], constrain)[0]  # type: ignore[assignment]
        return found

    def first(self) -> R | None:
        """The first row, or None."""
        return next(iter(self.get()), None)

    def count(self) -> int:
        """How many rows there are; they are read for it."""
        return len(self.get())

    # --- has_one, has_many, morph_one, morph_many ---

    def create(self, values: Mapping[str, Any] | None = None, /, **more: Any) -> R:
        """Save a new row that belongs to this one. Raises as `Repository.create`."""
        made: R = self._children().target.make(values, **more)
        return self.save(made)

    def save(self, row: R) -> R:
        """Make a row, new or not, one of this one's.

        Raises:
            ForeignRowError: it is of another table or tenant.
            ConfigurationError: it is of another model; or this row has no key yet.
        """
        link = self._children()
        check_row(link.target, row)
        held = link.held(self._record)
        if empty := [name for name, value in held.items() if value in EMPTY]:
            reason = f"has no key to be kept as {', '.join(empty)}"
            raise ConfigurationError(str(self._link), reason, "set it and save this row first")
        for name, value in held.items():
            setattr(row, name, value)
        link.target.save(row)
        return row

    def _children(self) -> Children:
        if not isinstance(self._link, Children):
            raise self._refuse("create and save", "has_one, has_many, morph_one and morph_many")
        return self._link

    # --- belongs_to, morph_to ---

    def associate(self, row: DynamoDBModel) -> Any:
        """Let this row belong to that one; it is not saved yet. Returns this row.

        Raises:
            ForeignRowError: that one is of another table or tenant.
            ConfigurationError: it is of another model, or has no key yet.
        """
        for name, value in self._naming(row).items():
            if value in EMPTY:
                reason = f"has nothing to be kept as {name}"
                raise ConfigurationError(type(row).__name__, reason, "save it first")
            setattr(self._record, name, value)
        return self._record

    def _naming(self, row: DynamoDBModel) -> dict[str, Any]:
        """What names that row."""
        link = self._link
        if not isinstance(link, Parents | MorphParents):
            raise self._refuse("associate and dissociate", "belongs_to and morph_to")
        if row is None:
            raise ConfigurationError(str(link), "is associated with no row", "use dissociate()")
        if isinstance(link, Parents):
            check_row(link.target, row)
            return {link.relation.foreign_key: getattr(row, link.key)}
        link.owner.check_own(row)
        return link.naming(row)

    def dissociate(self) -> Any:
        """Let this row belong to none; it is not saved yet. Returns this row."""
        link = self._link
        if not isinstance(link, Parents | MorphParents):
            raise self._refuse("associate and dissociate", "belongs_to and morph_to")
        for name in link.names:
            setattr(self._record, name, None)
        return self._record

    # --- the many-to-many kinds ---

    def attach(self, *targets: Any, **pivot: Any) -> list[Any]:
        """Make edges to these rows, given whole or by key.

        Args:
            targets: rows or their keys.
            pivot: the edges' own attributes. An edge that is there is given them, too. All of them
                are validated before the first is written.

        Returns:
            The keys of those that were not attached before.

        Raises:
            ForeignRowError: a row is of another table or tenant.
            ConfigurationError: a row is of another model; or data would rename an edge.
        """
        across = self._across()
        keys = dict.fromkeys(_key(across, target) for target in targets)
        edges = [self._made(across, key, pivot) for key in keys]
        made = in_parallel(lambda edge: self._attach(across, edge), edges)
        return [key for key, new in zip(keys, made, strict=True) if new]

    def _made(self, across: Across, key: Any, pivot: Mapping[str, Any]) -> _Edge:
        """A new edge, validated."""
        _check_pivot(across, pivot)
        values = {**pivot, **across.ends(self._record, key)}
        pending = across.between.drafts.save(across.between.make(values))
        assert pending is not None, "it is new"
        return _Edge(key, pivot, pending)

    def _attach(self, across: Across, made: _Edge) -> bool:
        edges = across.between
        try:
            finish(edges.connection, [made.pending])
        except (RowExistsError, UniqueError):
            # a unique value of the edge may be another pair's
            if across.between.claims.sets and self._edge(across, made.key) is None:
                raise
            if made.pivot and (edge := self._edge(across, made.key)) is not None:
                edges.fill(edge, made.pivot)
                edges.save(edge)
            return False
        return True

    def detach(self, *targets: Any) -> list[Any]:
        """Delete the edges to these rows, given whole or by key; without any, all edges.

        Returns:
            The keys of those that were attached.
        """
        across = self._across()
        if targets:
            keys = [_key(across, target) for target in targets]
            found = in_parallel(lambda key: self._edge(across, key), keys)
        else:
            found = list(across.edges(self._record))
        edges = [edge for edge in found if edge is not None]
        in_parallel(across.between.force_delete, edges)
        return [across.key_at(edge) for edge in edges]

    def sync(self, targets: Iterable[Any] | Mapping[Any, Mapping[str, Any]]) -> Synced:
        """Let exactly these rows be attached, given whole or by key; a mapping gives each its
        edge's attributes.

        All of it is validated before anything is written, and edges are made before others are
        deleted. They are written one by one: whoever reads meanwhile may see some of both, and of
        two that sync at once both may have theirs.

        Raises:
            InvalidRowError, ForeignRowError, ConfigurationError: see `attach`; nothing was written.
        """
        across = self._across()
        wanted = self._wanted(across, targets)
        there = {across.key_at(edge): edge for edge in across.edges(self._record)}
        missing = [self._made(across, key, wanted[key]) for key in wanted if key not in there]
        kept = [key for key in wanted if key in there]
        changed = [one for key in kept if (one := _changed(across, key, there[key], wanted[key]))]
        in_parallel(lambda edge: self._attach(across, edge), missing)
        in_parallel(lambda edge: finish(self._link.connection, [edge.pending]), changed)
        detached = self.detach(*gone) if (gone := [k for k in there if k not in wanted]) else []
        return Synced([one.key for one in missing], detached, [one.key for one in changed])

    def _wanted(
        self, across: Across, targets: Iterable[Any] | Mapping[Any, Mapping[str, Any]]
    ) -> dict[Any, Mapping[str, Any]]:
        """Key → its edge's attributes."""
        if isinstance(targets, str | bytes):
            reason = f"{targets!r} would be taken letter by letter"
            raise ConfigurationError(str(self._link), reason, "give a list: sync([key])")
        given: Iterable[tuple[Any, Mapping[str, Any]]]
        given = targets.items() if isinstance(targets, Mapping) else ((one, {}) for one in targets)
        return {_key(across, target): pivot for target, pivot in given}

    def _edge(self, across: Across, key: Any) -> Any:
        values = across.ends(self._record, key)
        identity = across.between.plan.identity
        if {*identity} <= {*values}:
            return across.between.find(*(values[name] for name in identity))
        return across.between.query().where(**values).first()

    def _across(self) -> Across:
        if not isinstance(self._link, Across):
            raise self._refuse("attach, detach and sync", "the many-to-many kinds")
        return self._link

    def _refuse(self, methods: str, kinds: str) -> ConfigurationError:
        kind = self._link.relation.kind
        return ConfigurationError(str(self._link), f"is a {kind}; {methods} are for {kinds}")


class _Edge(msgspec.Struct, frozen=True):
    """An edge that is to be written, validated.

    Args:
        key: of the row that it leads to.
        pivot: its own attributes, as they were given.
        pending: the write.
    """

    key: Any
    pivot: Mapping[str, Any]
    pending: Pending


def check_row(target: Repository[Any], row: Any) -> None:
    """Refuse a row that is not one of this repository's.

    Raises:
        ForeignRowError: it is of another table or tenant.
        ConfigurationError: it is of another model, be it derived from this one.
    """
    if type(row) is not target.model:
        reason = f"is no row of {target.definition.name}, to which the relation leads"
        raise ConfigurationError(type(row).__name__, reason)
    target.check_own(row)


def _key(across: Across, given: Any) -> Any:
    """The key of a row that is given whole or by it; one of another model, table or tenant is
    refused."""
    if not isinstance(given, msgspec.Struct):
        return across.key(given)
    check_row(across.target, given)
    return getattr(given, identity_of(across.target))


def _check_pivot(across: Across, pivot: Mapping[str, Any]) -> None:
    """Refuse data that would make it another's edge."""
    if renamed := [name for name in across.side.key if name in pivot]:
        reason = f"{', '.join(renamed)} tells whose edge it is, and is no data of it"
        raise ConfigurationError(str(across), reason, "leave it out")


def _changed(across: Across, key: Any, edge: Any, pivot: Mapping[str, Any]) -> _Edge | None:
    """What changes an edge that is there, validated; None where nothing does."""
    _check_pivot(across, pivot)
    across.between.fill(edge, pivot)
    pending = across.between.drafts.save(edge)
    return None if pending is None else _Edge(key, pivot, pending)
