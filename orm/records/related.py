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
from orm.records.links import (
    Across,
    Children,
    Constrain,
    Link,
    MorphParents,
    Parents,
    identity_of,
    unconstrained,
)

if TYPE_CHECKING:
    from orm.records.model import DynamoDBModel
    from orm.records.query import RecordQuery
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
        """Make a row, new or not, one of this one's."""
        link = self._children()
        for name, value in link.held(self._record).items():
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
        """
        link = self._link
        link.owner.check_own(row)
        if isinstance(link, Parents):
            setattr(self._record, link.relation.foreign_key, getattr(row, link.key))
        elif isinstance(link, MorphParents):
            for name, value in link.naming(row).items():
                setattr(self._record, name, value)
        else:
            raise self._refuse("associate and dissociate", "belongs_to and morph_to")
        return self._record

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
            pivot: the edges' own attributes. An edge that is there is given them, too.

        Returns:
            The keys of those that were not attached before.

        Raises:
            ForeignRowError: a row is of another table or tenant.
        """
        across = self._across()
        keys = [_key(across.target, target) for target in targets]
        made = in_parallel(lambda key: self._attach(across, key, pivot), keys)
        return [key for key, new in zip(keys, made, strict=True) if new]

    def _attach(self, across: Across, key: Any, pivot: Mapping[str, Any]) -> bool:
        edges, values = across.between, {**across.near(self._record), across.side.far: key}
        try:
            edges.create({**values, **pivot})
        except RowExistsError:
            if pivot and (edge := self._edge(across, key)) is not None:
                edges.fill(edge, pivot)
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
            keys = [_key(across.target, target) for target in targets]
            found = in_parallel(lambda key: self._edge(across, key), keys)
        else:
            found = list(across.edges(self._record))
        edges = [edge for edge in found if edge is not None]
        in_parallel(across.between.force_delete, edges)
        return [getattr(edge, across.side.far) for edge in edges]

    def sync(self, targets: Iterable[Any] | Mapping[Any, Mapping[str, Any]]) -> Synced:
        """Let exactly these rows be attached, given whole or by key; a mapping gives each its
        edge's attributes.

        Edges are written one by one: whoever reads meanwhile may see some of both.
        """
        across = self._across()
        given: Iterable[tuple[Any, Mapping[str, Any]]]
        given = targets.items() if isinstance(targets, Mapping) else ((one, {}) for one in targets)
        wanted = {_key(across.target, target): pivot for target, pivot in given}
        far = across.side.far
        there = {getattr(edge, far): edge for edge in across.edges(self._record)}
        detached = self.detach(*gone) if (gone := [k for k in there if k not in wanted]) else []
        missing = [key for key in wanted if key not in there]
        in_parallel(lambda key: self._attach(across, key, wanted[key]), missing)
        kept = [key for key in wanted if key in there]
        changed = in_parallel(lambda key: _change(across, there[key], wanted[key]), kept)
        updated = [key for key, new in zip(kept, changed, strict=True) if new]
        return Synced(missing, detached, updated)

    def _edge(self, across: Across, key: Any) -> Any:
        values = {**across.near(self._record), across.side.far: key}
        return across.between.find(*(values[name] for name in across.between.plan.identity))

    def _across(self) -> Across:
        if not isinstance(self._link, Across):
            raise self._refuse("attach, detach and sync", "the many-to-many kinds")
        return self._link

    def _refuse(self, methods: str, kinds: str) -> ConfigurationError:
        kind = self._link.relation.kind
        return ConfigurationError(str(self._link), f"is a {kind}; {methods} are for {kinds}")


def _key(target: Repository[Any], given: Any) -> Any:
    """The key of a row that is given whole or by it; one of another table or tenant is refused."""
    if not isinstance(given, target.model):
        return given
    target.check_own(given)
    return getattr(given, identity_of(target))


def _change(across: Across, edge: Any, pivot: Mapping[str, Any]) -> bool:
    edges = across.between
    edges.fill(edge, pivot)
    changed = bool(edges.changed(edge))
    edges.save(edge)
    return changed
