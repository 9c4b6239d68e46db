"""Lag: how far the read models are behind, measured from outside.

Nothing that a worker says of itself is believed: from each shard's saved place the change stream is
read on to its tip, and what lies there is what is not yet known to be applied. The age of the
oldest such commit, by its own recorded-at, is the lag in seconds. (The stream's own time will not
do: DynamoDB Local rounds it to the minute.) A worker saves its place each second, so a lag of a
second may be no more than that.

A shard counts until its lease is finished and DynamoDB does not show it open; one that DynamoDB no
longer knows before it was finished has lost what it held to a scan that is still owed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

import msgspec

from eventstore.log import Commit
from orm.clock import Clock
from orm.errors import IteratorExpiredError, TableNotFoundError, TrimmedError
from projections.leases import Lease, Leases, covers_of
from projections.parking import Parking
from projections.projection import Projection
from projections.shards import ChangeStream, ShardReader, has_ended

PAGES_MAX: Final = 20
"""Pages of up to 1,000 records read of one shard before its count is called a lower bound."""

SILENT_MICROS: Final = 60 * 1_000_000
"""After this silence a worker is taken for gone. Its clock is compared with ours only for this."""

_EMPTY_PAGES: Final = 3
"""Empty pages in a row that are taken for the tip; a single one may lie anywhere in a shard."""


class Lag(msgspec.Struct, frozen=True, kw_only=True):
    """How far one projection is behind.

    Args:
        projection: `name@version`.
        commits_behind: commits of its category behind the saved places.
        at_least: whether there are more; the count is then a lower bound.
        seconds: age of the oldest of them; 0 where there is none.
        parked: streams that wait for a person.
        shards: open shards.
        unowned: those that no worker holds, or whose worker has not been heard of for a minute.
        incomplete: shards that were read without this projection; a worker that has it brings it
            up to date from the store when it takes them.
    """

    projection: str
    commits_behind: int
    at_least: bool
    seconds: float
    parked: int
    shards: int
    unowned: int
    incomplete: int

    @property
    def is_caught_up(self) -> bool:
        """Whether everything written is applied, parked streams aside.

        Never so while no shard is open: the change stream is off, and nobody sees what is written.
        """
        return bool(self.shards) and not (self.commits_behind or self.at_least or self.incomplete)


class _Behind(msgspec.Struct):
    """What lies behind one shard's saved place."""

    lease: Lease
    covers: tuple[str, ...]
    commits: list[Commit]
    at_least: bool


def measure_lag(
    projections: Sequence[Projection],
    changes: ChangeStream,
    leases: Leases,
    parking: Parking,
    clock: Clock,
) -> list[Lag]:
    """How far each projection is behind; reads the change stream from the saved places on."""
    known = {lease.shard: lease for lease in leases.all(changes.name)}
    behind = [
        _behind(changes, lease, covers_of(lease, known)) for lease in _open_leases(changes, known)
    ]
    now = clock.now_micros()
    return [
        _lag(projection, behind, sum(1 for _ in parking.all(projection)), now)
        for projection in projections
    ]


def _open_leases(changes: ChangeStream, known: Mapping[str, Lease]) -> Iterator[Lease]:
    """The leases of what is still to be read, those that nobody has made yet among them."""
    listed = {shard.shard_id: shard for shard in changes.shards()}
    for shard_id, shard in listed.items():
        lease = known.get(shard_id) or Lease(
            stream=changes.name, shard=shard_id, parent=shard.parent_shard_id
        )
        if not (lease.finished and has_ended(shard)):
            yield lease
    for shard_id, lease in known.items():
        if shard_id not in listed and not lease.finished:
            yield lease


def _behind(changes: ChangeStream, lease: Lease, covers: tuple[str, ...]) -> _Behind:
    reader = ShardReader(changes, lease.shard, lease.checkpoint)
    found, empty = _Behind(lease, covers, [], False), 0
    for _ in range(PAGES_MAX):
        try:
            page = reader.read()
        except TrimmedError:
            reader.rewind()
            found.at_least = True
            continue
        except IteratorExpiredError:
            continue
        except TableNotFoundError:
            return _Behind(lease, (), found.commits, True)
        found.commits.extend(page.commits)
        reader.advance(page)
        empty = 0 if page.records else empty + 1
        if reader.ended or empty == _EMPTY_PAGES:
            return found
    found.at_least = True
    return found


def _lag(projection: Projection, behind: Iterable[_Behind], parked: int, now: int) -> Lag:
    shards = list(behind)
    mine = [c for one in shards for c in one.commits if c.stream.category == projection.source]
    oldest = min((commit.recorded_at for commit in mine), default=now)
    return Lag(
        projection=projection.id,
        commits_behind=len(mine),
        at_least=any(one.at_least for one in shards),
        seconds=max(0.0, (now - oldest) / 1e6),
        parked=parked,
        shards=len(shards),
        unowned=sum(_is_unowned(one.lease, now) for one in shards),
        incomplete=sum(projection.id not in one.covers for one in shards),
    )


def _is_unowned(lease: Lease, now: int) -> bool:
    return lease.owner is None or now - lease.saved_at > SILENT_MICROS
