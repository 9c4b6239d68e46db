"""Requesting: readings as calls, a page at a time.

A filter counts after `Limit`, so how many rows have to be read for those that are wanted is not
known: a few are asked for first, and four times as many each time that they were not enough.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import repeat
from typing import TYPE_CHECKING, Any, Final

import msgspec

from orm.errors import ConfigurationError
from orm.expressions import Condition, Placeholders, all_of, equals
from orm.limits import PAGE_ROWS_MAX
from orm.models.path_keys import index_name
from orm.models.plan import key_condition
from orm.records.queries.compiling import Reader
from orm.requests import Item, Query

if TYPE_CHECKING:
    from orm.records.repository import Repository

ROWS_FIRST: Final = 25
ROWS_LAST: Final = 2_000
"""Beyond so many a page is not limited but by DynamoDB's 1 MB."""
GROWTH: Final = 4
EXPRESSION_BYTES_MAX: Final = 4096  # DynamoDB service quotas, expression parameters


def page_sizes(limit: int | None, *, sieved: bool) -> Iterator[int | None]:
    """How many rows each page of a reading asks for, one page after another; None is as many as
    DynamoDB gives.

    Args:
        limit: how many rows are wanted; None for all.
        sieved: whether some of the rows that are read are left out.
    """
    if limit is None or not sieved:
        yield from repeat(None if limit is None else min(limit, PAGE_ROWS_MAX))
    assert limit is not None, "repeated for ever"
    size = max(limit, ROWS_FIRST)
    while size <= ROWS_LAST:
        yield size
        size *= GROWTH
    yield from repeat(None)


def request(
    repository: Repository[Any], reader: Reader, limit: int | None, start: Item | None
) -> Query[Item]:
    """The call for one page of a reading.

    Args:
        repository: of the rows.
        reader: the reading.
        limit: how many rows are read, filters or no filters.
        start: after which key; None for the beginning.
    """
    keys = reader.keys
    where = key_condition(repository.layout, keys, reader.position, reader.question, reader.shard)
    return msgspec.structs.replace(
        _query(repository, where, reader.filters),
        index_name=index_name(keys.path, repository.layout.config),
        consistent_read=reader.question.consistent,
        scan_index_forward=reader.forward,
        limit=limit,
        exclusive_start_key=start,
    )


def request_of_one(repository: Repository[Any], reader: Reader, key: Item) -> Query[Item]:
    """The call for the row at a key, which a claim names; a query, so that filters hold of it."""
    where = all_of(*(equals(name, wire["S"]) for name, wire in key.items()))
    made = _query(repository, where, reader.filters)
    return msgspec.structs.replace(made, consistent_read=True)


def _query(
    repository: Repository[Any], where: Condition, filters: tuple[Condition, ...]
) -> Query[Item]:
    placeholders = Placeholders()
    text = where.render(placeholders)
    return Query(
        table_name=repository.layout.config.table,
        key_condition_expression=text,
        filter_expression=rendered(filters, placeholders),
        expression_attribute_names=placeholders.names,
        expression_attribute_values=placeholders.values or {},
    )


def rendered(filters: tuple[Condition, ...], placeholders: Placeholders) -> str | None:
    """Filters as an expression.

    Raises:
        ConfigurationError: it is longer than DynamoDB takes.
    """
    if not filters:
        return None
    text = all_of(*filters).render(placeholders)
    if len(text) > EXPRESSION_BYTES_MAX:  # placeholders are ASCII
        reason = f"takes {len(text):,} bytes as an expression, DynamoDB allows 4,096"
        raise ConfigurationError("filter", reason, "ask for fewer values at a time")
    return text
