"""Fetching: requests for items, answered by rows of a model.

Items are decoded as the model's own stored type (`orm.models.reading`). What does not fit it is
read again as plain wire values, whose conversion says what is wrong and where.
"""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec

from orm.driver.protocol import Driver
from orm.errors import UnexpectedItemError
from orm.models.layout import Layout
from orm.models.model import Model
from orm.requests import GetItem, Item, Page, Query, Scan

M = TypeVar("M", bound=Model)


def fetch_row(driver: Driver, layout: Layout[M], request: GetItem[Item]) -> M | None:
    """The row that is read by its key, or None.

    Raises:
        UnreadableRowError: the item is not what the model says.
    """
    try:
        typed: GetItem[Any] = msgspec.structs.replace(request, read_as=layout.reader.stored)
        stored = driver.send(typed).item
        return None if stored is None else layout.reader.row(stored)
    except UnexpectedItemError as error:
        item = error.answer.item
    except (TypeError, ValueError):  # the row's own checks refuse it: read again to say where
        item = driver.send(request).item
    return None if item is None else layout.row(item)


def fetch_page(
    driver: Driver, layout: Layout[M], request: Query[Item] | Scan[Item]
) -> tuple[list[M], Page[Any]]:
    """The rows of one page, and the page. Errors are those of `fetch_row`."""
    page: Page[Any]
    try:
        page = driver.send(msgspec.structs.replace(request, read_as=layout.reader.stored))
        return list(map(layout.reader.row, page.items)), page
    except UnexpectedItemError as error:
        page = error.answer
    except (TypeError, ValueError):
        page = driver.send(request)
    return list(map(layout.row, page.items)), page
