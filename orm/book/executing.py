"""Patterns that are executed: by the reading that is planned, through the path of all queries.

`where(…)` looks for a reading that answers its clauses. A pattern has its reading from the plan, so
what is sent is what the book says, also where no clauses would find it: a pattern about the rows
without a value, say.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from orm.book.entries import PatternEntry
from orm.book.key_texts import claiming
from orm.definitions.guards import Guard
from orm.errors import ConfigurationError
from orm.expressions import Condition, equals
from orm.indexes import Answer
from orm.models.plan import Question, Range
from orm.records import Clause, Connection, Repository
from orm.records.queries.clauses import condition
from orm.records.queries.compiling import Claimed, Reader, unexpired
from orm.records.queries.ordering import place_of
from orm.records.queries.running import merged, rows_of


class Pattern:
    """One question of the book, ready to be asked.

    Attributes:
        entry: what the book says of it.
    """

    def __init__(self, entry: PatternEntry, answer: Answer, connection: Connection | None) -> None:
        self.entry, self._answer, self._connection = entry, answer, connection

    def execute(
        self,
        values: Mapping[str, Any] | None = None,
        /,
        *,
        low: Any = None,
        high: Any = None,
        limit: int | None = None,
        **more: Any,
    ) -> list[Any]:
        """The rows that answer it, in its order: of the entity's model, or, where the index copies
        less, the attributes that it copies.

        Args:
            values: what the attributes of `entry.equal` are, here or by name.
            low: the least value of `entry.sort`, itself included.
            high: its greatest value, itself included.
            limit: the most rows.

        Raises:
            ConfigurationError: it takes other values; or its book was made of a plan alone.
            InvalidKeyError: no key can carry a value.
        """
        given = {**(values or {}), **more}
        self._check(given, ranged=low is not None or high is not None)
        repository = self._repository()
        parts = [
            rows_of(repository, one, limit, select=self.entry.attributes)
            for one in _readers(repository, self._answer, given, low, high)
        ]
        sort, descending = self.entry.sort, self.entry.descending
        key = place_of(repository, sort, descending) if sort and len(parts) > 1 else None
        rows = merged(parts, key, descending)
        return list(islice(rows, limit))

    def _repository(self) -> Repository[Any]:
        if self._connection is None:
            hint = "make it of the connection: AccessPatternGenerator(connection)"
            raise ConfigurationError(str(self), "is of a plan alone, which reaches no table", hint)
        return self._connection.repository(self.entry.entity)

    def _check(self, given: Mapping[str, Any], *, ranged: bool) -> None:
        wanted = ", ".join(self.entry.equal) or "no values"
        if set(given) != set(self.entry.equal) or None in given.values():
            said = ", ".join(f"{name}={value!r}" for name, value in given.items() if value is None)
            reason = f"was given {said or ', '.join(sorted(given)) or 'nothing'}"
            raise ConfigurationError(str(self), reason, f"give it {wanted}")
        if ranged and not self.entry.sort:
            raise ConfigurationError(str(self), "has nothing to range over", f"give it {wanted}")

    def __str__(self) -> str:
        return f"{self.entry.entity}, pattern {self.entry.name!r}"


def _readers(
    repository: Repository[Any], answer: Answer, given: Mapping[str, Any], low: Any, high: Any
) -> Iterator[Reader]:
    filters = tuple(_filters(repository, answer))
    if answer.claim is not None:
        key = repository.claims.key(answer.claim, claiming(answer.claim, given))
        assert key is not None, "a row with these values claims them"
        claim = Claimed(key, answer.claim)
        yield Reader(keys=repository.layout.own, claim=claim, filters=filters)
        return
    path, reading, asked = answer.path, answer.reading, answer.pattern
    assert path is not None, "an answer has a path or a claim"
    assert reading is not None, "a path is read in one way"
    ranged = Range(reading.ranged, low, high) if (low, high) != (None, None) else None
    descends = reading.given < len(path.sort) and path.descends(reading.given)
    for shard in range(path.shards):
        yield Reader(
            keys=next(keys for keys in repository.layout.paths if keys.path == path),
            question=Question(equal=given, range=ranged, consistent=asked.strong),
            position=reading.given,
            shard=shard,
            forward=not reading.ranged or asked.descending == descends,
            filters=filters,
        )


def _filters(repository: Repository[Any], answer: Answer) -> Iterator[Condition]:
    """What the keys do not see to."""
    layout, path = repository.layout, answer.path
    if path is not None and (path.explicit or path.under):
        yield equals(layout.config.entity, layout.entity)
    for guard in answer.filters:
        yield condition(_clause(guard), layout.fields[guard.attribute].attribute)
    yield from unexpired(repository)


def _clause(guard: Guard) -> Clause:
    if guard.test == "is":
        return Clause(guard.attribute, "=", (guard.value,))
    return Clause(guard.attribute, "null" if guard.test == "absent" else "not_null")
