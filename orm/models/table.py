"""A table: the object through which rows are read and written."""

from __future__ import annotations

import copy
import secrets
from collections.abc import Generator, Iterable, Mapping
from typing import Final, TypeVar

import msgspec

from orm.batch import Batches
from orm.clock import Clock, SystemClock
from orm.config import SingleTableConfig
from orm.driver.protocol import Driver
from orm.driver.retry import RetryPolicy
from orm.errors import (
    ConditionFailedError,
    ConfigurationError,
    RowExistsError,
    RowNotFoundError,
)
from orm.expressions import Condition, not_exists
from orm.models.actions import delete_row, put_row
from orm.models.fetching import fetch_row, scan_rows
from orm.models.layout import Layout, layout_of
from orm.models.model import Model
from orm.models.plan import Question
from orm.models.query import Query
from orm.requests import AttributeValue, Delete, DeleteItem, GetItem, Item, Put, PutItem

M = TypeVar("M", bound=Model)

_CREATED: Final = "!created"
"""Chance, by which a creator whose answer was lost knows its own row from a rival's equal one."""


class Table:
    """Rows of any number of models in one DynamoDB table.

    Thread-safe; holds no connection of its own.

    Args:
        driver: what carries the calls.
        config: the table's names.
        tenant: whose rows; None where there are no tenants. Leads every partition key.
        policy: how long a batch repeats what DynamoDB left undone.
        clock: waits between repetitions.
    """

    def __init__(
        self,
        driver: Driver,
        config: SingleTableConfig,
        *,
        tenant: str | None = None,
        policy: RetryPolicy | None = None,
        clock: Clock | None = None,
    ) -> None:
        self.config, self.tenant = config, tenant
        self._driver, self._consistent = driver, False
        self._batches = Batches(driver, config, policy or RetryPolicy(), clock or SystemClock())
        self._models: dict[str, type[Model]] = {}

    def consistent(self) -> Table:
        """The same table, whose reads see every write that was answered before; they cost twice.

        An index cannot be read so; a query that needs one is refused.
        """
        view = copy.copy(self)
        view._consistent = True
        return view

    def layout(self, model: type[M]) -> Layout[M]:
        """How the rows of `model` lie in this table.

        Raises:
            ConfigurationError: another model has the same prefix here, so each would read the
                other's rows.
        """
        layout = layout_of(model, self.config, self.tenant)
        owner = self._models.setdefault(layout.prefix, model)
        if owner is not model:
            raise ConfigurationError(
                model.__name__,
                f"has the prefix {layout.prefix!r} of {owner.__name__}; give one another prefix=",
            )
        return layout

    # --- one row ---

    def get(self, model: type[M], /, **key: object) -> M | None:
        """The row that `key` identifies, or None.

        Args:
            model: whose row.
            key: the fields of the model's key.
        """
        layout = self.layout(model)
        request: GetItem[Item] = GetItem(
            table_name=self.config.table, key=layout.key(key), consistent_read=self._consistent
        )
        return fetch_row(self._driver, layout, request)

    def get_or_fail(self, model: type[M], /, **key: object) -> M:
        """The row that `key` identifies.

        Raises:
            RowNotFoundError: there is none.
        """
        row = self.get(model, **key)
        if row is None:
            raise RowNotFoundError(model.__name__, key)
        return row

    def put(self, row: Model, *, condition: Condition | None = None) -> None:
        """Write the row in place of whatever is at its key.

        Raises:
            ConditionFailedError: `condition` was false.
        """
        self.layout(type(row))
        put = put_row(row, self.config, condition=condition, tenant=self.tenant)
        self._driver.send(_put_item(put))

    def create(self, row: Model) -> None:
        """Write a row that must not be there yet.

        Raises:
            RowExistsError: there is a row at its key.
        """
        layout = self.layout(type(row))
        mine: AttributeValue = {"B": secrets.token_bytes(8)}
        put = put_row(
            row,
            self.config,
            extra={_CREATED: mine},
            condition=not_exists(self.config.pk),
            return_item_on_failure=True,
            tenant=self.tenant,
        )
        try:
            self._driver.send(_put_item(put))
        except ConditionFailedError as error:
            if error.item is not None and error.item.get(_CREATED) == mine:
                return  # the answer of an earlier attempt was lost: this is our own row
            raise RowExistsError(
                type(row).__name__, layout.key_values(row), error.applied
            ) from error

    def delete(self, model: type[Model], /, **key: object) -> None:
        """Delete the row that `key` identifies, if it is there."""
        self.layout(model)
        delete = delete_row(model, self.config, key, tenant=self.tenant)
        self._driver.send(_delete_item(delete))

    # --- many rows ---

    def get_many(self, model: type[M], keys: Iterable[Mapping[str, object]]) -> list[M]:
        """The rows at `keys`, in their order; keys without a row are passed over.

        Raises:
            UnprocessedError: DynamoDB left some keys undone for as long as the policy repeats.
        """
        layout = self.layout(model)
        wanted = [layout.key(key) for key in keys]
        items = self._batches.get_in_order(wanted, consistent=self._consistent)
        return [layout.known_row(item) for item in items if item is not None]

    def put_many(self, rows: Iterable[Model]) -> None:
        """Write many rows, unconditionally and not together.

        Raises:
            RepeatedItemError: two of them have one key.
            UnprocessedError: DynamoDB left some undone for as long as the policy repeats.
        """
        self._batches.write(puts=[self.layout(type(row)).item(row) for row in rows])

    # --- asking ---

    def query(self, model: type[M]) -> Query[M]:
        """A question about the rows of `model`, to be completed with `where`."""
        return Query(self._driver, self.layout(model), Question(consistent=self._consistent))

    def scan(self, model: type[M], *, segments: int = 1) -> Generator[M]:
        """Every row of `model`, in no order, by reading the *whole* table.

        Args:
            model: the type of the rows.
            segments: in how many parts it is read at once, each in a thread of its own.
        """
        return scan_rows(
            self._driver, self.layout(model), consistent=self._consistent, segments=segments
        )


def _put_item(put: Put) -> PutItem:
    return PutItem(**msgspec.structs.asdict(put))


def _delete_item(delete: Delete) -> DeleteItem:
    return DeleteItem(**msgspec.structs.asdict(delete))
