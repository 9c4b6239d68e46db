"""What parsed models do not do yet. Each is expected to fail; one that passes is to be moved to
where it belongs, without its mark."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

import pytest

from orm import create_table, delete_table
from orm.clock import SystemClock
from orm.config import SingleTableConfig
from orm.driver import Driver, MeteredDriver
from orm.errors import ConfigurationError
from orm.records import Connection, Repository
from orm.stacks import StacksModelParser
from orm.validation import InvalidRowError
from tests.contract.stacks.samples import rows_of


def parsed(*texts: str) -> Sequence[Any]:
    return [one for text in texts for one in StacksModelParser().parse_text(text).definitions]


def model(attributes: str, more: str = "") -> str:
    return f"export default {{ name: 'Thing', attributes: {{ {attributes} }}, {more} }}"


class Bench:
    """Tables for models of a test's own."""

    def __init__(self, driver: Driver, config: SingleTableConfig) -> None:
        self.driver, self.config = MeteredDriver(driver), config

    def connection(self, *texts: str) -> Connection:
        made = Connection(self.driver, self.config)
        made.register(*parsed(*texts))
        create_table(self.driver, made.shape(), SystemClock())
        return made

    def things(self, attributes: str, more: str = "") -> Repository[Any]:
        found: Repository[Any] = self.connection(model(attributes, more)).repository("Thing")
        return found


@pytest.fixture
def bench(driver: Driver, config: SingleTableConfig) -> Iterator[Bench]:
    yield Bench(driver, config)
    delete_table(driver, config.table, SystemClock())


@pytest.mark.xfail(strict=True, reason="the kind is that of the first rule, not the narrowest")
def test_whole_numbers_can_be_changed_again(bench: Bench) -> None:
    things = bench.things("size: { validation: { rule: schema.number().integer() } }, name: {}")
    row = things.create(size=3)
    things.find_or_fail(row.id).update(name="new")


@pytest.mark.xfail(strict=True, reason="a float is refused where a number would come back")
@pytest.mark.parametrize("written", ["default: 0.1,", ""])
def test_numbers_may_be_floats(bench: Bench, written: str) -> None:
    things = bench.things(f"price: {{ {written} validation: {{ rule: schema.number() }} }}")
    row = things.create() if written else things.create(price=0.1)
    assert things.find_or_fail(row.id).price == Decimal("0.1")


@pytest.mark.xfail(strict=True, reason="texts of dates pass the rules and are refused afterwards")
@pytest.mark.parametrize(
    ("rule", "text"), [("date", "2026-03-01"), ("timestampTz", "2026-03-01T12:00:00Z")]
)
def test_dates_may_be_texts(bench: Bench, rule: str, text: str) -> None:
    things = bench.things(f"at: {{ validation: {{ rule: schema.{rule}() }} }}")
    row = things.create(at=text)
    assert things.find_or_fail(row.id).at.isoformat()[:10] == "2026-03-01"


@pytest.mark.xfail(strict=True, reason="5 in the place of Decimal(5) counts as a change")
def test_a_number_that_was_saved_is_no_change(bench: Bench) -> None:
    things = bench.things("size: { default: 5, validation: { rule: schema.number() } }")
    row = things.create()
    assert not row.is_dirty()
    before = bench.driver.usage().requests
    row.save()
    assert bench.driver.usage().requests == before


@pytest.mark.xfail(strict=True, reason="a float as a bound is compared with decimals bit by bit")
def test_a_bound_is_the_number_that_is_written(bench: Bench) -> None:
    things = bench.things("price: { validation: { rule: schema.number().max(9999.99) } }")
    assert things.create(price=Decimal("9999.99")).price == Decimal("9999.99")


@pytest.mark.xfail(strict=True, reason="a chain inside a chain stays one argument")
@pytest.mark.parametrize("method", ["of", "each"])
def test_entries_of_a_list_have_rules(bench: Bench, method: str) -> None:
    chain = f"schema.array().{method}(schema.string().min(2))"
    things = bench.things(f"labels: {{ validation: {{ rule: {chain} }} }}")
    assert things.create(labels=["ab"]).labels == ["ab"]
    with pytest.raises(InvalidRowError, match="labels"):
        things.create(labels=["a"])


@pytest.mark.xfail(strict=True, reason="a kind that is known as a kind is no rule")
@pytest.mark.parametrize(
    "kind", ["bigint", "blob", "decimal", "double", "object", "password", "real", "smallint"]
)
def test_every_kind_may_begin_a_chain(bench: Bench, kind: str) -> None:
    """As the tables of kinds say."""
    bench.things(f"size: {{ validation: {{ rule: schema.{kind}() }} }}")


