"""The event store over every log; each test has aggregates of its own by their ids."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import msgspec
import pytest

from eventstore import (
    Commit,
    Draft,
    EventStore,
    Log,
    Outcome,
    Receipt,
    Recorded,
    StreamId,
    Token,
)
from eventstore.log import Payloads
from orm.clock import ManualClock
from orm.driver import RetryPolicy
from tests.contract.log.conftest import open_store
from tests.support.logs import Store
from tests.support.tally import Added, Taken, Tally

KINDS = ("memory log", "memory engine", "dynamodb, renamed")
POLICY = RetryPolicy(attempts_max=5, deadline_seconds=60.0)


class Interrupted:
    """A log in which something happens just before each append."""

    def __init__(self, log: Log, before: Callable[[], object]) -> None:
        self.log, self.before = log, before

    @property
    def epoch(self) -> str:
        return self.log.epoch

    def append(
        self, drafts: Sequence[Draft], *, commit_id: bytes, metadata: bytes = b""
    ) -> tuple[Token, ...]:
        self.before()
        return self.log.append(drafts, commit_id=commit_id, metadata=metadata)

    def receipts(self, drafts: Sequence[Draft], *, commit_id: bytes) -> tuple[Receipt, ...]:
        return self.log.receipts(drafts, commit_id=commit_id)

    def read(
        self, stream: StreamId, *, after: int = 0, up_to: int | None = None
    ) -> Iterator[Commit]:
        return self.log.read(stream, after=after, up_to=up_to)

    def payloads(self, stream: StreamId, *, up_to: int | None = None) -> Iterator[Payloads]:
        return self.log.payloads(stream, up_to=up_to)

    def head(self, stream: StreamId) -> Token:
        return self.log.head(stream)

    def resolve(self, receipt: Receipt) -> Outcome:
        return self.log.resolve(receipt)

    def streams(self, category: str, *, tenant: str | None = None) -> Iterator[StreamId]:
        return self.log.streams(category, tenant=tenant)

    def all_commits(self) -> Iterator[Commit]:
        return self.log.all_commits()


class Ids:
    """A source of commit ids that remembers what it gave."""

    def __init__(self) -> None:
        self.given: list[bytes] = []

    def __call__(self) -> bytes:
        self.given.append(secrets.token_bytes(16))
        return self.given[-1]


class House(msgspec.Struct):
    """A log, and event stores over it."""

    kept: Store

    def store(
        self, log: Log | None = None, ids: Ids | None = None, *, knows: Sequence[Any] = ()
    ) -> EventStore:
        """A store as a process of its own would open it, on a clock that lets no time pass."""
        return EventStore(
            log or self.kept.reopen(),
            [Tally, *knows],
            policy=POLICY,
            clock=ManualClock(),
            new_commit_id=ids or Ids(),
        )

    def amounts(self, id: str) -> list[int]:
        """What was added and taken, in order, by event."""
        return [
            event.amount
            for one in self.recorded(id)
            for event in one.events
            if isinstance(event, Added | Taken)
        ]

    def recorded(self, id: str) -> list[Recorded]:
        store = self.store()
        return list(store.read(store.of(Tally).stream(id)))

    def rival(self, id: str, amount: int = 100) -> None:
        """Someone else's command."""
        self.store().of(Tally).execute(id, Tally.add(amount))


@pytest.fixture(scope="module")
def kept_stores() -> dict[str, Store]:
    return {}


@pytest.fixture(params=KINDS)
def house(request: pytest.FixtureRequest, kept_stores: dict[str, Store]) -> House:
    kind: str = request.param
    if kind not in kept_stores:
        kept_stores[kind] = open_store(request, kind)
    return House(kept_stores[kind])


@pytest.fixture
def id() -> str:
    return secrets.token_hex(6)
