"""Rows of parsed models: made, found, changed, deleted and restored like those of declared ones."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pytest

from orm.clock import ManualClock
from orm.definitions import EntityDefinition
from orm.driver import MeteredDriver
from orm.errors import ConfigurationError, RowExistsError, RowNotFoundError
from orm.records import Connection, ImmutableAttributeError, StaleRowError
from orm.validation import InvalidRowError
from tests.contract.stacks.samples import NOON, SAMPLES, SECOND, key_of, rows_of, sample

CHANGES: dict[str, dict[str, Any]] = {
    "Address": {"country": "FR", "postcode": None},
    "Category": {"name": "Seeds", "parent_id": "c"},
    "Comment": {"status": "spam", "writer_id": "u"},
    "Order": {"state": "paid", "total": Decimal("0.01"), "deliver_on": None, "note": "Ring twice"},
    "Payment": {"amount": Decimal("5.25"), "paid_at": SECOND + 1},
    "Picture": {"path": "back.jpg", "picturable_type": "User", "picturable_id": "u"},
    "Post": {"title": "Summer", "status": "live", "views": Decimal(3), "published_at": SECOND},
    "Product": {
        "variety": "service",
        "stock": 3,
        "on_sale": True,
        "dimensions": {"parts": []},
        "labels": [],
        "cost": None,
    },
    "StockCount": {"counted": 0},
    "Supplier": {"slug": "acme", "rating": 1.25, "labels": ["c"], "founded": dt.date(2000, 2, 29)},
    "Tag": {"label": "Lawn"},
    "Team": {"name": "Support", "is_personal": True},
    "User": {"name": "Bob Baker", "role": "admin", "settings": {"theme": "light"}, "team_id": "t"},
    "Visit": {"path": "/forks", "seconds": Decimal("1.5")},
    "Voucher": {"variety": "gift", "code": "WXYZ9876", "holder_id": "u"},
}
OTHERS: dict[str, dict[str, Any]] = {
    "Category": {"name": "other"},
    "Order": {"number": 99},
    "Payment": {"reference": "other"},
    "Product": {"sku": "ZZ-9999"},
    "Supplier": {"slug": "other"},
    "Tag": {"label": "other"},
    "Team": {"name": "other"},
    "User": {"email": "other@example.com"},
    "Voucher": {"sku": "ZZ-9999", "code": "OTHER123"},
}
BINNED = {"Comment": "deleted_at", "Post": "binned_at", "Product": "deleted_at"}


def test_there_is_a_sample_of_every_model(models: Sequence[EntityDefinition]) -> None:
    names = {one.name for one in models}
    assert names == set(SAMPLES) == set(CHANGES)


@pytest.mark.parametrize("model", sorted(SAMPLES))
def test_a_row_is_made_found_changed_and_deleted(
    connection: Connection, models: Sequence[EntityDefinition], model: str
) -> None:
    definition = next(one for one in models if one.name == model)
    repository = rows_of(connection, model)
    if model == "Supplier":
        rows_of(connection, "Team").create(sample("Team"))
    row = repository.create(sample(model))
    key = key_of(definition, row)
    with pytest.raises(RowExistsError):
        repository.create({**sample(model), **_other_uniques(model)})
    found = repository.find_or_fail(*key)
    assert found == row
    assert found is not row
    assert {name: getattr(found, name) for name in sample(model)} == sample(model)
    assert not found.is_dirty()
    for name, value in CHANGES[model].items():  # one by one, since each may move other keys
        found.update({name: value})
        assert repository.find_or_fail(*key) == found
        assert getattr(repository.find_or_fail(*key), name) == value
    found.force_delete()
    assert repository.find(*key) is None
    with pytest.raises(RowNotFoundError):
        row.update(CHANGES[model])
    assert repository.create(sample(model)) == repository.find(*key)


def _other_uniques(model: str) -> dict[str, Any]:
    """Values that no other row has, so that the key alone is taken."""
    return OTHERS.get(model, {})


def test_a_change_is_one_call_of_what_changed(connection: Connection, meter: MeteredDriver) -> None:
    comments = rows_of(connection, "Comment")
    row = comments.create(sample("Comment"))
    before = meter.usage().requests
    row.update(status="shown")
    assert dict(meter.usage().requests - before) == {"UpdateItem": 1}
    assert comments.query().where(status="shown").get() == [row]
    assert comments.query().where(status="pending").get() == []
    before = meter.usage().requests
    row.save()
    assert dict(meter.usage().requests - before) == {}


def test_what_is_not_given_is_as_the_file_says(connection: Connection) -> None:
    """Each row has defaults of its own, also where they are lists and mappings."""
    made = {name: rows_of(connection, name).create(values) for name, values in SAMPLES.items()}
    found = {
        name: rows_of(connection, name).find_or_fail(*(getattr(row, one) for one in identity))
        for name, row in made.items()
        if (identity := rows_of(connection, name).plan.identity)
    }
    assert found["Address"].country == "GB"
    assert (found["Comment"].status, found["Comment"].pinned) == ("pending", False)
    assert (found["Order"].state, found["Order"].note) == ("open", None)
    assert (found["Post"].status, found["Post"].views, found["Post"].published_at) == (
        "draft",
        0,
        0,
    )
    assert (found["Product"].variety, found["Product"].stock) == ("goods", 0)
    assert found["Product"].on_sale is False
    assert found["Supplier"].tier == "silver"
    assert found["Team"].is_personal is False
    assert (found["User"].role, found["User"].is_banned) == ("customer", False)
    assert found["User"].settings == {"theme": "dark", "tags": []}
    assert found["Visit"].seconds == 0
    assert found["Voucher"].variety == "voucher"  # its own, in the place of the product's
    made["User"].settings["tags"].append("new")
    made["User"].save()
    other = rows_of(connection, "User").create(sample("User", id="o", email="o@example.com"))
    assert other.settings == {"theme": "dark", "tags": []}
    assert rows_of(connection, "User").find_or_fail("u").settings["tags"] == ["new"]


def test_ids_are_made_up(connection: Connection) -> None:
    first = rows_of(connection, "Category").create(name="one")
    second = rows_of(connection, "Category").create(name="two")
    assert first.id != second.id
    assert rows_of(connection, "Category").find_many([second.id, first.id]) == [second, first]


def test_hidden_attributes_are_shown_nowhere(connection: Connection) -> None:
    users = rows_of(connection, "User")
    users.create(sample("User"))
    found = users.find_or_fail("u")
    assert found.password == "a secret word"
    assert "password" not in found.to_dict()
    assert found.to_dict()["email"] == "ann@example.com"
    assert "secret" not in repr(found)
    product = rows_of(connection, "Product").create(sample("Product", cost=7.125))
    assert "cost" not in product.to_dict()
    assert "7.125" not in repr(product)
    with pytest.raises(InvalidRowError) as refused:
        found.update(password="tiny")
    assert "tiny" not in str(refused.value)
    assert users.find_or_fail("u").password == "a secret word"


def test_guarded_attributes_are_set_by_name_alone(connection: Connection) -> None:
    users = rows_of(connection, "User")
    with pytest.raises(ConfigurationError, match=r"User\.is_banned: is guarded"):
        users.create(sample("User", is_banned=True))
    row = users.create(sample("User"))
    with pytest.raises(ConfigurationError, match="guarded"):
        row.update(is_banned=True)
    with pytest.raises(ConfigurationError, match="guarded"):
        row.fill(created_at=NOON)
    row.is_banned = True
    row.save()
    assert users.find_or_fail("u").is_banned is True
    with pytest.raises(ConfigurationError, match=r"User\.emial: is no attribute") as refused:
        users.create(sample("User", emial="x"))
    assert refused.value.hint == "write email"


def test_traits_write_their_columns(connection: Connection, hands: ManualClock) -> None:
    """Under the names that a file gives them."""
    order = rows_of(connection, "Order").create(sample("Order"))
    made = order.entered_at
    assert (made, order.touched_at) == (made, made)
    assert made.tzinfo is not None
    hands.sleep(90)
    order.update(state="paid")
    found = rows_of(connection, "Order").find_or_fail("o")
    assert found.entered_at == made
    assert found.touched_at - made == dt.timedelta(seconds=90)
    user = rows_of(connection, "User").create(sample("User"))
    other = rows_of(connection, "User").create(sample("User", id="o", email="o@example.com"))
    assert uuid.UUID(user.uuid) != uuid.UUID(other.uuid)
    assert rows_of(connection, "User").find_or_fail("u").uuid == user.uuid
    assert not hasattr(rows_of(connection, "Category").create(name="x"), "created_at")


@pytest.mark.parametrize("model", sorted(BINNED))
def test_rows_go_into_the_bin_and_come_back(
    connection: Connection, hands: ManualClock, model: str
) -> None:
    repository = rows_of(connection, model)
    row = repository.create(sample(model))
    row.delete()
    assert repository.find(row.id) is None
    assert list(repository.query().scan()) == []
    trashed = repository.query().only_trashed().find_or_fail(row.id)
    assert trashed == repository.query().with_trashed().find(row.id) == row
    assert getattr(trashed, BINNED[model]) is not None
    trashed.restore()
    assert repository.find_or_fail(row.id) == trashed
    assert getattr(trashed, BINNED[model]) is None
    trashed.delete()
    trashed.force_delete()
    assert repository.query().with_trashed().find(row.id) is None


def test_expired_rows_are_not_found(connection: Connection, hands: ManualClock) -> None:
    """Under the name that the trait gives the column; keys and unique values are free again."""
    vouchers = rows_of(connection, "Voucher")
    row = vouchers.create(sample("Voucher"))
    assert vouchers.query().where(code="ABCD1234").first() == row
    hands.sleep(3601)
    assert vouchers.find("v") is None
    assert vouchers.query().where(code="ABCD1234").first() is None
    assert vouchers.query().where(variety="voucher").get() == []
    again = vouchers.create(sample("Voucher", expires_at=None))
    assert vouchers.find("v") == again
    visit = rows_of(connection, "Visit").create(sample("Visit", expires_at=SECOND))
    assert rows_of(connection, "Visit").find("s", NOON) is None
    assert visit.expires_at == SECOND


def test_versions_refuse_a_save_of_what_is_stale(connection: Connection) -> None:
    payments = rows_of(connection, "Payment")
    first = payments.create(sample("Payment"))
    second = payments.find_or_fail("p")
    first.update(amount=Decimal(6))
    with pytest.raises(StaleRowError):
        second.update(amount=Decimal(7))
    assert payments.find_or_fail("p").amount == 6
    assert payments.find_or_fail("p").version == 2


# --- keys ---


def test_rows_lie_at_the_keys_that_a_file_gives(connection: Connection) -> None:
    visits = rows_of(connection, "Visit")
    row = visits.create(sample("Visit"))
    path = visits.plan.paths
    assert [str(one) for one in path[:2]] == [
        "table: SITE#{site_id} | VISIT#{at}",
        "index 1: PAGE#{site_id}#{path} | VISIT#{at}",
    ]
    item = visits.stored.item(row)
    assert visits.layout.key({"site_id": "s", "at": NOON}).items() <= item.items()
    if connection.tenant is None and connection.config.pk == "pk":
        assert item["pk"] == {"S": "SITE#s"}
        assert item["sk"]["S"].startswith("VISIT#2026-03-01")
        assert item["gsi1pk"] == {"S": "PAGE#s#/spades"}
        assert item["gsi1sk"] == item["sk"]
    assert connection.entity("Visit").pk(site_id="s").get() == [row]
    with pytest.raises(ImmutableAttributeError):
        row.update(site_id="other")


def test_rows_of_several_keys_are_told_apart_by_each(connection: Connection) -> None:
    counts = rows_of(connection, "StockCount")
    day = dt.date(2026, 3, 1)
    keys = [("north", "p", day), ("north", "q", day), ("south", "p", day)]
    keys += [("north", "p", dt.date(2026, 3, 2))]
    for n, key in enumerate(keys):
        counts.create(dict(zip(("warehouse", "product_id", "day"), key, strict=True)), counted=n)
    assert [counts.find_or_fail(*key).counted for key in keys] == [0, 1, 2, 3]
    assert [row.counted for row in counts.find_many(keys)] == [0, 1, 2, 3]


def test_a_tenant_sees_rows_of_its_own_alone(connection: Connection) -> None:
    rows_of(connection, "User").create(sample("User"))
    other = rows_of(connection.for_tenant("other"), "User")
    assert other.find("u") is None
    assert other.query().where(email="ann@example.com").first() is None
    other.create(sample("User"))
    assert rows_of(connection, "User").query().where(email="ann@example.com").count() == 1
