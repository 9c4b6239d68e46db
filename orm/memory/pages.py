"""Pages of rows: what one Query or Scan answers.

A page ends at `Limit` rows or when 1 MB has been read, filter or no filter. The row that
reaches 1 MB is part of the page.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from orm.memory.expressions import Test
from orm.memory.keyspace import Row
from orm.memory.limits import PAGE_SIZE_BYTES_MAX


@dataclass(slots=True)
class Page:
    """Rows that passed the filter, how many were read, and where the next page goes on.

    `last` is the last row read; None where there is nothing behind it.
    """

    rows: list[Row] = field(default_factory=list)
    scanned: int = 0
    size: int = 0
    last: Row | None = None


def collect(rows: Iterable[Row], limit: int | None, test: Test | None) -> Page:
    """Read one page."""
    page = Page()
    for row in rows:
        page.scanned += 1
        page.size += row.size
        if test is None or test(row.item):
            page.rows.append(row)
        if page.scanned == limit or page.size >= PAGE_SIZE_BYTES_MAX:
            page.last = row
            break
    return page
