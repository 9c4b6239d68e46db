"""A stocked shop: rows of every model, made by chance from a seed, with all that is related known.

Products and posts have the same ids, and so have users and teams, so that types must tell them
apart.
"""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any, Final

import msgspec

from orm.records import Connection
from tests.contract.stacks.samples import NOON, SECOND, rows_of

ROWS: Final = 32
"""Of each model that has an index."""


class Line(msgspec.Struct, frozen=True):
    """What an edge between an order and a product holds."""

    quantity: int
    unit_price: Decimal


class Shop(msgspec.Struct):
    """All rows, those in the bin among them, and what is attached to what."""

    connection: Connection
    rows: dict[str, list[Any]]
    lines: dict[tuple[str, str], Line]
    tagged: set[tuple[str, str, str]]
    filed: set[tuple[str, str, str]]

    def live(self, model: str, **values: Any) -> list[Any]:
        """By brute force: rows that are not in the bin and have these values, None of them none."""
        bin_ = rows_of(self.connection, model).definition.traits.soft_deletes
        wanted = values.items()
        return [
            row
            for row in self.rows[model]
            if (bin_ is None or getattr(row, bin_) is None)
            and all(one is not None and getattr(row, name) == one for name, one in wanted)
        ]

    def related(self, relation: str) -> Callable[[Any], list[Any]]:
        """By brute force: the rows that a relation must find for one row, in any order."""
        return {
            "Address.user": lambda one: self.live("User", id=one.user_id),
            "Category.children": lambda one: self.live("Category", parent_id=one.id),
            "Category.parent": lambda one: self.live("Category", id=one.parent_id),
            "Category.posts": lambda one: self._filed_in(one, "Post"),
            "Category.products": lambda one: self._filed_in(one, "Product"),
            "Comment.commentable": lambda one: self._named(
                one.commentable_type, one.commentable_id
            ),
            "Comment.writer": lambda one: self.live("User", id=one.writer_id),
            "Order.buyer": lambda one: self.live("User", id=one.buyer_id),
            "Order.payment": lambda one: self.live("Payment", order_id=one.id),
            "Order.products": lambda one: [
                row for row in self.live("Product") if (one.id, row.id) in self.lines
            ],
            "Payment.order": lambda one: self.live("Order", id=one.order_id),
            "Picture.picturable": lambda one: self._named(one.picturable_type, one.picturable_id),
            "Post.author": lambda one: self.live("User", id=one.author_id),
            "Post.categories": lambda one: self._files(one, "Post"),
            "Post.comments": lambda one: self._on(one, "Post"),
            "Post.tags": lambda one: self._tags(one, "posts"),
            "Product.categories": lambda one: self._files(one, "Product"),
            "Product.comments": lambda one: self._on(one, "Product"),
            "Product.orders": lambda one: [
                row for row in self.live("Order") if (row.id, one.id) in self.lines
            ],
            "Product.pictures": lambda one: self._pictures(one, "Product"),
            "Product.tags": lambda one: self._tags(one, "products"),
            "StockCount.product": lambda one: self.live("Product", id=one.product_id),
            "Tag.posts": lambda one: self._tagged(one, "posts", "Post"),
            "Tag.products": lambda one: self._tagged(one, "products", "Product"),
            "Team.address": lambda one: [
                row
                for user in self.live("User", team_id=one.id)
                for row in self.live("Address", user_id=user.id)
            ],
            "Team.orders": lambda one: [
                row
                for user in self.live("User", team_id=one.id)
                for row in self.live("Order", buyer_id=user.id)
            ],
            "Team.users": lambda one: self.live("User", team_id=one.id),
            "User.address": lambda one: self.live("Address", user_id=one.id),
            "User.orders": lambda one: self.live("Order", buyer_id=one.id),
            "User.picture": lambda one: self._pictures(one, "User"),
            "User.posts": lambda one: self.live("Post", author_id=one.id),
            "User.team": lambda one: self.live("Team", id=one.team_id),
            "Voucher.categories": lambda one: self._files(one, "Voucher"),
            "Voucher.comments": lambda one: self._on(one, "Voucher"),
            "Voucher.holder": lambda one: self.live("User", id=one.holder_id),
            "Voucher.orders": lambda one: [
                row for row in self.live("Order") if (row.id, one.id) in self.lines
            ],
            "Voucher.pictures": lambda one: self._pictures(one, "Voucher"),
            "Voucher.tags": lambda one: self._tags(one, "products"),
        }[relation]

    def _on(self, one: Any, kind: str) -> list[Any]:
        return self.live("Comment", commentable_type=kind, commentable_id=one.id)

    def _pictures(self, one: Any, kind: str) -> list[Any]:
        return self.live("Picture", picturable_type=kind, picturable_id=one.id)

    def _tags(self, one: Any, kind: str) -> list[Any]:
        return [tag for tag in self.live("Tag") if (kind, one.id, tag.id) in self.tagged]

    def _tagged(self, tag: Any, kind: str, model: str) -> list[Any]:
        return [row for row in self.live(model) if (kind, row.id, tag.id) in self.tagged]

    def _files(self, one: Any, kind: str) -> list[Any]:
        return [row for row in self.live("Category") if (kind, one.id, row.id) in self.filed]

    def _filed_in(self, category: Any, kind: str) -> list[Any]:
        return [row for row in self.live(kind) if (kind, row.id, category.id) in self.filed]

    def _named(self, kind: str | None, key: str | None) -> list[Any]:
        return self.live(kind, id=key) if kind else []


