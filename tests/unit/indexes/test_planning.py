"""What relations, orders, rates and projections come to in a plan."""

from __future__ import annotations

import enum

import pytest
from msgspec.structs import replace

from orm.definitions import (
    PatternDefinition,
    RelationDefinition,
    RuleCall,
    Traits,
    Unresolved,
    define,
)
from orm.indexes import Guard, PlanOptions, plan_indexes
from orm.indexes.errors import GuardValueError
from tests.unit.indexes.shop import attribute, entity, index, pattern, relation


def test_a_relation_gives_names_that_are_not_given():
    """Foreign keys by entity, morph columns by the relation, edges by both names in order."""
    writer = entity(
        "BookWriter",
        relations=(
            relation("has_many", "books", "Book"),
            relation("morph_one", "photo", "Photo", morph_name="subject"),
            relation("belongs_to_many", "clubs", "Club"),
        ),
    )
    plan = plan_indexes([writer, entity("Book"), entity("Photo"), entity("Club")])
    assert plan.entity("Book").implied == ("book_writer_id",)
    assert plan.entity("Photo").implied == ("subject_type", "subject_id")
    assert plan.entity("BookWriterClub").identity == ("book_writer_id", "club_id")
    assert {f.code for f in plan.findings} == {"implied-attribute"}


def test_what_points_at_a_row_is_of_the_kind_of_its_key():
    """Through others that point themselves, and unless it says a kind, or points at several."""
    number = attribute("id", kind="integer")
    user = entity(
        "User",
        number,
        relations=(
            relation("has_one", "profile", "Profile"),
            relation("has_many_through", "pages", "Page", through="Profile"),
            relation("belongs_to_many", "tags", "Tag"),
            relation("morph_many", "likes", "Like", morph_name="likeable"),
        ),
    )
    profile = entity(
        "Profile",
        attribute("user_id"),
        primary_key=("user_id",),
        relations=(relation("has_many", "pages", "Page"),),
    )
    tag = entity(
        "Tag",
        attribute("id", kind="string"),
        relations=(relation("morph_many", "likes", "Like", morph_name="likeable"),),
    )
    up = relation("belongs_to", "up", "Page", foreign_key="up_id")
    page = entity("Page", attribute("id", kind="date"), "profile_id", "up_id", relations=(up,))
    own = entity(
        "Own",
        attribute("user_id", kind="string"),
        relations=(relation("belongs_to", "user", "User"),),
    )
    plan = plan_indexes([user, profile, page, tag, own, entity("Like")])
    assert {name: found.pointing for name, found in plan.entities.items() if found.pointing} == {
        "Page": {"profile_id": "integer", "up_id": "date"},
        "Profile": {"user_id": "integer"},
        "TagUser": {"user_id": "integer", "tag_id": "string"},
    }


def test_a_number_that_names_an_id_of_no_kind_is_text_and_that_is_said():
    belongs = relation("belongs_to", "user", "User")
    post = entity("Post", attribute("user_id", kind="integer"), relations=(belongs,))
    plan = plan_indexes([post, entity("User")])
    assert plan.entity("Post").pointing == {"user_id": "string"}
    (said,) = plan.findings
    assert (said.subject, said.code) == ("user_id", "foreign-key-kind")
    counted = plan_indexes([post, entity("User", attribute("id", kind="integer"))])
    assert not counted.entity("Post").pointing
    assert not counted.findings


@pytest.mark.parametrize("asked", [{"equal": ("a",)}, {"equal": ("b",), "sort": "a"}])
def test_a_question_that_no_row_answers_is_refused(asked):
    """It asks for rows without a value, by that value."""
    pattern = PatternDefinition(name="none", where={"a": None}, **asked)
    with pytest.raises(GuardValueError, match="compares 'a' with None, and the pattern asks by"):
        plan_indexes([entity("Thing", "a", "b", patterns=(pattern,))])


def test_keys_that_point_at_each_other_say_no_kind():
    one = entity("One", "id", relations=(relation("belongs_to", "two", "Two", foreign_key="id"),))
    two = entity("Two", "id", relations=(relation("belongs_to", "one", "One", foreign_key="id"),))
    plan = plan_indexes([one, two])
    assert not any(found.pointing for found in plan.entities.values())


def test_an_entity_that_has_many_of_itself_is_read_from_both_sides():
    friends = relation("belongs_to_many", "friends", "User")
    edge = plan_indexes([entity("User", relations=(friends,))]).entity("UserUser")
    assert edge.identity == ("user_id", "related_user_id")
    assert [str(path) for path in edge.paths] == [
        "table: USERUSER#{user_id} | USERUSER#{related_user_id}",
        "index 1: USERUSER#{related_user_id} | USERUSER#{user_id}",
    ]


