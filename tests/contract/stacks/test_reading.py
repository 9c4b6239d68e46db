"""What is read from the shop's files: every form, nothing dropped, what is not known reported."""

from __future__ import annotations

from pathlib import Path

import pytest

from orm.definitions import EntityDefinition, Reference
from orm.definitions.entity import FactoryDefinition, RelationKind
from orm.errors import ConfigurationError
from orm.records import Connection
from orm.stacks import Parsed
from tests.contract.stacks.conftest import FOLDER

FACTORIES = {
    ("Address", "street"): ("location.street_address", ()),
    ("Post", "body"): ("lorem.paragraphs", (3,)),
    ("Post", "title"): ("lorem.sentence", ()),
    ("Post", "views"): ("number.int", ({"min": 0, "max": 1000},)),
    ("Product", "image_url"): ("image.url", ()),
    ("Product", "name"): ("commerce.product_name", ()),
    ("Product", "price"): ("number.float", ({"min": 1, "max": 100, "fractionDigits": 2},)),
    ("Product", "variety"): ("helpers.array_element", (["goods", "service", "voucher"],)),
    ("Order", "state"): ("helpers.array_element", (["open", "paid", "sent"],)),
    ("Tag", "label"): ("word.noun", ()),
    ("Team", "company_name"): ("company.name", ()),
    ("Team", "is_personal"): ("datatype.boolean", ()),
    ("Team", "name"): ("company.name", ()),
    ("User", "age"): ("number.int", ({"min": 18, "max": 90},)),
    ("User", "email"): ("internet.email", ()),
    ("User", "name"): ("person.full_name", ()),
    ("User", "role"): ("helpers.array_element", (["customer", "clerk", "admin"],)),
}
KEPT = {
    ("Order", "note"): "faker => faker.helpers.maybe(() => faker.lorem.sentence())",
    ("Order", "placed_at"): "() => Date.now()",
    ("Product", "sku"): "faker => `AB-${faker.string.numeric(4)}`",
}


def test_every_file_is_read_or_reported(parsed: Parsed) -> None:
    files = {path.as_posix() for path in FOLDER.rglob("*.ts")}
    read = {one.source for one in parsed.definitions}
    skipped = {one.file for one in parsed.report.skipped}
    assert read | skipped == files
    assert {Path(one).name for one in skipped} == {"limits.ts"}
    assert parsed.report.unresolved == ()
    assert all(one.unresolved == () for one in parsed.definitions)


def test_every_kind_of_relation_is_in_the_files(parsed: Parsed) -> None:
    kinds: set[RelationKind] = {r.kind for one in parsed.definitions for r in one.relations}
    assert kinds == {
        "belongs_to",
        "belongs_to_many",
        "has_many",
        "has_many_through",
        "has_one",
        "has_one_through",
        "morph_many",
        "morph_one",
        "morph_to",
        "morph_to_many",
        "morphed_by_many",
    }


def test_factories_that_are_one_call_are_translated(parsed: Parsed) -> None:
    """The others keep their source, and are reported with their line."""
    found: dict[tuple[str, str], FactoryDefinition] = {
        (one.name, attribute.name): attribute.factory
        for one in parsed.definitions
        for attribute in one.attributes
        if attribute.factory and one.name != "Voucher"
    }
    assert {at: one.faker for at, one in found.items() if one.faker} == FACTORIES
    assert {at: one.source for at, one in found.items() if at in KEPT} == KEPT
    assert found["User", "password"].literal == "123456"
    assert found.keys() == FACTORIES.keys() | KEPT.keys() | {("User", "password")}
    assert {one.text for one in parsed.report.factories} == set(KEPT.values())
    lines = [one.line for one in parsed.report.factories if "Date.now" in one.text]
    source = (FOLDER / "shop/Order.ts").read_text().splitlines()
    assert ["Date.now()" in source[line - 1] for line in lines] == [True]


def test_functions_are_kept_as_text(parsed: Parsed) -> None:
    user = parsed["User"]
    assert user.getters == {"greeting": "(attributes: any) => `Dear ${attributes.name}`"}
    assert user.setters["password"].startswith("async (attributes: any) => {")


def test_an_extension_has_what_it_extends(parsed: Parsed) -> None:
    product, voucher = parsed["Product"], parsed["Voucher"]
    assert {r.name for r in voucher.relations} == {r.name for r in product.relations} | {"holder"}
    assert voucher.indexes == product.indexes
    assert (voucher.traits.soft_deletes, voucher.traits.ttl) == ("deleted_at", "expires_at")
    assert product.traits.ttl is None
    price = voucher.attribute("price")
    assert price == product.attribute("price")
    variety = voucher.attribute("variety")
    assert variety is not None
    assert (variety.default, variety.choices) == ("voucher", ("voucher", "gift"))


def test_keys_are_read_from_their_functions(parsed: Parsed) -> None:
    visit = parsed["Visit"]
    assert visit.primary_key == ("site_id", "at")
    assert visit.keys == {
        "pk": ("SITE", Reference("site_id")),
        "sk": ("VISIT", Reference("at")),
        "gsi1pk": ("PAGE", Reference("site_id"), Reference("path")),
        "gsi1sk": ("VISIT", Reference("at")),
    }
    assert parsed["StockCount"].primary_key == ("warehouse", "product_id", "day")


def test_a_definition_is_registered_once(connection: Connection, parsed: Parsed) -> None:
    """The same again changes nothing; another of the same name is refused."""
    plan = connection.plan
    connection.register(*parsed.definitions)
    assert connection.plan is plan
    with pytest.raises(ConfigurationError, match="User: is registered already, and different"):
        connection.register(EntityDefinition(name="User"))
