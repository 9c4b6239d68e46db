"""Rules of parsed models: every rule of every attribute refuses a wrong value, names the field, and
takes a right one; so before anything is sent, on each save."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Final

import pytest

from orm.definitions import EntityDefinition
from orm.driver import MeteredDriver
from orm.records import Connection
from orm.validation import InvalidRowError
from tests.contract.stacks.samples import NOON, SECOND, rows_of, sample

GUARDED: Final = {"is_banned", "pinned"}

MISSING: Final = object()
"""Not given at all."""

Try = tuple[str, str, Any, Any]
"""A rule, and its attribute; a value that breaks it, and one that does not."""

TRIES: Final[dict[str, list[Try]]] = {
    "Address": [
        ("required", "street", MISSING, "1 High Street"),
        ("string", "street", 7, "7"),
        ("max", "street", "x" * 256, "x" * 255),
        ("string", "country", 7, "GB"),
        ("length", "country", "GBR", "FR"),
        ("string", "postcode", 7, "ab1 2cd"),
        ("regex", "postcode", "AB1!", "ab1 2cd"),
    ],
    "Category": [
        ("required", "name", "  ", "Seeds"),
        ("string", "name", ["Seeds"], "Seeds"),
        ("max", "name", "x" * 61, "x" * 60),
    ],
    "Comment": [
        ("required", "body", MISSING, "!"),
        ("string", "body", b"bytes", "text"),
        ("min", "body", "", "x"),
        ("max", "body", "x" * 2001, "x" * 2000),
        ("enum", "status", "lost", "spam"),
        ("boolean", "pinned", 1, True),
    ],
    "Order": [
        ("required", "shop", MISSING, "north"),
        ("string", "shop", 7, "north"),
        ("max", "shop", "x" * 21, "x" * 20),
        ("required", "number", None, 1),
        ("integer", "number", "7", 7),
        ("min", "number", 0, 1),
        ("enum", "state", "lost", "sent"),
        ("required", "total", MISSING, Decimal(0)),
        ("number", "total", "12", Decimal(12)),
        ("min", "total", Decimal("-0.01"), Decimal(0)),
        ("required", "placed_at", None, SECOND),
        ("timestamp", "placed_at", "2026-03-01", SECOND),
        ("date", "deliver_on", "2026-02-30", dt.date(2026, 2, 28)),
        ("datetime", "promised_at", dt.datetime(2026, 3, 1), NOON),
        ("string", "note", 7, "seven"),
        ("max", "note", "x" * 501, None),
    ],
    "Payment": [
        ("required", "order_id", MISSING, "o"),
        ("string", "order_id", 7, "7"),
        ("required", "provider", None, "bank"),
        ("enum", "provider", "cash", "bank"),
        ("required", "reference", MISSING, "ref-2"),
        ("string", "reference", 1234, "1234"),
        ("min", "reference", "abc", "abcd"),
        ("max", "reference", "x" * 41, "x" * 40),
        ("required", "amount", None, Decimal(1)),
        ("number", "amount", True, Decimal(1)),
        ("min", "amount", Decimal("0.99"), Decimal(1)),
        ("timestamp", "paid_at", 1.5, SECOND),
    ],
    "Picture": [
        ("required", "path", MISSING, "a.png"),
        ("string", "path", 7, "7.png"),
        ("ends_with", "path", "a.gif", "a.jpg"),
    ],
    "Post": [
        ("required", "title", MISSING, "Spring"),
        ("string", "title", 777, "777"),
        ("min", "title", "ab", "abc"),
        ("max", "title", "x" * 256, "x" * 255),
        ("required", "body", None, "A long story."),
        ("string", "body", 7, "A long story."),
        ("min", "body", "short", "ten of them"),
        ("enum", "status", "lost", "live"),
        ("number", "views", "1", Decimal(1)),
        ("min", "views", Decimal(-1), Decimal(0)),
        ("timestamp", "published_at", "soon", SECOND),
    ],
    "Product": [
        ("required", "name", MISSING, "Spade"),
        ("string", "name", 7, "Spade"),
        ("min", "name", "x", "xx"),
        ("max", "name", "x" * 81, "x" * 80),
        ("required", "sku", "", "AB-1234"),
        ("string", "sku", 7, "AB-1234"),
        ("regex", "sku", "AB-123", "AB-1234"),
        ("enum", "variety", "lost", "service"),
        ("required", "price", None, Decimal(1)),
        ("number", "price", "1", Decimal(1)),
        ("min", "price", Decimal(-1), Decimal(0)),
        ("max", "price", Decimal(10000), Decimal("9999.5")),
        ("integer", "stock", 1.5, 2),
        ("boolean", "on_sale", 1, True),
        ("float", "cost", "1", 1.25),
        ("min", "cost", -0.5, None),
        ("integer", "weight", "2", 2),
        ("min", "weight", 0, 1),
        ("json", "dimensions", {"at": NOON}, {"at": [1, None, {"deep": True}]}),
        ("array", "labels", "a", ["a"]),
        ("max", "labels", list("abcde"), list("abcd")),
        ("string", "image_url", 7, "https://example.com"),
        ("url", "image_url", "example.com/a.png", "http://example.com/a.png"),
    ],
    "StockCount": [
        ("required", "warehouse", MISSING, "north"),
        ("string", "warehouse", 7, "7"),
        ("max", "warehouse", "x" * 11, "x" * 10),
        ("required", "product_id", MISSING, "q"),
        ("string", "product_id", 7, "7"),
        ("required", "day", MISSING, dt.date(2026, 3, 2)),
        ("date", "day", NOON, dt.date(2026, 3, 2)),
        ("required", "counted", MISSING, 0),
        ("integer", "counted", 1.5, 1),
        ("min", "counted", -1, 0),
    ],
    "Supplier": [
        ("required", "slug", MISSING, "acme"),
        ("slug", "slug", "Acme Tools", "acme-tools"),
        ("between", "slug", "ab", "abc"),
        ("url", "website", "ftp://example.com", "http://example.com"),
        ("ip", "host", "256.0.0.1", "::1"),
        ("uuid", "reference", "3f2b8a52", "3F2B8A52-5F7C-4D1A-9D0E-0F4A4F1C2B3D"),
        ("ulid", "ticket", "81ARZ3NDEKTSV4RRFFQ69G5FAV", "7ZZZZZZZZZZZZZZZZZZZZZZZZZ"),
        ("alpha", "initials", "A1", "Éa"),
        ("length", "initials", "ABC", "AB"),
        ("alpha_num", "account", "AC-9", "AC9"),
        ("starts_with", "account", "XY9", "SU9"),
        ("ends_with", "account", "AC8", "ACX"),
        ("enum", "tier", "bronze", "silver"),
        ("string", "currency", 7, "EUR"),
        ("in", "currency", "USD", "EUR"),
        ("string", "language", 7, "en"),
        ("not_in", "language", "xx", "en"),
        ("integer", "discount", "7", 7),
        ("between", "discount", 51, 50),
        ("float", "rating", "5", 0.5),
        ("min", "rating", -0.5, 0.0),
        ("max", "rating", 5.5, 5.0),
        ("date", "founded", "1999-02-30", dt.date(1999, 2, 28)),
        ("before", "founded", dt.date(2030, 1, 1), None),
        ("after", "founded", dt.date(1800, 1, 1), dt.date(1800, 1, 2)),
        ("date", "contract", 2001, dt.date(2002, 1, 1)),
        ("after", "contract", dt.date(1999, 1, 1), dt.date(1999, 1, 2)),
        ("string", "phone", 7, "7"),
        ("required_with", "phone", MISSING, "7"),
        ("string", "fax", 7, "7"),
        ("different", "fax", "123", "124"),
        ("string", "reason", 7, "since"),
        ("required_if", "reason", ("tier", "gold"), "since"),
        ("string", "pin", 1234, "1234"),
        ("length", "pin", "123", "1234"),
        ("confirmed", "pin", "4321", "1234"),
        ("string", "pin_again", 1234, "1234"),
        ("same", "pin_again", "4321", "1234"),
        ("array", "labels", {"a": 1}, []),
        ("max", "labels", list("abcd"), list("abc")),
        ("string", "team_id", 7, None),
        ("exists", "team_id", "gone", "t"),
    ],
    "Tag": [
        ("required", "label", MISSING, "Garden"),
        ("string", "label", 77, "77"),
        ("min", "label", "x", "xx"),
        ("max", "label", "x" * 31, "x" * 30),
    ],
    "Team": [
        ("required", "name", MISSING, "Sales"),
        ("string", "name", 777, "777"),
        ("min", "name", "ab", "abc"),
        ("max", "name", "x" * 81, "x" * 80),
        ("string", "company_name", 7, None),
        ("max", "company_name", "x" * 256, "x" * 255),
        ("boolean", "is_personal", "yes", True),
    ],
    "User": [
        ("required", "name", MISSING, "Ann"),
        ("string", "name", 777, "777"),
        ("min", "name", "An", "Ann"),
        ("max", "name", "x" * 256, "x" * 255),
        ("required", "email", MISSING, "b@example.com"),
        ("string", "email", 7, "b@example.com"),
        ("email", "email", "ann@", "b@example.com"),
        ("required", "password", MISSING, "secret"),
        ("string", "password", 1234567, "1234567"),
        ("min", "password", "12345", "123456"),
        ("max", "password", "x" * 256, "x" * 255),
        ("required", "role", None, "admin"),
        ("enum", "role", "owner", "admin"),
        ("number", "age", "41", Decimal(41)),
        ("min", "age", Decimal(12), Decimal(13)),
        ("max", "age", Decimal(131), None),
        ("json", "settings", {1: "one"}, {"1": "one"}),
        ("boolean", "is_banned", 0, False),
    ],
    "Visit": [
        ("required", "site_id", MISSING, "s"),
        ("string", "site_id", 7, "7"),
        ("required", "at", MISSING, NOON),
        ("datetime", "at", dt.date(2026, 3, 1), NOON),
        ("string", "path", 7, "/7"),
        ("starts_with", "path", "spades", "/"),
        ("number", "seconds", "1", Decimal(1)),
        ("min", "seconds", Decimal(-1), Decimal("0.5")),
    ],
    "Voucher": [
        ("string", "code", 12345678, "12345678"),
        ("length", "code", "ABC", "ABCDEFGH"),
        ("required", "code", MISSING, "ABCDEFGH"),
        ("alpha_num", "code", "ABC-1234", "ABC12345"),
        ("enum", "variety", "goods", "gift"),
    ],
}


def rules_of(definition: EntityDefinition) -> set[tuple[str, str]]:
    """The rules of a model by attribute, its kinds and demands among them."""
    found = set()
    for one in definition.attributes:
        names = {rule.name for rule in one.rules} | ({one.kind} - {"any"})
        names |= {"required"} if one.required else set()
        names = {{"unix": "timestamp", "timestamp_tz": "datetime"}.get(n, n) for n in names}
        names = {{"min_length": "min", "max_length": "max"}.get(n, n) for n in names}
        found |= {(name, one.name) for name in names - {"nullable"}}
    return found


def implied(definition: EntityDefinition) -> set[str]:
    """The attributes that nobody but the model writes."""
    traits = definition.traits
    single = {traits.uuid, traits.ttl, traits.version, traits.soft_deletes}
    return {name for name in (*(traits.timestamps or ()), *single) if name}


def test_every_rule_of_every_file_is_tried(models: Sequence[EntityDefinition]) -> None:
    for definition in models:
        tried = {(rule, attribute) for rule, attribute, _, _ in TRIES[definition.name]}
        if definition.name == "Voucher":  # the rules of what it extends
            tried |= {one for one in _tried("Product") if one[1] != "variety"}
        said = {one for one in rules_of(definition) if one[1] not in implied(definition)}
        written_by_text = {("string", a) for r, a in said if r == "string"} - tried
        assert said - written_by_text == tried, definition.name
        assert written_by_text <= IMPLIED_TEXTS


def _tried(model: str) -> set[tuple[str, str]]:
    return {(rule, attribute) for rule, attribute, _, _ in TRIES[model]}


IMPLIED_TEXTS: Final = {
    ("string", name)
    for name in ("slug", "website", "host", "reference", "ticket", "initials", "account")
}
"""Kinds that a rule such as `slug` implies; what breaks them breaks that rule as well."""


def broken(model: str, attribute: str, wrong: Any) -> dict[str, Any]:
    """A row that is valid but for this value."""
    if isinstance(wrong, tuple):  # right or not by another attribute
        return sample(model, **{wrong[0]: wrong[1]})
    values = sample(model, **{attribute: wrong})
    return {name: value for name, value in values.items() if value is not MISSING}


@pytest.mark.parametrize("model", sorted(TRIES))
def test_a_wrong_value_is_refused_and_its_field_named(
    connection: Connection, meter: MeteredDriver, model: str
) -> None:
    """On making a row, and nothing is written; the errors name the rule."""
    rows_of(connection, "Team").create(sample("Team"))
    rows = rows_of(connection, model)
    before = meter.usage().requests
    for rule, attribute, wrong, _ in TRIES[model]:
        values = broken(model, attribute, wrong)
        guarded = {name: values.pop(name) for name in GUARDED & values.keys()}
        made = rows.make(values)
        for name, value in guarded.items():
            setattr(made, name, value)
        with pytest.raises(InvalidRowError) as refused:
            made.save()
        failed = refused.value.errors[attribute]
        assert rule in {one.rule for one in failed}, (attribute, wrong, failed)
        assert refused.value.model == model
        assert attribute in str(refused.value)
    written = meter.usage().requests - before
    assert not written.keys() & {"PutItem", "UpdateItem", "TransactWriteItems"}


@pytest.mark.parametrize("model", sorted(TRIES))
def test_a_right_value_is_taken(connection: Connection, model: str) -> None:
    teams = rows_of(connection, "Team")
    if model != "Team":
        teams.create(sample("Team"))
    rows = rows_of(connection, model)
    for rule, attribute, _, right in TRIES[model]:
        made = rows.make(sample(model))
        setattr(made, attribute, right)
        if attribute == "founded" and right == dt.date(1800, 1, 2):
            made.contract = None
        made.save()
        key = [getattr(made, name) for name in rows.plan.identity]
        found = rows.find_or_fail(*key)
        assert getattr(found, attribute) == right, (rule, attribute)
        found.force_delete()


def test_a_change_is_judged_like_a_new_row(connection: Connection) -> None:
    """Also by what it says of attributes that it leaves alone."""
    suppliers = rows_of(connection, "Supplier")
    row = suppliers.create(sample("Supplier"))
    with pytest.raises(InvalidRowError) as refused:
        row.update(tier="gold")
    assert refused.value.errors.keys() == {"reason"}
    row.refresh().update(tier="gold", reason="Long served")
    with pytest.raises(InvalidRowError) as refused:
        row.update(phone=None, discount=99, host="nowhere")
    assert refused.value.errors.keys() == {"phone", "discount", "host"}
    assert suppliers.find_or_fail("s").discount == 10


def test_the_files_own_messages_are_said(connection: Connection) -> None:
    with pytest.raises(InvalidRowError, match="A team has a longer name"):
        rows_of(connection, "Team").create(name="ab")
    with pytest.raises(InvalidRowError, match="At most 80 letters"):
        rows_of(connection, "Team").create(name="x" * 81)
    with pytest.raises(InvalidRowError, match="Email must be a valid email address"):
        rows_of(connection, "User").create(sample("User", email="ann"))
    with pytest.raises(InvalidRowError, match="Title must have a minimum of 3 characters"):
        rows_of(connection, "Post").create(sample("Post", title="ab"))


def test_every_error_of_every_field_is_said_at_once(connection: Connection) -> None:
    with pytest.raises(InvalidRowError) as refused:
        rows_of(connection, "User").create(name="A", role="owner", age="old")
    assert refused.value.errors.keys() == {"name", "email", "password", "role", "age"}
