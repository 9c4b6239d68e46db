"""Whatever gets no plan gets an error that names the entity, the pattern and the way out."""

from __future__ import annotations

import pickle
from typing import Any

import pytest
from msgspec.structs import replace

from orm.config import SingleTableConfig
from orm.definitions import (
    EntityDefinition,
    PivotDefinition,
    Reference,
    Source,
    Unresolved,
    define,
)
from orm.errors import ConfigurationError
from orm.indexes import KeyPatternGenerator, PlanOptions, errors, plan_indexes
from tests.unit.indexes.shop import attribute, entity, index, pattern, relation

CONFIG = SingleTableConfig(table="shop")
WIDE = PlanOptions(gsis_max=20)


def refused(kind: type[errors.PlanError], *definitions: EntityDefinition, **options: Any) -> str:
    """The text of the error; which pickles and is a configuration error."""
    with pytest.raises(kind) as caught:
        plan_indexes(definitions, PlanOptions(**options))
    assert isinstance(caught.value, ConfigurationError)
    again = pickle.loads(pickle.dumps(caught.value))
    assert str(again) == str(caught.value)
    return str(caught.value)


def says(text: str, *words: str) -> None:
    missing = [word for word in words if word not in text]
    assert not missing, f"{missing} not said in: {text}"


def user(**more: Any) -> EntityDefinition:
    return entity("User", "name", **more)


def post(*more: Any, **others: Any) -> EntityDefinition:
    return entity("Post", *(more or ("user_id",)), "a", "b", **others)


def test_a_pattern_of_an_unknown_attribute_is_refused():
    text = refused(errors.UnknownAttributeError, user(patterns=(pattern("by age", "age"),)))
    says(text, "User", "by age", "'age'", "name, id")


def test_an_index_of_an_unknown_column_is_refused():
    text = refused(errors.UnknownAttributeError, user(indexes=(index("ix", "age", "name"),)))
    says(text, "User, index 'ix'", "'age'")


def test_the_nearest_attribute_is_named():
    given = entity("User", "email", patterns=(pattern("p", "emial"),))
    text = refused(errors.UnknownAttributeError, given)
    says(text, "User, pattern 'p'", "'emial'", "write 'email', or declare 'emial'")


@pytest.mark.parametrize(
    ("field", "why"),
    [
        (attribute("tags", kind="array"), "holds a list"),
        (attribute("tags", kind="json"), "holds a tree"),
        (attribute("tags", encrypted=True), "encrypted"),
    ],
)
def test_a_pattern_over_what_no_key_carries_is_refused(field, why):
    given = entity("User", field, patterns=(pattern("by tags", "tags"),))
    says(refused(errors.UnkeyableAttributeError, given), "User", "by tags", "tags", why)


def test_two_patterns_of_one_name_are_refused():
    given = user(patterns=(pattern("p", "name"), pattern("p", "id", "name")))
    text = refused(errors.DuplicatePatternError, given)
    says(text, "User", "'p'", "its pattern p (name)", "its pattern p (id, name)", "a name of its")


def test_a_pattern_with_the_name_of_another_question_says_whose():
    """A unique attribute is asked by; the same question may be declared, another may not."""
    email = attribute("email", unique=True)
    same = entity("User", email, "at", patterns=(pattern("by email", "email"),))
    assert plan_indexes([same]).entity("User").answer("by email").via == "claim"
    other = replace(same, patterns=(pattern("by email", "email", sort="at"),))
    text = refused(errors.DuplicatePatternError, other)
    says(text, "its unique by email (email)", "its pattern by email (email; sort at)")


@pytest.mark.parametrize("value", [[1], {"a": 1}, float("nan"), b"x"])
def test_a_guard_that_cannot_be_compared_is_refused(value):
    given = user(patterns=(pattern("p", "name", where={"name": value}),))
    says(refused(errors.GuardValueError, given), "User", "'p'", "'name'")


@pytest.mark.parametrize(
    ("kind", "value", "words"),
    [
        ("boolean", 1, ("with 1", "compare with True or False")),
        ("integer", True, ("with True", "a whole number")),
        ("string", 1, ("with 1", "a text")),
        ("number", "1", ("with '1'", "a number")),
        ("enum", "opne", ("with 'opne'", "'open' or 'shut'")),
    ],
)
def test_a_guard_that_no_row_passes_is_refused(kind, value, words):
    """Its index would stay empty."""
    field = attribute("x", kind=kind, choices=("open", "shut") if kind == "enum" else ())
    given = user(patterns=(pattern("p", "name", where={"x": value}),))
    given = replace(given, attributes=(*given.attributes, field))
    says(refused(errors.GuardValueError, given), "User, pattern 'p'", "'x'", *words)


