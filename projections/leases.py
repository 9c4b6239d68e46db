"""Leases: which worker reads which shard, and how far it has come.

A lease is one item. Taking, renewing, saving and releasing are writes conditional on its `counter`,
so of two workers exactly one wins, and a worker that slept learns it at its next save. No clocks
are compared: a lease has expired for a worker that has watched its counter stand still for the
lease time on that worker's own monotonic clock. There is no leader.

`covers` names the projections that are complete up to the checkpoint. A worker that takes a lease
whose `covers` lacks one of its own (it is new, or other code held the lease meanwhile) brings that
one up to date from the store first. A shard covers what its parent did when that ended; what the
parent covered when the child was first listed says nothing, since other code may have read the rest
of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import msgspec

from orm.clock import Clock
from orm.codec import item_from_wire, item_to_wire
from orm.config import SingleTableConfig
from orm.decoding import learn
from orm.driver.protocol import Driver
from orm.errors import ConditionFailedError
from orm.expressions import Condition, Placeholders, condition_fields, equals, not_exists
from orm.requests import Item, PutItem, Query, UpdateItem
from orm.update import UpdateExpression, single
from projections.errors import LeaseLostError
from projections.layout import ProjectionLayout


class Lease(msgspec.Struct, frozen=True, kw_only=True):
    """One shard's lease as it was last read or written.

    Args:
        stream: the change stream's name, `table/label`.
        shard: the shard's id.
        parent: the shard that it follows; None for a first one.
        owner: who holds it; None where nobody does.
        counter: grows with every write; 0 until it is first taken.
        checkpoint: sequence number of the last record whose effects are written; None at the start.
        covers: ids of the projections that are complete up to the checkpoint.
        finished: whether the shard was read to its end.
        applied_at: recorded-at of the last commit applied, microseconds; 0 before the first.
        saved_at: when the owner last wrote this, by its clock, microseconds.
    """

    stream: str
    shard: str
    parent: str | None = None
    owner: str | None = None
    counter: int = 0
    checkpoint: str | None = None
    covers: tuple[str, ...] = ()
    finished: bool = False
    applied_at: int = 0
    saved_at: int = 0


learn(Lease)


class Leases:
    """The leases of one worker group.

    Args:
        driver: the way to the read-model table.
        config: that table's names.
        group: workers of one group share the shards between them.
        worker: the name of this worker.
        clock: stamps what is saved.
    """

    def __init__(
        self, driver: Driver, config: SingleTableConfig, group: str, worker: str, clock: Clock
    ) -> None:
        self._driver, self._config, self._clock = driver, config, clock
        self._layout, self._group, self.worker = ProjectionLayout(config), group, worker

    def all(self, stream: str | None = None) -> Iterator[Lease]:
        """Every lease of the group, or those of one change stream, read consistently."""
        condition, values = "#pk = :pk", {":pk": {"S": self._layout.workers_pk(self._group)}}
        names = {"#pk": self._config.pk}
        if stream is not None:
            condition += " AND begins_with(#sk, :sk)"
            values[":sk"] = {"S": self._layout.leases_prefix(stream)}
            names["#sk"] = self._config.sk
        start: Item | None = None
        while True:
            page = self._driver.send(
                Query[Item](
                    table_name=self._config.table,
                    key_condition_expression=condition,
                    expression_attribute_names=names,
                    expression_attribute_values=values,
                    consistent_read=True,
                    exclusive_start_key=start,
                )
            )
            for item in page.items:
                yield msgspec.convert(item_from_wire(item), Lease)
            if (start := page.last_evaluated_key) is None:
                return

    def create(self, lease: Lease) -> Lease:
        """Make a lease; one that is there already stays as it is, and is not returned."""
        request = PutItem(
            table_name=self._config.table,
            item=self._layout.lease(self._group, lease.stream, lease.shard)
            | item_to_wire(msgspec.structs.asdict(lease)),
            **condition_fields(not_exists(self._config.pk), Placeholders()),
        )
        try:
            self._driver.send(request)
        except ConditionFailedError:
            there = self.all(lease.stream)
            return next((one for one in there if one.shard == lease.shard), lease)
        return lease

    def take(self, lease: Lease, covers: Iterable[str] | None = None) -> Lease:
        """Become the owner, if nobody has written the lease since it was read.

        Args:
            covers: what it covers, where that is known only now.

        Raises:
            LeaseLostError: somebody has.
        """
        known = lease.covers if covers is None else tuple(sorted(covers))
        return self._write(msgspec.structs.replace(lease, owner=self.worker, covers=known), lease)

    def save(
        self, lease: Lease, checkpoint: str | None, covers: Iterable[str], applied_at: int
    ) -> Lease:
        """Write how far the shard is read; this renews the lease as well.

        Raises:
            LeaseLostError: another worker has taken it.
        """
        changed = msgspec.structs.replace(
            lease,
            checkpoint=checkpoint,
            covers=tuple(sorted(covers)),
            applied_at=max(applied_at, lease.applied_at),
        )
        return self._write(changed, lease)

    def renew(self, lease: Lease) -> Lease:
        """Say that the owner lives, and nothing else.

        Raises:
            LeaseLostError: another worker has taken it.
        """
        return self._write(lease, lease)

    def release(self, lease: Lease) -> Lease:
        """Stop being the owner, so that another need not wait."""
        return self._write(msgspec.structs.replace(lease, owner=None), lease)

    def finish(self, lease: Lease) -> Lease:
        """Mark the shard as read to its end, and release it."""
        return self._write(msgspec.structs.replace(lease, owner=None, finished=True), lease)

    def retire(self, lease: Lease, covers: Iterable[str]) -> Lease:
        """Mark a shard as over that was not read to its end: a scan brought the rest to `covers`.

        Raises:
            LeaseLostError: another worker was faster.
        """
        known = tuple(sorted(covers))
        changed = msgspec.structs.replace(lease, owner=None, finished=True, covers=known)
        return self._write(changed, lease)

    def reopen(self, lease: Lease) -> Lease:
        """Unsay that a shard is finished.

        Raises:
            LeaseLostError: another worker was faster.
        """
        return self._write(msgspec.structs.replace(lease, finished=False), lease)

    def _write(self, changed: Lease, before: Lease) -> Lease:
        after = msgspec.structs.replace(
            changed, counter=before.counter + 1, saved_at=self._clock.now_micros()
        )
        expression = UpdateExpression()
        for name, value in msgspec.structs.asdict(after).items():
            expression = expression.set(name, value)
        unchanged: Condition = equals("counter", before.counter)
        key = self._layout.lease(self._group, before.stream, before.shard)
        request = single(
            expression.action(self._config.table, key, unchanged, return_item_on_failure=True)
        )
        return self._send(request, after)

    def _send(self, request: UpdateItem, after: Lease) -> Lease:
        try:
            self._driver.send(request)
        except ConditionFailedError as refusal:
            found = refusal.item and msgspec.convert(item_from_wire(refusal.item), Lease)
            if found != after:  # equal: an earlier send of this very write had been carried out
                raise LeaseLostError(after.shard, self.worker) from refusal
        return after


def covers_of(lease: Lease, known: Mapping[str, Lease]) -> tuple[str, ...]:
    """What a lease covers: until it is first taken, what its parent does.

    Args:
        known: the leases of its stream, by shard.
    """
    if lease.counter or lease.parent is None or lease.parent not in known:
        return lease.covers
    return covers_of(known[lease.parent], known)


class LeaseWatch:
    """Tells which leases have expired, by watching their counters.

    Args:
        lease_seconds: how long a counter may stand still.
        clock: only its monotonic reading is used.
    """

    def __init__(self, lease_seconds: float, clock: Clock) -> None:
        self._lease_seconds, self._clock = lease_seconds, clock
        self._seen: dict[tuple[str, str], tuple[int, float]] = {}

    def is_free(self, lease: Lease) -> bool:
        """Whether the lease may be taken: released, or seen standing still for the lease time."""
        if lease.owner is None:
            return True
        now, key = self._clock.monotonic(), (lease.stream, lease.shard)
        counter, since = self._seen.get(key, (None, now))
        if counter != lease.counter:
            self._seen[key] = (lease.counter, now)
            return False
        return now - since >= self._lease_seconds
