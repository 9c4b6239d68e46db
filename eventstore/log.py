"""The log: the seam between the event store and what keeps its commits.

A log knows streams, commits and bytes; it knows no event classes. One protocol, one contract suite
(`tests/contract/log`), two implementations: `DynamoDBLog` and `MemoryLog`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from typing import Protocol

import msgspec

from eventstore.stream import StreamId
from eventstore.token import Expected, Outcome, Receipt, Token


class Draft(msgspec.Struct, frozen=True):
    """Events that are to become one commit of one stream.

    Args:
        stream: where they go.
        expected: what the stream must look like.
        data: the encoded events (`EventCodec.encode`).
        count: how many there are, 1 or more.
    """

    stream: StreamId
    expected: Expected
    data: bytes
    count: int


def content_hash(data: bytes) -> bytes:
    """16 bytes that tell whether two commits hold the same encoded events."""
    return hashlib.blake2b(data, digest_size=16).digest()


class Commit(msgspec.Struct, frozen=True, gc=False):
    """One commit as it was recorded.

    Args:
        stream: its stream.
        number: its place in the stream, dense from 1.
        first: the number of its first event, dense from 1.
        count: how many events it holds.
        id: the 16 bytes its writer chose.
        recorded_at: microseconds since 1970-01-01 UTC, by its writer's clock.
        data: the encoded events.
        metadata: encoded metadata, empty where there is none.
    """

    stream: StreamId
    number: int
    first: int
    count: int
    id: bytes
    recorded_at: int
    data: bytes
    metadata: bytes

    @property
    def version(self) -> int:
        """The number of its last event."""
        return self.first + self.count - 1


class Payloads(msgspec.Struct, frozen=True):
    """What folding takes of commits that follow one another, one at least.

    Args:
        first: the number of the first of them.
        version: the number of the last event in the last of them.
        data: the encoded events of each.
        metadata: the encoded metadata of each.
    """

    first: int
    version: int
    data: Sequence[bytes]
    metadata: Sequence[bytes]

    @property
    def last(self) -> int:
        """The number of the last commit."""
        return self.first + len(self.data) - 1


class Log(Protocol):
    """Keeps commits, immutable and dense."""

    @property
    def epoch(self) -> str:
        """The random name of this store; another after a reset."""
        ...

    def append(
        self, drafts: Sequence[Draft], *, commit_id: bytes, metadata: bytes = b""
    ) -> tuple[Token, ...]:
        """Write one commit to each draft's stream: all of them, or none.

        Args:
            drafts: 1 to 100, each of another stream.
            commit_id: 16 bytes that name this decision. Repeating a call with the same id and
                the same events is harmless at any time with a token or `NO_STREAM`; with `ANY`,
                `EXISTS` or a number as long as nobody has appended since (after that, `resolve`).
            metadata: encoded `Metadata`.

        Returns:
            The token after each draft, in their order.

        Raises:
            VersionConflictError: a stream is not as expected; nothing was written.
            OutcomeUnknownError: no answer came, however often it was asked.
            CommitIdReusedError: the id is there with other events; nothing was written.
            WrongTokenError: a token of another stream; nothing was sent.
            StoreEpochError: a token of another store; nothing was sent.
            ItemTooLargeError: a commit over 400 KB; nothing was sent.
            TransactionTooLargeError: commits over 4 MB together; nothing was sent.
        """
        ...

    def receipts(self, drafts: Sequence[Draft], *, commit_id: bytes) -> tuple[Receipt, ...]:
        """The receipts of an append that is about to be sent, to keep before it is.

        With tokens or `NO_STREAM` they are the append's own. Otherwise they name the place that
        it would take now; append on `receipt.before` to take that place or none.

        Raises:
            As `append`, before anything is sent.
        """
        ...

    def read(
        self, stream: StreamId, *, after: int = 0, up_to: int | None = None
    ) -> Iterator[Commit]:
        """The commits of a stream in order, in constant memory, density asserted.

        Args:
            stream: whose.
            after: begin behind this commit number.
            up_to: end with this commit number.

        Raises:
            StreamCorruptedError: a gap or an overlap.
        """
        ...

    def payloads(self, stream: StreamId, *, up_to: int | None = None) -> Iterator[Payloads]:
        """What folding takes of a stream's commits, a page at a time; otherwise as `read`."""
        ...

    def head(self, stream: StreamId) -> Token:
        """The token of a stream's last commit; commit 0 where there is none."""
        ...

    def resolve(self, receipt: Receipt) -> Outcome:
        """What became of a commit: asks the slot it was for, at any later time.

        `UNKNOWN` means that the slot is still empty: a late write may yet fill it.
        """
        ...

    def streams(self, category: str, *, tenant: str | None = None) -> Iterator[StreamId]:
        """The streams of a category, by slice and within a slice by age; eventually consistent."""
        ...

    def all_commits(self) -> Iterator[Commit]:
        """Every commit of the store, in no order between streams and in order within each.

        Commits written before the call are there; of those written meanwhile, some. A scan: it
        reads the whole table.
        """
        ...
