"""Seeded bugs: logs, drivers and callers that are each wrong in one way seen in the wild.

None has a test of its own. All run the same writers over the same bad network, and the judge of
histories has to notice.
"""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

import msgspec

from eventstore import (
    ANY,
    Commit,
    Draft,
    DynamoDBLog,
    Log,
    Outcome,
    OutcomeUnknownError,
    Receipt,
    StreamId,
    Token,
    VersionConflictError,
)
from eventstore.dynamodb import _Slot
from eventstore.log import Payloads
from orm.clock import Clock
from orm.driver import Driver, RetryingDriver, Transport, TransportError, WireDriver
from orm.errors import ConditionFailedError, CorruptResponseError, DriverError
from orm.requests import Page, PutItem, Query, Request, TransactWriteItems
from tests.support.histories import Violation
from tests.support.simulation import CONFIG, IMPATIENT, Parts

R = TypeVar("R")


# --- drivers ---------------------------------------------------------------------------------


class Wrapped:
    """A driver around a sound one."""

    def __init__(self, driver: Driver) -> None:
        self.driver = driver

    def send(self, request: Request[R], /) -> R:
        return self.driver.send(request)


class ReadsDamageAsEmpty(Wrapped):
    """An answer that cannot be read is taken for one with nothing in it, as botocore's is."""

    def send(self, request: Request[R], /) -> R:
        try:
            return self.driver.send(request)
        except CorruptResponseError:
            if not isinstance(request, Query):
                raise
            empty: Any = msgspec.convert(
                {"Items": [], "Count": 0, "ScannedCount": 0, "ConsumedCapacity": {}}, Page[Any]
            )
            return empty  # type: ignore[no-any-return]


class ForgetsItsDoubts(Wrapped):
    """After repeating, only the last attempt counts: earlier ones "failed"."""

    def send(self, request: Request[R], /) -> R:
        try:
            return self.driver.send(request)
        except DriverError as error:
            error.applied = type(error).applied
            raise


class TrustsItsTimeouts(Wrapped):
    """No answer means not written."""

    def send(self, request: Request[R], /) -> R:
        try:
            return self.driver.send(request)
        except DriverError as error:
            if isinstance(request, PutItem | TransactWriteItems):
                error.applied = False
            raise


class PutsUnconditionally(Wrapped):
    """The condition is left out: the last writer wins."""

    def send(self, request: Request[R], /) -> R:
        if not isinstance(request, PutItem):
            return self.driver.send(request)
        bare: Any = PutItem(table_name=request.table_name, item=request.item)
        answer: R = self.driver.send(bare)
        return answer


class ReportsConflictsWithItself(Wrapped):
    """A refusal is a refusal; whose commit stands there is not looked at."""

    def send(self, request: Request[R], /) -> R:
        try:
            return self.driver.send(request)
        except ConditionFailedError as refusal:
            if refusal.item is not None:
                refusal.item = refusal.item | {"id": {"B": b"another's........"[:16]}}
            raise


class TakesSilenceForSuccess:
    """A put without an answer was surely carried out."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def call(self, operation: str, params: dict[str, Any], /) -> bytes:
        try:
            return self._transport.call(operation, params)
        except TransportError:
            if operation != "PutItem":
                raise
            return b'{"ConsumedCapacity":{"TableName":"t","CapacityUnits":1.0}}'


# --- logs ------------------------------------------------------------------------------------


class EmptySlotProvesFailure(DynamoDBLog):
    """After a lost answer it looks, finds nothing, and says: not written."""

    def append(
        self, drafts: Sequence[Draft], *, commit_id: bytes, metadata: bytes = b""
    ) -> tuple[Token, ...]:
        try:
            return super().append(drafts, commit_id=commit_id, metadata=metadata)
        except OutcomeUnknownError as unknown:
            receipt = unknown.receipt
            if self.resolve(receipt) is Outcome.COMMITTED:
                return tuple(one.token for one in unknown.receipts)
            raise VersionConflictError(receipt.stream, receipt.version, 0) from unknown

    def resolve(self, receipt: Receipt) -> Outcome:
        found = super().resolve(receipt)
        return Outcome.CONFLICT if found is Outcome.UNKNOWN else found


class KeyedByEventVersion(DynamoDBLog):
    """The slot is the number of the first event, and a number given is taken at its word."""

    def _slot(self, draft: Draft, commit_id: bytes, metadata: bytes, now: int) -> _Slot:
        if isinstance(draft.expected, int):
            number = draft.expected
            start = Token(draft.stream, number, number, self.epoch)
        else:
            slot = super()._slot(draft, commit_id, metadata, now)
            start = slot.receipt.before
            start = msgspec.structs.replace(start, commit=start.version)
        token = Draft(draft.stream, start, draft.data, draft.count)
        return super()._slot(token, commit_id, metadata, now)

    def read(
        self, stream: StreamId, *, after: int = 0, up_to: int | None = None
    ) -> Iterator[Commit]:
        pk = {":pk": {"S": self.layout.pk(stream)}, ":a": {"S": self.layout.sk(after + 1)}}
        page = self._driver.send(
            Query[Any](
                table_name=CONFIG.table,
                key_condition_expression="pk = :pk AND sk >= :a",
                expression_attribute_values=pk,
                consistent_read=True,
                read_as=self.layout.stored_commit,
            )
        )
        for stored in page.items:
            yield self.layout.commit(stored, stream)

    def payloads(self, stream: StreamId, *, up_to: int | None = None) -> Iterator[Payloads]:
        for one in self.read(stream):
            yield Payloads(one.number, one.version, [one.data], [one.metadata])


class WritesOneByOne(DynamoDBLog):
    """Several streams are put one after the other, each on its own condition."""

    def _transact(self, slots: list[_Slot]) -> None:
        for slot in slots:
            self._put(slot)


class AnyMovesOnTooEasily(DynamoDBLog):
    """`ANY` after a lost answer looks for a new place, instead of asking about the old one."""

    def append(
        self, drafts: Sequence[Draft], *, commit_id: bytes, metadata: bytes = b""
    ) -> tuple[Token, ...]:
        for _ in range(5):
            try:
                return super().append(drafts, commit_id=commit_id, metadata=metadata)
            except OutcomeUnknownError:
                if any(draft.expected is not ANY for draft in drafts):
                    raise
                commit_id = commit_id[1:] + b"."
        raise VersionConflictError(drafts[0].stream, 0, 0)


class ForgetsMetadata(DynamoDBLog):
    """What is loaded does not say which command made it."""

    def payloads(self, stream: StreamId, *, up_to: int | None = None) -> Iterator[Payloads]:
        for page in super().payloads(stream, up_to=up_to):
            yield msgspec.structs.replace(page, metadata=[b""] * len(page.data))


class ReadsOnePage(DynamoDBLog):
    """The first page is taken for the whole."""

    def payloads(self, stream: StreamId, *, up_to: int | None = None) -> Iterator[Payloads]:
        return super().payloads(stream, up_to=3)


class SharesARequestToken(DynamoDBLog):
    """A transaction's token is the commit id, though a repetition is another request."""

    def _transact(self, slots: list[_Slot]) -> None:
        original, self._driver = self._driver, SameToken(self._driver, slots[0].receipt.commit_id)
        try:
            super()._transact(slots)
        finally:
            self._driver = original


