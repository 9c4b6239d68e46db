"""Rows of small files, each about one thing that the shop does not have."""

from __future__ import annotations

from decimal import Decimal

import pytest

from orm.validation import InvalidRowError
from tests.contract.stacks.bench import Bench, model
from tests.contract.stacks.samples import rows_of


def test_whole_numbers_can_be_changed_again(bench: Bench) -> None:
    things = bench.things("size: { validation: { rule: schema.number().integer() } }, name: {}")
    row = things.create(size=3)
    things.find_or_fail(row.id).update(name="new")


@pytest.mark.parametrize("written", ["default: 0.1,", ""])
def test_numbers_may_be_floats(bench: Bench, written: str) -> None:
    things = bench.things(f"price: {{ {written} validation: {{ rule: schema.number() }} }}")
    row = things.create() if written else things.create(price=0.1)
    assert things.find_or_fail(row.id).price == Decimal("0.1")


@pytest.mark.parametrize(
    ("rule", "text"), [("date", "2026-03-01"), ("timestampTz", "2026-03-01T12:00:00Z")]
)
def test_dates_may_be_texts(bench: Bench, rule: str, text: str) -> None:
    things = bench.things(f"at: {{ validation: {{ rule: schema.{rule}() }} }}")
    row = things.create(at=text)
    assert things.find_or_fail(row.id).at.isoformat()[:10] == "2026-03-01"


def test_a_number_that_was_saved_is_no_change(bench: Bench) -> None:
    things = bench.things("size: { default: 5, validation: { rule: schema.number() } }")
    row = things.create()
    assert not row.is_dirty()
    before = bench.driver.usage().requests
    row.save()
    assert bench.driver.usage().requests == before


def test_a_bound_is_the_number_that_is_written(bench: Bench) -> None:
    things = bench.things("price: { validation: { rule: schema.number().max(9999.99) } }")
    assert things.create(price=Decimal("9999.99")).price == Decimal("9999.99")


@pytest.mark.parametrize("method", ["of", "each"])
def test_entries_of_a_list_have_rules(bench: Bench, method: str) -> None:
    chain = f"schema.array().{method}(schema.string().min(2))"
    things = bench.things(f"labels: {{ validation: {{ rule: {chain} }} }}")
    assert things.create(labels=["ab"]).labels == ["ab"]
    with pytest.raises(InvalidRowError, match="labels"):
        things.create(labels=["a"])


@pytest.mark.parametrize(
    "kind", ["bigint", "blob", "decimal", "double", "object", "password", "real", "smallint"]
)
def test_every_kind_may_begin_a_chain(bench: Bench, kind: str) -> None:
    """As the tables of kinds say."""
    bench.things(f"size: {{ validation: {{ rule: schema.{kind}() }} }}")


def test_the_message_of_an_enum_is_said(bench: Bench) -> None:
    things = bench.things(
        "state: { validation: { rule: schema.enum(['a']), message: { oneOf: 'Choose a' } } }"
    )
    with pytest.raises(InvalidRowError, match="Choose a"):
        things.create(state="b")


def test_confirmed_names_an_attribute_in_either_spelling(bench: Bench) -> None:
    things = bench.things("pin: { rule: 'string|confirmed:pinAgain' }, pinAgain: {}")
    assert things.create(pin="1234", pin_again="1234").pin == "1234"


def test_a_foreign_key_of_which_nothing_is_said_is_of_the_type_of_the_key(bench: Bench) -> None:
    connection = bench.connection(
        model("id: { validation: { rule: schema.integer() } }", "hasMany: ['Child']"),
        "export default { name: 'Child', belongsTo: ['Thing'] }",
    )
    thing = rows_of(connection, "Thing").create(id=7)
    made = thing.related("children").create(id="c")
    assert made.thing_id == 7
    assert thing.load("children").children == [made]
    assert made.load("thing").thing == thing
