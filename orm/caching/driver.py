"""Caching: reads that were answered lately are answered without a call.

A `CachedDriver` is a `Driver`, so records, models and batches cache through it without knowing.
What it promises and what it does not stands in `docs/orm/caching.md`; why an answer may be handed
out stands in `orm.caching.freshness`. No lock is held during a call.
"""

from __future__ import annotations

import copy
import secrets
import threading
from collections import Counter
from collections.abc import Iterable
from typing import Any, Final, TypeVar

import msgspec

from orm.caching.encoding import RequestKeys, decoded, encoded, is_whole
from orm.caching.freshness import Freshness, Mark
from orm.caching.store import MemoryStore, Store
from orm.caching.subjects import Tag, consistent, is_of_index, subjects_of, tags_of
from orm.clock import Clock, SystemClock
from orm.driver.protocol import Driver
from orm.errors import ConfigurationError, OrmError
from orm.requests import Request

R = TypeVar("R")


class CacheStatistics(msgspec.Struct, frozen=True, kw_only=True):
    """What became of reads that could have been answered without a call, and of their answers.

    Args:
        hits: answered by what was kept.
        misses: sent.
        joined: answered by a call that another caller had under way.
        stored: answers that were kept.
        evicted: answers let go to make room.
        overtaken: answers let go because of a write, or by `forget`.
        expired: answers let go because of their age.
    """

    hits: int = 0
    misses: int = 0
    joined: int = 0
    stored: int = 0
    evicted: int = 0
    overtaken: int = 0
    expired: int = 0


