"""A log in memory: for tests of domains, and as the plain statement of what every log does."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Iterator, Sequence

from eventstore.errors import CommitIdReusedError, VersionConflictError
from eventstore.expectation import (
    check_drafts,
    check_epoch,
    head_token,
    receipt_of,
    starting_point,
)
from eventstore.layout import EventLayout, check_transaction_size
from eventstore.log import Commit, Draft, Payloads, content_hash
from eventstore.stream import StreamId
from eventstore.token import Outcome, Receipt, Token
from orm.clock import Clock, SystemClock
from orm.config import SingleTableConfig


class MemoryLog:
    """A `Log` that forgets everything when the process ends. Thread-safe."""

    def __init__(self, clock: Clock | None = None) -> None:
        self.epoch = secrets.token_hex(8)
        self._clock = clock or SystemClock()
        # It has no table, but refuses the keys and sizes that a table would.
        self._layout = EventLayout(SingleTableConfig(table="memory"))
        self._commits: dict[str, list[Commit]] = {}
        self._writing = threading.Lock()

    def append(
        self, drafts: Sequence[Draft], *, commit_id: bytes, metadata: bytes = b""
    ) -> tuple[Token, ...]:
        """See `Log.append`."""
        check_drafts(drafts, commit_id)
        now = self._clock.now_micros()
        with self._writing:
            receipts = self._receipts(drafts, commit_id)
            self._check_sizes(drafts, receipts, metadata, now)
            if not self._already_written(receipts):
                for draft, receipt in zip(drafts, receipts, strict=True):
                    self._write(draft, receipt, metadata, now)
        return tuple([receipt.token for receipt in receipts])

    def receipts(self, drafts: Sequence[Draft], *, commit_id: bytes) -> tuple[Receipt, ...]:
        """See `Log.receipts`."""
        check_drafts(drafts, commit_id)
        return self._receipts(drafts, commit_id)

    def _receipts(self, drafts: Sequence[Draft], commit_id: bytes) -> tuple[Receipt, ...]:
        return tuple(
            [
                receipt_of(
                    draft, starting_point(draft, commit_id, self.epoch, self._last), commit_id
                )
                for draft in drafts
            ]
        )

    def _check_sizes(
        self, drafts: Sequence[Draft], receipts: Sequence[Receipt], metadata: bytes, now: int
    ) -> None:
        items = [
            self._layout.item(draft, receipt, metadata, now)
            for draft, receipt in zip(drafts, receipts, strict=True)
        ]
        if len(items) > 1:
            check_transaction_size(items)

    def _already_written(self, receipts: Sequence[Receipt]) -> bool:
        """Whether these very commits are there: all, or none; anything else is refused."""
        found = [self._is_there(receipt) for receipt in receipts]
        if any(found) and not all(found):
            ours = receipts[found.index(True)]
            raise CommitIdReusedError(ours.stream, ours.commit_id)
        return all(found)

    def _is_there(self, receipt: Receipt) -> bool:
        commits = self._of(receipt.stream)
        if receipt.commit > len(commits):
            return False
        occupant = commits[receipt.commit - 1]
        if occupant.id != receipt.commit_id:
            raise VersionConflictError(receipt.stream, receipt.before.version, occupant.version)
        if content_hash(occupant.data) != receipt.content_hash:
            raise CommitIdReusedError(receipt.stream, receipt.commit_id)
        return True

    def _write(self, draft: Draft, receipt: Receipt, metadata: bytes, now: int) -> None:
        commit = Commit(
            draft.stream,
            receipt.commit,
            receipt.version - draft.count + 1,
            draft.count,
            receipt.commit_id,
            now,
            draft.data,
            metadata,
        )
        self._commits.setdefault(self._layout.pk(draft.stream), []).append(commit)

    def read(
        self, stream: StreamId, *, after: int = 0, up_to: int | None = None
    ) -> Iterator[Commit]:
        """See `Log.read`."""
        yield from self._of(stream)[max(after, 0) : None if up_to is None else max(up_to, 0)]

    def payloads(self, stream: StreamId, *, up_to: int | None = None) -> Iterator[Payloads]:
        """See `Log.payloads`; here it is one page."""
        commits = list(self.read(stream, up_to=up_to))
        if commits:
            yield Payloads(
                first=1,
                version=commits[-1].version,
                data=[commit.data for commit in commits],
                metadata=[commit.metadata for commit in commits],
            )

    def _of(self, stream: StreamId) -> list[Commit]:
        return self._commits.get(self._layout.pk(stream), [])

    def head(self, stream: StreamId) -> Token:
        """See `Log.head`."""
        return head_token(stream, self._last(stream), self.epoch)

    def _last(self, stream: StreamId) -> Commit | None:
        commits = self._of(stream)
        return commits[-1] if commits else None

    def resolve(self, receipt: Receipt) -> Outcome:
        """See `Log.resolve`."""
        check_epoch(self.epoch, receipt.epoch)
        try:
            return Outcome.COMMITTED if self._is_there(receipt) else Outcome.UNKNOWN
        except VersionConflictError:
            return Outcome.CONFLICT

    def streams(self, category: str, *, tenant: str | None = None) -> Iterator[StreamId]:
        """See `Log.streams`."""
        self._layout.slice_pk(category, 0, tenant)  # refuses what no key can carry
        streams = [commits[0].stream for commits in list(self._commits.values())]
        return iter([s for s in streams if s.category == category and s.tenant == tenant])

    def all_commits(self) -> Iterator[Commit]:
        """See `Log.all_commits`."""
        for commits in list(self._commits.values()):
            yield from list(commits)
