"""A log in memory: for tests of domains, and as the plain statement of what every log does."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Iterator, Sequence

from eventstore.errors import CommitIdReusedError, VersionConflictError
from eventstore.expectation import check_drafts, check_epoch, head_token, starting_point
from eventstore.log import Commit, Draft, content_hash
from eventstore.stream import StreamId
from eventstore.token import Outcome, Receipt, Token
from orm.clock import Clock, SystemClock


class MemoryLog:
    """A `Log` that forgets everything when the process ends. Thread-safe."""

    def __init__(self, clock: Clock | None = None) -> None:
        self.epoch = secrets.token_hex(8)
        self._clock = clock or SystemClock()
        self._streams: dict[StreamId, list[Commit]] = {}
        self._writing = threading.Lock()

    def append(
        self, drafts: Sequence[Draft], *, commit_id: bytes, metadata: bytes = b""
    ) -> tuple[Token, ...]:
        """See `Log.append`."""
        check_drafts(drafts, commit_id)
        with self._writing:
            starts = [starting_point(draft, commit_id, self.epoch, self._last) for draft in drafts]
            written = [
                self._already_written(draft, start, commit_id)
                for draft, start in zip(drafts, starts, strict=True)
            ]
            if not all(written):
                now = self._clock.now_micros()
                for draft, start in zip(drafts, starts, strict=True):
                    self._write(draft, start, commit_id, metadata, now)
        return tuple(
            Token(draft.stream, start.commit + 1, start.version + draft.count, self.epoch)
            for draft, start in zip(drafts, starts, strict=True)
        )

    def _already_written(self, draft: Draft, start: Token, commit_id: bytes) -> bool:
        commits = self._streams.get(draft.stream, [])
        if start.commit >= len(commits):
            return False
        occupant = commits[start.commit]
        if occupant.id != commit_id:
            raise VersionConflictError(draft.stream, start.version, occupant.version)
        if occupant.data != draft.data:
            raise CommitIdReusedError(draft.stream, commit_id)
        return True

    def _write(
        self, draft: Draft, start: Token, commit_id: bytes, metadata: bytes, now: int
    ) -> None:
        commit = Commit(
            draft.stream,
            start.commit + 1,
            start.version + 1,
            draft.count,
            commit_id,
            now,
            draft.data,
            metadata,
        )
        self._streams.setdefault(draft.stream, []).append(commit)

    def read(
        self, stream: StreamId, *, after: int = 0, up_to: int | None = None
    ) -> Iterator[Commit]:
        """See `Log.read`."""
        yield from self._streams.get(stream, [])[after:up_to]

    def head(self, stream: StreamId) -> Token:
        """See `Log.head`."""
        return head_token(stream, self._last(stream), self.epoch)

    def _last(self, stream: StreamId) -> Commit | None:
        commits = self._streams.get(stream)
        return commits[-1] if commits else None

    def resolve(self, receipt: Receipt) -> Outcome:
        """See `Log.resolve`."""
        check_epoch(self.epoch, receipt.epoch)
        commits = self._streams.get(receipt.stream, [])
        if receipt.commit > len(commits):
            return Outcome.UNKNOWN
        ours = commits[receipt.commit - 1].id == receipt.commit_id
        if ours and content_hash(commits[receipt.commit - 1].data) != receipt.content_hash:
            raise CommitIdReusedError(receipt.stream, receipt.commit_id)
        return Outcome.COMMITTED if ours else Outcome.CONFLICT

    def streams(self, category: str, *, tenant: str | None = None) -> Iterator[StreamId]:
        """See `Log.streams`."""
        return iter(
            [s for s in list(self._streams) if s.category == category and s.tenant == tenant]
        )
