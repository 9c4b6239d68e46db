"""Paging: a listing in pages that strangers may ask for, without gap or repeat.

A page goes on after the last row that was given of each reading. Rows that come or go meanwhile are
seen or not, as their place says; no other row is missed, and none is given twice while its place
stays. Of alternatives that both find a row, the first gives it: a page knows of those before it
only what the row itself says.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

import msgspec

from orm.errors import ConfigurationError
from orm.records.queries.clauses import Clause, holds, in_wire
from orm.records.queries.compiling import Asked, Reader, readers
from orm.records.queries.cursors import Cursors, Place, hashed
from orm.records.queries.ordering import place_of
from orm.records.queries.running import distinct, merged, parts_of, rows_of
from orm.records.queries.terms import Terms, whole_number
from orm.records.relating.links import link_of, unconstrained
from orm.records.relating.resolver import Having
from orm.requests import Item

if TYPE_CHECKING:
    from orm.records.repository import Repository

R = TypeVar("R")
AT_A_TIME: Final = 100
"""Rows whose relations are read together while rows are read on; a batch get takes as many."""

_FOLDED: Final = ("=", "in")
"""What a claim answers, which knows texts without their case."""


class CursorPage(msgspec.Struct, Generic[R], frozen=True):
    """Some rows of a listing.

    Args:
        rows: the rows.
        next: the cursor of the page after it; None for the last page.
    """

    rows: list[R]
    next: str | None


class _Found(msgspec.Struct, frozen=True):
    """A row, which reading found it, and how many that one had found with it."""

    row: Any
    reading: int
    number: int


class _Listing:
    """The rows of a question, each with where it was found."""

    def __init__(self, repository: Repository[Any], asked: Asked, size: int) -> None:
        self.repository, self.asked, self.size = repository, asked, size
        self.readers = readers(repository, asked)
        self._totals: dict[int, int] = {}
        self._folded = {
            one.group: frozenset(one.claim.unique.casefold) for one in self.readers if one.claim
        }

    @property
    def question(self) -> bytes:
        """What tells this question from others."""
        asked, repository = self.asked, self.repository
        said = _said(repository, asked)
        paths = [(str(one.keys.path), one.position, one.shard) for one in self.readers]
        whose = (repository.connection.config.table, repository.connection.tenant)
        return hashed(whose, repository.definition.name, said, paths)

    def rows(self, places: Sequence[Place]) -> Iterator[_Found]:
        """The rows from these places on."""
        parts = [self._part(number, place) for number, place in enumerate(places)]
        found = merged(parts, self._key_of(), self.asked.descending)
        if len(parts) > 1:
            found = distinct(found, self.repository.layout.key_fields, _row)
        if not self.asked.having:
            return found
        return (one for part in parts_of(found, AT_A_TIME) for one in self._demanded(part))

    def _key_of(self) -> Callable[[_Found], Any] | None:
        """What several readings are merged by."""
        if not self.asked.order or len(self.readers) == 1:
            return None
        place = place_of(self.repository, self.asked.order, self.asked.descending)
        return lambda found: place(found.row)

    def _part(self, number: int, place: Place) -> Iterator[_Found]:
        if place is True:
            return
        reader, count = self.readers[number], 0
        limit = max(self.size + 1, AT_A_TIME if self.asked.having else 0)
        start = place if isinstance(place, dict) else None
        sieved = bool(self.asked.having or reader.group)
        for row in rows_of(self.repository, reader, limit, start, sieved=sieved):
            if not self._found_before(reader, row):
                count += 1
                yield _Found(row, number, count)
        self._totals[number] = count

    def _found_before(self, reader: Reader, row: Any) -> bool:
        """Whether an alternative that was said before finds the row too."""
        before = self.asked.groups[: reader.group]
        if not before:
            return False
        stored = self.repository.stored.known(row)
        return any(self._holds(number, group, stored) for number, group in enumerate(before))

    def _holds(self, number: int, group: Sequence[Clause], stored: Item) -> bool:
        """Whether a conjunction finds a row, in the case of texts too where a claim answers it."""
        fields, terms = self.repository.layout.fields, Terms(self.repository)
        folded = self._folded.get(number, frozenset())
        return all(
            holds(
                terms.stored(one),
                stored.get(fields[one.attribute].attribute),
                casefold=one.attribute in folded and one.operator in _FOLDED,
            )
            for one in group
        )

    def _demanded(self, found: list[_Found]) -> list[_Found]:
        resolver = self.repository.connection.resolver
        kept = {id(row) for row in resolver.having([one.row for one in found], self.asked.having)}
        return [one for one in found if id(one.row) in kept]

    def after(self, places: Sequence[Place], given: Sequence[_Found]) -> list[Place]:
        """Where each reading goes on once these rows were given."""
        left = list(places)
        last = {one.reading: one for one in given}
        for number, place in enumerate(left):
            one = last.get(number)
            total = self._totals.get(number)
            if total is not None and total == (one.number if one else 0):
                left[number] = True
            elif one is not None:
                left[number] = self._key(self.readers[number], one.row)
            else:
                left[number] = place
        return left

    def _key(self, reader: Reader, row: Any) -> Item:
        """Where a row stands in what is read."""
        layout = self.repository.layout
        values = layout.values(row)
        return {**layout.own.pair(values), **reader.keys.pair(values, reader.shard)}


def _said(repository: Repository[Any], asked: Asked) -> tuple[Any, ...]:
    """What is asked, in its relations too."""
    stored = Terms(repository).stored
    groups = [[in_wire(stored(one), alternatives=True) for one in group] for group in asked.groups]
    groups.append(sorted(in_wire(stored(one)) for one in asked.filters))
    demands = [
        (one.relation, one.operator, one.count, _constraint(repository, one))
        for one in asked.having
    ]
    return groups, asked.order, asked.descending, asked.trashed, asked.limit, demands


def _constraint(repository: Repository[Any], demand: Having) -> list[Any]:
    """What is demanded of the rows of a relation. A function cannot be compared with another; what
    it asks of each model that they may be of can."""
    if demand.constrain is unconstrained:
        return []
    relation = link_of(repository, demand.relation).relation
    connection, found = repository.connection, []
    for name in [relation.model] if relation.model else sorted(connection.plan.entities):
        related: Repository[Any] = connection.repository(name)
        with contextlib.suppress(ConfigurationError):  # another model, which lacks what is asked
            asked = demand.constrain(related.query()).asked
            found.append((name, _said(related, asked)))
    return found


def _row(found: _Found) -> Any:
    return found.row


def page_of(
    repository: Repository[Any], asked: Asked, size: int, cursor: str | None
) -> tuple[list[Any], str | None]:
    """The rows of one page, and the cursor of the next.

    Raises:
        CursorError: the cursor cannot be used.
        ConfigurationError: the size holds no row, or the connection has no keys for cursors.
    """
    if whole_number("paginate", size) < 1:
        raise ConfigurationError("paginate", f"a size of {size} holds no row")
    if asked.limit is not None:
        raise ConfigurationError("paginate", "has a size; leave out limit")
    cursors: Cursors = repository.connection.cursors
    listing = _Listing(repository, asked, size)
    begun: list[Place] = [None] * len(listing.readers)
    places = begun if cursor is None else cursors.open(cursor, listing.question)
    found = list(islice(listing.rows(places), size + 1))
    given = found[:size]
    more = len(found) > size
    sealed = cursors.seal(listing.question, listing.after(places, given)) if more else None
    return [one.row for one in given], sealed
