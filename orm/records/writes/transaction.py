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

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar, overload

from orm.codec import item_size_bytes
from orm.errors import TransactionTooLargeError
from orm.expressions import all_of
from orm.limits import TRANSACTION_ACTIONS_MAX, TRANSACTION_BYTES_MAX
from orm.records.errors import PartlyWrittenError
from orm.records.queries.clauses import Clause
from orm.records.queries.terms import Terms
from orm.records.writes.block import Block
from orm.records.writes.gathering import Demand, Gathering, known_of
from orm.records.writes.pending import Pending, finish
from orm.records.writes.saving import Check
from orm.transactions import action_size_bytes

if TYPE_CHECKING:
    from orm.records.connection import Connection
    from orm.records.model import DynamoDBModel
    from orm.records.repository import Repository

R = TypeVar("R", bound="DynamoDBModel")


class Transaction(Block):
    """Writes that are sent together when the block ends.

    Args:
        connection: where the rows lie.
        chunked: whether more than DynamoDB takes at a time, 100 actions, are sent in several
            transactions, one after the other; each is whole, but not all of them together.
    """

    name = "transaction"

    def __init__(self, connection: Connection, *, chunked: bool = False) -> None:
        super().__init__(connection)
        self._chunked = chunked
        self._gathered = Gathering(connection.config, connection.clock)

    # --- what is written ---

    @overload
    def create(
        self, model: type[R], values: Mapping[str, Any] | None = None, /, **more: Any
    ) -> R: ...
    @overload
    def create(
        self, model: str, values: Mapping[str, Any] | None = None, /, **more: Any
    ) -> Any: ...
    def create(
        self, model: type[R] | str, values: Mapping[str, Any] | None = None, /, **more: Any
    ) -> Any:
        """A new row. Raises at once as `Repository.make` and for values that break rules."""
        repository: Repository[Any] = self._connection.repository(model)
        return self.save(repository.make(values, **more))

    def save(self, record: R) -> R:
        """Write a row, or what has changed of it. Raises at once for values that break rules.

        Raises:
            RowExistsError: another row that is created here has the same key.
            ConfigurationError: the row is deleted here, or saved through another object.
        """
        repository = self._repository(record)
        self._gathered.save(repository, record, repository.drafts.save(record))
        return record

    async def save_async(self, record: R) -> R:
        """The same, with rules that have to be awaited; what is written is sent when the block
        ends, as all else."""
        repository = self._repository(record)
        self._gathered.save(repository, record, await repository.drafts.save_async(record))
        return record

    def delete(self, record: DynamoDBModel) -> None:
        """Delete a row, or put it into the bin where the model has one; one that was to be created
        here is not."""
        repository = self._repository(record)
        if not self._gathered.drop(record) and repository.is_there(record):
            self._gathered.delete(repository, record, repository.pending_delete(record))

    def restore(self, record: DynamoDBModel) -> None:
        """Take a row out of the bin; nothing else that was set on it is written.

        Raises:
            ConfigurationError: the model has no bin, or the row is deleted here.
        """
        repository = self._repository(record)
        self._gathered.restore(repository, record, repository.pending_restore(record))

    def force_delete(self, record: DynamoDBModel) -> None:
        """Delete a row for good, with its claims, and what hangs on it as relations declare.

        Raises:
            ConfigurationError: what hangs on it is saved here.
        """
        repository = self._repository(record)
        if not self._gathered.drop(record) and repository.is_there(record):
            levels = repository.pending_deletions(record)
            pending = [one for level in reversed(levels) for one in level]
            self._gathered.delete(repository, record, pending)

    def check(self, record: DynamoDBModel, *demands: Clause) -> None:
        """Demand that a row is there, of the version that was loaded, and that this holds of what
        is stored; where the row is saved or deleted here, its write demands it.

        Raises:
            CheckFailedError: when the block ends.
            UnsavedRowError, ForeignRowError: it was never stored, or is of another table or tenant.
            ConfigurationError: the model has no such attribute, or one of another type.
        """
        repository = self._repository(record)
        repository.check_own(record)
        terms = Terms(repository)
        clauses = terms.clauses(demands)
        made = list(map(terms.condition, clauses))
        said = " and ".join(one.said(repository.hidden) for one in clauses)
        now, known = self._gathered.now, repository.stored.known(record)
        check = Check(repository.rows, known, said, all_of(*made) if made else None, now)
        self._gathered.check(Demand(check, repository, list(map(terms.stored, clauses)), now))

    # --- sending ---

    def _send(self) -> None:
        pending = self._gathered.pending()
        if not pending:
            return
        if not self._chunked:
            finish(self._connection, pending)
            return
        done = 0
        for part in _parts(pending):
            try:
                finish(self._connection, part)
            except Exception as error:
                if not done:
                    raise
                raise _partly(pending, done, len(part), error) from error
            done += len(part)


def _partly(
    pending: Sequence[Pending], done: int, tried: int, error: Exception
) -> PartlyWrittenError:
    """That the first were written; the others too, perhaps, where their answer was lost."""
    rows = [one.write.subject() for one in pending]
    lost = done + (tried if getattr(error, "applied", None) is not False else 0)
    return PartlyWrittenError(rows[:done], rows[done:lost], rows[lost:])


def _parts(pending: list[Pending]) -> Iterator[list[Pending]]:
    """Writes in as few transactions as their order allows; the actions of one stay together.

    Raises:
        TransactionTooLargeError: one write alone has too many.
    """
    part: list[Pending] = []
    actions = size = 0
    for one in pending:
        more, bytes_ = _weight(one)
        if more > TRANSACTION_ACTIONS_MAX:
            raise TransactionTooLargeError("actions", more, TRANSACTION_ACTIONS_MAX)
        too_many = actions + more > TRANSACTION_ACTIONS_MAX
        if part and (too_many or size + bytes_ > TRANSACTION_BYTES_MAX):
            yield part
            part, actions, size = [], 0, 0
        part.append(one)
        actions, size = actions + more, size + bytes_
    yield part


def _weight(pending: Pending) -> tuple[int, int]:
    """How many actions a write has, and how many bytes they count: a row that is changed counts
    whole, as far as it is known."""
    made = pending.write.actions()
    whole = item_size_bytes(known_of(pending.write))
    return len(made), whole + sum(map(action_size_bytes, made))
