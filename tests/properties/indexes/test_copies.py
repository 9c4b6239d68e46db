"""What indexes copy: whoever needs more of a row is never sent there."""

from __future__ import annotations

import itertools

from hypothesis import event, given
from hypothesis import strategies as st

from orm.indexes import IndexPlan, KeyPath
from orm.limits import PROJECTED_PER_INDEX_MAX, PROJECTED_PER_TABLE_MAX
from tests.properties.indexes.schemas import SCALARS, schemas
from tests.properties.indexes.test_plan import often, planned


def copied(plan: IndexPlan, path: KeyPath) -> tuple[str, ...]:
    """What the index of a path copies; nothing where it copies all."""
    includes = {slot.number: slot.include for slot in plan.slots}
    return includes[path.number] if path.kind == "gsi" else ()


@often
@given(schemas(), st.lists(st.sampled_from(SCALARS), unique=True, max_size=2))
def test_no_answer_lacks_what_is_needed(schema, needs):
    """Every question that is declared, asked for other attributes: where none is said the whole
    row is needed, which a narrow index has not."""
    plan = planned(schema)
    for entity in plan.entities.values():
        for pattern, wanted in itertools.product(
            (answer.pattern for answer in entity.answers), ((), needs, ("a", "b", "c"))
        ):
            found = plan.ask(
                entity.entity, pattern.equal, pattern.sort, guards=pattern.guards, needs=wanted
            )
            narrow = copied(plan, found[0]) if found else ()
            event(f"{'some' if wanted else 'all'} from {'a narrow' if narrow else 'any'} path")
            if found and narrow:
                assert wanted, "a whole row from a part"
                assert {*wanted, *found[0].attributes} <= {*narrow}


@often
@given(schemas())
def test_every_declared_question_is_answered_with_what_it_lists(schema):
    """By the path that the plan says, which copies that and what its keys are made of."""
    plan = planned(schema)
    for entity in plan.entities.values():
        for answer in entity.answers:
            if answer.path is None:
                continue
            narrow = copied(plan, answer.path)
            listed = answer.pattern.project
            assert not narrow or {*listed, *answer.path.attributes, *entity.identity} <= {*narrow}
            assert not narrow or listed, "a pattern that needs everything is read from a part"


@often
@given(schemas())
def test_indexes_copy_no_more_than_a_table_can(schema):
    """With the attribute that names the entity."""
    sizes = [len(slot.include) + 1 for slot in planned(schema).slots if slot.include]
    assert max(sizes, default=0) <= PROJECTED_PER_INDEX_MAX
    assert sum(sizes) <= PROJECTED_PER_TABLE_MAX
