"""Casts: values are stored as others, and keys, filters and orders go by what is stored."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from decimal import Decimal
from typing import Annotated, Any

import pytest

from orm.definitions import PatternDefinition as Pattern
from orm.driver import MeteredDriver
from orm.errors import UnreadableRowError, UnsupportedValueError
from orm.records import (
    Attr,
    Cast,
    CheckFailedError,
    Connection,
    Cursors,
    DynamoDBModel,
    Repository,
    attr,
    new_id,
)
from orm.requests import PutItem


@dataclasses.dataclass(frozen=True)
class Money:
    amount: Decimal


class Pence(Cast[Money, int]):
    stored = int

    def to_stored(self, value: Money) -> int:
        return int(value.amount * 100)

    def from_stored(self, stored: int) -> Money:
        if stored < 0:
            raise ValueError("nobody owes a product")
        return Money(Decimal(stored) / 100)


class Lower(Cast[str, str]):
    """Text of which the case says nothing."""

    stored = str

    def to_stored(self, value: str) -> str:
        return value.lower()

    def from_stored(self, stored: str) -> str:
        return stored


class JsonText(Cast[dict[str, Any], str]):
    stored = str

    def to_stored(self, value: dict[str, Any]) -> str:
        return json.dumps(value, sort_keys=True)

    def from_stored(self, stored: str) -> dict[str, Any]:
        loaded: dict[str, Any] = json.loads(stored)
        return loaded


Price = Annotated[Money, Pence()]


class Product(
    DynamoDBModel,
    patterns=(
        Pattern(name="by shop", equal=("shop",), sort="price"),
        Pattern(name="by price", equal=("price",)),
    ),
):
    id: Attr[str] = attr(default_factory=new_id)
    shop: Attr[str] = attr(default="s")
    price: Attr[Price]
    was: Attr[Price | None] = attr(default=None)
    code: Attr[Annotated[str, Lower()]] = attr(default="")
    options: Attr[Annotated[dict[str, Any], JsonText()]] = attr(default_factory=dict)


def pounds(text: str) -> Money:
    return Money(Decimal(text))


@pytest.fixture
def models() -> Sequence[type[DynamoDBModel]]:
    return (Product,)


@pytest.fixture
def products(connection: Connection) -> Repository[Product]:
    return connection.repository(Product)


def test_a_value_comes_back_as_it_was(products: Repository[Product]) -> None:
    made = products.create(price=pounds("1.25"), was=pounds("2"), options={"b": [1], "a": None})
    found = products.find_or_fail(made.id)
    assert found == made
    assert (found.price, found.was, found.options["b"]) == (pounds("1.25"), pounds("2"), [1])
    item = products.stored.item(found)
    assert (item["price"], item["options"]) == ({"N": "125"}, {"S": '{"a": null, "b": [1]}'})
    assert not found.is_dirty()
    found.update(price=pounds("1.5"), was=None)
    assert products.find_or_fail(made.id) == found
    assert products.find_many([made.id]) == [found]


def test_keys_and_orders_go_by_what_is_stored(products: Repository[Product]) -> None:
    for text in ("10", "9.5", "0.05", "100"):
        products.create(id=text, price=pounds(text))
    in_order = products.query().where(shop="s").order_by("price").get()
    assert [row.id for row in in_order] == ["0.05", "9.5", "10", "100"]
    middle = products.query().where(shop="s").where_between("price", pounds("1"), pounds("10"))
    assert [row.id for row in middle.get()] == ["9.5", "10"]
    assert [row.id for row in products.query().where(price=pounds("100")).get()] == ["100"]
    row = products.find_or_fail("100")
    row.update(price=pounds("1"))
    assert products.query().where(price=pounds("100")).get() == []
    assert [r.id for r in products.query().where(price=pounds("1")).get()] == ["100"]


def test_filters_compare_what_is_stored(products: Repository[Product]) -> None:
    products.create(id="a", price=pounds("1"), was=pounds("3"), code="x1")
    products.create(id="b", price=pounds("2"))
    query = products.query().where(shop="s")
    assert [r.id for r in query.filter(was=pounds("3")).get()] == ["a"]
    assert [r.id for r in query.filter(Product.was > pounds("2.99")).get()] == ["a"]
    assert [r.id for r in query.filter(code="X1").get()] == ["a"]
    assert [r.id for r in query.where_null("was").get()] == ["b"]
    assert query.select("price") == [{"price": pounds("1")}, {"price": pounds("2")}]
    assert query.pluck("price") == [pounds("1"), pounds("2")]


def test_what_would_not_come_back_is_refused(products: Repository[Product]) -> None:
    with pytest.raises(UnsupportedValueError, match=r"Product\.price: .*would come back"):
        products.create(price=pounds("0.001"))
    with pytest.raises(UnsupportedValueError, match="Pence refuses it"):
        products.create(price="1.25")
    with pytest.raises(UnsupportedValueError, match="would come back as 'abc'"):
        products.create(price=pounds("1"), code="Abc")


def test_what_is_stored_and_no_value_is_told(
    products: Repository[Product], connection: Connection, meter: MeteredDriver
) -> None:
    made = products.create(id="1", price=pounds("1"))
    item = {**products.stored.item(made), "price": {"N": "-5"}}
    meter.send(PutItem(table_name=connection.config.table, item=item))
    with pytest.raises(UnreadableRowError, match="Pence refuses it: nobody owes a product"):
        products.find("1")


def test_what_is_stored_is_compared_wherever_a_value_is_said(
    connection: Connection, products: Repository[Product]
) -> None:
    """In checks of a transaction, in questions by keys, and on pages of alternatives."""
    made = [products.create(id=f"{n}", price=pounds(f"{n}"), code=f"c{n}") for n in range(1, 7)]
    with connection.transaction() as tx:
        tx.check(made[0], Product.price >= pounds("1"))
        tx.save(_priced(made[0], "1.5"))
    with pytest.raises(CheckFailedError), connection.transaction() as tx:
        tx.check(made[0], Product.price > pounds("1.5"))
        tx.save(_priced(made[0], "9"))
    with pytest.raises(CheckFailedError), connection.transaction() as tx:
        tx.check(made[1], Product.price > pounds("2"))
    asked = connection.entity(Product).pk(id="1").filter(price=pounds("1.5"))
    assert [row.id for row in asked.get()] == ["1"]
    assert asked.filter(Product.price > pounds("1.5")).get() == []
    paged = Connection(
        connection.driver,
        connection.config,
        tenant=connection.tenant,
        cursor_keys=(Cursors.new_key(),),
    )
    paged.register(Product)
    query = paged.repository(Product).query().where(shop="s")
    query = query.where(Product.price <= pounds("4")).or_where(shop="s").filter(code="C2")
    page = query.paginate(1)
    assert [row.id for row in page.rows] == ["2"]
    assert page.next is None
    wide = paged.repository(Product).query().where(price=pounds("3")).or_where(shop="s")
    found, cursor = [], None
    while True:
        page = wide.paginate(2, cursor)
        found += [row.id for row in page.rows]
        if (cursor := page.next) is None:
            break
    assert sorted(found) == ["1", "2", "3", "4", "5", "6"]


def _priced(product: Product, text: str) -> Product:
    product.price = pounds(text)
    return product
