"""The models of the suite: a shop, with every kind of pattern and relation, and its rows."""

from __future__ import annotations

import datetime as dt
import random
from decimal import Decimal
from typing import Any, Final

from orm.definitions import IndexDefinition as Index
from orm.definitions import PatternDefinition as Pattern
from orm.indexes import PlanOptions
from orm.records import (
    Attr,
    Connection,
    DynamoDBModel,
    Expires,
    SoftDeletes,
    Timestamps,
    attr,
    belongs_to,
    belongs_to_many,
    has_many,
    has_many_through,
    has_one,
    morph_many,
    morph_to,
    new_id,
)

NOON: Final = dt.datetime(2026, 1, 1, 12, tzinfo=dt.UTC)
FAR: Final = 4_000_000_000


class Region(DynamoDBModel):
    id: Attr[str] = attr(default_factory=new_id)
    name: Attr[str] = attr(unique=True)

    customers = has_many(lambda: Customer)
    orders = has_many_through(lambda: Order, lambda: Customer)


class Customer(
    DynamoDBModel,
    Timestamps,
    indexes=(Index(name="by_town", columns=("town", "level", "name")),),
):
    """Rows without a town do not stand in the index."""

    id: Attr[str] = attr(default_factory=new_id)
    region_id: Attr[str]
    email: Attr[str] = attr(unique=True, casefold=True)
    name: Attr[str]
    level: Attr[int]
    town: Attr[str | None] = attr(default=None)
    note: Attr[str] = attr(default="")

    orders = has_many(lambda: Order, order_by="-placed")
    profile = has_one(lambda: Profile, owned=True)
    groups = belongs_to_many(lambda: Group)


class Profile(DynamoDBModel):
    """Lies with its customer."""

    id: Attr[str] = attr(default_factory=new_id)
    customer_id: Attr[str] = attr(immutable=True)
    note: Attr[str] = attr(default="")

    customer = belongs_to(Customer)


class Order(
    DynamoDBModel,
    SoftDeletes,
    Timestamps,
    patterns=(
        Pattern(name="open", equal=("customer_id",), sort="-total", where={"status": "open"}),
        Pattern(name="kept", equal=("status",), sort="placed", where={"cancelled_by": None}),
        Pattern(name="with coupon", equal=("coupon",), sort="-placed"),
        Pattern(
            name="board",
            equal=("customer_id", "status"),
            sort="placed",
            project=("placed", "total"),
        ),
        Pattern(name="newest", equal=(), sort="-placed", writes_per_second=1_800),
    ),
):
    """Goes into a bin whose rows are found, too."""

    id: Attr[str] = attr(default_factory=new_id)
    customer_id: Attr[str]
    placed: Attr[dt.datetime]
    total: Attr[Decimal]
    status: Attr[str]
    coupon: Attr[str | None] = attr(default=None)
    cancelled_by: Attr[str | None] = attr(default=None)
    note: Attr[str] = attr(default="")

    customer = belongs_to(Customer)
    reviews = morph_many(lambda: Review, "subject")


class Line(
    DynamoDBModel,
    primary_key=("order_id", "number"),
    keys={
        "pk": "ORDER#{order_id}",
        "sk": "LINE#{number}",
        "gsi1pk": "PRODUCT#{product_id}",
        "gsi1sk": "{order_id}#{number}",
    },
    patterns=(
        Pattern(name="of order", equal=("order_id",), sort="-number", strong=True),
        Pattern(name="gifts", equal=("order_id",), where={"gift": True}, strong=True),
        Pattern(name="in order of product", equal=("order_id",), sort="product_id", strong=True),
        Pattern(name="of product", equal=("product_id",), sort="order_id"),
    ),
):
    """Has keys of its own."""

    order_id: Attr[str]
    number: Attr[int]
    product_id: Attr[str]
    gift: Attr[bool]
    note: Attr[str] = attr(default="")


class Product(
    DynamoDBModel,
    indexes=(
        Index(name="one_model", columns=("maker", "model"), unique=True, where={"status": "live"}),
    ),
):
    """Live ones have a model that no other of their maker has."""

    id: Attr[str] = attr(default_factory=new_id)
    sku: Attr[str] = attr(unique=True)
    maker: Attr[str]
    model: Attr[int]
    status: Attr[str]
    note: Attr[str] = attr(default="")

    reviews = morph_many(lambda: Review, "subject")


