"""Batches: many items by key, in as few calls as DynamoDB allows, until all of it is done.

DynamoDB takes 100 reads or 25 writes a call and may leave some of them undone without an error.
What it leaves is sent again after a wait, until nothing is left or the policy is at its end; then
an error names the rest. A batch is not a transaction: some may be done and some not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Generic, TypeVar

from orm.clock import Clock
from orm.config import SingleTableConfig
from orm.driver.protocol import Driver
from orm.driver.retry import RetryPolicy
from orm.errors import RepeatedItemError, UnprocessedError
from orm.limits import BATCH_GET_MAX, BATCH_WRITE_MAX
from orm.requests import BatchGetItem, BatchWriteItem, Item, WriteRequest

T = TypeVar("T")


class Batches:
    """Reads and writes many items of one table.

    Args:
        driver: what carries the calls; it repeats failed ones, this repeats what was left undone.
        config: the table's names.
        policy: how long what is left undone is repeated, for each chunk.
        clock: waits between.
    """

    def __init__(
        self, driver: Driver, config: SingleTableConfig, policy: RetryPolicy, clock: Clock
    ) -> None:
        self._driver, self._config = driver, config
        self._policy, self._clock = policy, clock

    def get(self, keys: Sequence[Item], *, consistent: bool = False) -> Iterator[Item]:
        """The items at `keys`, in no order; keys without an item are passed over.

        Raises:
            UnprocessedError: names the keys that were not looked at.
        """
        table = self._config.table
        found: list[Item] = []

        def send(rest: list[Item]) -> list[Item]:
            asked = {table: {"Keys": rest, "ConsistentRead": consistent}}
            answer = self._driver.send(BatchGetItem(request_items=asked))
            found.extend(answer.responses.get(table, ()))
            return answer.unprocessed_keys.get(table, {}).get("Keys", [])

        distinct = list({self._config.place(key): key for key in keys}.values())
        for _ in self._until_done("BatchGetItem", distinct, BATCH_GET_MAX, send):
            yield from found
            found.clear()

    def get_in_order(self, keys: Sequence[Item], *, consistent: bool = False) -> list[Item | None]:
        """The items at `keys`, in their order; None where there is none. Raises as `get`."""
        place = self._config.place
        found = {place(item): item for item in self.get(keys, consistent=consistent)}
        return [found.get(place(key)) for key in keys]

    def write(self, puts: Sequence[Item] = (), deletes: Sequence[Item] = ()) -> None:
        """Put whole items and delete keys, unconditionally.

        Raises:
            RepeatedItemError: two writes are on one item, whose order nobody would know.
            UnprocessedError: holds the writes that were not carried out.
        """
        writes: list[WriteRequest] = [{"PutRequest": {"Item": item}} for item in puts]
        writes += [{"DeleteRequest": {"Key": key}} for key in deletes]
        self._check_distinct([*puts, *deletes])
        for _ in self._until_done("BatchWriteItem", writes, BATCH_WRITE_MAX, self._write_chunk):
            pass

    def _write_chunk(self, writes: list[WriteRequest]) -> list[WriteRequest]:
        table = self._config.table
        answer = self._driver.send(BatchWriteItem(request_items={table: writes}))
        return answer.unprocessed_items.get(table, [])

    def _check_distinct(self, items: Sequence[Item]) -> None:
        seen: dict[tuple[str, str], int] = {}
        for number, item in enumerate(items):
            first = seen.setdefault(self._config.place(item), number)
            if first != number:
                pk, sk = self._config.place(item)
                raise RepeatedItemError(
                    self._config.table, self._config.key(pk, sk), (first, number)
                )

    def _until_done(
        self, operation: str, work: list[T], size: int, send: Callable[[list[T]], list[T]]
    ) -> Iterator[None]:
        """Send `work` by chunks of `size`; yields after each one that is done."""
        for start in range(0, len(work), size):
            chunk = _Chunk(send, work[start : start + size])
            retrying = self._policy.retrying(_is_left_over, self._clock)
            try:
                retrying(chunk.attempt)
            except _LeftOverError:
                rest = [*chunk.rest, *work[start + size :]]
                raise UnprocessedError(operation, self._config.table, rest) from None
            yield


class _Chunk(Generic[T]):
    """What is still to do of one chunk."""

    def __init__(self, send: Callable[[list[T]], list[T]], rest: list[T]) -> None:
        self._send, self.rest = send, rest

    def attempt(self) -> None:
        self.rest = self._send(self.rest)
        if self.rest:
            raise _LeftOverError


class _LeftOverError(Exception):
    """Some of a chunk was left undone."""


def _is_left_over(error: BaseException) -> bool:
    return isinstance(error, _LeftOverError)