@pytest.mark.parametrize("name", ["APIKey", "HTTPServer", "ISBN", "book", "O_X"])
def test_a_model_is_related_to_as_it_is_spelled(name):
    """Acronyms and small letters are names as others are, also to go through."""
    shelf = define({"name": "Shelf", "hasMany": [name], "belongsTo": [name]})
    row = define(
        {"name": "Row", "hasOneThrough": [{"model": "Shelf", "through": name}], "morphMany": [name]}
    )
    plan = plan_indexes([shelf, row, define({"name": name})], PlanOptions(strict=True))
    assert "dangling" not in {finding.code for finding in plan.findings}


def test_a_default_that_could_not_be_read_is_none():
    """Rows are stored without it, so an order by it leaves rows out, and that is said."""
    field = attribute("t", required=False, default=Unresolved("now()"))
    plan = plan_indexes([entity("B", field, patterns=(pattern("p", sort="t"),))])
    (path,) = plan.entity("B").indexes
    assert plan.may_lack("B", path) == ("t",)
    assert "sparse-sort" in {finding.code for finding in plan.findings}


def test_an_order_that_rows_may_lack_is_left_to_the_reader():
    """All of a parent's rows are asked for; those without the attribute would not be found."""
    post = entity("Post", "user_id", attribute("rank", required=False))
    user = entity("User", relations=(relation("has_many", "posts", "Post", order_by="-rank"),))
    plan = plan_indexes([user, post])
    assert plan.route("User", "posts").order == "-rank"
    assert "rank" not in plan.entity("Post").indexes[0].attributes
    assert [f.code for f in plan.findings] == ["order-after-reading"]


def test_a_parent_by_another_key_is_found_by_its_claim_or_by_an_index():
    def child(owner_key: str) -> RelationDefinition:
        return relation("belongs_to", "user", "User", foreign_key="who", owner_key=owner_key)

    user = entity("User", attribute("email", unique=True), "nick")
    by_email = plan_indexes([user, entity("Post", "who", relations=(child("email"),))])
    assert by_email.route("Post", "user").steps == (("User", "by email"),)
    assert by_email.slots == ()
    by_nick = plan_indexes([user, entity("Post", "who", relations=(child("nick"),))])
    answer = by_nick.entity("User").answer("by nick")
    assert answer.path is not None
    assert answer.path.place == "index 1"


def test_a_parent_that_one_foreign_key_cannot_name_is_reported():
    line = entity("Line", "order_id", "number", primary_key=("order_id", "number"))
    note = entity("Note", "line_id", relations=(relation("belongs_to", "line", "Line"),))
    plan = plan_indexes([line, note])
    assert plan.route("Note", "line").steps == ()
    assert [finding.code for finding in plan.findings] == ["composite-parent"]


def test_patterns_that_list_what_they_need_make_a_narrow_index():
    given = entity("Post", "a", "b", "c", patterns=(pattern("p", "a", project=("b",)),))
    (slot,) = plan_indexes([given]).slots
    assert slot.include == ("a", "b", "id"), "and what its keys are made of"
    other = entity("Other", "a", patterns=(pattern("p", "a"),))
    (slot,) = plan_indexes([given, other]).slots
    assert slot.include == (), "another entity needs everything"


@pytest.mark.parametrize(("listed", "codes"), [(18, []), (19, ["projects-all"])])
def test_more_attributes_than_an_index_names_copy_all(listed, codes):
    """Twenty: what is listed, the primary key, and the one that names the entity."""
    fields = [f"f{i}" for i in range(listed)]
    given = entity("Post", *fields, patterns=(pattern("p", "f0", project=tuple(fields)),))
    plan = plan_indexes([given])
    assert bool(plan.slots[0].include) is not bool(codes)
    assert [finding.code for finding in plan.findings] == codes


def test_a_declared_rate_spreads_a_partition_and_no_other():
    """3,000 writes of one value need 2 to the ceiling of log2(6): eight."""
    given = entity(
        "Post", "a", "b", patterns=(pattern("p", "a", writes_per_second=3_000), pattern("q", "b"))
    )
    shards = {path.hash: path.shards for path in plan_indexes([given]).entity("Post").indexes}
    assert shards == {("a",): 8, ("b",): 1}


def test_a_wider_pattern_is_spread_for_the_writes_of_a_narrower_one():
    """Rows of one (a, b) are rows of one a as well."""
    hot = pattern("p", "a", "b", writes_per_second=3_000)
    given = entity("Post", "a", "b", patterns=(hot, pattern("q", "a")))
    (path,) = plan_indexes([given]).entity("Post").indexes
    assert (path.hash, path.shards) == (("a",), 8)


