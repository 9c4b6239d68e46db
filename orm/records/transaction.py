"""Transaction: writes of several records together or none.

    with dynamo.transaction() as tx:
        tx.check(source, Account.pence >= 100)
        tx.save(source)
        tx.save(target)
        tx.create(Transfer, pence=100)

What is saved is validated at once and is as it was then; it is sent when the block ends. An error
in the block, or in the sending, writes nothing. What a refusal means is said by the same errors as
of a single save: `UniqueError`, `StaleRowError`, `RowExistsError` and so on, of the row at fault.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Self, TypeVar

from orm.errors import ConfigurationError, TransactionTooLargeError
from orm.expressions import Condition, all_of
from orm.limits import TRANSACTION_ACTIONS_MAX
from orm.records.clauses import Clause, condition
from orm.records.errors import PartlyWrittenError
from orm.records.pending import Pending, finish
from orm.records.saving import Check

if TYPE_CHECKING:
    from orm.records.connection import Connection
    from orm.records.model import DynamoDBModel
    from orm.records.repository import Repository

R = TypeVar("R", bound="DynamoDBModel")
_OPEN: Final = "is over; open another one"


class Transaction:
    """Writes that are sent together when the block ends.

    Args:
        connection: where the rows lie.
        chunked: whether more than DynamoDB takes at a time, 100 actions, are sent in several
            transactions, one after the other; each is whole, but not all of them together.
    """

    def __init__(self, connection: Connection, *, chunked: bool = False) -> None:
        self._connection, self._chunked = connection, chunked
        self._pending: list[Pending] = []
        self._ended = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._ended = True
        if error is None and self._pending:
            self._send()

    # --- what is written ---

    def create(
        self, model: type[R] | str, values: Mapping[str, Any] | None = None, /, **more: Any
    ) -> R:
        """A new row. Raises at once as `Repository.make` and for values that break rules."""
        repository: Repository[R] = self._connection.repository(model)
        return self.save(repository.make(values, **more))

    def save(self, record: R) -> R:
        """Write a row, or what has changed of it. Raises at once for values that break rules."""
        pending = self._repository(record).pending_save(record)
        self._take([] if pending is None else [pending])
        return record

    def delete(self, record: DynamoDBModel) -> None:
        """Delete a row, or put it into the bin where the model has one."""
        self._take(self._repository(record).pending_delete(record))

    def force_delete(self, record: DynamoDBModel) -> None:
        """Delete a row for good, with its claims, and what hangs on it as relations declare."""
        repository = self._repository(record)
        if repository.is_there(record):
            levels = repository.pending_deletions(record)
            self._take([one for level in reversed(levels) for one in level])

    def check(self, record: DynamoDBModel, *demands: Clause) -> None:
        """Demand that a row is there, of the version that was loaded, and that this holds of what
        is stored; a row that is saved here is demanded that of by its save.

        Raises:
            CheckFailedError: when the block ends.
        """
        repository = self._repository(record)
        known, now = repository.known_item(record), self._connection.clock.now_micros() // 1_000_000
        said = " and ".join(map(str, demands))
        check = Check(repository.rows, known, said, _demanded(repository, demands), now)
        self._take([Pending(check, lambda: None)])

    def _repository(self, record: R) -> Repository[R]:
        return self._connection.owner_of(record)

    def _take(self, pending: Iterable[Pending]) -> None:
        if self._ended:
            raise ConfigurationError("transaction", _OPEN)
        self._pending.extend(pending)

    # --- sending ---

    def _send(self) -> None:
        if not self._chunked:
            self._finish(self._pending)
            return
        done = 0
        for part in _parts(self._pending):
            try:
                self._finish(part)
            except Exception as error:
                if not done:
                    raise
                raise PartlyWrittenError(done, len(self._pending)) from error
            done += len(part)

    def _finish(self, pending: list[Pending]) -> None:
        finish(self._connection, pending)


def _demanded(repository: Repository[Any], demands: tuple[Clause, ...]) -> Condition | None:
    fields = repository.layout.fields
    for clause in demands:
        if clause.attribute not in fields:
            name = f"{repository.definition.name}.{clause.attribute}"
            raise ConfigurationError(name, "is no attribute")
    made = [condition(clause, fields[clause.attribute].attribute) for clause in demands]
    return all_of(*made) if made else None


def _parts(pending: list[Pending]) -> Iterator[list[Pending]]:
    """Writes in as few transactions as their order allows; the actions of one stay together.

    Raises:
        TransactionTooLargeError: one write alone has too many.
    """
    part: list[Pending] = []
    size = 0
    for one in pending:
        actions = len(one.write.actions())
        if actions > TRANSACTION_ACTIONS_MAX:
            raise TransactionTooLargeError("actions", actions, TRANSACTION_ACTIONS_MAX)
        if size + actions > TRANSACTION_ACTIONS_MAX:
            yield part
            part, size = [], 0
        part.append(one)
        size += actions
    yield part
