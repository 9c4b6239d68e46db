"""Capacity: what a reading or a write costs, by DynamoDB's documented rounding.

A query is billed for the sum of what it reads, in units of 4 KB, half of that where it is
eventually consistent; what finds nothing is billed as the smallest item. A write is billed in whole
KB, once for the row and once for every index entry, and double in a transaction.
"""

from __future__ import annotations

import math

from orm.limits import READ_UNIT_BYTES, WRITE_UNIT_BYTES


def read_units(rows: float, item_bytes: float, *, consistent: bool, shards: int = 1) -> float:
    """Units to read rows of this mean size that lie evenly in so many partitions."""
    blocks = max(1, math.ceil(rows / shards * item_bytes / READ_UNIT_BYTES))
    return shards * (float(blocks) if consistent else blocks / 2)


def claim_units(rows: float, item_bytes: float) -> float:
    """Units to find a row by a unique value: the claim, then the row, both consistently."""
    return 1.0 + (read_units(1, item_bytes, consistent=True) if rows else 0.0)


def write_units(item_bytes: float) -> int:
    """Units to write an item, or its entry in an index."""
    return max(1, math.ceil(item_bytes / WRITE_UNIT_BYTES))


def formula(*, consistent: bool, one: bool, shards: int = 1) -> str:
    """What `read_units` computes, to be read."""
    unit = "1" if consistent else "½"
    if one:
        return f"{unit} × ⌈bytes ÷ 4096⌉"
    rows = "rows" if shards == 1 else f"rows ÷ {shards}"
    each = f"{unit} × ⌈{rows} × bytes ÷ 4096⌉, at least {unit}"
    return each if shards == 1 else f"{shards} × ({each})"


CLAIM_FORMULA = "1 + ⌈bytes ÷ 4096⌉"
