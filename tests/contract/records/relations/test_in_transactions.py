"""Rows that hang on each other are written in one transaction, each of them once."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from orm.errors import ConfigurationError
from orm.records import (
    Attr,
    Connection,
    DynamoDBModel,
    attr,
    belongs_to,
    belongs_to_many,
    has_many,
    new_id,
)


class Shop(DynamoDBModel):
    id: Attr[str] = attr(default_factory=new_id)

    orders = has_many(lambda: Order, on_delete="cascade")
    guests = has_many(lambda: Guest, on_delete="set_null")
    tags = belongs_to_many(lambda: Tag)


class Owner(DynamoDBModel):
    id: Attr[str] = attr(default_factory=new_id)

    guests = has_many(lambda: Guest, on_delete="set_null")


class Order(DynamoDBModel):
    id: Attr[str] = attr(default_factory=new_id)
    shop_id: Attr[str]

    shop = belongs_to(Shop)


class Guest(DynamoDBModel):
    id: Attr[str] = attr(default_factory=new_id)
    shop_id: Attr[str | None] = attr(default=None)
    owner_id: Attr[str | None] = attr(default=None)


class Tag(DynamoDBModel):
    id: Attr[str] = attr(default_factory=new_id)

    shops = belongs_to_many(Shop)


MODELS = (Guest, Order, Owner, Shop, Tag)


@pytest.fixture
def models() -> Sequence[type[DynamoDBModel]]:
    """The models in the table."""
    return MODELS


@pytest.fixture
def shop(connection: Connection) -> Shop:
    return connection.repository(Shop).create()


def test_both_ends_of_an_edge_are_deleted(connection: Connection, shop: Shop) -> None:
    tag = connection.repository(Tag).create()
    shop.related(Shop.tags).attach(tag)
    with connection.transaction() as tx:
        tx.force_delete(shop)
        tx.force_delete(tag)
    assert connection.repository(Tag).find(tag.id) is None
    assert connection.repository(Shop).find(shop.id) is None


@pytest.mark.parametrize("child_first", [True, False])
def test_a_row_and_what_hangs_on_it_are_deleted(
    connection: Connection, shop: Shop, child_first: bool
) -> None:
    orders = connection.repository(Order)
    order, other = (orders.create(shop_id=shop.id) for _ in range(2))
    with connection.transaction() as tx:
        for row in (order, shop) if child_first else (shop, order):
            tx.force_delete(row)
    assert [orders.find(one.id) for one in (order, other)] == [None, None]
    order.delete()  # it knows that it is gone


@pytest.mark.parametrize("saved_first", [True, False])
def test_a_row_that_is_given_to_another_is_not_deleted_with_the_first(
    connection: Connection, shop: Shop, saved_first: bool
) -> None:
    """The index knows nothing yet of the save, and the deletion nothing of what it means."""
    orders, new = connection.repository(Order), connection.repository(Shop).create()
    order = orders.create(shop_id=shop.id)
    with pytest.raises(ConfigurationError) as caught, connection.transaction() as tx:
        order.shop_id = new.id
        if saved_first:
            tx.save(order)
        tx.force_delete(shop)
        tx.save(order)
    assert "transaction" in str(caught.value)
    assert orders.find(order.id) is not None
    assert connection.repository(Shop).find(shop.id) is not None


def test_a_row_that_hangs_on_two_is_emptied_of_both(connection: Connection, shop: Shop) -> None:
    owner = connection.repository(Owner).create()
    guest = connection.repository(Guest).create(shop_id=shop.id, owner_id=owner.id)
    with connection.transaction() as tx:
        tx.force_delete(shop)
        tx.force_delete(owner)
    guest.refresh()
    assert (guest.shop_id, guest.owner_id) == (None, None)
    owner = connection.repository(Owner).create()
    assert owner.load(Owner.guests).guests == []


def test_a_row_that_two_would_empty_keeps_what_it_was_given_meanwhile(
    connection: Connection, shop: Shop
) -> None:
    """Each reason counts for itself: the owner goes, the shop is another's by now."""
    guests, other = connection.repository(Guest), connection.repository(Shop).create()
    owner = connection.repository(Owner).create()
    guest = guests.create(shop_id=shop.id, owner_id=owner.id)
    with connection.transaction() as tx:
        tx.force_delete(shop)
        tx.force_delete(owner)
        guests.find_or_fail(guest.id).update(shop_id=other.id)
    guest.refresh()
    assert (guest.shop_id, guest.owner_id) == (other.id, None)
    assert connection.repository(Shop).find(shop.id) is None
    assert connection.repository(Owner).find(owner.id) is None


@pytest.mark.parametrize("child_first", [True, False])
def test_a_row_that_is_meant_goes_wherever_it_hangs_by_now(
    connection: Connection, shop: Shop, child_first: bool
) -> None:
    orders, other = connection.repository(Order), connection.repository(Shop).create()
    order = orders.create(shop_id=shop.id)
    with connection.transaction() as tx:
        for row in (order, shop) if child_first else (shop, order):
            tx.force_delete(row)
        orders.find_or_fail(order.id).update(shop_id=other.id)
    assert orders.find(order.id) is None
    assert connection.repository(Shop).find(shop.id) is None
