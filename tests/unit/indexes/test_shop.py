"""A whole schema: fifteen entities, two edges, and a plan that is read like a page."""

from __future__ import annotations

from pathlib import Path

import pytest

from orm.config import SingleTableConfig
from orm.definitions import Reference
from orm.indexes import (
    GsiDeriver,
    IndexPlan,
    KeyPatternGenerator,
    LsiDeriver,
    PlanOptions,
    SparseIndexDeriver,
    plan_indexes,
    plan_text,
)
from tests.unit.indexes.shop import SHOP, entity

GOLDEN = Path(__file__).with_name("shop_plan.txt")
CONFIG = SingleTableConfig(table="shop")


@pytest.fixture
def plan() -> IndexPlan:
    return plan_indexes(SHOP)


def test_the_plan_is_the_one_that_was_read_and_found_right(plan):
    assert plan_text(plan) == GOLDEN.read_text()


def test_indexes_are_as_many_as_one_entity_needs_at_the_most(plan):
    """One for each template would be fifteen; overloaded they are as many as Post's."""
    demands = {name: len(entity.indexes) for name, entity in plan.entities.items()}
    assert len(plan.slots) == max(demands.values()) == demands["Post"] == 5
    assert sum(demands.values()) == 16


def test_every_question_has_an_answer(plan):
    for each in plan.entities.values():
        assert all(answer.path or answer.claim for answer in each.answers)


def test_a_relation_and_its_inverse_are_one_pattern(plan):
    """`User.posts` is the pattern; `Post.author` is a read of the user by its key."""
    assert plan.route("User", "posts").steps == (("Post", "User.posts"),)
    assert plan.route("Post", "author").steps == (("User", "by primary key"),)


def test_an_edge_is_read_from_both_sides(plan):
    """One by the table, one by an index, merged from two declarations."""
    edge = plan.entity("RoleUser")
    assert edge.edge
    places = {a.pattern.name: a.path.place for a in edge.answers if a.path}
    assert places["Role.users"] == "table"
    assert places["User.roles"] == "index 1"
    assert {e.name for e in plan.edges} == {"RoleUser", "Taggable"}


def test_a_unique_attribute_takes_no_index(plan):
    answer = plan.entity("User").answer("by email")
    assert answer.via == "claim"
    assert answer.claim is not None
    assert answer.claim.casefold == ("email",)
    assert all("email" not in path.attributes for path in plan.entity("User").indexes)


def test_a_lookup_by_a_unique_attribute_leaves_out_the_bin(plan):
    (guard,) = plan.entity("Post").answer("by slug").filters
    assert str(guard) == "deleted_at is absent"


def test_a_polymorphic_relation_leads_to_one_of_its_types(plan):
    route = plan.route("Like", "likeable")
    assert route.either
    assert [entity for entity, _ in route.steps] == ["Comment", "Post"]


def test_trashed_rows_are_found_where_it_is_asked():
    plan = plan_indexes(SHOP, PlanOptions(gsis_max=20, trashed=frozenset({"Post"})))
    answer = plan.entity("Post").answer("User.posts (trashed)")
    assert answer.path is not None
    assert "deleted_at is present" in str(answer.path)


def test_a_question_that_was_not_declared_is_answered_where_a_path_does(plan):
    found = plan.ask("Post", ["user_id"], "created_at", descending=True)
    assert found is not None
    path, reading = found
    assert path.place == "index 2"
    assert not reading.forward
    assert plan.ask("Post", ["status"]) is None
    assert plan.ask("Post", ["user_id"], strong=True) is None


def test_key_patterns_are_readable_text(plan):
    generator = KeyPatternGenerator(plan, CONFIG)
    assert (generator.pk("User"), generator.sk("User")) == ("USER#{id}", "USER#{id}")
    assert generator.patterns("OrderLine") == {
        "pk": "ORDER#{order_id}",
        "sk": "ORDERLINE#{number}",
        "gsi1pk": "ORDERLINE#{product_id}",
        "gsi1sk": "ORDERLINE#{order_id}#{number}",
    }
    assert set(generator.all()) == set(plan.entities)


def test_names_and_the_delimiter_are_configuration(plan):
    other = SingleTableConfig(table="shop", index="ix-{n}", index_pk="i{n}h", index_sk="i{n}r",
                              delimiter="\t")  # fmt: skip
    assert KeyPatternGenerator(plan, other).pk("User") == "USER\t{id}"
    assert [(i.name, i.pk, i.sk) for i in GsiDeriver(plan, other).derive()][:1] == [
        ("ix-1", "i1h", "i1r")
    ]


def test_prefixes_are_the_tables(plan):
    """Whoever planned; keys that are given, and texts that are no prefix, stay."""
    config = SingleTableConfig(table="shop", prefix="{prefix}.2")
    prefixes = {name: config.entity_prefix(name.upper()) for name in plan.entities}
    prefixed = plan_indexes(SHOP, PlanOptions(prefixes=prefixes))  # as a connection plans
    mine, theirs = (KeyPatternGenerator(each, config) for each in (plan, prefixed))
    assert mine.pk("User") == theirs.pk("User") == "USER.2#{id}"
    assert mine.patterns("OrderLine") == theirs.patterns("OrderLine")
    assert mine.pk("OrderLine") == "ORDER.2#{order_id}"
    given = entity("Visit", "id", keys={"pk": ("VISIT", Reference("id"))})
    assert KeyPatternGenerator(plan_indexes([given]), config).pk("Visit") == "VISIT#{id}"


def test_the_derivers_show_what_the_plan_decided(plan):
    indexes = GsiDeriver(plan, CONFIG).derive()
    assert [each.name for each in indexes] == ["GSI1", "GSI2", "GSI3", "GSI4", "GSI5"]
    assert GsiDeriver(plan, CONFIG).of("Post") == plan.entity("Post").indexes
    assert LsiDeriver(plan, CONFIG).derive() == ()
    sparse = {(s.entity, s.path.number): s for s in SparseIndexDeriver(plan).derive()}
    assert str(sparse["Order", 3].guards[0]) == "status = 'open'"
    assert sparse["Category", 1].may_lack == ("parent_id",)
    assert ("Team", 1) not in sparse


def test_a_plain_path_is_one_that_a_class_could_declare(plan):
    assert plan.entity("User").key.is_plain
    assert plan.entity("User").indexes[0].is_plain
    assert not plan.entity("OrderLine").key.is_plain, "it lies in its order's partition"
    assert not any(path.is_plain for path in plan.entity("Post").indexes), "they have guards"
