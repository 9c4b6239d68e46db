"""Rows of small files, each about one thing that the shop does not have."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

import pytest

from orm.definitions import DefinitionError
from orm.errors import ConfigurationError
from orm.records import Connection
from orm.validation import InvalidRowError
from tests.contract.stacks.bench import Bench, model, parsed
from tests.contract.stacks.samples import rows_of


def test_whole_numbers_can_be_changed_again(bench: Bench) -> None:
    things = bench.things("size: { validation: { rule: schema.number().integer() } }, name: {}")
    row = things.create(size=3)
    things.find_or_fail(row.id).update(name="new")


@pytest.mark.parametrize("rule", ["number().required().min(1)", "number().integer()"])
def test_a_foreign_key_that_is_declared_a_number_holds_a_key_of_text(
    bench: Bench, rule: str
) -> None:
    """As models for SQL say, of ids that they leave to the database."""
    child = f"""
    export default {{
      name: 'Child',
      belongsTo: ['Thing'],
      attributes: {{ thingId: {{ fillable: true, validation: {{ rule: schema.{rule} }} }} }},
    }}
    """
    connection = bench.connection(model("name: {}", "hasMany: ['Child']"), child)
    thing = rows_of(connection, "Thing").create(id="7")
    made = thing.related("children").create(id="c")
    assert thing.load("children").children == [made]
    assert made.load("thing").thing == thing
    assert "foreign-key-kind" in {one.code for one in connection.plan.findings}


def test_what_is_to_be_hashed_is_not_stored_in_clear(bench: Bench) -> None:
    things = bench.things("password: { cast: 'hashed', hidden: true }")
    with pytest.raises(InvalidRowError, match="must be a hash"):
        things.create(password="secret")
    row = things.create(password="$2b$12$abcdefghijklmnopqrstuv")
    assert things.find_or_fail(row.id).password == row.password


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


@pytest.mark.parametrize("given", [{"is_admin": True}, {"name": "n", "is_admin": True}])
def test_only_what_is_fillable_is_filled(bench: Bench, given: dict[str, Any]) -> None:
    things = bench.things("name: { fillable: true }, isAdmin: { default: false }")
    with pytest.raises(ConfigurationError, match=r"Thing\.is_admin: is guarded"):
        things.create(given)
    row = things.create(id="1", name="n")  # a key has to be given
    for refused in (row.fill, row.update):
        with pytest.raises(ConfigurationError, match=r"Thing\.is_admin: is guarded"):
            refused(given)
    row.is_admin = True
    row.save()
    assert things.find_or_fail("1").is_admin is True


def test_where_nothing_is_fillable_all_is_but_what_is_guarded(bench: Bench) -> None:
    """A foreign key that a relation brings says nothing of the others."""
    things = bench.things("name: {}, rank: { guarded: true }", "belongsTo: ['Owner']")
    assert things.create(name="n", owner_id="o").name == "n"
    with pytest.raises(ConfigurationError, match=r"Thing\.rank: is guarded"):
        things.create(rank=1)


@pytest.mark.parametrize(
    ("attributes", "said"),
    [
        ("pin: { encrypted: true }", "Thing.pin: is declared encrypted, which is not built yet"),
        ("pin: { cast: 'encrypted' }", "Thing.pin: is declared encrypted, which is not built"),
        ("owner: {}", "Thing.owner: is an attribute and a relation"),
        ("pin: 'string|confirmed'", "Thing.pin: is to be confirmed by pin_confirmation"),
        ("size: { default: 1, rule: 'integer|min:2' }", "Thing.size: has a default that its own"),
        ("size: { default: 'x', rule: 'integer' }", "Thing.size: has a default that its own"),
    ],
)
def test_what_could_not_be_kept_is_not_registered(bench: Bench, attributes: str, said: str) -> None:
    with pytest.raises(DefinitionError, match=re.escape(said)):
        Connection(bench.driver, bench.config).register(
            *parsed(model(attributes, "belongsTo: ['Owner']"))
        )


def test_a_default_may_depend_on_other_attributes(bench: Bench) -> None:
    """Whether it is right is known only when there is a row."""
    things = bench.things("one: { default: 'a', rule: 'string|same:other' }, other: {}")
    assert things.create(other="a").one == "a"


def test_choices_of_several_types_stand_in_no_key(bench: Bench) -> None:
    text = model(
        "state: { validation: { rule: schema.enum([1, 'a']) } }",
        "indexes: [{ name: 'things_state', columns: ['state'] }]",
    )
    with pytest.raises(ConfigurationError, match="state: stands in a key, and its choices are int"):
        bench.connection(text)


@pytest.mark.parametrize("name", ["$type", "'2fa'", "__id"])
def test_what_is_no_name_of_an_attribute_is_refused(name: str) -> None:
    with pytest.raises(ConfigurationError, match="is no name of an attribute"):
        parsed(model(f"{name}: {{}}"))


@pytest.mark.parametrize(
    ("chain", "right", "wrong"),
    [
        ("number().positive()", Decimal(1), Decimal(0)),
        ("integer().negative()", -1, 0),
        ("integer().divisibleBy(5)", 10, 7),
        ("string().equals('yes')", "yes", "no"),
        ("string().contains('@')", "a@b", "ab"),
        ("time()", "23:59", "24:00"),
        ("any()", "x", None),
        ("string().required('Give one')", "x", None),
    ],
)
def test_methods_of_chains_are_rules(bench: Bench, chain: str, right: Any, wrong: Any) -> None:
    things = bench.things(f"it: {{ validation: {{ rule: schema.{chain} }} }}")
    assert things.find_or_fail(things.create(it=right).id).it == right
    if "any" not in chain:
        with pytest.raises(InvalidRowError, match="Give one" if "required" in chain else "it"):
            things.create(it=wrong)


@pytest.mark.parametrize("kind", ["hasMany", "morphMany"])
def test_a_relation_to_what_is_not_there_is_refused_by_name(bench: Bench, kind: str) -> None:
    """As `belongsTo` is: planning goes on without it, and says so."""
    things = bench.things("name: {}", f"{kind}: ['Token']")
    assert {one.code for one in things.connection.plan.findings} == {"dangling"}
    with pytest.raises(ConfigurationError, match="Token: is no model that is registered here"):
        things.create(name="n").load("tokens")


def test_a_pair_is_attached_once_also_over_a_model_of_the_edge(bench: Bench) -> None:
    edge = "export default { name: 'TagThing', belongsTo: ['Thing', 'Tag'] }"
    tag = "export default { name: 'Tag', attributes: { label: {} } }"
    connection = bench.connection(model("name: {}", "belongsToMany: ['Tag']"), tag, edge)
    thing = rows_of(connection, "Thing").create(name="n")
    first = rows_of(connection, "Tag").create(label="a")
    assert thing.related("tags").attach(first) == [first.id]
    assert thing.related("tags").attach(first) == []
    assert len(thing.load("tags").tags) == 1


def test_a_pair_is_detached_also_over_a_model_of_the_edge(bench: Bench) -> None:
    edge = "export default { name: 'TagThing', belongsTo: ['Thing', 'Tag'] }"
    tag = "export default { name: 'Tag', attributes: { label: {} } }"
    connection = bench.connection(model("name: {}", "belongsToMany: ['Tag']"), tag, edge)
    thing = rows_of(connection, "Thing").create(name="n")
    first = rows_of(connection, "Tag").create(label="a")
    thing.related("tags").attach(first)
    assert thing.related("tags").detach(first) == [first.id]
    assert thing.related("tags").sync([first]).attached == [first.id]
