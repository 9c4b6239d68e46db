"""Where the floor's own items stand in the read-model table.

| item | pk | sk |
|---|---|---|
| a marker | `[T#tenant#]!MARKER#name#version#CATEGORY#id` | `!MARKER` |
| a parked stream | `!PARKED#name#version` | `!STREAM#[T#tenant#]CATEGORY#id` |
| the lease of a shard | `!WORKERS#group` | `!SHARD#shard id` |

A marker says how much of a stream a projector has applied. A row that one stream makes carries its
marker in itself, in the attribute `!applied`.
"""

from __future__ import annotations

from typing import Final

from eventstore.stream import StreamId
from orm.config import SingleTableConfig
from orm.requests import Item
from projections.projection import Projection

APPLIED: Final = "!applied"
"""The number of the last commit that a row or marker has seen; no field's name can be this."""


class ProjectionLayout:
    """The keys of one read-model table that are not rows."""

    def __init__(self, config: SingleTableConfig) -> None:
        self.config, self.keys = config, config.keys

    def marker(self, projection: Projection, stream: StreamId) -> Item:
        """The key of a marker."""
        pk = self.keys.framework_partition(
            "MARKER",
            projection.name,
            str(projection.version),
            stream.category,
            stream.id,
            tenant=stream.tenant,
        )
        return self.config.key(pk, self.keys.framework("MARKER"))

    def parked_pk(self, name: str, version: int) -> str:
        """The partition of a projection's parked streams."""
        return self.keys.framework("PARKED", name, str(version))

    def parked(self, projection: Projection, stream: StreamId) -> Item:
        """The key of a park record."""
        tenant = () if stream.tenant is None else (stream.tenant,)
        sk = self.keys.framework("STREAM", stream.category, stream.id, *tenant)
        return self.config.key(self.parked_pk(projection.name, projection.version), sk)

    def workers_pk(self, group: str) -> str:
        """The partition of a worker group's leases."""
        return self.keys.framework("WORKERS", group)

    def lease(self, group: str, shard: str) -> Item:
        """The key of a shard's lease in a group."""
        return self.config.key(self.workers_pk(group), self.keys.framework("SHARD", shard))
