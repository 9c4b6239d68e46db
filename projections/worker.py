"""The worker: takes shards, reads them, brings what it reads to its projections, saves its place.

    worker = Worker(store, changes, dispatcher, leases)
    worker.run(stopping.is_set)

A place is saved after the effects are written, each second or 1,000 records and at every release,
so a crash only repeats what the gate drops. Told to stop, it finishes the page in hand, saves and
releases, and another worker need not wait. While DynamoDB cannot be reached it waits and tries
again, for as long as it takes: an outage is not poison.
"""

from __future__ import annotations

import logging
import math
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Final

import msgspec

from orm.clock import Clock, SystemClock
from orm.driver.retry import RetryPolicy
from orm.errors import KeyfoldError, TableNotFoundError, TrimmedError
from projections.dispatch import Dispatcher
from projections.errors import LeaseLostError
from projections.leases import Lease, Leases, LeaseWatch
from projections.shards import UNREADABLE, ChangeStream, Page, ShardReader, born_micros

log = logging.getLogger("keyfold.worker")

_VANISHED: Final = "a shard vanished before it was read to its end"
_LAGS_KEPT: Final = 10_000
_OUTAGES: Final = RetryPolicy(wait_first_seconds=0.5, wait_max_seconds=10.0)
"""How long an outage is waited out; it is never given up on."""
RETENTION_MICROS: Final = 24 * 3_600 * 1_000_000  # Streams: records are kept for 24 hours
_MARGIN_MICROS: Final = 3_600 * 1_000_000
"""A shard begun this long before its retention ends may lose its head before it is read."""


class WorkerOptions(msgspec.Struct, frozen=True, kw_only=True):
    """How a worker paces itself.

    Args:
        lease_seconds: how long a silent worker keeps its shards.
        balance_seconds: how often it looks for shards to take.
        poll_seconds: the wait after a round that brought nothing; it grows fourfold at most.
        save_seconds: how often a place is saved at least.
        save_records: after how many records a place is saved at most.
    """

    lease_seconds: float = 10.0
    balance_seconds: float = 3.0
    poll_seconds: float = 0.25
    save_seconds: float = 1.0
    save_records: int = 1_000


class Report(msgspec.Struct):
    """What a worker has done since it began.

    Args:
        projections: commits by outcome, by projection.
        records: stream records by what they were.
        scans: repair scans, by their reason.
        outages: failures of DynamoDB that it waited out.
        lags_milliseconds: age of each of the last 10,000 commits when its effects were written.
    """

    projections: dict[str, Counter[str]]
    records: Counter[str] = msgspec.field(default_factory=Counter)
    scans: Counter[str] = msgspec.field(default_factory=Counter)
    outages: int = 0
    lags_milliseconds: deque[float] = msgspec.field(
        default_factory=lambda: deque(maxlen=_LAGS_KEPT)
    )


class _Held(msgspec.Struct):
    """A shard in hand."""

    lease: Lease
    reader: ShardReader
    applied_at: int
    unsaved: int = 0
    saved_monotonic: float = 0.0
    owes_scan: bool = False


