"""Streams: the name of one history."""

from __future__ import annotations

import msgspec


class StreamId(msgspec.Struct, frozen=True):
    """One stream: `StreamId("ORDER", "42")`.

    Args:
        category: what kind of thing it is; aggregates of one class share it.
        id: which one. With the category at most 2,048 UTF-8 bytes as a partition key.
        tenant: whose it is; leads every key, so that IAM can keep tenants apart.
    """

    category: str
    id: str
    tenant: str | None = None

    def __str__(self) -> str:
        name = f"{self.category}#{self.id}"
        return name if self.tenant is None else f"{self.tenant}/{name}"
