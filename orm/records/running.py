"""Running: the rows of readings, page by page, each by itself or in one order together."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from operator import attrgetter
from typing import TYPE_CHECKING, Any, TypeVar

from orm.models.fetching import fetch_page
from orm.records.compiling import Reader, request, request_of_one
from orm.records.selecting import selection
from orm.requests import GetItem, Item, Page, Query

if TYPE_CHECKING:
    from orm.records.repository import Repository

T = TypeVar("T")


def rows_of(
    repository: Repository[Any],
    reader: Reader,
    limit: int | None,
    start: Item | None = None,
    select: tuple[str, ...] = (),
) -> Iterator[Any]:
    """The rows that a reading finds, from after the key `start` on.

    Args:
        repository: of the rows.
        reader: the reading.
        limit: the most that are asked for at a time; all that fit a page where it is None.
        start: a key of the path; None for its beginning.
        select: the attributes that are read; whole rows where there are none.
    """
    if reader.claim is not None:
        yield from _claimed(repository, reader, reader.claim, select)
        return
    while True:
        rows, page = _page(repository, request(repository, reader, limit, start), select)
        yield from rows
        if (start := page.last_evaluated_key) is None:
            return


def _claimed(
    repository: Repository[Any], reader: Reader, claim: Item, select: tuple[str, ...]
) -> list[Any]:
    """The row that has a unique value: its claim, then itself, both read consistently."""
    connection = repository.connection
    ask: GetItem[Item] = GetItem(
        table_name=connection.config.table, key=claim, consistent_read=True
    )
    found = connection.driver.send(ask).item
    if found is None:
        return []
    owner = repository.claims.owner_of(found)
    return _page(repository, request_of_one(repository, reader, owner), select)[0]


def _page(
    repository: Repository[Any], asked: Query[Item], select: tuple[str, ...]
) -> tuple[list[Any], Page[Any]]:
    driver = repository.connection.driver
    if select:
        chosen = selection(repository.layout, select)
        return fetch_page(driver, chosen, chosen.of(asked))
    return fetch_page(driver, repository.layout, asked, repository.adopt)


def merged(
    parts: Sequence[Iterator[T]], order: str, descending: bool, row_of: Callable[[T], Any]
) -> Iterator[T]:
    """What several readings find, sorted by an attribute where one is said; else one after the
    other. Each reading is in that order already."""
    if not order or len(parts) == 1:
        return (one for part in parts for one in part)
    value_of = attrgetter(order)
    return heapq.merge(*parts, key=lambda one: value_of(row_of(one)), reverse=descending)


def distinct(rows: Iterable[T], names: Sequence[str], row_of: Callable[[T], Any]) -> Iterator[T]:
    """The first of those with the same values of these attributes."""
    key_of: Callable[[Any], Any] = attrgetter(*names)
    seen: set[Any] = set()
    for one in rows:
        if (key := key_of(row_of(one))) not in seen:
            seen.add(key)
            yield one


def parts_of(rows: Iterator[T], size: int) -> Iterator[list[T]]:
    """Lists of so many, the last perhaps shorter."""
    return iter(lambda: list(islice(rows, size)), [])


def itself(row: T) -> T:
    """The row of a row."""
    return row
