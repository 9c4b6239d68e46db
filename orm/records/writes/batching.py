"""Batch: many rows put or deleted in as few calls as DynamoDB allows, and not together.

    with dynamo.batch() as batch:
        for number in range(1000):
            batch.put(Reading(station="a", taken=number))

25 rows a call, half the price of a transaction and a fraction of the calls. The price of that: no
condition is checked, so a row at the same key is replaced, and where the sending breaks off some
are written and some not. So rows whose model has unique attributes cannot be put, and rows that
carry a version, claims or dependents cannot be deleted: what would have to be checked is not. Use
a transaction, `transaction(chunked=True)` for many.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from orm.errors import ConfigurationError, UnprocessedError
from orm.records.model import is_stored
from orm.records.writes.block import Block
from orm.records.writes.pending import tell
from orm.records.writes.saving import Insert
from orm.requests import Item, WriteRequest

if TYPE_CHECKING:
    from orm.records.connection import Connection
    from orm.records.model import DynamoDBModel
    from orm.records.repository import Repository

R = TypeVar("R", bound="DynamoDBModel")
_INSTEAD = "use transaction(chunked=True)"


class Batch(Block):
    """Rows that are written when the block ends."""

    name = "batch"

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        self._puts: list[tuple[Item, Callable[[], object]]] = []
        self._deletes: list[tuple[Item, Callable[[], object]]] = []

    def put(self, record: R) -> R:
        """Write a new row; one at the same key is replaced. Validated at once.

        Raises:
            InvalidRowError: values break rules.
            ConfigurationError: the row is stored already, or has unique values to be claimed.
        """
        repository = self._repository(record)
        if repository.plan.claims:
            names = ", ".join(repository.plan.claims[0].attributes)
            raise self._refuse(repository, f"has unique {names}, which a batch cannot check")
        if is_stored(record):
            raise self._refuse(repository, "the row is stored already; a batch changes none")
        pending = repository.drafts.save(record)
        assert pending is not None, "a new row is written whole"
        assert isinstance(pending.write, Insert), "a new row is inserted"
        self._puts.append((pending.write.item, partial(tell, [pending])))
        return record

    def delete(self, record: DynamoDBModel) -> None:
        """Delete a row for good.

        Raises:
            ConfigurationError: its model has unique attributes, a version, or rows that hang on it.
        """
        repository = self._repository(record)
        if repository.plan.claims or repository.definition.traits.version:
            raise self._refuse(repository, "has claims or a version, which a batch cannot check")
        if self._connection.dependents(repository.definition.name):
            raise self._refuse(repository, "has rows that hang on it, which a batch cannot find")
        if is_stored(record):
            pending = repository.drafts.removal(record)
            key = repository.rows.key(repository.stored.known(record))
            self._deletes.append((key, partial(tell, [pending])))

    def _refuse(self, repository: Repository[Any], reason: str) -> ConfigurationError:
        return ConfigurationError(repository.definition.name, reason, _INSTEAD)

    def _send(self) -> None:
        try:
            self._connection.batches.write(
                [item for item, _ in self._puts], [key for key, _ in self._deletes]
            )
        except UnprocessedError as error:
            self._tell({self._connection.config.place(_subject(write)) for write in error.rest})
            raise
        self._tell(set())

    def _tell(self, undone: set[tuple[str, str]]) -> None:
        """Let the rows that are written know it."""
        for item, done in (*self._puts, *self._deletes):
            if self._connection.config.place(item) not in undone:
                done()


def _subject(write: WriteRequest) -> Item:
    """What a write is on."""
    return write["PutRequest"]["Item"] if "PutRequest" in write else write["DeleteRequest"]["Key"]