def stock(connection: Connection, seed: int) -> Shop:
    """A shop that is saved."""
    chance = random.Random(seed)
    shop = Shop(connection, {}, {}, set(), set())
    values = {**_people(chance), **_trade(chance), **_writing(chance), **_counted(chance)}
    with connection.transaction(chunked=True) as tx:
        for model, rows in values.items():
            shop.rows[model] = [tx.create(model, row) for row in rows]
    for model in ("Comment", "Post", "Product"):
        for row in chance.sample(shop.rows[model], 5):
            row.delete()
    _attach(shop, chance)
    return shop


def _people(chance: random.Random) -> dict[str, list[dict[str, Any]]]:
    teams = [{"id": f"{n}", "name": f"team {n}"} for n in range(5)]
    users = [
        {
            "id": f"{n}",
            "name": f"user {chance.randrange(30):02d}",
            "email": f"u{n}@example.com",
            "password": f"password {n}",
            "team_id": chance.choice([None, "gone", "0", "1", "2"]),
            "role": chance.choice(["customer", "clerk", "admin"]),
            "age": chance.choice([None, 20 + n]),
        }
        for n in range(ROWS)
    ]
    addresses = [
        {"id": f"a{n}", "street": f"{n} Mill Lane", "user_id": f"{n * 3}"} for n in range(12)
    ]
    return {"Team": teams, "User": users, "Address": addresses}


def _trade(chance: random.Random) -> dict[str, list[dict[str, Any]]]:
    categories = [
        {"id": f"{n}", "name": f"category {n}", "parent_id": chance.choice([None, "0", "1"])}
        for n in range(6)
    ]
    orders = [
        {
            "id": f"o{n}",
            "shop": chance.choice(["north", "south"]),
            "number": n + 1,
            "state": chance.choice(["open", "paid", "sent"]),
            "total": Decimal(chance.randrange(1, 40)) / 4,
            "placed_at": SECOND + chance.randrange(1000),
            "buyer_id": chance.choice([None, "gone", *(f"{n}" for n in range(8))]),
        }
        for n in range(ROWS)
    ]
    payments = [
        {
            "id": f"p{n}",
            "order_id": f"o{n}",
            "provider": chance.choice(["card", "bank"]),
            "reference": f"ref-{chance.randrange(1000)}-{n}",
            "amount": n + 1,
        }
        for n in range(ROWS)
    ]
    return {
        "Category": categories,
        "Product": [_product(chance, n) for n in range(ROWS)],
        "Voucher": [_voucher(chance, n) for n in range(ROWS)],
        "Order": orders,
        "Payment": payments[:-4],
    }


def _product(chance: random.Random, n: int) -> dict[str, Any]:
    return {
        "id": f"{n}",
        "name": f"product {chance.randrange(20)}",
        "sku": f"AB-{n:04d}",
        "variety": chance.choice(["goods", "service", "voucher"]),
        "price": Decimal(chance.randrange(1, 2000)) / 100,
        "stock": chance.randrange(12),
        "on_sale": chance.random() < 0.5,
    }


