"""What writes cost is what the book says: index entries and claims of unique values included."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from orm.book import WriteEntry
from orm.codec import item_size_bytes
from tests.contract.book.conftest import Shop
from tests.contract.book.shop import NOON, Customer, Group, Line, Order, Product, Profile


def new_rows() -> tuple[Any, ...]:
    return (
        Group(id="new", name="new"),
        Profile(id="new", customer_id="c1", note="x" * 2_000),
        Line(order_id="o1", number=9, product_id="p1", gift=True, note="x" * 1_500),
        Order(
            id="new",
            customer_id="c1",
            placed=NOON,
            total=Decimal(1),
            status="open",
            coupon="spring",
        ),
        Customer(
            id="new", region_id="r1", email="new@example.com", name="new", level=1, town="Rome"
        ),
        Product(id="new", sku="new", maker="new", model=1, status="live"),
    )


def test_every_write_costs_what_is_predicted(shop: Shop) -> None:
    """DynamoDB Local counts a transaction's units once; AWS and the memory engine count double."""
    said = {(one.entity, one.operation): one for one in shop.generator.book().writes}
    for row in new_rows():
        repository: Any = shop.connection.repository(type(row))
        name = type(row).__name__
        shop.listener.forget()
        repository.save(row)
        check(said[name, "create"], shop, size(repository, row))
        before = size(repository, row)
        change(row)
        repository.save(row)
        check(said[name, "update"], shop, max(before, size(repository, row)))
        before = size(repository, row)
        repository.force_delete(row)
        check(said[name, "delete"], shop, before)


def change(row: Any) -> None:
    """Of attributes that indexes are made of, where there are any."""
    for name, value in (
        ("total", Decimal(2)),
        ("level", 2),
        ("gift", False),
        ("note", "y"),
        ("name", "y"),
    ):
        if hasattr(row, name):
            setattr(row, name, value)
            return


def size(repository: Any, row: Any) -> int:
    return item_size_bytes(repository.stored.item(row))


def check(entry: WriteEntry, shop: Shop, item_bytes: int) -> None:
    """Within half of the least, for what is counted once, and the most."""
    least, most = entry.predict(item_bytes)
    consumed = shop.listener.written
    assert (least / 2 if entry.claims else least) <= consumed <= most, entry
    shop.listener.forget()
