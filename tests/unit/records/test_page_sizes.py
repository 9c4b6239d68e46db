"""Page sizes: a few rows first, then more and more, where some of them will be left out."""

from __future__ import annotations

from itertools import islice

import pytest

from orm.records.queries.requesting import page_sizes


@pytest.mark.parametrize(
    ("limit", "sieved", "sizes"),
    [
        (None, False, [None, None, None]),
        (None, True, [None, None, None]),
        (1, False, [1, 1, 1]),
        (700, False, [700, 700, 700]),
        (1, True, [25, 100, 400, 1600, None, None]),
        (25, True, [25, 100, 400, 1600, None, None]),
        (30, True, [30, 120, 480, 1920, None, None]),
        (2000, True, [2000, None, None]),
        (5000, True, [None, None]),
    ],
)
def test_pages_grow_where_rows_are_left_out(
    limit: int | None, sieved: bool, sizes: list[int | None]
) -> None:
    """Never less than is wanted; in the end as many as DynamoDB gives."""
    assert list(islice(page_sizes(limit, sieved=sieved), len(sizes))) == sizes
