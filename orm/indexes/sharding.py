"""Write shards: how many partitions a declared rate needs.

One partition takes 1,000 write units and 3,000 read units a second; planned is for half of either,
since a partition is never filled evenly. A row's own shard is made from its primary key, so that a
save knows it without a lookup; a reader asks every shard and merges. Without a declared rate there
is one.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, log2

from orm.indexes.errors import HotPartitionError
from orm.indexes.options import (
    PARTITION_WRITES_MAX,
    READS_PER_SHARD,
    SHARDS_MAX,
    WRITES_PER_SHARD,
)
from orm.indexes.patterns import AccessPattern


def shards(writes_per_second: float, reads_per_second: float) -> int:
    """The least power of two that keeps each partition at half of what it takes."""
    load = max(writes_per_second / WRITES_PER_SHARD, reads_per_second / READS_PER_SHARD)
    return 1 if load <= 1 else int(2 ** ceil(log2(load)))


def shards_of(pattern: AccessPattern, others: Sequence[AccessPattern]) -> int:
    """The shards of a pattern, by its own rates and the writes of narrower patterns.

    Rows that share the values of a narrower pattern share those of a wider one too, so the wider
    one's partitions take at least as many writes.

    Raises:
        HotPartitionError: more shards than a reader should ask.
    """
    narrower = [each for each in others if set(pattern.equal) <= set(each.equal)]
    writes = max([pattern.writes_per_second, *(each.writes_per_second for each in narrower)])
    count = shards(writes, pattern.reads_per_second)
    if count > SHARDS_MAX:
        raise HotPartitionError(
            pattern.entity,
            pattern.name,
            f"its rates ({writes:,.0f} writes and {pattern.reads_per_second:,.0f} reads a second) "
            f"need {count} shards, {SHARDS_MAX} are allowed: every read would ask all of them",
            "add an attribute to `equal` that spreads the rows, such as the hour",
        )
    return count


def check_whole(pattern: AccessPattern) -> None:
    """Refuse a rate on single rows that no partition takes: one row cannot be spread.

    Raises:
        HotPartitionError: over 1,000 writes a second.
    """
    if pattern.writes_per_second > PARTITION_WRITES_MAX:
        raise HotPartitionError(
            pattern.entity,
            pattern.name,
            f"declares {pattern.writes_per_second:,.0f} writes a second of one row; a partition "
            f"takes {PARTITION_WRITES_MAX:,}",
            "keep the fast-changing part in several rows and add them up",
        )
