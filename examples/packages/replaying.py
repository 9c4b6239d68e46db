"""The writer: appends the history's commits, each as one, in each package's order.

Commits of different packages go side by side; one that touches several packages waits for all of
them. A commit's id is made of the file's, so that appending it twice is appending it once, and the
place it goes to is known: the stream's head, asked for once, tells how many of its commits an
earlier start has done.
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Final, TypeVar

import msgspec

from eventstore import EventStore, Metadata, StreamId, Token
from examples.demo.actors import Json, Stage
from examples.packages.data import Commit, Record, commits
from examples.packages.domain import CATEGORY, Package, event_of
from orm.errors import KeyfoldError
from orm.limits import TRANSACTION_ACTIONS_MAX

T = TypeVar("T")

THREADS: Final = 4
AHEAD_MAX: Final = 400
TELL_SECONDS: Final = 0.2


class Split(msgspec.Struct):
    """A commit over more packages than one transaction takes: written in parts, one by one."""

    commit: str
    packages: int
    parts: int


class Tally(msgspec.Struct):
    """What came of the history.

    Args:
        commits: commits of the file.
        appended: parts of commits that were written now: what one transaction or put carried.
        done_before: parts that an earlier start had written.
        streams_appended: commits of single streams that were written now.
        together: commits over several packages.
        largest: packages of the largest of them.
        split: those that went in parts.
    """

    commits: int = 0
    appended: int = 0
    done_before: int = 0
    streams_appended: int = 0
    together: int = 0
    largest: int = 1
    split: list[Split] = []


class HalfDoneError(KeyfoldError):
    """One transaction's commits are there in part: something other than this replay wrote here."""

    hint = "keyfold demo packages --fresh"

    def __init__(self, commit: str) -> None:
        super().__init__(commit)
        self.commit = commit

    def __str__(self) -> str:
        return f"commit {self.commit} stands in some of its streams and not in others"


def replay(stage: Stage) -> Json:
    """Append the whole file."""
    replayer = Replayer(stage.site.store([Package]))
    told_at = 0.0
    with ThreadPoolExecutor(THREADS) as pool:
        for _ in replayer.run(commits(Path(stage.job["path"])), pool):
            if stage.stopping.is_set():
                break
            if time.monotonic() - told_at >= TELL_SECONDS:
                told_at = time.monotonic()
                stage.tell(replayer.progress())
    stage.tell(replayer.progress())
    return {"tally": msgspec.to_builtins(replayer.tally), **stage.site.usage()}


class _Place(msgspec.Struct):
    """Where a package's stream is, and how many of its commits the file has had so far."""

    token: Token
    done: int
    seen: int = 0


class Replayer:
    """Appends commits.

    Args:
        store: where they go.
    """

    def __init__(self, store: EventStore) -> None:
        self.tally = Tally()
        self._store = store
        self._places: dict[str, _Place] = {}
        self._last: dict[str, Future[None]] = {}
        self._ahead = threading.Semaphore(AHEAD_MAX)
        self._counting = threading.Lock()

    def progress(self) -> Json:
        """How far it is."""
        tally = self.tally
        return {"commits": tally.commits, "appended": tally.streams_appended}

    def run(self, history: Iterable[Commit], pool: ThreadPoolExecutor) -> Iterator[None]:
        """Append everything; yields after each commit that was handed to the pool.

        Raises:
            Exception: what a commit met; those before it are done.
        """
        for commit in history:
            self._ahead.acquire()
            streams = commit.by_stream()
            before = {future for name in streams if (future := self._last.get(name))}
            future = pool.submit(self._after, before, commit, streams)
            future.add_done_callback(lambda _: self._ahead.release())
            self._last.update(dict.fromkeys(streams, future))
            self._raise_failures(before)
            yield
        for future in set(self._last.values()):
            future.result()

    def _raise_failures(self, futures: Iterable[Future[None]]) -> None:
        for future in futures:
            if future.done():
                future.result()

    def _after(
        self, before: Iterable[Future[None]], commit: Commit, streams: dict[str, list[Record]]
    ) -> None:
        """Append, once every earlier commit of its packages is there.

        The pool takes commits in the file's order, so whatever this waits for has been taken.
        """
        for future in before:
            future.result()
        parts = list(_chunks(list(streams.items()), TRANSACTION_ACTIONS_MAX))
        for number, part in enumerate(parts):
            self._append(commit, number, dict(part))
        with self._counting:
            self.tally.commits += 1
            self.tally.together += len(streams) > 1
            self.tally.largest = max(self.tally.largest, len(streams))
            if len(parts) > 1:
                self.tally.split.append(Split(commit.id, len(streams), len(parts)))

    def _append(self, commit: Commit, part: int, streams: dict[str, list[Record]]) -> None:
        places = [self._place(name) for name in streams]
        done = {place.seen <= place.done for place in places}
        if len(done) > 1:
            raise HalfDoneError(commit.id)
        if done == {True}:
            with self._counting:
                self.tally.done_before += 1
            return
        tokens = self._store.append_together(
            [
                (StreamId(CATEGORY, name), [event_of(record) for record in records], place.token)
                for place, (name, records) in zip(places, streams.items(), strict=True)
            ],
            commit_id=commit_id(commit, part),
            metadata=_metadata(commit),
        )
        for place, token in zip(places, tokens, strict=True):
            place.token = token
        with self._counting:
            self.tally.appended += 1
            self.tally.streams_appended += len(streams)

    def _place(self, name: str) -> _Place:
        """The package's place, one commit further on."""
        place = self._places.get(name)
        if place is None:
            head = self._store.log.head(StreamId(CATEGORY, name))
            place = self._places[name] = _Place(head, head.commit)
        place.seen += 1
        return place


def commit_id(commit: Commit, part: int) -> bytes:
    """The same 16 bytes for the same commit of the file, in every start."""
    return hashlib.blake2b(f"{commit.id}/{part}".encode(), digest_size=16).digest()


def _metadata(commit: Commit) -> Metadata:
    return Metadata(
        command_id=commit.id,
        correlation_id=commit.id,
        actor=str(commit.actor),
        extra={"at": str(commit.at)},
    )


def _chunks(items: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]