class CachedDriver:
    """A `Driver` that keeps the answers of eventually consistent reads by key and of queries.

    Put it outermost. Strong reads, scans, and requests that it does not know go straight through.
    Thread-safe; make one in each process, not before a fork.

    Args:
        driver: what carries the calls.
        store: where answers are kept; in this process by default.
        ttl: for how many seconds an answer is handed out, counted from when it was asked for. An
            answer that another process has made untrue may be this old.
        settle: for how many seconds after a write reads of the same are sent as consistent ones,
            and reads of the table's indexes are not kept.
        namespace: tells apart what shares a store and asks alike: two accounts, say.
        clock: what all that is measured by.

    Raises:
        ConfigurationError: `ttl` is not above zero, or `settle` is below it.
    """

    def __init__(
        self,
        driver: Driver,
        *,
        store: Store | None = None,
        ttl: float = 30.0,
        settle: float = 2.0,
        namespace: str = "",
        clock: Clock | None = None,
    ) -> None:
        if not ttl > 0:
            raise ConfigurationError("ttl", f"must be above 0 seconds, is {ttl}")
        if not settle >= 0:
            raise ConfigurationError("settle", f"must be at least 0 seconds, is {settle}")
        self._driver, self._ttl, self._clock = driver, ttl, clock or SystemClock()
        self._store: Store = MemoryStore() if store is None else store
        self._keys, self._freshness = RequestKeys(namespace), Freshness(self._clock, settle)
        self._lock = threading.Lock()
        self._kept: dict[bytes, Mark] = {}  # the oldest first
        self._flights: dict[bytes, _Flight] = {}
        self._counts: Counter[str] = Counter()
        self._seal = secrets.token_bytes(8)

    def send(self, request: Request[R], /) -> R:
        """See `Driver.send`."""
        if request.writes:
            return self._write(request)
        tags = tags_of(request)
        key = None if tags is None else self._keys.of(request)
        if tags is None or key is None:
            return self._driver.send(request)
        return self._read(request, key, tags)

    def statistics(self) -> CacheStatistics:
        """The counts so far."""
        with self._lock:
            return CacheStatistics(**self._counts)

    def forget(self) -> None:
        """Let go of everything that is kept; what is being read is not kept either."""
        self._let_go(self._freshness.forget())

    # --- writing ---

    def _write(self, request: Request[R]) -> R:
        write, certain = subjects_of(request), False
        self._let_go(self._freshness.begin(write))
        try:
            answer = self._driver.send(request)
            certain = True
        except OrmError as error:
            certain = error.applied is not None
            raise
        finally:
            self._let_go(self._freshness.end(write, certain=certain))
        return answer

    def _let_go(self, overtaken: Iterable[Mark]) -> None:
        """Drop the answers whose marks were taken away."""
        with self._lock:
            dropped = [mark for mark in overtaken if self._kept.get(mark.key) is mark]
            for mark in dropped:
                del self._kept[mark.key]
            self._counts["overtaken"] += len(dropped)
        for mark in dropped:
            self._store.delete(mark.key)

    # --- reading ---

    def _read(self, request: Request[R], key: bytes, tags: tuple[Tag, ...]) -> R:
        while True:
            body = self._found(key)
            if body is None:
                flight, is_mine = self._boarded(request, key, tags)
                if is_mine:
                    return self._flown(flight, request)
                body = flight.landed()
            if body is not None:
                return decoded(request, body)

    def _found(self, key: bytes) -> bytes | memoryview | None:
        """What is kept, as long as it may be handed out."""
        with self._lock:
            mark = self._current(key)
        if mark is None:
            return None
        value, stamp = self._store.get(key), self._stamp(mark)
        is_there = value is not None and value.startswith(stamp)
        with self._lock:
            if is_there:
                self._counts["hits"] += 1
            elif self._kept.get(key) is mark:
                del self._kept[key]
        if value is None or not is_there:
            self._freshness.release([mark])
            return None
        return memoryview(value)[len(stamp) :]

    def _is_expired(self, mark: Mark) -> bool:
        return self._clock.monotonic() >= mark.began + self._ttl

    def _stamp(self, mark: Mark) -> bytes:
        """What a value begins with, so that none but the last that was kept is taken."""
        return self._seal + mark.number.to_bytes(8)

    def _boarded(
        self, request: Request[Any], key: bytes, tags: tuple[Tag, ...]
    ) -> tuple[_Flight, bool]:
        """The call that will have the answer, and whether it is for the caller to make."""
        with self._lock:
            flight = self._flights.get(key)
            if flight is not None and flight.mark.fresh:
                self._counts["joined"] += 1
                return flight, False
            if self._current(key) is not None:
                return _LANDED, False  # since it was looked for
            mark = self._freshness.reading(key, tags, of_index=is_of_index(request))
            flight = self._flights[key] = _Flight(mark)
            self._counts["misses"] += 1
            return flight, True

    def _flown(self, flight: _Flight, request: Request[R]) -> R:
        """Make the call; whatever comes of it, nobody waits for it any longer."""
        try:
            answer = self._driver.send(consistent(request) if flight.mark.strong else request)
            flight.body = encoded(answer)
            flight.is_whole = is_whole(answer)
        except Exception as error:
            flight.error = error
            raise
        finally:
            try:
                self._land(flight)
            finally:
                flight.done.set()
        return answer

    def _land(self, flight: _Flight) -> None:
        """Keep the answer if it may be, before anyone can ask for it anew."""
        mark, pushed_out = flight.mark, list[bytes]()
        body = flight.body if mark.keepable and mark.fresh and flight.is_whole else None
        if body is not None:
            pushed_out += self._store.put(mark.key, self._stamp(mark) + body)
        with self._lock:
            if self._flights.get(mark.key) is flight:
                del self._flights[mark.key]
            is_kept = body is not None and mark.fresh
            dropped = self._keep(mark) if is_kept else [mark]
            dropped += self._pushed_out(pushed_out)
            expired = self._expired()
        self._freshness.release(dropped + expired)
        for old in expired:
            self._store.delete(old.key)
        if body is not None and not is_kept:
            self._store.delete(mark.key)

    # --- the books, under the lock ---

    def _current(self, key: bytes) -> Mark | None:
        mark = self._kept.get(key)
        return None if mark is None or not mark.fresh or self._is_expired(mark) else mark

    def _keep(self, mark: Mark) -> list[Mark]:
        """Note an answer that the store has; the one that it takes the place of."""
        former = self._kept.pop(mark.key, None)
        self._kept[mark.key] = mark
        self._counts["stored"] += 1
        return [] if former is None else [former]

    def _pushed_out(self, keys: Iterable[bytes]) -> list[Mark]:
        marks = [mark for key in keys if (mark := self._kept.pop(key, None)) is not None]
        self._counts["evicted"] += len(marks)
        return marks

    def _expired(self) -> list[Mark]:
        """Drop what is too old, from the oldest on."""
        marks: list[Mark] = []
        while self._kept and self._is_expired(mark := next(iter(self._kept.values()))):
            marks.append(self._kept.pop(mark.key))
        self._counts["expired"] += len(marks)
        return marks


class _Flight:
    """A call that is under way, and what came of it."""

    def __init__(self, mark: Mark) -> None:
        self.mark, self.done = mark, threading.Event()
        self.body: bytes | None = None
        self.is_whole = False
        self.error: Exception | None = None

    def landed(self) -> bytes | None:
        """Wait for the answer; None where each is to look again for itself.

        Raises:
            Exception: what the call has failed with; one of ours is the caller's own copy, for it
                may carry an answer.
        """
        self.done.wait()
        if isinstance(self.error, OrmError):
            raise copy.deepcopy(self.error) from self.error
        if self.error is not None:
            raise self.error
        return self.body


_LANDED: Final = _Flight(Mark(0, b"", (), 0.0))
_LANDED.done.set()
"""Stands for a call whose answer is kept by now."""
