"""The worker: takes shards, reads them, brings what it reads to its projections, saves its place.

    worker = Worker(store, changes, dispatcher, leases)
    worker.run(stopping.is_set)

A place is saved after the effects are written, each second or 1,000 records and at every release,
so a crash only repeats what the gate drops. Told to stop, it finishes the page in hand, saves and
releases, and another worker need not wait. While DynamoDB cannot be reached it waits and tries
again, for as long as it takes: an outage is not poison.

What DynamoDB lists may be late. So a shard is given up only when it is older than records are kept,
in no list, and unknown when asked for; and one that was finished and is listed as open is opened
again. What a shard that is given up held, and what was written while the stream was off, a repair
scan brings from the store.
"""

from __future__ import annotations

import logging
import math
from collections import Counter, deque
from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Final

import msgspec

from orm.clock import Clock, SystemClock
from orm.driver.retry import RetryPolicy
from orm.errors import IteratorExpiredError, KeyfoldError, TableNotFoundError, TrimmedError
from orm.requests import Shard
from projections.dispatch import Dispatcher
from projections.errors import LeaseLostError
from projections.leases import Lease, Leases, LeaseWatch, covers_of
from projections.shards import (
    UNREADABLE,
    ChangeStream,
    Page,
    ShardReader,
    born_micros,
    has_ended,
)

log = logging.getLogger("keyfold.worker")

