"""Where the floor's own items stand in the read-model table.

| item | pk | sk |
|---|---|---|
| a marker | `[T#tenant#]!MARKER#name#version#CATEGORY#id` | `!MARKER` |
| a parked stream | `!PARKED#name#version` | `!STREAM#CATEGORY#id[#tenant]` |
| the lease of a shard | `!WORKERS#group` | `!SHARD#table#stream label#shard id` |

A marker says how much of a stream a projector has applied. A row that one stream makes carries its
marker in itself, in the attribute `!applied`, and says in `!stream` which stream that is. A lease's
key has the name of the change stream in it
(`events/2026-01-31T12:00:00.000`), so that two event tables, or a stream that was switched off and
on again, share no lease.

A stream's id may fill a key, and these keys are longer. Where one would be over DynamoDB's limit
the stream stands in it as its SHA-256: `!MARKER#name#version#digest` and `!HASHED#digest`. The park
record itself names the stream, so nothing has to be read out of a key.
"""

from __future__ import annotations

import hashlib
from typing import Final

from eventstore.stream import StreamId
from orm.config import SingleTableConfig
from orm.limits import PARTITION_KEY_BYTES_MAX, SORT_KEY_BYTES_MAX
from orm.requests import AttributeValue, Item
from projections.projection import Projection

APPLIED: Final = "!applied"
"""The number of the last commit that a row or marker has seen; no field's name can be this."""

SOURCE: Final = "!stream"
"""Category and id of the stream that makes a row; its tenant is the row's own."""


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
        if len(pk.encode()) > PARTITION_KEY_BYTES_MAX:
            named = (projection.name, str(projection.version), _digest(pk))
            pk = self.keys.framework("MARKER", *named)
        return self.config.key(pk, self.keys.framework("MARKER"))

    def parked_pk(self, name: str, version: int) -> str:
        """The partition of a projection's parked streams."""
        return self.keys.framework("PARKED", name, str(version))

    def parked(self, projection: Projection, stream: StreamId) -> Item:
        """The key of a park record."""
        tenant = () if stream.tenant is None else (stream.tenant,)
        sk = self.keys.framework("STREAM", stream.category, stream.id, *tenant)
        if len(sk.encode()) > SORT_KEY_BYTES_MAX:
            sk = self.keys.framework("HASHED", _digest(sk))
        return self.config.key(self.parked_pk(projection.name, projection.version), sk)

    def source(self, stream: StreamId) -> AttributeValue:
        """What `!stream` holds in a row that this stream makes."""
        return {"S": self.keys.join(stream.category, stream.id)}

    def workers_pk(self, group: str) -> str:
        """The partition of a worker group's leases."""
        return self.keys.framework("WORKERS", group)

    def leases_prefix(self, stream: str) -> str:
        """What the sort keys of one change stream's leases begin with, and no others."""
        return self.keys.framework_prefix("SHARD", *stream.split("/"))

    def lease(self, group: str, stream: str, shard: str) -> Item:
        """The key of a shard's lease in a group."""
        sk = self.keys.framework("SHARD", *stream.split("/"), shard)
        return self.config.key(self.workers_pk(group), sk)


def _digest(key: str) -> str:
    """What stands for a key that is too long; keys are injective, so no two streams share it."""
    return hashlib.sha256(key.encode()).hexdigest()