class Review(DynamoDBModel, Expires):
    """Expires."""

    id: Attr[str] = attr(default_factory=new_id)
    subject_type: Attr[str | None] = attr(default=None)
    subject_id: Attr[str | None] = attr(default=None)
    note: Attr[str] = attr(default="")

    subject = morph_to()


class Group(DynamoDBModel):
    id: Attr[str] = attr(default_factory=new_id)
    name: Attr[str]

    customers = belongs_to_many(Customer)


MODELS: Final[tuple[type[DynamoDBModel], ...]] = (
    Customer,
    Group,
    Line,
    Order,
    Product,
    Profile,
    Region,
    Review,
)
OPTIONS: Final = PlanOptions(gsis_max=20, lsi=True, trashed=frozenset({"Order"}))


def stock(connection: Connection, seed: int) -> dict[str, list[Any]]:
    """Rows of every model, made by chance from a seed and saved; entity → those that are there."""
    chance = random.Random(seed)
    for row in _rows(chance):
        connection.repository(type(row)).save(row)
    _bin(connection, chance)
    _join(connection, chance)
    return {
        name: list(connection.repository(name).query().with_trashed().scan())
        for name in connection.plan.entities
    }


def _rows(chance: random.Random) -> list[DynamoDBModel]:
    def note() -> str:
        return "x" * chance.randrange(100, 3_000)

    def one_of(prefix: str, count: int) -> str:
        return f"{prefix}{chance.randrange(count)}"

    rows: list[DynamoDBModel] = [Region(id=f"r{n}", name=f"region {n}") for n in range(3)]
    rows += [Group(id=f"g{n}", name=f"group {n}") for n in range(4)]
    rows += [
        Customer(
            id=f"c{n}",
            region_id=one_of("r", 3),
            email=f"Ann{n}@example.com",
            name=one_of("name ", 9),
            level=chance.randrange(3),
            town=chance.choice([None, "Rome", "Bonn"]),
            note=note(),
        )
        for n in range(14)
    ]
    rows += [Profile(id=f"f{n}", customer_id=f"c{n}", note=note()) for n in range(0, 14, 2)]
    rows += [
        Order(
            id=f"o{n}",
            customer_id=one_of("c", 7),
            placed=NOON + dt.timedelta(minutes=chance.randrange(-900, 900)),
            total=Decimal(chance.randrange(-9_999, 9_999)) / 100,
            status=chance.choice(["open", "open", "paid"]),
            coupon=chance.choice([None, "spring", "summer"]),
            cancelled_by=chance.choice([None, None, "Ann"]),
            note=note(),
        )
        for n in range(48)
    ]
    rows += [
        Line(
            order_id=f"o{n % 12}",
            number=n // 12 - 2,
            product_id=one_of("p", 6),
            gift=chance.random() < 0.5,
            note=note(),
        )
        for n in range(60)
    ]
    rows += [
        Product(
            id=f"p{n}",
            sku=f"sku-{n}",
            maker=f"maker {n % 3}",
            model=n // 3,
            status="live" if n % 4 else "gone",
        )
        for n in range(12)
    ]
    for n in range(40):
        review = Review(
            id=f"v{n}",
            subject_type=chance.choice(["Order", "Product"]),
            subject_id=one_of("o", 5) if n % 2 else one_of("p", 5),
            note=note(),
        )
        review.ttl = chance.choice([None, FAR, 1])
        rows.append(review)
    return rows


def _bin(connection: Connection, chance: random.Random) -> None:
    orders = connection.repository(Order)
    for number in chance.sample(range(48), 16):
        orders.delete(orders.find_or_fail(f"o{number}"))


def _join(connection: Connection, chance: random.Random) -> None:
    groups = connection.repository(Group)
    for number in range(4):
        members = groups.related(groups.find_or_fail(f"g{number}"), "customers")
        for customer in chance.sample(range(14), 5):
            members.attach(f"c{customer}")
