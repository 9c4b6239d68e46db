"""Cascades: what becomes of the rows that hang on a row when it is deleted for good.

What a relation declares with `on_delete` is read from both its sides: a `has_many` says it of its
rows, a `belongs_to` of its own row. Edges of many-to-many relations go with either row. Rows in the
bin hang on it as live ones do. Where rows are found by a global index, one that was written a
moment ago may be missed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import msgspec

from orm.definitions import EntityDefinition, RelationDefinition
from orm.errors import ConfigurationError
from orm.indexes.edges import MANY_TO_MANY, side_of
from orm.indexes.relations import morph_columns
from orm.limits import TRANSACTION_ACTIONS_MAX
from orm.parallel import in_parallel
from orm.records.errors import RestrictedError
from orm.records.relating.links import held_by
from orm.records.writes.pending import Pending, finish
from orm.records.writes.saving import Hold, RowWrite

if TYPE_CHECKING:
    from orm.records.connection import Connection
    from orm.records.queries.query import RecordQuery
    from orm.records.repository import Repository


class Dependent(msgspec.Struct, frozen=True):
    """Rows that hang on those of another model.

    Args:
        model: whose rows they are.
        relation: what says so, as `User.posts`.
        action: what becomes of them: `cascade`, `restrict` or `set_null`.
        held: attribute of theirs → attribute of the other whose value it holds.
        fixed: attribute of theirs → the value that it has.
        implied: whether that is so unless a relation says otherwise.
    """

    model: str
    relation: str
    action: str
    held: dict[str, str]
    fixed: dict[str, Any] = {}
    implied: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """The attributes by which they hang on the other."""
        return (*self.held, *self.fixed)

    def values(self, record: Any) -> dict[str, Any]:
        """What they hold of one row."""
        return {**self.fixed, **{name: getattr(record, own) for name, own in self.held.items()}}


def dependents(definitions: Mapping[str, EntityDefinition]) -> dict[str, list[Dependent]]:
    """What hangs on the rows of each model.

    Raises:
        ConfigurationError: both sides of a relation say what becomes of its rows, and differ; or
            what cannot be empty is to be emptied.
    """
    found: dict[str, list[Dependent]] = {name: [] for name in definitions}
    for owner in definitions.values():
        for relation in owner.relations:
            for on, dependent in _of_relation(definitions, owner, relation):
                _check_emptied(definitions, dependent)
                _add(found[on], dependent)
    return found


def _check_emptied(definitions: Mapping[str, EntityDefinition], dependent: Dependent) -> None:
    """Told when models are registered; else it would be told when a row is deleted."""
    if dependent.action != "set_null" or dependent.model not in definitions:
        return
    child = definitions[dependent.model]
    for name in dependent.names:
        if name in child.primary_key or not _can_be_empty(child, name):
            raise ConfigurationError(
                dependent.relation,
                f"says set_null, and {child.name}.{name} cannot be emptied",
                f"let {name} be None and not immutable, or say on_delete='cascade' or 'restrict'",
            )


def _can_be_empty(child: EntityDefinition, name: str) -> bool:
    known = {one.name: one for one in child.attributes}
    if (found := known.get(name)) is None:
        return True
    immutable = any(rule.name == "immutable" for rule in found.rules)
    return not immutable and (bool(found.nullable) or not found.required)


def _add(known: list[Dependent], dependent: Dependent) -> None:
    for place, other in enumerate(known):
        if (other.model, other.held, other.fixed) != (
            dependent.model,
            dependent.held,
            dependent.fixed,
        ):
            continue
        if other.implied:
            known[place] = dependent
        elif not dependent.implied and other.action != dependent.action:
            reason = f"says {dependent.action}, {other.relation} says {other.action}"
            raise ConfigurationError(dependent.relation, reason, "declare on_delete on one side")
        return
    known.append(dependent)


def _of_relation(
    definitions: Mapping[str, EntityDefinition],
    owner: EntityDefinition,
    relation: RelationDefinition,
) -> Iterator[tuple[str, Dependent]]:
    """`(model on whose rows they hang, what hangs)`."""
    label, action = f"{owner.name}.{relation.name}", relation.on_delete
    if relation.model not in definitions:
        return
    if relation.kind in MANY_TO_MANY:
        yield from _edges(definitions, owner, relation, label)
    elif not action or "through" in relation.kind:
        return
    elif relation.kind == "belongs_to":
        held = {relation.foreign_key: relation.owner_key or _key(definitions[relation.model])}
        yield relation.model, Dependent(owner.name, label, action, held)
    elif relation.kind in ("has_one", "has_many"):
        held = {relation.foreign_key: relation.owner_key or _key(owner)}
        yield owner.name, Dependent(relation.model, label, action, held)
    else:
        type_column, id_column = morph_columns(relation)
        held, fixed = {id_column: relation.owner_key or _key(owner)}, {type_column: owner.name}
        yield owner.name, Dependent(relation.model, label, action, held, fixed)


def _edges(
    definitions: Mapping[str, EntityDefinition],
    owner: EntityDefinition,
    relation: RelationDefinition,
    label: str,
) -> Iterator[tuple[str, Dependent]]:
    side, far = side_of(owner.name, relation), definitions[relation.model]
    action, implied = relation.on_delete or "cascade", not relation.on_delete
    held = {side.own: _key(owner)}
    yield owner.name, Dependent(side.edge, label, action, held, side.constants, implied)
    held = {side.far: _key(far)}
    yield far.name, Dependent(side.edge, label, "cascade", held, side.constants, implied=True)


def _key(definition: EntityDefinition) -> str:
    return definition.primary_key[0]


# --- deleting ---


def deletions(repository: Repository[Any], record: Any) -> list[list[Pending]]:
    """The writes that delete a row and what hangs on it, by how far it hangs from the row.

    Raises:
        RestrictedError: rows hang on it whose relation restricts that.
    """
    gathered = _Gathered()
    level = [_Row(repository, record)]
    gathered.go(level)
    while level:
        found = in_parallel(_hanging_on, level)
        level = gathered.go([one for rows in found for one in rows])
    gathered.check()
    return gathered.writes()


Spot = tuple[str, ...]
"""What tells a row from all others."""


class _Row(msgspec.Struct, frozen=True):
    """A row that hangs on another, and what becomes of it.

    Args:
        repository: its model's.
        record: the row.
        dependent: how it hangs; None for the row that is deleted to begin with.
        on: the row that it hangs on.
    """

    repository: Any
    record: Any
    dependent: Dependent | None = None
    on: _Row | None = None

    @property
    def place(self) -> Spot:
        """What tells the row from all others."""
        return (self.repository.definition.name, *map(repr, self.identity.values()))

    @property
    def identity(self) -> dict[str, Any]:
        identity: dict[str, Any] = self.repository.rows.identity(
            self.repository.layout.values(self.record)
        )
        return identity


class _Gathered:
    """What a deletion takes with it: the rows that go and those that are emptied."""

    def __init__(self) -> None:
        self._gone: dict[Spot, tuple[int, _Row]] = {}
        self._emptied: dict[Spot, tuple[int, _Row]] = {}
        self._reasons: dict[Spot, list[_Row]] = {}
        self._restricting: list[_Row] = []
        self._depth = -1

    def go(self, rows: Iterable[_Row]) -> list[_Row]:
        """Take rows that hang on those before; the ones that go now and were not known to."""
        self._depth += 1
        new = []
        for row in rows:
            action = row.dependent.action if row.dependent is not None else "cascade"
            if action == "restrict":
                self._restricting.append(row)
            elif action == "set_null":
                self._add(self._emptied, row)
            elif self._add(self._gone, row):
                new.append(row)
        return new

    def _add(self, known: dict[Spot, tuple[int, _Row]], row: _Row) -> bool:
        """Take a row, and why; whether it was not known. It goes for the sake of rows that are
        nearer to the first, never of such as hang on it."""
        new = row.place not in known
        depth, _ = known.setdefault(row.place, (self._depth, row))
        if depth == self._depth or known is self._emptied:
            self._reasons.setdefault(row.place, []).append(row)
        return new

    def check(self) -> None:
        """Refuse where a row restricts that, and does not go itself, in whatever order they came.

        Raises:
            RestrictedError: one does.
        """
        for row in self._restricting:
            if row.place not in self._gone:
                raise _restricted(row)

    def writes(self) -> list[list[Pending]]:
        """The writes of each depth; a row that goes is not emptied first."""
        levels: list[list[Pending]] = [[] for _ in range(self._depth + 1)]
        made: dict[Spot, RowWrite] = {}
        for place, (depth, row) in self._gone.items():
            pending = row.repository.drafts.removal(row.record)
            made[place] = self._tied(place, pending, made)
            levels[depth].append(pending)
        for place, (depth, row) in self._emptied.items():
            if place not in self._gone:
                why = [one.dependent for one in self._reasons[place] if one.dependent is not None]
                names = [name for one in why for name in one.names]
                pending = row.repository.drafts.emptied(row.record, names)
                self._tied(place, pending, made)
                levels[depth].append(pending)
        return levels

    def _tied(self, place: Spot, pending: Pending, made: Mapping[Spot, RowWrite]) -> RowWrite:
        """The write, of a row that may be given to another before it is sent."""
        write = pending.write
        assert isinstance(write, RowWrite), "the row was read"
        holds = [
            Hold(row.dependent.names, made[row.on.place])
            for row in self._reasons[place]
            if row.dependent is not None and row.on is not None
        ]
        if holds:
            write.only_while(holds)
        return write


def _restricted(row: _Row) -> RestrictedError:
    assert row.on is not None, "it hangs on a row"
    assert row.dependent is not None, "it hangs somehow"
    name, dependent = row.on.repository.definition.name, row.dependent
    key = row.on.repository.rows.told(row.on.identity)
    return RestrictedError(name, key, dependent.model, dependent.relation)


def _hanging_on(row: _Row) -> list[_Row]:
    """The rows that hang on this one."""
    connection, name = row.repository.connection, row.repository.definition.name
    found = []
    for dependent in connection.dependents(name):
        theirs = connection.repository(dependent.model)
        values = {
            name: held_by(theirs, name, value)
            for name, value in dependent.values(row.record).items()
        }
        if all(value is not None for value in values.values()):
            found += [_Row(theirs, one, dependent, row) for one in hanging(theirs, values)]
    return found


def hanging(repository: Repository[Any], values: Mapping[str, Any]) -> list[Any]:
    """The rows with these values, in the bin or not."""
    asked: RecordQuery[Any] = repository.unscoped().where(**values)
    if repository.definition.traits.soft_deletes:
        asked = asked.with_trashed()
    return asked.get()


def delete_all(connection: Connection, levels: Iterable[list[Pending]]) -> None:
    """Carry out deletions: together where a transaction takes them, else from the outside in."""
    known = list(levels)
    every = [one for level in known for one in level]
    if sum(len(one.write.actions()) for one in every) <= TRANSACTION_ACTIONS_MAX:
        finish(connection, every)
        return
    for level in reversed(known):
        in_parallel(lambda one: finish(connection, [one]), level)
