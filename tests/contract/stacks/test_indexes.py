"""Indexes of parsed models: each answers what SQL people would ask it, as brute force does."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from orm.definitions import EntityDefinition, IndexDefinition
from orm.driver import MeteredDriver
from orm.errors import NoIndexError
from orm.records import Connection, RecordQuery
from tests.contract.stacks.samples import key_of, rows_of
from tests.contract.stacks.stocked import ROWS, Shop


def indexes(models: Sequence[EntityDefinition]) -> list[tuple[EntityDefinition, IndexDefinition]]:
    return [(one, index) for one in models for index in one.indexes]


def test_every_index_answers_as_brute_force_does(
    connection: Connection, shop: Shop, models: Sequence[EntityDefinition], meter: MeteredDriver
) -> None:
    """By all its columns and by the first of them, in the order of the next and ranges of it."""
    scans = meter.usage().requests["Scan"]
    for definition, index in indexes(models):
        rows = shop.rows[definition.name]
        assert len(rows) >= ROWS - 4
        answered = 0
        for count in range(1, len(index.columns) + 1):
            for values in _asked(rows, index.columns[:count]):
                answered += _check(shop, definition, index, values)
        assert answered >= len(shop.live(definition.name, **index.where)) / 2, index.name
    assert meter.usage().requests["Scan"] == scans


def _asked(rows: list[Any], columns: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    """The values that some rows have, and ones that none has; a dozen at the most."""
    known = {tuple(getattr(row, name) for name in columns) for row in rows}
    whole = sorted((one for one in known if None not in one), key=repr)
    for values in whole[:: max(1, len(whole) // 12)]:
        yield dict(zip(columns, values, strict=True))


def _check(
    shop: Shop, definition: EntityDefinition, index: IndexDefinition, values: dict[str, Any]
) -> int:
    """Compare the answers to one question; how many rows it found."""
    repository = rows_of(shop.connection, definition.name)
    asked = repository.query().where(**values, **index.where)
    wanted = shop.live(definition.name, **values, **index.where)
    found = asked.get()
    assert _keys(definition, found) == _keys(definition, wanted), (index.name, values)
    assert all(row == repository.find(*key_of(definition, row)) for row in found[:2])
    if len(values) < len(index.columns):
        _check_order(definition, asked, wanted, index.columns[len(values)])
    return len(found)


def _check_order(
    definition: EntityDefinition, asked: RecordQuery[Any], wanted: list[Any], name: str
) -> None:
    rows = [row for row in wanted if getattr(row, name) is not None]
    order = sorted(getattr(row, name) for row in rows)
    assert [getattr(row, name) for row in asked.order_by(name).get()] == order
    assert [getattr(row, name) for row in asked.order_by(name, "desc").get()] == order[::-1]
    assert [getattr(row, name) for row in asked.order_by(name).limit(2).get()] == order[:2]
    if not order:
        return
    middle, last = order[len(order) // 2], order[-1]
    for operator, kept in (
        (">=", [row for row in rows if getattr(row, name) >= middle]),
        ("<", [row for row in rows if getattr(row, name) < middle]),
    ):
        assert _keys(definition, asked.where(name, operator, middle).get()) == _keys(
            definition, kept
        )
    between = [row for row in rows if middle <= getattr(row, name) <= last]
    assert _keys(definition, asked.where_between(name, middle, last).get()) == _keys(
        definition, between
    )


def _keys(definition: EntityDefinition, rows: list[Any]) -> list[Any]:
    return sorted(key_of(definition, row) for row in rows)


def test_indexes_follow_every_change(connection: Connection, shop: Shop) -> None:
    """A row leaves where it stood: by a change, the bin, and being deleted."""
    products = rows_of(connection, "Product")

    def sale() -> list[str]:
        asked = products.query().where(variety="goods", on_sale=True)
        return sorted(row.id for row in asked.get())

    def expected() -> list[str]:
        return sorted(row.id for row in shop.live("Product", variety="goods", on_sale=True))

    first, second, third = shop.live("Product", variety="goods", on_sale=True)[:3]
    first.update(on_sale=False)
    assert sale() == expected()
    second.update(variety="service")
    assert sale() == expected()
    third.delete()
    assert sale() == expected()
    third.restore()
    assert sale() == expected()
    assert third.id in sale()
    third.force_delete()
    shop.rows["Product"].remove(third)
    assert sale() == expected()


def test_what_no_index_answers_is_refused(connection: Connection, shop: Shop) -> None:
    with pytest.raises(NoIndexError, match='"equal": \\["country"\\]'):
        rows_of(connection, "Address").query().where(country="GB").get()
    with pytest.raises(NoIndexError):
        rows_of(connection, "Product").query().where(stock=3).get()
    found = rows_of(connection, "Address").query().filter(country="GB").scan()
    assert len(list(found)) == len(shop.rows["Address"])


def test_answers_are_walked_page_by_page(connection: Connection, shop: Shop) -> None:
    comments = rows_of(connection, "Comment")
    asked = comments.query().where(status="shown")
    parts = list(asked.chunk(4))
    assert [len(part) for part in parts[:-1]] == [4] * (len(parts) - 1)
    walked = [row.id for part in parts for row in part]
    assert sorted(walked) == sorted(row.id for row in shop.live("Comment", status="shown"))
    assert asked.count() == len(walked)
    assert asked.exists()
