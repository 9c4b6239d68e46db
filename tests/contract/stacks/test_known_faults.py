"""What parsed models do not do yet. Each is expected to fail; one that passes is to be moved to
where it belongs, without its mark."""

from __future__ import annotations

import pytest

from orm.errors import ConfigurationError
from tests.contract.stacks.bench import Bench, model
from tests.contract.stacks.samples import rows_of


@pytest.mark.xfail(strict=True, reason="a foreign key is of another type than the key it names")
def test_a_foreign_key_that_is_declared_a_number_holds_a_key_of_text(bench: Bench) -> None:
    child = """
    export default {
      name: 'Child',
      belongsTo: ['Thing'],
      attributes: { thingId: { fillable: true, validation: { rule: schema.number() } } },
    }
    """
    connection = bench.connection(model("name: {}", "hasMany: ['Child']"), child)
    thing = rows_of(connection, "Thing").create(id="7")
    made = thing.related("children").create(id="c")
    assert thing.load("children").children == [made]
    assert made.load("thing").thing == thing


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