def test_strong_orders_take_local_indexes_where_they_are_allowed():
    user = entity("User", relations=(relation("has_many", "posts", "Post", owned=True),))
    post = entity(
        "Post",
        attribute("user_id", "immutable"),
        "score",
        patterns=(pattern("top", "user_id", sort="-score", strong=True),),
    )
    plan = plan_indexes([user, post], PlanOptions(lsi=True))
    assert [str(path) for path in plan.entity("Post").local] == [
        "local index 1: USER#{user_id} | POST#{score}#{id}"
    ]
    (finding,) = [finding for finding in plan.findings if finding.code == "lsi"]
    assert "10 GB" in finding.text


@pytest.mark.parametrize("more", [(), (pattern("p", "a"),)])
def test_a_key_of_several_is_split_for_a_local_index(more):
    """So that a strong order of its first part has a partition to sort, whatever else is asked."""
    strong = pattern("s", "a", sort="c", strong=True)
    given = entity("U", "a", "b", "c", primary_key=("a", "b"), patterns=(strong, *more))
    plan = plan_indexes([given], PlanOptions(lsi=True)).entity("U")
    assert [str(path) for path in plan.paths] == [
        "table: U#{a} | U#{b}",
        "local index 1: U#{a} | U#{c}#{b}",
    ]


def test_only_the_rows_of_an_index_heap_up_in_it():
    """The finding says which they are."""
    some = pattern("q", where={"a": "x"})
    plan = plan_indexes([entity("E", "a", patterns=(some, pattern("all")))])
    assert [finding.text.split(",")[0] for finding in plan.findings] == [
        "all E rows where a = 'x' are one partition of index 1",
        "all E rows are one partition of index 2",
    ]


def test_a_guard_takes_a_choice_as_it_is_stored():
    """Models hold members of an enum, definitions the values."""

    class Mood(enum.Enum):
        CALM = "calm"

    guard = Guard("mood", "is", "calm")
    assert guard.holds({"mood": Mood.CALM})
    assert guard.holds({"mood": "calm"})
    assert not guard.holds({"mood": None})


def test_a_key_is_shown_as_it_is_stored():
    """A prefix is one part, so what separates parts is escaped in it."""
    plan = plan_indexes([entity("E")], PlanOptions(prefixes={"E": "U#X"}))
    assert str(plan.entity("E").key) == "table: U$SX#{id} | U$SX#{id}"


def test_an_index_whose_columns_could_not_be_read_says_so():
    (finding,) = plan_indexes([entity("E", indexes=(index("i"),))]).findings
    assert (finding.code, finding.text) == ("no-index", "has no columns that could be read")


def test_keys_that_rules_allow_to_grow_too_long_are_reported():
    title = replace(attribute("title"), rules=(RuleCall("max", (2_000,)),))
    given = entity("Post", "a", title, patterns=(pattern("p", "a", sort="title"),))
    assert [finding.code for finding in plan_indexes([given]).findings] == ["key-size"]


def test_the_bins_column_in_an_index_means_the_live_rows():
    """(team, deleted_at) is SQL's way to say: the team's rows that are not deleted."""
    given = entity(
        "Post",
        "team_id",
        attribute("slug"),
        traits=Traits(soft_deletes="deleted_at"),
        indexes=(
            index("live", "team_id", "deleted_at"),
            index("bin", "deleted_at"),
            index("slugs", "slug", "deleted_at", unique=True),
        ),
    )
    plan = plan_indexes([given])
    post = plan.entity("Post")
    assert [str(path) for path in post.indexes] == [
        "index 1: POST#{team_id} | POST#{id} if deleted_at is absent"
    ]
    (claim,) = post.claims
    assert (claim.attributes, [str(g) for g in claim.guards]) == (
        ("slug",),
        ["deleted_at is absent"],
    )
    assert [finding.code for finding in plan.findings] == ["no-index"]


def test_an_inverse_by_another_foreign_key_is_named():
    """As people write it: the child calls its parent otherwise, and the parent does not know."""
    author = define({"name": "Author", "hasMany": ["Essay"]})
    writer = {"model": "Author", "foreignKey": "writer_id", "relationName": "writer"}
    essay = define({"name": "Essay", "belongsTo": [writer]})
    (found,) = plan_indexes([author, essay]).findings
    assert (found.entity, found.subject, found.code) == ("Essay", "author_id", "implied-attribute")
    assert "Essay.writer holds writer_id, so say foreign_key 'writer_id' there" in found.text
    known = define({"name": "Author", "hasMany": [{"model": "Essay", "foreignKey": "writer_id"}]})
    assert plan_indexes([known, essay]).findings == ()