@pytest.mark.xfail(strict=True, reason="oneOf is the rule in, and the rule is enum")
def test_the_message_of_an_enum_is_said(bench: Bench) -> None:
    things = bench.things(
        "state: { validation: { rule: schema.enum(['a']), message: { oneOf: 'Choose a' } } }"
    )
    with pytest.raises(InvalidRowError, match="Choose a"):
        things.create(state="b")


@pytest.mark.xfail(strict=True, reason="confirmed asks by the spelling of the file")
def test_confirmed_names_an_attribute_in_either_spelling(bench: Bench) -> None:
    things = bench.things("pin: { rule: 'string|confirmed:pinAgain' }, pinAgain: {}")
    assert things.create(pin="1234", pin_again="1234").pin == "1234"


CHILD = """
export default {
  name: 'Child',
  belongsTo: ['Thing'],
  attributes: { thingId: { fillable: true, validation: { rule: schema.number() } } },
}
"""


@pytest.mark.xfail(strict=True, reason="a foreign key is of another type than the key it names")
@pytest.mark.parametrize(
    ("parent", "child", "key"),
    [
        ("name: {}", CHILD, "7"),
        (
            "id: { validation: { rule: schema.integer() } }",
            "export default { name: 'Child', belongsTo: ['Thing'] }",
            7,
        ),
    ],
    ids=["number names text", "nothing said names an integer"],
)
def test_a_foreign_key_holds_the_key_of_the_other_row(
    bench: Bench, parent: str, child: str, key: Any
) -> None:
    connection = bench.connection(model(parent, "hasMany: ['Child']"), child)
    thing = rows_of(connection, "Thing").create(id=key)
    made = thing.related("children").create(id="c")
    assert thing.load("children").children == [made]
    assert made.load("thing").thing == thing


@pytest.mark.xfail(strict=True, reason="only guarded is asked, not fillable")
def test_only_what_is_fillable_is_filled(bench: Bench) -> None:
    things = bench.things("name: { fillable: true }, isAdmin: { default: false }")
    with pytest.raises(ConfigurationError, match=r"Thing\.is_admin: "):
        things.create(name="n", is_admin=True)


@pytest.mark.xfail(strict=True, reason="a bare KeyError")
@pytest.mark.parametrize("kind", ["hasMany", "morphMany"])
def test_a_relation_to_what_is_not_there_is_refused_by_name(bench: Bench, kind: str) -> None:
    """As `belongsTo` is: planning goes on without it, and says so."""
    things = bench.things("name: {}", f"{kind}: ['Token']")
    assert {one.code for one in things.connection.plan.findings} == {"dangling"}
    with pytest.raises(ConfigurationError, match="Token: is no model that is registered here"):
        things.create(name="n").load("tokens")


@pytest.mark.xfail(strict=True, reason="the key of an edge that is declared is another")
def test_a_pair_is_attached_once_also_over_a_model_of_the_edge(bench: Bench) -> None:
    edge = "export default { name: 'TagThing', belongsTo: ['Thing', 'Tag'] }"
    tag = "export default { name: 'Tag', attributes: { label: {} } }"
    connection = bench.connection(model("name: {}", "belongsToMany: ['Tag']"), tag, edge)
    thing = rows_of(connection, "Thing").create(name="n")
    first = rows_of(connection, "Tag").create(label="a")
    assert thing.related("tags").attach(first) == [first.id]
    assert thing.related("tags").attach(first) == []
    assert len(thing.load("tags").tags) == 1


@pytest.mark.xfail(
    strict=True, reason="the edge is looked for by the key of a pair, which is another"
)
def test_a_pair_is_detached_also_over_a_model_of_the_edge(bench: Bench) -> None:
    edge = "export default { name: 'TagThing', belongsTo: ['Thing', 'Tag'] }"
    tag = "export default { name: 'Tag', attributes: { label: {} } }"
    connection = bench.connection(model("name: {}", "belongsToMany: ['Tag']"), tag, edge)
    thing = rows_of(connection, "Thing").create(name="n")
    first = rows_of(connection, "Tag").create(label="a")
    thing.related("tags").attach(first)
    assert thing.related("tags").detach(first) == [first.id]
    assert thing.related("tags").sync([first]).attached == [first.id]


@pytest.mark.xfail(strict=True, reason="the attribute hides the relation, and nothing says so")
def test_an_attribute_and_a_relation_of_one_name_are_reported(bench: Bench) -> None:
    connection = bench.connection(
        model("author: { fillable: true }", "belongsTo: ['Author']"),
        "export default { name: 'Author' }",
    )
    assert any("author" in str(one) for one in connection.plan.findings)