@pytest.mark.parametrize(
    ("kind", "value"),
    [("boolean", True), ("float", 1), ("string", ""), ("enum", "shut"), ("any", 1), ("date", None)],
)
def test_a_guard_that_rows_may_pass_is_planned(kind, value):
    field = attribute("x", kind=kind, choices=("open", "shut") if kind == "enum" else ())
    given = entity("User", field, "name", patterns=(pattern("p", "name", where={"x": value}),))
    assert plan_indexes([given]).entity("User").indexes[0].guards


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"gsis_max": "5"}, ("gsis_max: '5'", "give a whole number")),
        ({"gsis_max": True}, ("gsis_max: True",)),
        ({"prefixes": {"User": ""}}, ("prefixes: '' of User", "leave User out")),
        ({"prefixes": {"User": 1}}, ("prefixes: 1 of User",)),
    ],
)
def test_an_option_that_cannot_be_is_refused(options, words):
    with pytest.raises(ConfigurationError) as caught:
        PlanOptions(**options)
    says(f"{caught.value}; {caught.value.hint}", *words)


@pytest.mark.parametrize(
    "names",
    [
        {"table": "t"},
        {"table": "a b c"},
        {"index": "x{n}"},
        {"local_index": "l/{n}"},
        {"table": ""},
    ],
)
def test_a_name_that_no_table_has_is_refused(names):
    """Not first by CreateTable."""
    with pytest.raises(ConfigurationError, match="3 to 255") as caught:
        SingleTableConfig(**{"table": "shop", **names})
    assert caught.value.setting == next(iter(names))
    assert SingleTableConfig(table="arn:aws:dynamodb:eu-west-1:123456789012:table/shop")


def test_an_option_for_an_entity_that_is_not_there_is_reported():
    """It may be yet to come, so it is no error."""
    given = PlanOptions(trashed=frozenset({"Usr"}), prefixes={"Other": "O"})
    found = plan_indexes([user()], given).findings
    assert [(one.entity, one.subject, one.code) for one in found] == [
        ("Other", "prefixes", "not-defined"),
        ("Usr", "trashed", "not-defined"),
    ]
    assert found[1].text.endswith(
        "PlanOptions.trashed names Usr, which is not defined; write 'User'"
    )


def test_a_dangling_relation_is_named_and_strictly_refused():
    """By default it is a finding: models are registered one after another."""
    given = user(relations=(relation("has_many", "tokens", "PersonalAccessToken"),))
    (finding,) = plan_indexes([given]).findings
    assert (finding.entity, finding.subject, finding.code) == ("User", "tokens", "dangling")
    assert "PersonalAccessToken" in finding.text
    assert finding.text.endswith("register PersonalAccessToken, or remove the relation")
    text = refused(errors.DanglingRelationError, given, strict=True)
    says(text, "User.tokens", "PersonalAccessToken", "register")


def test_a_dangling_relation_names_the_nearest_entity():
    """Another spelling of one that is there is nearest."""
    given = user(relations=(relation("has_many", "keys", "api_key"),))
    text = refused(errors.DanglingRelationError, given, entity("APIKey"), strict=True)
    says(text, "User.keys", "'api_key'", "write 'APIKey', or register api_key")


def test_a_dangling_through_is_named():
    through = relation("has_many_through", "lines", "Post", through="Basket")
    text = refused(errors.DanglingRelationError, user(relations=(through,)), post(), strict=True)
    says(text, "User.lines", "Basket")


def test_two_relations_that_key_an_edge_differently_are_refused():
    first = relation("belongs_to_many", "posts", "Post", pivot=PivotDefinition(entity="Edge"))
    second = relation(
        "belongs_to_many", "users", "User", foreign_key="p", pivot=PivotDefinition(entity="Edge")
    )
    text = refused(errors.EdgeMismatchError, user(relations=(first,)), post(relations=(second,)))
    says(text, "Edge", "User.posts", "Post.users")


def test_an_edge_with_one_attribute_for_both_sides_is_refused():
    same = relation("belongs_to_many", "friends", "User", foreign_key="u", related_key="u")
    text = refused(errors.KeyTemplateError, user(relations=(same,)))
    says(text, "UserUser", "User.friends", "two names")


