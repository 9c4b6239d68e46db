"""What parsed models do not do yet. Each is expected to fail; one that passes is to be moved to
where it belongs, without its mark."""

from __future__ import annotations

import pytest

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
