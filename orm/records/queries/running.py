"""Running: the rows of readings, page by page, each by itself or in one order together."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from operator import attrgetter
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from orm.models.fetching import fetch_page
from orm.records.queries.compiling import Claimed, Reader
from orm.records.queries.requesting import page_sizes, request, request_of_one
from orm.records.queries.selecting import selection
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
    *,
    sieved: bool = False,
) -> Iterator[Any]:
    """The rows that a reading finds, from after the key `start` on.

    Args:
        repository: of the rows.
        reader: the reading.
        limit: how many are wanted; all where it is None.
        start: a key of the path; None for its beginning.
        select: the attributes that are read; whole rows where there are none.
        sieved: whether some of the rows will be left out, beside what filters do.
    """
    if reader.claim is not None:
        yield from _claimed(repository, reader, reader.claim, select)
        return
    for size in page_sizes(limit, sieved=sieved or bool(reader.filters)):
        rows, page = _page(repository, request(repository, reader, size, start), select)
        yield from rows
        if (start := page.last_evaluated_key) is None:
            return


def _claimed(
    repository: Repository[Any], reader: Reader, claim: Claimed, select: tuple[str, ...]
) -> list[Any]:
    """The row that has a unique value: its claim, then itself, both read consistently. Between the
    two it may have got another value, or another row its place."""
    connection = repository.connection
    ask: GetItem[Item] = GetItem(
        table_name=connection.config.table, key=claim.key, consistent_read=True
    )
    found = connection.driver.send(ask).item
    if found is None:
        return []
    owner = repository.claims.owner_of(found)
    read = tuple(dict.fromkeys((*select, *claim.attributes))) if select else ()
    rows, _ = _page(repository, request_of_one(repository, reader, owner), read)
    return [row for row in rows if _has(repository, claim, row)]


def _has(repository: Repository[Any], claim: Claimed, row: Any) -> bool:
    values = {name: getattr(row, name) for name in claim.attributes}
    return repository.claims.key(claim.unique, values) == claim.key


def counted(repository: Repository[Any], readers: Sequence[Reader], limit: int | None) -> int:
    """How many rows these readings find, up to `limit`; no row comes over the wire."""
    found = 0
    for reader in readers:
        start = None
        for size in page_sizes(limit, sieved=bool(reader.filters)):
            ask = msgspec.structs.replace(request(repository, reader, size, start), select="COUNT")
            page = repository.connection.driver.send(ask)
            found += page.count
            if limit is not None and found >= limit:
                return limit
            if (start := page.last_evaluated_key) is None:
                break
    return found


def are_apart(readers: Sequence[Reader]) -> bool:
    """Whether no row can be found by two of these readings: they read the partitions that one path
    is spread over."""
    return all(
        one.claim is None and msgspec.structs.replace(one, shard=readers[0].shard) == readers[0]
        for one in readers
    )


def _page(
    repository: Repository[Any], asked: Query[Item], select: tuple[str, ...]
) -> tuple[list[Any], Page[Any]]:
    driver = repository.connection.driver
    if select:
        chosen = selection(repository.layout, select)
        return fetch_page(driver, chosen, chosen.of(asked))
    return fetch_page(driver, repository.layout, asked, repository.adopt)


def merged(
    parts: Sequence[Iterator[T]], key: Callable[[T], Any] | None, descending: bool
) -> Iterator[T]:
    """What several readings find, sorted by a key where one is given; else one after the other.
    Each reading is in that order already."""
    if key is None or len(parts) == 1:
        return (one for part in parts for one in part)
    return heapq.merge(*parts, key=key, reverse=descending)


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