def test_two_entities_of_one_prefix_are_refused():
    says(refused(errors.PrefixClashError, entity("Post"), entity("POST")), "Post", "'POST'")
    assert plan_indexes([entity("Post"), entity("POST")], PlanOptions(prefixes={"POST": "P2"}))


def test_the_tenants_prefix_is_refused():
    says(refused(errors.PrefixClashError, entity("T")), "'T'", "tenants")


def test_an_entity_defined_twice_is_refused():
    with pytest.raises(ConfigurationError, match="User: is defined twice"):
        plan_indexes([user(), user()])


# --- with the parent ---


def family(*fields: Any, **more: Any) -> tuple[EntityDefinition, EntityDefinition]:
    owned = relation("has_many", "posts", "Post", owned=True)
    return user(relations=(owned,)), post(*fields, **more)


def test_a_child_whose_foreign_key_may_change_is_refused():
    text = refused(errors.ColocationError, *family("user_id"))
    says(text, "Post", "User.posts", "'user_id' may change", "immutable", "primary key")


def test_a_child_that_may_lack_its_foreign_key_is_refused():
    field = attribute("user_id", "immutable", required=False)
    says(refused(errors.ColocationError, *family(field)), "Post", "may lack 'user_id'", "required")


def test_a_child_of_a_child_is_refused():
    """Its parent does not lie in a collection of its own."""
    comments = relation("has_many", "comments", "Comment", owned=True)
    owner, child = family(attribute("user_id", "immutable"), relations=(comments,))
    grandchild = entity("Comment", attribute("post_id", "immutable"))
    text = refused(errors.ColocationError, owner, child, grandchild)
    says(text, "Comment", "Post.comments", "USER#{user_id}")


def test_an_entity_that_would_lie_with_itself_is_refused():
    children = relation("has_many", "children", "Node", foreign_key="up", owned=True)
    given = entity("Node", attribute("up", "immutable"), relations=(children,))
    says(refused(errors.ColocationError, given), "Node", "no parent")


def test_a_child_of_two_owners_is_refused():
    owned = relation("has_many", "posts", "Post", owned=True)
    owner, team = user(relations=(owned,)), entity("Team", relations=(owned,))
    child = post(attribute("user_id", "immutable"), attribute("team_id", "immutable"))
    text = refused(errors.ColocationError, owner, team, child)
    says(text, "Post", "User", "Team", "already")


def test_a_pattern_with_a_parent_that_it_does_not_ask_by_is_refused():
    given = post(patterns=(pattern("p", "a", with_parent="User"),))
    text = refused(errors.ColocationError, user(), given)
    says(text, "Post", "'p'", "User", "foreign key")


def test_a_parent_that_is_not_defined_is_named():
    given = post(patterns=(pattern("p", "user_id", with_parent="Usr"),))
    text = refused(errors.ColocationError, user(), given)
    says(text, "Post, pattern 'p'", "Usr is not defined", "write 'User'")


def test_an_item_collection_that_is_too_hot_is_refused():
    hot = pattern("p", "user_id", writes_per_second=2_000)
    text = refused(
        errors.HotPartitionError, *family(attribute("user_id", "immutable"), patterns=(hot,))
    )
    says(text, "Post", "User.posts", "1,000", "by an index")


def test_a_given_key_elsewhere_than_with_the_owner_is_refused():
    text = refused(errors.ColocationError, *family(keys={"pk": ("POST", Reference("id"))}))
    says(text, "Post", "User.posts", "POST#{id}", "begin it with 'USER'")


# --- strong ---


def test_a_strong_pattern_that_only_a_global_index_answers_is_refused():
    text = refused(errors.StrongReadError, post(patterns=(pattern("p", "a", strong=True),)))
    says(text, "Post", "'p'", "POST#{id}", "eventually consistent", "primary key")


def test_a_strong_pattern_by_a_foreign_key_that_may_change_says_so():
    given = post(
        patterns=(pattern("p", "user_id", strong=True),),
        relations=(relation("belongs_to", "user", "User"),),
    )
    says(refused(errors.StrongReadError, user(), given), "'user_id' may change", "immutable")


def test_a_strong_order_of_a_collection_wants_a_local_index_and_says_its_limits():
    strong = pattern("p", "user_id", sort="a", strong=True)
    given = family(attribute("user_id", "immutable"), patterns=(strong,))
    text = refused(errors.StrongReadError, *given)
    says(text, "PlanOptions.lsi", "five", "10 GB", "made with the table")


