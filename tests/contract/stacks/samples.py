"""One valid row of each model of the shop, by the names under which values are stored."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any, Final

from orm.definitions import EntityDefinition
from orm.records import Connection, Repository

NOON: Final = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)
SECOND: Final = 1_800_000_000

SAMPLES: Final[dict[str, dict[str, Any]]] = {
    "Address": {"id": "a", "street": "1 High Street", "postcode": "AB1 2CD"},
    "Category": {"id": "c", "name": "Tools"},
    "Comment": {"id": "c", "body": "Well made"},
    "Order": {
        "id": "o",
        "shop": "north",
        "number": 7,
        "total": Decimal("12.50"),
        "placed_at": SECOND,
        "deliver_on": dt.date(2026, 3, 4),
        "promised_at": NOON,
    },
    "Payment": {
        "id": "p",
        "order_id": "o",
        "provider": "card",
        "reference": "ref-1",
        "amount": Decimal(5),
        "paid_at": SECOND,
    },
    "Picture": {"id": "p", "path": "front.png"},
    "Post": {"id": "p", "title": "Spring", "body": "Everything is green again."},
    "Product": {
        "id": "p",
        "name": "Spade",
        "sku": "AB-0001",
        "price": Decimal("19.99"),
        "cost": 7.5,
        "weight": 2,
        "dimensions": {"length": 110, "parts": ["blade", "shaft"]},
        "labels": ["garden"],
        "image_url": "https://example.com/spade.png",
    },
    "StockCount": {
        "warehouse": "north",
        "product_id": "p",
        "day": dt.date(2026, 3, 1),
        "counted": 4,
    },
    "Supplier": {
        "id": "s",
        "slug": "acme-tools",
        "website": "https://example.com",
        "host": "192.0.2.1",
        "reference": "3f2b8a52-5f7c-4d1a-9d0e-0f4a4f1c2b3d",
        "ticket": "01ARZ3NDEKTSV4RRFFQ69G5FAV",
        "initials": "Ac",
        "account": "AC12X",
        "currency": "GBP",
        "language": "en",
        "discount": 10,
        "rating": 4.5,
        "founded": dt.date(1999, 1, 1),
        "contract": dt.date(2001, 1, 1),
        "phone": "123",
        "fax": "456",
        "pin": "1234",
        "pin_again": "1234",
        "labels": ["a", "b"],
    },
    "Tag": {"id": "t", "label": "Garden"},
    "Team": {"id": "t", "name": "Sales", "company_name": "Acme"},
    "User": {
        "id": "u",
        "name": "Ann Archer",
        "email": "ann@example.com",
        "password": "a secret word",
        "age": 41,
    },
    "Visit": {"site_id": "s", "at": NOON, "path": "/spades"},
    "Voucher": {
        "id": "v",
        "name": "Ten pounds",
        "sku": "VO-0010",
        "price": Decimal(10),
        "code": "ABCD1234",
        "expires_at": SECOND + 3600,
    },
}


def sample(model: str, **changes: Any) -> dict[str, Any]:
    """A valid row of a model, with these values in the place of its own."""
    return {**SAMPLES[model], **changes}


def rows_of(connection: Connection, model: str) -> Repository[Any]:
    """What reads and writes the rows of a model."""
    return connection.repository(model)


def key_of(definition: EntityDefinition, row: Any) -> tuple[Any, ...]:
    """A row's primary key, its parts in the order of the declaration."""
    return tuple(getattr(row, name) for name in definition.primary_key)