class SameToken(Wrapped):
    def __init__(self, driver: Driver, commit_id: bytes) -> None:
        super().__init__(driver)
        self._token = commit_id.hex()

    def send(self, request: Request[R], /) -> R:
        same: Any = request
        if isinstance(request, TransactWriteItems):
            same = TransactWriteItems(
                transact_items=request.transact_items, client_request_token=self._token
            )
        answer: R = self.driver.send(same)
        return answer


class TakesAnyOccupantForItsOwn(DynamoDBLog):
    """A refusal is taken for the echo of an earlier send, whoever stands there."""

    def _settle(self, slot: _Slot, item: Any) -> None:
        """Whoever is there, we are done."""


# --- the list --------------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True)
class Mutant:
    """One bug, and the parts that carry it."""

    name: str
    parts: Parts

    def caught_by(self, violations: list[Violation]) -> list[str]:
        return sorted({violation.law for violation in violations})


def with_log(make: Callable[[Driver, Any, Clock], Log]) -> Parts:
    return Parts(log=lambda driver, clock: make(driver, CONFIG, clock))


def with_driver(wrap: Callable[[Driver], Driver], *, inside: bool = False) -> Parts:
    """A driver around the retries, or inside of them."""

    def make(transport: Transport, clock: Clock) -> Driver:
        if inside:
            return RetryingDriver(wrap(WireDriver(transport)), IMPATIENT, clock)
        return wrap(RetryingDriver(WireDriver(transport), IMPATIENT, clock))

    return Parts(driver=make)


def with_transport(wrap: Callable[[Transport], Transport]) -> Parts:
    return Parts(
        driver=lambda transport, clock: RetryingDriver(
            WireDriver(wrap(transport)), IMPATIENT, clock
        )
    )


def same_id_for_ever(rng: random.Random) -> Callable[[], bytes]:
    commit_id = rng.randbytes(16)
    return lambda: commit_id


def few_ids(rng: random.Random) -> Callable[[], bytes]:
    return lambda: bytes([rng.randrange(2)]) * 16


MUTANTS = (
    Mutant("a driver that reads damage as emptiness", with_driver(ReadsDamageAsEmpty, inside=True)),
    Mutant("a driver that forgets its doubts", with_driver(ForgetsItsDoubts)),
    Mutant("a driver that takes silence for failure", with_driver(TrustsItsTimeouts)),
    Mutant("a driver that takes silence for success", with_transport(TakesSilenceForSuccess)),
    Mutant("a driver that puts unconditionally", with_driver(PutsUnconditionally)),
    Mutant("a driver that conflicts with itself", with_driver(ReportsConflictsWithItself)),
    Mutant("a log that takes an empty slot for proof", with_log(EmptySlotProvesFailure)),
    Mutant("a log keyed by event version", with_log(KeyedByEventVersion)),
    Mutant("a log that writes streams one by one", with_log(WritesOneByOne)),
    Mutant("a log whose ANY moves on after silence", with_log(AnyMovesOnTooEasily)),
    Mutant("a log that forgets who asked", with_log(ForgetsMetadata)),
    Mutant("a log that reads one page", with_log(ReadsOnePage)),
    Mutant("a log that shares a request token", with_log(SharesARequestToken)),
    Mutant("a log that takes any occupant for its own", with_log(TakesAnyOccupantForItsOwn)),
    Mutant("a caller with one commit id for ever", Parts(commit_ids=same_id_for_ever)),
    Mutant("callers who share few commit ids", Parts(commit_ids=few_ids)),
)