def test_a_strong_order_of_a_part_of_the_key_wants_a_local_index():
    """The key would be split for it; what a local index could not answer is told so."""

    def says_of(*equal: str) -> str:
        strong = pattern("p", *equal, sort="c", strong=True)
        given = entity("U", "a", "b", "c", "d", primary_key=("a", "b"), patterns=(strong,))
        return refused(errors.StrongReadError, given)

    says(says_of("a"), "allow a local index (PlanOptions.lsi)")
    says(says_of("d"), "first in the primary key")


def test_more_than_five_local_indexes_are_refused():
    fields = [attribute(f"f{i}") for i in range(6)]
    strong = [pattern(f"p{i}", "user_id", sort=f"f{i}", strong=True) for i in range(6)]
    owner, child = family(attribute("user_id", "immutable"), *fields, patterns=tuple(strong))
    text = refused(errors.LsiOverflowError, owner, child, lsi=True, gsis_max=20)
    says(text, "Post", "6", "5 are allowed", "p0", "p5")


# --- limits ---


def crowded(count: int) -> EntityDefinition:
    names = [f"f{i}" for i in range(count)]
    return entity("Post", *names, patterns=tuple(pattern(f"by {n}", n) for n in names))


def test_more_indexes_than_allowed_are_refused_with_the_list():
    text = refused(errors.GsiOverflowError, crowded(6))
    says(text, "Post", "6 global secondary indexes", "5 are allowed", "by f0", "by f5", "gsis_max")
    assert len(plan_indexes([crowded(6)], PlanOptions(gsis_max=6)).slots) == 6


def test_no_plan_has_more_than_twenty_indexes():
    assert len(plan_indexes([crowded(20)], WIDE).slots) == 20
    says(refused(errors.GsiOverflowError, crowded(21), gsis_max=20), "21", "20 are allowed")
    with pytest.raises(ConfigurationError, match="gsis_max: 21 is not within 0 and 20"):
        PlanOptions(gsis_max=21)


def test_more_claims_than_a_transaction_moves_are_refused():
    fields = [attribute(f"f{i}", unique=True) for i in range(50)]
    assert plan_indexes([entity("User", *fields[:49])]).slots == ()
    text = refused(errors.ClaimOverflowError, entity("User", *fields))
    says(text, "User", "50 unique claims", "49 are allowed", "100 actions")


def test_a_rate_that_needs_too_many_shards_is_refused():
    given = post(patterns=(pattern("p", "a", writes_per_second=200_000),))
    says(refused(errors.HotPartitionError, given), "Post", "'p'", "512 shards", "256")


def test_a_rate_on_one_row_above_what_a_partition_takes_is_refused():
    given = post(patterns=(pattern("p", "id", writes_per_second=1_500),))
    says(refused(errors.HotPartitionError, given), "Post", "'p'", "1,500", "1,000")


# --- explicit keys ---


def keyed(name: str, **keys: Any) -> EntityDefinition:
    return entity(name, "user_id", "at", keys=keys)


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ({"sk": ("A",)}, ("sk", "without pk")),
        ({"gsi1sk": ("A",)}, ("gsi1sk", "without gsi1pk")),
        ({"gsi0pk": ("A",)}, ("gsi0pk", "no key of a table")),
        ({"pk": ()}, ("pk", "empty part")),
        ({"pk": ("A", "")}, ("pk", "empty part")),
        ({"pk": ("T", Reference("id"))}, ("pk", "kept for tenants")),
        ({"pk": (Reference("user_id"),)}, ("pk", "begins with an attribute")),
    ],
)
def test_a_template_that_cannot_work_is_refused(keys, words):
    says(refused(errors.KeyTemplateError, keyed("Visit", **keys)), "Visit", *words)


def test_a_template_of_an_unknown_attribute_is_refused():
    given = keyed("Visit", pk=("VISIT", Reference("nope")))
    says(refused(errors.UnknownAttributeError, given), "Visit, key 'pk'", "'nope'")


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ({"pk": ("CONFIG",)}, ("key 'pk'", "lacks id", "write 'CONFIG#{id}'")),
        (
            {"pk": ("SITE", Reference("at")), "sk": ("A",)},
            ("key 'sk'", "lacks id", "write 'A#{id}', or primaryKey: ['at']"),
        ),
    ],
)
def test_a_key_that_rows_would_share_is_refused(keys, words):
    """It lacks the primary key, and nothing in it is unique."""
    given = entity("Visit", "id", "at", keys=keys)
    says(refused(errors.KeyTemplateError, given), "Visit", *words)
    singular = replace(given, keys={**keys, "sk": ("A", Reference("id"))})
    assert plan_indexes([singular])


