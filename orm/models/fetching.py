"""Fetching: requests for items, answered by rows of a model.

Items are decoded as the model's own stored type (`orm.models.reading`). What does not fit it is
read again as plain wire values, whose conversion says what is wrong and where.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from typing import Any, Protocol, TypeVar

import msgspec

from orm.driver.protocol import Driver
from orm.errors import ConfigurationError, UnexpectedItemError
from orm.expressions import Condition, Placeholders, all_of, begins_with, equals
from orm.limits import SCAN_SEGMENTS_MAX
from orm.models.layout import Layout
from orm.models.paging import one_after_another, side_by_side
from orm.models.reading import RowReader
from orm.requests import GetItem, Item, Page, Query, Scan

M = TypeVar("M", bound=msgspec.Struct)
S = TypeVar("S", covariant=True)

Adopt = Callable[[M, Any], M]
"""Told each row and what it was read from: the stored form of the model's reader, or an item."""


class Rows(Protocol[S]):
    """What reads rows of one type: a layout, or whatever reads a part of its rows."""

    @property
    def reader(self) -> RowReader:
        """Reads what a request was answered with as its stored form."""
        ...

    def row(self, item: Item) -> S:
        """The row of an item; says what is wrong where there is none."""
        ...


def fetch_row(
    driver: Driver, layout: Layout[M], request: GetItem[Item], adopt: Adopt[M] | None = None
) -> M | None:
    """The row that is read by its key, or None.

    Raises:
        UnreadableRowError: the item is not what the model says.
    """
    try:
        typed: GetItem[Any] = msgspec.structs.replace(request, read_as=layout.reader.stored)
        stored = driver.send(typed).item
        if stored is None:
            return None
        row: M = layout.reader.row(stored)
        return row if adopt is None else adopt(row, stored)
    except UnexpectedItemError as error:
        item = error.answer.item
    except (TypeError, ValueError):  # the row's own checks refuse it: read again to say where
        item = driver.send(request).item
    if item is None:
        return None
    row = layout.row(item)
    return row if adopt is None else adopt(row, item)


def fetch_page(
    driver: Driver,
    layout: Rows[M],
    request: Query[Item] | Scan[Item],
    adopt: Adopt[M] | None = None,
) -> tuple[list[M], Page[Any]]:
    """The rows of one page, and the page. Errors are those of `fetch_row`."""
    page: Page[Any]
    try:
        page = driver.send(msgspec.structs.replace(request, read_as=layout.reader.stored))
        rows: list[M] = list(map(layout.reader.row, page.items))
        return _adopted(rows, page, adopt), page
    except UnexpectedItemError as error:
        page = error.answer
    except (TypeError, ValueError):
        page = driver.send(request)
    return _adopted(list(map(layout.row, page.items)), page, adopt), page


def scan_rows(
    driver: Driver,
    layout: Layout[M],
    *,
    filters: Sequence[Condition] = (),
    consistent: bool = False,
    adopt: Adopt[M] | None = None,
    segments: int = 1,
) -> Generator[M]:
    """Every row of a layout of which `filters` hold, in no order, by reading the *whole* table.

    Args:
        driver: what carries the calls.
        layout: how the rows lie.
        filters: what is demanded of them.
        consistent: whether every write before the scan must be seen.
        adopt: told each row, in the thread that read it.
        segments: in how many parts it is read at once, each in a thread of its own that is at most
            one page ahead. Closing the generator ends them; it waits for the calls under way.

    Raises:
        ConfigurationError: less than one segment, or more than 64.

    Errors are else those of `fetch_row`; the first one ends the scan.
    """
    if not 1 <= segments <= SCAN_SEGMENTS_MAX:
        raise ConfigurationError(
            "segments", f"must be from 1 to {SCAN_SEGMENTS_MAX}, each a thread; is {segments}"
        )
    placeholders = Placeholders()
    wanted = all_of(_of_layout(layout), *filters).render(placeholders)
    whole: Scan[Item] = Scan(
        table_name=layout.config.table,
        filter_expression=wanted,
        expression_attribute_names=placeholders.names,
        expression_attribute_values=placeholders.values,
        consistent_read=consistent,
    )

    def read(request: Scan[Item]) -> tuple[list[M], Scan[Item] | None]:
        rows, page = fetch_page(driver, layout, request, adopt)
        if (start := page.last_evaluated_key) is None:
            return rows, None
        return rows, msgspec.structs.replace(request, exclusive_start_key=start)

    if segments == 1:
        return one_after_another(read, whole)
    parts = [
        msgspec.structs.replace(whole, segment=segment, total_segments=segments)
        for segment in range(segments)
    ]
    return side_by_side(read, parts)


def _of_layout(layout: Layout[Any]) -> Condition:
    """An item is a row of the layout, of its tenant."""
    pk = layout.config.pk
    if layout.own.path.hash:
        prefix = layout.keys.partition_prefix(layout.prefix, tenant=layout.tenant)
        partition = begins_with(pk, prefix)
    else:
        partition = equals(pk, layout.own.partition({}))
    return all_of(partition, equals(layout.config.entity, layout.entity))


def _adopted(rows: list[M], page: Page[Any], adopt: Adopt[M] | None) -> list[M]:
    return rows if adopt is None else list(map(adopt, rows, page.items))