class Worker:
    """Reads change-stream shards for a set of projections.

    Args:
        changes: the event table's change stream.
        dispatcher: the projections.
        leases: this worker's view of its group's leases.
        clock: time and waiting.
        options: pace.
    """

    def __init__(
        self,
        changes: ChangeStream,
        dispatcher: Dispatcher,
        leases: Leases,
        clock: Clock | None = None,
        options: WorkerOptions | None = None,
    ) -> None:
        self._changes, self._dispatcher, self._leases = changes, dispatcher, leases
        self._clock = clock or SystemClock()
        self._options = options or WorkerOptions()
        self._watch = LeaseWatch(self._options.lease_seconds, self._clock)
        self._held: dict[str, _Held] = {}
        self._balanced_at = -math.inf
        self._report = Report({})

    @property
    def shards(self) -> tuple[str, ...]:
        """The shards in hand."""
        return tuple(self._held)

    def report(self) -> Report:
        """What it has done so far."""
        self._report.projections = {
            name: lane.counts for name, lane in self._dispatcher.lanes.items()
        }
        return self._report

    def run(self, stopping: Callable[[], bool]) -> Report:
        """Work until `stopping()`, then save, release and return."""
        idle, outages = 0, 0
        try:
            while not stopping():
                try:
                    busy = self.round()
                    idle, outages = (0 if busy else idle + 1), 0
                except KeyfoldError as error:
                    if not error.retry:
                        raise
                    outages += 1
                    self._wait_out(error, outages)
                    continue
                if not busy:
                    self._clock.sleep(self._options.poll_seconds * min(4, idle))
        finally:
            self.release()
        return self.report()

    def _wait_out(self, error: KeyfoldError, outages: int) -> None:
        self._report.outages += 1
        log.warning("waiting: %s", error)
        self._clock.sleep(_OUTAGES.wait_seconds(outages))

    def round(self) -> bool:
        """One look at the leases, if due, and one page of each shard in hand.

        Returns:
            Whether any page had a record.
        """
        if self._clock.monotonic() - self._balanced_at >= self._options.balance_seconds:
            self.balance()
        busy = False
        for held in list(self._held.values()):
            with self._dropping_if_lost(held):
                busy |= self._work(held)
        return busy

    @contextmanager
    def _dropping_if_lost(self, held: _Held) -> Iterator[None]:
        """Stop reading a shard whose lease turns out to be another's."""
        try:
            yield
        except LeaseLostError as lost:
            log.warning("%s", lost)
            self._held.pop(held.lease.shard, None)

    # --- reading -----------------------------------------------------------------------------

    def _work(self, held: _Held) -> bool:
        if held.owes_scan:
            return self._repair(held)
        try:
            page = held.reader.read()
        except TrimmedError:
            held.owes_scan = True
            return self._repair(held)
        except TableNotFoundError:
            if any(shard.shard_id == held.lease.shard for shard in self._changes.shards()):
                raise
            self._scan(_VANISHED, self._dispatcher.lanes)
            self._finish(held)
            return True
        self._dispatcher.dispatch(page.commits)
        held.reader.advance(page)
        self._count(held, page)
        if held.reader.ended:
            self._finish(held)
        elif self._is_save_due(held):
            self._save(held)
        return page.records > 0

    def _repair(self, held: _Held) -> bool:
        """What was trimmed is in the store. Only when that is applied, go on at what is left."""
        self._scan("records were trimmed before they were read", self._dispatcher.lanes)
        held.reader.rewind()
        held.owes_scan = False
        return True

    def _count(self, held: _Held, page: Page) -> None:
        self._report.records["commit"] += len(page.commits)
        self._report.records.update(page.odd)
        if tampered := page.odd["MODIFY"] + page.odd["REMOVE"] + page.odd[UNREADABLE]:
            log.error(
                "%d commits were changed, deleted or forged: history is being tampered with",
                tampered,
            )
        held.unsaved += page.records
        now = self._clock.now_micros()
        for commit in page.commits:
            self._report.lags_milliseconds.append((now - commit.recorded_at) / 1_000)
            held.applied_at = max(held.applied_at, commit.recorded_at)

    def _is_save_due(self, held: _Held) -> bool:
        waited = self._clock.monotonic() - held.saved_monotonic
        if held.unsaved:
            options = self._options
            return held.unsaved >= options.save_records or waited >= options.save_seconds
        return waited >= self._options.lease_seconds / 3  # an idle shard's lease is renewed too

    def _save(self, held: _Held) -> None:
        held.lease = self._leases.save(
            held.lease, held.reader.sequence, self._dispatcher.lanes, held.applied_at
        )
        held.unsaved, held.saved_monotonic = 0, self._clock.monotonic()

    def _finish(self, held: _Held) -> None:
        self._save(held)
        self._leases.finish(held.lease)
        del self._held[held.lease.shard]
        self._balanced_at = -math.inf  # its children can be read now

    def _scan(self, reason: str, projections: Iterable[str], level: int = logging.WARNING) -> None:
        log.log(level, "repair scan of the store: %s", reason)
        self._report.scans[reason] += 1
        self._dispatcher.catch_up(projections, self._renew_due)

    def _renew_due(self) -> None:
        """Keep what is in hand during something long, without claiming any progress."""
        for held in list(self._held.values()):
            if self._clock.monotonic() - held.saved_monotonic >= self._options.lease_seconds / 3:
                with self._dropping_if_lost(held):
                    held.lease = self._leases.renew(held.lease)
                    held.saved_monotonic = self._clock.monotonic()

    # --- leases ------------------------------------------------------------------------------

    def balance(self) -> None:
        """Take shards that are free and whose turn it is, up to this worker's share."""
        self._balanced_at = self._clock.monotonic()
        leases = {lease.shard: lease for lease in self._leases.all()}
        listed = {shard.shard_id: shard.parent_shard_id for shard in self._changes.shards()}
        for shard, parent in listed.items():
            if shard not in leases:
                covers = leases[parent].covers if parent in leases else ()
                leases[shard] = self._leases.create(
                    Lease(shard=shard, parent=parent, covers=covers)
                )
        self._retire_vanished(leases, listed)
        open_leases = [lease for lease in leases.values() if not lease.finished]
        for lease in self._wanted(open_leases):
            if self._is_turn(lease, leases):
                self._take(lease)

    def _retire_vanished(self, leases: dict[str, Lease], listed: Iterable[str]) -> None:
        """Shards that DynamoDB no longer lists were trimmed: what they held is in the store."""
        for shard, lease in list(leases.items()):
            if shard in listed or lease.finished or not self._watch.is_free(lease):
                continue
            if shard in self._held:
                continue
            self._scan(_VANISHED, self._dispatcher.lanes)
            try:
                leases[shard] = self._leases.finish(lease)
            except LeaseLostError:
                continue  # another worker has retired it, or taken it

    def _wanted(self, leases: list[Lease]) -> list[Lease]:
        """Free leases up to an equal share of all; each worker counts for itself."""
        owners = {lease.owner for lease in leases if lease.owner and not self._watch.is_free(lease)}
        owners.add(self._leases.worker)
        share = math.ceil(len(leases) / len(owners))
        free = [
            lease
            for lease in leases
            if lease.shard not in self._held and self._watch.is_free(lease)
        ]
        return free[: max(0, share - len(self._held))]

    def _is_turn(self, lease: Lease, leases: dict[str, Lease]) -> bool:
        """Parents first, decided now and not when the shard was listed: a list may be late.

        A parent that is nowhere has been trimmed only if its child is older than retention.
        """
        if lease.parent is None:
            return True
        if lease.parent in leases:
            return leases[lease.parent].finished
        return born_micros(lease.shard) + RETENTION_MICROS < self._clock.now_micros()

    def _take(self, lease: Lease) -> None:
        try:
            taken = self._leases.take(lease)
        except LeaseLostError:
            return
        reader = ShardReader(self._changes, taken.shard, taken.checkpoint)
        held = _Held(taken, reader, taken.applied_at, 0, self._clock.monotonic())
        self._held[taken.shard] = held
        try:
            with self._dropping_if_lost(held):
                self._complete(held)
        except BaseException:
            del self._held[taken.shard]  # not complete, so nothing may be read or saved of it
            raise

    def _complete(self, held: _Held) -> None:
        """Before a shard is read on: bring up to date what has not seen all that lies before."""
        missing = sorted(set(self._dispatcher.lanes) - set(held.lease.covers))
        if held.lease.checkpoint is None and self._may_lack_its_head(held.lease.shard):
            self._scan("a shard was first met after retention", self._dispatcher.lanes)
        elif missing:
            # Nothing is wrong here: this is how a projection that is new gets its history.
            reason = f"{', '.join(missing)} had not seen all of a shard"
            self._scan(reason, missing, logging.INFO)
        else:
            return
        self._save(held)

    def _may_lack_its_head(self, shard: str) -> bool:
        """Whether a shard's oldest records may be trimmed; reading it would not tell."""
        age = self._clock.now_micros() - born_micros(shard)
        return born_micros(shard) > 0 and age > RETENTION_MICROS - _MARGIN_MICROS

    def release(self) -> None:
        """Save and release every shard in hand, as well as that can be done now."""
        for held in list(self._held.values()):
            try:
                self._save(held)
                self._leases.release(held.lease)
            except KeyfoldError as error:
                log.warning("a lease was not released and will expire: %s", error)
        self._held.clear()