def test_a_unique_attribute_tells_rows_apart_too():
    given = entity("User", attribute("mail", unique=True), keys={"pk": ("MAIL", Reference("mail"))})
    assert plan_indexes([given])


@pytest.mark.parametrize("keys", [{}, {"pk": ("BOOK", Reference("isbn"))}])
def test_a_misspelled_primary_key_is_refused(keys):
    """Also where the key is given and does not need it. `id` alone is known undeclared."""
    given = entity("Book", "isbn", primary_key=("isn",), keys=keys)
    text = refused(errors.UnknownAttributeError, given)
    says(text, "Book, primaryKey", "'isn'", "write 'isbn'")
    assert plan_indexes([entity("Book", "isbn"), entity("Leaf", primary_key=("id",))])


def test_a_template_in_an_index_above_the_limit_is_refused():
    given = keyed("Visit", gsi6pk=("VISIT", Reference("at")))
    text = refused(errors.KeyTemplateError, given)
    says(text, "Visit, key 'gsi6pk'", "is of index 6", "5 are allowed", "gsis_max")


def test_entities_whose_rows_would_overwrite_each_other_are_refused():
    given = keyed("Profile", pk=("USER", Reference("user_id")), sk=("USER", Reference("user_id")))
    text = refused(errors.KeyClashError, user(), given)
    says(text, "User", "Profile", "in table, at USER#{user_id} | USER#{user_id}")


@pytest.mark.parametrize(
    ("keys", "key"),
    [
        ({"pk": Source("b => f(b)"), "sk": "A#{id}"}, "pk"),
        ({"pk": "A#{id}", "sk": Source("b => f(b)")}, "sk"),
        ({"GSI1PK": "A#{id}", "gsi1_sk": Unresolved("b => f(b)")}, "gsi1sk"),
    ],
)
def test_half_a_key_that_could_not_be_read_is_refused(keys, key):
    """It was given, so that nothing else may stand in its place."""
    given = define({"name": "Bed", "dynamodb": keys})
    says(refused(errors.KeyTemplateError, given), f"Bed, key '{key}'", "read: `b => f(b)`")


# --- what is asked of a plan, and given to the planner ---


@pytest.mark.parametrize(
    ("ask", "words"),
    [
        (lambda plan: plan.entity("user"), ("'user'", "write 'User'")),
        (lambda plan: plan.entity("X"), ("the plan: has no entity 'X'", "there are Post, User")),
        (lambda plan: plan.route("User", "x"), ("User: has no relation", "'x'", "there are posts")),
        (lambda plan: plan.route("Post", "x"), ("there are none",)),
        (lambda plan: plan.entity("User").answer("by key"), ("User: has no pattern 'by key'",)),
        (lambda plan: plan.ask("X", ["id"]), ("'X'",)),
        (lambda plan: KeyPatternGenerator(plan, CONFIG).pk("user"), ("write 'User'",)),
    ],
)
def test_what_is_not_in_a_plan_is_told_from_what_is(ask, words):
    plan = plan_indexes([user(relations=(relation("has_many", "posts", "Post"),)), post()])
    with pytest.raises(errors.NotPlannedError) as caught:
        ask(plan)
    says(str(caught.value), *words)
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)


def test_a_question_of_no_attribute_is_refused():
    """None is the answer to a question that no key answers."""
    plan = plan_indexes([user()])
    assert plan.ask("User", ["name"]) is None
    for equal, sort in ((["nam"], ""), (["id"], "nam")):
        with pytest.raises(errors.UnknownAttributeError, match=r"question.*'nam'.*write 'name'"):
            plan.ask("User", equal, sort)
    with pytest.raises(ConfigurationError, match="a text") as caught:
        plan.ask("User", "id")
    assert caught.value.hint == "write ['id']"


@pytest.mark.parametrize(
    ("given", "lock", "words"),
    [
        ([{"name": "E"}], None, ("definitions[0]: is a dict", "write define({…})")),
        (user(), None, ("is one EntityDefinition", "plan_indexes([")),
        ({"name": "E"}, None, ("is one dict",)),
        ([user()], "schema.lock.json", ("lock", "write read_lock('schema.lock.json')")),
    ],
)
def test_what_is_no_definition_or_no_lock_is_refused(given, lock, words):
    with pytest.raises(ConfigurationError) as caught:
        plan_indexes(given, lock=lock)
    says(f"{caught.value}; {caught.value.hint}", *words)