def _voucher(chance: random.Random, n: int) -> dict[str, Any]:
    return {
        **_product(chance, n),
        "id": f"v{n}",
        "variety": chance.choice(["voucher", "gift"]),
        "code": f"CODE{n:04d}",
        "holder_id": chance.choice([None, "0", "1"]),
        "expires_at": chance.choice([None, SECOND + 9000]),
    }


def _writing(chance: random.Random) -> dict[str, list[dict[str, Any]]]:
    posts = [
        {
            "id": f"{n}",
            "title": f"title {chance.randrange(20):02d}",
            "body": "A long story, told again.",
            "author_id": chance.choice([None, "gone", "0", "1", "2"]),
            "status": chance.choice(["draft", "live"]),
            "published_at": chance.randrange(1000),
        }
        for n in range(ROWS)
    ]
    comments = [
        {
            "id": f"c{n}",
            "body": f"comment {n}",
            "status": chance.choice(["pending", "shown", "spam"]),
            "writer_id": chance.choice([None, "0", "1", "2"]),
            **_morph(chance, "commentable", ["Post", "Product", "Voucher"]),
        }
        for n in range(ROWS)
    ]
    pictures = [
        {"id": f"i{n}", "path": f"{n}.png", **_morph(chance, "picturable", ["Product", "Voucher"])}
        for n in range(16)
    ]
    portraits = [
        {"id": f"u{n}", "path": "me.jpg", "picturable_type": "User", "picturable_id": f"{n}"}
        for n in range(3)
    ]
    tags = [{"id": f"{n}", "label": f"tag {n}"} for n in range(5)]
    return {"Post": posts, "Comment": comments, "Picture": pictures + portraits, "Tag": tags}


def _morph(chance: random.Random, name: str, kinds: list[str]) -> dict[str, Any]:
    kind = chance.choice([None, *kinds, *kinds])
    if kind is None:
        return {}
    prefix = "v" if kind == "Voucher" else ""
    key = "gone" if chance.random() < 0.1 else f"{prefix}{chance.randrange(6)}"
    return {f"{name}_type": kind, f"{name}_id": key}


def _counted(chance: random.Random) -> dict[str, list[dict[str, Any]]]:
    visits = [
        {
            "site_id": chance.choice(["a", "b"]),
            "at": NOON + dt.timedelta(minutes=n),
            "path": chance.choice(["/", "/spades", "/forks"]),
            "seconds": chance.randrange(100),
        }
        for n in range(ROWS)
    ]
    counts = [
        {
            "warehouse": chance.choice(["north", "south"]),
            "product_id": f"{n % 5}",
            "day": dt.date(2026, 3, 1 + n),
            "counted": n,
        }
        for n in range(15)
    ]
    return {"Visit": visits, "StockCount": counts}


def _attach(shop: Shop, chance: random.Random) -> None:
    orders = shop.rows["Order"][:6]
    for order in orders:
        for product in chance.sample(shop.rows["Product"][:8] + shop.rows["Voucher"][:2], 3):
            line = Line(chance.randrange(1, 9), Decimal(chance.randrange(1, 99)) / 4)
            shop.lines[order.id, product.id] = line
            _related(shop, order, "products").attach(product.id, **msgspec.structs.asdict(line))
    for kind, model in (("posts", "Post"), ("products", "Product"), ("products", "Voucher")):
        for row in shop.rows[model][:6]:
            for tag in _some(chance, shop.rows["Tag"]):
                shop.tagged.add((kind, row.id, tag.id))
                _related(shop, row, "tags").attach(tag)
    for model in ("Post", "Product", "Voucher"):
        for row in shop.rows[model][3:15]:
            for category in _some(chance, shop.rows["Category"]):
                shop.filed.add((model, row.id, category.id))
                _related(shop, row, "categories").attach(category)


def _some(chance: random.Random, rows: list[Any]) -> Iterable[Any]:
    return chance.sample(rows, chance.randrange(1, 3))


def _related(shop: Shop, row: Any, name: str) -> Any:
    return shop.connection.owner_of(row).related(row, name)
