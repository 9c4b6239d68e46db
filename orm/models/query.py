"""The query builder: says what to find, one word at a time, and reads it.

    table.query(Flight).where(airport="EWR", day=day).where_between("departs", a, b).all()

A query is immutable: each word returns a new one, so a half-built query can be shared. Nothing is
sent before `all`, `first`, `iterate`, `count` or `exists`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, Generic, TypeVar

import msgspec

from orm import requests
from orm.driver.protocol import Driver
from orm.errors import ConfigurationError
from orm.limits import PAGE_ROWS_MAX
from orm.models.fetching import fetch_page
from orm.models.layout import Layout
from orm.models.model import Model
from orm.models.plan import Plan, Question, Range, plan

M = TypeVar("M", bound=Model)
X = TypeVar("X")


class Query(Generic[M]):
    """A question about the rows of one model; made by `Table.query`."""

    def __init__(
        self,
        driver: Driver,
        layout: Layout[M],
        question: Question | None = None,
        limit: int | None = None,
    ) -> None:
        self._driver, self._layout = driver, layout
        self._question, self._limit = question or Question(), limit

    def _with(self, **changes: Any) -> Query[M]:
        question = msgspec.structs.replace(self._question, **changes)
        return Query(self._driver, self._layout, question, self._limit)

    # --- saying what to find ---

    def where(self, **fields: object) -> Query[M]:
        """Rows whose fields have these values."""
        twice = fields.keys() & self._question.equal.keys()
        if twice:
            raise ConfigurationError(self._layout.model.__name__, f"{min(twice)!r} is asked twice")
        return self._with(equal={**self._question.equal, **fields})

    def where_between(self, field: str, low: object, high: object) -> Query[M]:
        """Rows whose field lies within these two values, both included."""
        return self._ranged(Range(field, low=_given(field, low), high=_given(field, high)))

    def where_at_least(self, field: str, low: object) -> Query[M]:
        """Rows whose field is this value or greater."""
        return self._ranged(Range(field, low=_given(field, low)))

    def where_at_most(self, field: str, high: object) -> Query[M]:
        """Rows whose field is this value or less."""
        return self._ranged(Range(field, high=_given(field, high)))

    def where_begins_with(self, field: str, beginning: str) -> Query[M]:
        """Rows whose field, a string, begins with this one."""
        return self._ranged(Range(field, beginning=beginning))

    def _ranged(self, asked: Range) -> Query[M]:
        if self._question.range is not None:
            raise ConfigurationError(
                self._layout.model.__name__, "a key condition ranges over one field"
            )
        return self._with(range=asked)

    def order_by(self, field: str | None = None, *, desc: bool = False) -> Query[M]:
        """Least first by `field`, or greatest first with `desc`.

        The field is the one after those given in `where`; None means just that one.
        """
        return self._with(order=field, descending=desc)

    def latest(self) -> Query[M]:
        """Greatest first: the last day, the highest number."""
        return self.order_by(desc=True)

    def limit(self, count: int) -> Query[M]:
        """At most `count` rows."""
        if count < 0:
            raise ConfigurationError("limit", f"must not be negative, is {count}")
        return Query(self._driver, self._layout, self._question, count)

    def consistent(self) -> Query[M]:
        """See every write that was answered before the read; an index cannot."""
        return self._with(consistent=True)

    # --- reading ---

    def explain(self) -> Plan:
        """How this would be answered: index, key condition, direction. Sends nothing."""
        return plan(self._layout, self._question)

    def iterate(self) -> Iterator[M]:
        """The rows one by one, read page by page in constant memory."""
        for rows in self._pages(partial(fetch_page, self._driver, self._layout)):
            yield from rows

    def all(self) -> list[M]:
        """All rows, in order."""
        return list(self.iterate())

    def first(self) -> M | None:
        """The first row, or None where there is none."""
        return next(self.limit(1).iterate(), None) if self._limit != 0 else None

    def count(self) -> int:
        """How many rows there are; they are read, though only their keys are sent."""
        return sum(self._pages(self._counted))

    def exists(self) -> bool:
        """Whether there is a row."""
        return self._limit != 0 and self.limit(1).count() > 0

    def _pages(
        self, ask: Callable[[requests.Query[Any]], tuple[X, requests.Page[Any]]]
    ) -> Iterator[X]:
        """What `ask` makes of each page."""
        made, left, start = self.explain(), self._limit, None
        while left is None or left > 0:
            found, page = ask(self._request(made, left, start))
            yield found
            start = page.last_evaluated_key
            if start is None:
                return
            left = None if left is None else left - page.count

    def _request(
        self, made: Plan, limit: int | None, start: requests.Item | None
    ) -> requests.Query[Any]:
        return requests.Query(
            table_name=self._layout.config.table,
            key_condition_expression=made.key_condition,
            expression_attribute_names=made.names,
            expression_attribute_values=made.values,
            index_name=made.index,
            consistent_read=made.consistent,
            scan_index_forward=made.forward,
            limit=None if limit is None else min(limit, PAGE_ROWS_MAX),
            exclusive_start_key=start,
        )

    def _counted(self, request: requests.Query[Any]) -> tuple[int, requests.Page[Any]]:
        names = {**(request.expression_attribute_names or {}), "#key": self._layout.config.pk}
        page = self._driver.send(
            msgspec.structs.replace(
                request,
                projection_expression="#key",
                expression_attribute_names=names,
                read_as=_Nothing,
            )
        )
        return page.count, page


class _Nothing(msgspec.Struct):
    """An item that only counts."""


def _given(field: str, bound: object) -> object:
    if bound is None:
        raise ConfigurationError(field, "a bound cannot be None; use where_at_least or _at_most")
    return bound
