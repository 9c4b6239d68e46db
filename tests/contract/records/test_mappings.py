"""Models from mappings: they work like declared ones, and look as the document shows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from orm import SingleTableConfig
from orm.driver import Driver
from orm.errors import ConfigurationError, NoIndexError
from orm.records import Attr, Dynamo, DynamoDBModel, Repository, UniqueError, attr
from orm.records.queries.clauses import Clause
from orm.records.queries.compiling import Asked, readers
from orm.validation import InvalidRowError
from tests.support.tables import table_of

USER = {
    "name": "User",
    "primaryKey": "id",
    "attributes": {"name": {"fillable": True}, "email": {"fillable": True, "unique": True}},
    "hasMany": ["Post"],
    "traits": {"useTimestamps": True},
}
POST = {
    "name": "Post",
    "attributes": {
        "title": {"fillable": True, "validation": {"rule": "required|min:3"}},
        "viewCount": {"fillable": True, "default": 0, "validation": {"rule": "integer"}},
    },
    "belongsTo": ["User"],
    "traits": {"useSoftDeletes": True},
}


@pytest.fixture
def dynamo(driver: Driver) -> Iterator[Dynamo]:
    """Both models in a table that is there."""
    from tests.conftest import fresh_config

    config: SingleTableConfig = fresh_config()
    made = Dynamo()
    made.connection(config=config, driver=driver)
    made.register_model(USER, POST)
    with table_of(made.current):
        yield made


def test_an_item_is_as_the_document_shows(dynamo: Dynamo) -> None:
    item = dynamo.create_item("User", {"id": "123", "name": "John"})
    shown = {"pk": "USER#123", "sk": "USER#123", "_et": "User", "id": "123", "name": "John"}
    assert item.items() >= shown.items()


def test_the_chain_of_the_document_runs_as_it_stands(dynamo: Dynamo) -> None:
    """Its user stands in no index, so GSI1, which has the posts, has none of its rows; the table
    has."""
    dynamo.create_item("User", {"id": "123", "name": "John"})
    dynamo.create_item("Post", {"id": "1", "title": "Hello", "user_id": "123"})
    asked = dynamo.entity("User").pk("USER#123")
    profiles = asked.sk.begins_with("PROFILE#").index("GSI1").project("name", "email").get()
    assert profiles == []
    (john,) = asked.sk.begins_with("USER#").project("name", "email").get()
    assert john["name"] == "John"
    posts = dynamo.entity("Post").pk("POST#123").index("GSI1")
    assert [post.title for post in posts.get()] == ["Hello"]
    with pytest.raises(ConfigurationError, match="GSI1: is no index that User stands in"):
        dynamo.entity("User").pk(id="123").index("GSI1").get()


def test_a_mapping_is_a_model(dynamo: Dynamo) -> None:
    """Saved, found by key, by unique value and by its foreign key; names in snake_case."""
    user_model, post_model = dynamo.model("User"), dynamo.model("Post")
    ann: Any = user_model.create(name="Ann", email="a@x.org")
    post: Any = post_model.create(title="Hello", user_id=ann.id)
    assert user_model.find_or_fail(ann.id) == ann
    assert user_model.where(email="a@x.org").get() == [ann]
    assert post_model.where(user_id=ann.id).get() == [post]
    assert post.view_count == 0
    post.update(view_count=3)
    assert dynamo.query("Post").where(user_id=ann.id).sum("view_count") == 3
    post.delete()
    assert dynamo.query("Post").where(user_id=ann.id).get() == []


def test_what_to_declare_is_said_as_a_mapping_says_it(dynamo: Dynamo) -> None:
    with pytest.raises(NoIndexError) as caught:
        dynamo.query("Post").where(title="Hello").order_by("view_count").get()
    assert '"patterns": {"…": {"equal": ["title"], "sort": "view_count"}}' in str(caught.value)


def test_its_rules_hold(dynamo: Dynamo) -> None:
    with pytest.raises(InvalidRowError, match="title"):
        dynamo.create_item("Post", {"title": "x"})
    dynamo.create_item("User", {"name": "A", "email": "a@x.org"})
    with pytest.raises(UniqueError):
        dynamo.create_item("User", {"name": "B", "email": "a@x.org"})


def test_a_model_that_comes_later_moves_nothing(dynamo: Dynamo) -> None:
    """Keys of rows that are there stay as they are."""
    before = dynamo.create_item("User", {"id": "1", "name": "Ann"})
    paths, users = dynamo.current.plan.entity("Post").paths, dynamo.model("User")
    dynamo.register_model({"name": "Aaa", "belongsTo": ["User"], "attributes": {"x": {}}})
    assert dynamo.current.plan.entity("Post").paths == paths
    assert dynamo.model("User") is users
    ann: Any = users.find_or_fail("1")
    assert ann.name == before["name"]


def test_a_class_and_a_mapping_of_one_name_are_refused(dynamo: Dynamo) -> None:
    class User(DynamoDBModel):
        id: Attr[str] = attr()

    with pytest.raises(ConfigurationError, match="registered already"):
        dynamo.register_model(User)


def test_what_was_forgotten_is_said() -> None:
    """No connection, no such model, no table."""

    class Lonely(DynamoDBModel):
        id: Attr[str]

    with pytest.raises(ConfigurationError, match="no connection") as caught:
        Lonely.find("1")
    assert "register_model(Lonely)" in caught.value.hint
    with pytest.raises(ConfigurationError, match="no connection yet"):
        Dynamo().model("User")
    with pytest.raises(ConfigurationError, match="one of table= and config="):
        Dynamo().connection()


def test_an_unknown_model_names_the_nearest(dynamo: Dynamo) -> None:
    with pytest.raises(ConfigurationError, match="is no model") as caught:
        dynamo.model("Usr")
    assert "User" in caught.value.hint


# --- rows that are identified by whole numbers ---

WHOLE = {"id": {"type": "integer"}}
CITY = {"name": "City", "attributes": {**WHOLE, "name": {}}, "hasMany": ["Shop"]}
SHOP = {
    "name": "Shop",
    "attributes": {**WHOLE, "name": {"fillable": True}},
    "belongsTo": ["City"],
    "belongsToMany": {"brands": {"model": "Brand", "pivot": {"columns": ["rank"]}}},
    "morphMany": {"notes": {"model": "Note", "morphName": "notable"}},
}
BRAND = {"name": "Brand", "attributes": WHOLE, "belongsToMany": ["Shop"]}
NOTE = {
    "name": "Note",
    "attributes": {**WHOLE, "city_id": {"fillable": True}},
    "belongsTo": ["City"],
    "morphTo": "notable",
}


@pytest.fixture
def numbered(driver: Driver) -> Iterator[Dynamo]:
    """Models with whole numbers for ids, which are related in every way."""
    from tests.conftest import fresh_config

    made = Dynamo()
    made.connection(config=fresh_config(), driver=driver)
    made.register_model(CITY, SHOP, BRAND, NOTE)
    with table_of(made.current):
        yield made


def test_a_foreign_key_is_of_the_kind_of_what_it_points_at(numbered: Dynamo) -> None:
    """Implied or declared without a type; rows are found, made and moved by it."""
    cities, shops = numbered.repository("City"), numbered.repository("Shop")
    turin, pisa = cities.create(id=1, name="Turin"), cities.create(id=2, name="Pisa")
    made = cities.related(turin, "shops").create(id=10, name="Mole")
    assert made.city_id == 1
    shops.create(id=11, name="Tower", city_id=2)
    assert [shop.name for shop in numbered.query("Shop").where(city_id=2).get()] == ["Tower"]
    rows = shops.find_many([10, 11])
    shops.load(rows, "city")
    assert [shop.city.name for shop in rows] == ["Turin", "Pisa"]
    shops.related(made, "city").associate(pisa).save()
    assert {shop.id for shop in cities.related(pisa, "shops").get()} == {10, 11}
    note = numbered.repository("Note").create(id=5, city_id=1)
    assert numbered.repository("Note").related(note, "city").first() == turin


def test_edges_hold_ids_of_the_kind_of_what_they_join(numbered: Dynamo) -> None:
    """Attached, synced and detached by row or by key, from either side."""
    shops, brands = numbered.repository("Shop"), numbered.repository("Brand")
    shop = shops.create(id=10)
    first, second, third = (brands.create(id=number) for number in (1, 2, 3))
    related = shops.related(shop, "brands")
    assert related.attach(first, 2, rank="a") == [1, 2]
    assert related.attach(2) == []
    synced = related.sync([2, third])
    assert (synced.attached, synced.detached) == ([3], [1])
    assert {brand.id for brand in related.get()} == {2, 3}
    assert [row.id for row in brands.related(second, "shops").get()] == [10]
    assert brands.related(third, "shops").detach(10) == [10]
    assert [brand.id for brand in related.get()] == [2]


def test_a_morph_holds_ids_of_the_kind_of_what_has_it(numbered: Dynamo) -> None:
    """All that it may point at have whole numbers."""
    shops, notes = numbered.repository("Shop"), numbered.repository("Note")
    shop = shops.create(id=10, name="Mole")
    note = shops.related(shop, "notes").create(id=1)
    assert (note.notable_type, note.notable_id) == ("Shop", 10)
    assert [row.id for row in shops.related(shop, "notes").get()] == [1]
    assert notes.related(note, "notable").first() == shop


# --- patterns about rows that lack something ---


@pytest.fixture
def sparse(driver: Driver) -> Iterator[Repository[Any]]:
    """Tasks, of which the open ones are asked for."""
    from tests.conftest import fresh_config

    made = Dynamo()
    made.connection(config=fresh_config(), driver=driver)
    task = {
        "name": "Task",
        "attributes": {one: {"fillable": True} for one in ("team", "done", "n", "kind", "zone")},
        "traits": {"useSoftDeletes": True},
        "patterns": {
            "open": {"equal": ["team"], "where": {"done": None}},
            "first": {"equal": ["team"], "sort": "n", "where": {"done": None, "kind": "a"}},
            "in zone": {"equal": ["zone"]},
            "open in zone": {"equal": ["zone"], "where": {"done": None, "kind": "a"}},
        },
    }
    made.register_model(task)
    with table_of(made.current):
        yield made.repository("Task")


def test_a_pattern_of_missing_values_is_asked_by_saying_so(sparse: Repository[Any]) -> None:
    """In any of the ways to say it; also beside a value, and an order."""
    sparse.create(id="1", team="x", kind="a", n="2")
    sparse.create(id="2", team="x", done="today", kind="a", n="1")
    sparse.create(id="3", team="y")
    sparse.create(id="4", team="x", kind="a", n="1")
    for asked in (
        sparse.query().where(team="x", done=None),
        sparse.query().where(team="x").where_null("done"),
    ):
        assert {row.id for row in asked.get()} == {"1", "4"}
    ordered = sparse.query().where(team="x", done=None, kind="a").order_by("n")
    assert [row.id for row in ordered.get()] == ["4", "1"]
    assert [row.id for row in ordered.limit(1).get()] == ["4"]
    sparse.delete(sparse.find_or_fail("4"))
    assert [row.id for row in ordered.get()] == ["1"]


def test_a_key_that_sees_to_it_is_not_filtered_as_well(sparse: Repository[Any]) -> None:
    """What another key does not see to is no reason to filter what it finds."""
    team = Clause("team", "=", ("x",))
    for said in (Clause("done", "=", (None,)), Clause("done", "null")):
        (reader,) = readers(sparse, Asked(groups=((team, said),)))
        assert [str(one) for one in reader.filters if "done" in str(one)] == []
    with pytest.raises(NoIndexError):
        sparse.query().where(zone="z", kind="a").get()


@pytest.mark.parametrize("said", [{"kind": "a"}, {}])
def test_a_pattern_of_missing_values_answers_no_other_question(
    sparse: Repository[Any], said: dict[str, Any]
) -> None:
    """The rows that have a value are in no index."""
    with pytest.raises(NoIndexError):
        sparse.query().where(team="x", **said).get()
    with pytest.raises(NoIndexError):
        sparse.query().where(team="x", **said).where_not_null("done").get()