_VANISHED: Final = "a shard vanished before it was read to its end"
_REPLACED: Final = "the change stream was switched off and on"
_NO_SHARD: Final = "the change stream has no open shard; if it is switched off, nothing is read"
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
    """A shard in hand. What was written before `open_since` (micros) is known to be applied."""

    lease: Lease
    reader: ShardReader
    applied_at: int
    open_since: int
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
        self._stream_was_replaced = False
        self._told_no_shard = False

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
            if held.lease.shard not in self._held:
                continue  # lost while another was read
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
        except IteratorExpiredError:
            return False  # the next round asks for another place
        except TableNotFoundError as unknown:
            return self._leave(held, unknown)
        if held.reader.began_anew and self._may_be_trimmed(held.open_since):
            return self._repair(held)
        self._dispatcher.dispatch(page.commits, between=self._renew_due)
        held.reader.advance(page)
        self._count(held, page)
        if held.reader.ended:
            self._finish(held)
        elif self._is_save_due(held):
            self._save(held)
        return page.records > 0

    def _repair(self, held: _Held) -> bool:
        """What was trimmed is in the store. Only when that is applied, go on at what is left."""
        self._scan_for(held, "records were trimmed before they were read")
        held.reader.rewind()
        held.owes_scan = False
        self._save(held)
        return True

    def _leave(self, held: _Held, unknown: TableNotFoundError) -> bool:
        """Nothing can be read: the shard has vanished, or DynamoDB does not know it just now."""
        listed = {shard.shard_id for shard in self._changes.shards()}
        if self._has_vanished(held.lease.shard, listed):
            self._scan(_VANISHED, self._dispatcher.lanes)
            self._finish(held)
            return True
        log.warning("a shard is let go for now: %s", unknown)
        self._save(held)
        self._leases.release(held.lease)
        self._held.pop(held.lease.shard, None)
        return False

    def _has_vanished(self, shard: str, listed: Container[str]) -> bool:
        """Whether a shard is gone for ever; one late answer may not say so."""
        if shard in listed or born_micros(shard) + RETENTION_MICROS >= self._clock.now_micros():
            return False
        return not self._changes.is_known(shard)

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
        self._held.pop(held.lease.shard, None)
        self._balanced_at = -math.inf  # its children can be read now

    def _scan(self, reason: str, projections: Iterable[str], level: int = logging.WARNING) -> None:
        log.log(level, "repair scan of the store: %s", reason)
        self._report.scans[reason] += 1
        self._dispatcher.catch_up(projections, self._renew_due)

    def _scan_for(self, held: _Held, reason: str) -> None:
        """A scan for all projections, whatever the shard has still to tell."""
        began = self._clock.now_micros()
        self._scan(reason, self._dispatcher.lanes)
        held.open_since = began

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
        self._follow()
        leases = {lease.shard: lease for lease in self._leases.all(self._changes.name)}
        listed = {shard.shard_id: shard for shard in self._changes.shards()}
        for shard in listed.values():
            self._record(shard, leases)
        self._retire_vanished(leases, listed)
        self._tell_if_off(leases)
        for lease in self._wanted(leases):
            self._take(lease, covers_of(lease, leases))

    def _follow(self) -> None:
        """Go over to the table's new stream, if it has one.

        Its leases cover nothing, so that the first to take one brings up to date from the store
        whatever lay in the old stream still, and what was written between the two.
        """
        if self._changes.follow():
            log.warning("%s; going on with %s", _REPLACED, self._changes.name)
            self._stream_was_replaced = True
            self.release()

    def _record(self, shard: Shard, leases: dict[str, Lease]) -> None:
        """See that a listed shard has a lease, and none that calls it finished while it is open."""
        shard_id = shard.shard_id
        if shard_id not in leases:
            leases[shard_id] = self._leases.create(
                Lease(stream=self._changes.name, shard=shard_id, parent=shard.parent_shard_id)
            )
        if leases[shard_id].finished and not has_ended(shard):
            log.warning("a shard was finished and is open: %s", shard_id)
            with suppress(LeaseLostError):  # another worker has opened it again
                leases[shard_id] = self._leases.reopen(leases[shard_id])

    def _retire_vanished(self, leases: dict[str, Lease], listed: Container[str]) -> None:
        """Shards that DynamoDB no longer knows were trimmed: what they held is in the store."""
        for shard, lease in list(leases.items()):
            if lease.finished or shard in self._held or not self._watch.is_free(lease):
                continue
            if not self._has_vanished(shard, listed):
                continue
            self._scan(_VANISHED, self._dispatcher.lanes)
            with suppress(LeaseLostError):  # another worker has retired it, or taken it
                leases[shard] = self._leases.retire(lease, self._dispatcher.lanes)

    def _tell_if_off(self, leases: Mapping[str, Lease]) -> None:
        if any(not lease.finished for lease in leases.values()):
            self._told_no_shard = False
        elif not self._told_no_shard:
            log.warning("%s", _NO_SHARD)
            self._told_no_shard = True

    def _wanted(self, leases: Mapping[str, Lease]) -> list[Lease]:
        """Free leases whose turn it is, up to an equal share; each worker counts for itself."""
        open_leases = [lease for lease in leases.values() if not lease.finished]
        free = [lease for lease in open_leases if self._watch.is_free(lease)]
        owners = {lease.owner for lease in open_leases if lease.owner and lease not in free}
        owners.add(self._leases.worker)
        share = math.ceil(len(open_leases) / len(owners))
        ready = [
            lease
            for lease in free
            if lease.shard not in self._held and self._is_turn(lease, leases)
        ]
        return ready[: max(0, share - len(self._held))]

    def _is_turn(self, lease: Lease, leases: Mapping[str, Lease]) -> bool:
        """Parents first, decided now and not when the shard was listed: a list may be late.

        A parent that is nowhere has been trimmed only if its child is older than retention.
        """
        if lease.parent is None:
            return True
        if lease.parent in leases:
            return leases[lease.parent].finished
        return born_micros(lease.shard) + RETENTION_MICROS < self._clock.now_micros()

    def _take(self, lease: Lease, covers: Iterable[str]) -> None:
        try:
            taken = self._leases.take(lease, covers)
        except LeaseLostError:
            return
        reader = ShardReader(self._changes, taken.shard, taken.checkpoint)
        held = _Held(
            taken,
            reader,
            taken.applied_at,
            open_since=born_micros(taken.shard),
            saved_monotonic=self._clock.monotonic(),
        )
        self._held[taken.shard] = held
        try:
            with self._dropping_if_lost(held):
                self._complete(held)
        except BaseException:
            # Not complete, so nothing may be read or saved of it. It may be lost already.
            self._held.pop(taken.shard, None)
            raise

    def _complete(self, held: _Held) -> None:
        """Before a shard is read on: bring up to date what has not seen all that lies before."""
        missing = sorted(set(self._dispatcher.lanes) - set(held.lease.covers))
        if held.lease.checkpoint is None and self._may_be_trimmed(held.open_since):
            self._scan_for(held, "a shard was first met after retention")
        elif missing and self._stream_was_replaced and not held.lease.covers:
            self._scan(_REPLACED, missing)
        elif missing:
            # Nothing is wrong here: this is how a projection that is new gets its history.
            reason = f"{', '.join(missing)} had not seen all of a shard"
            self._scan(reason, missing, logging.INFO)
        else:
            return
        self._save(held)

    def _may_be_trimmed(self, since: int) -> bool:
        """Whether records of that time may be gone; a shard read from its start does not tell."""
        return 0 < since < self._clock.now_micros() - (RETENTION_MICROS - _MARGIN_MICROS)

    def release(self) -> None:
        """Save and release every shard in hand, as well as that can be done now."""
        for held in list(self._held.values()):
            try:
                self._save(held)
                self._leases.release(held.lease)
            except KeyfoldError as error:
                log.warning("a lease was not released and will expire: %s", error)
        self._held.clear()
