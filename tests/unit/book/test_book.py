"""The book as data: everything that is planned, by the names of the table, the same every time."""

from __future__ import annotations

import os
import subprocess
import sys

import msgspec
import pytest

from orm import SingleTableConfig
from orm.book import AccessPatternGenerator, Book, PatternEntry
from orm.driver import Driver
from orm.errors import ConfigurationError
from orm.indexes import plan_indexes
from orm.records import Attr, Connection, DynamoDBModel, attr
from tests.unit.book.schemas import BLOG, LEDGER, ODD, SCHEMAS, SITES, Schema, defined

CONFIG = SingleTableConfig(table="app")
RENAMED = SingleTableConfig(
    table="other",
    pk="hash",
    sk="order",
    entity="kind",
    index="by-{n}",
    index_pk="i{n}h",
    index_sk="i{n}o",
    local_index="near-{n}",
    local_index_sk="n{n}o",
    delimiter=" ",
)


def generator(schema: Schema, config: SingleTableConfig = CONFIG) -> AccessPatternGenerator:
    return AccessPatternGenerator(schema.plan(), config)


def entry(schema: Schema, entity: str, name: str) -> PatternEntry:
    return generator(schema).pattern(entity, name).entry


@pytest.mark.parametrize("schema", [*SCHEMAS, ODD], ids=lambda schema: schema.name)
def test_every_question_and_relation_of_the_plan_is_in_it(schema: Schema) -> None:
    plan, book = schema.plan(), generator(schema).book()
    asked = {(name, a.pattern.name) for name, e in plan.entities.items() for a in e.answers}
    assert {(found.entity, found.name) for found in book.patterns} == asked
    assert len(book.patterns) == len(asked)
    assert {(r.entity, r.relation) for r in book.relations} == {
        (r.entity, r.relation) for r in plan.routes
    }
    assert [entity.name for entity in book.entities] == list(plan.entities)
    indexes = len(plan.slots) + sum(len(e.local) for e in plan.entities.values())
    assert f"{indexes} indexes" in generator(schema).markdown()


def test_patterns_stand_by_entity_the_primary_key_first_and_relations_by_name() -> None:
    book = generator(BLOG).book()
    entities = [entity.name for entity in book.entities]
    places = [
        (entities.index(found.entity), found.name != "by primary key", found.name)
        for found in book.patterns
    ]
    assert places == sorted(places)
    relations = [(found.entity, found.relation) for found in book.relations]
    assert relations == sorted(relations)


def test_the_order_of_registration_changes_nothing() -> None:
    plan = plan_indexes(reversed(BLOG.entities), BLOG.options)
    again = AccessPatternGenerator(plan, CONFIG)
    assert (again.markdown(), again.json()) == (
        generator(BLOG).markdown(),
        generator(BLOG).json(),
    )


SAY = """
from tests.unit.book.test_book import BLOG, generator
print(generator(BLOG).markdown(), generator(BLOG).json())
"""


def test_every_process_writes_the_same() -> None:
    """Whatever the seed of its hashes."""
    said = [
        subprocess.run(
            [sys.executable, "-c", SAY],
            env=os.environ | {"PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(sys.path)},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    ]
    assert said[0] == said[1]
    assert len(said[0]) > 10_000


@pytest.mark.parametrize("schema", [*SCHEMAS, ODD], ids=lambda schema: schema.name)
def test_json_is_the_same_book(schema: Schema) -> None:
    made = generator(schema)
    assert msgspec.json.decode(made.json(), type=Book) == made.book()


def test_a_pattern_says_what_answers_it() -> None:
    assert entry(BLOG, "Post", "by_author, 2 of 3") == PatternEntry(
        entity="Post",
        name="by_author, 2 of 3",
        origin="index",
        question="every Post with this user_id and status, by created_at, least first; "
        "where deleted_at is absent",
        via="gsi",
        index="GSI2",
        key_condition='gsi2pk = "POST#{user_id}" AND begins_with(gsi2sk, "POST#{status}#")',
        equal=("user_id", "status"),
        sort="created_at",
        descending=False,
        filters=(),
        consistency="eventual",
        attributes=(),
        one=False,
        shards=1,
        units="½ × ⌈rows × bytes ÷ 4096⌉, at least ½",
    )


def test_a_claim_is_two_consistent_reads() -> None:
    found = entry(BLOG, "User", "by email")
    assert (found.via, found.index, found.consistency, found.one) == ("claim", "", "strong", True)
    assert found.key_condition == 'pk = "!UNIQUE#USER#email#{email}" AND sk = "!UNIQUE"'


def test_what_lies_with_others_is_filtered_by_its_entity() -> None:
    found = entry(BLOG, "Profile", "User.profile")
    assert found.key_condition == 'pk = "USER#{user_id}" AND begins_with(sk, "PROFILE#")'
    assert found.filters == ("_et = 'Profile'",)
    assert (found.via, found.consistency) == ("table", "on request")


def test_keys_that_were_given_stand_as_they_were_given() -> None:
    """A sort key that begins with an attribute has nothing to begin with."""
    found = entry(SITES, "Visit", "of page")
    assert found.key_condition == (
        'gsi2pk = "PATH#{path}#{bot}" AND gsi2sk BETWEEN "$" AND "U+10FFFF…"'
    )
    assert entry(SITES, "Visit", "people").filters == ("_et = 'Visit'", "bot = False")


def test_a_spread_pattern_reads_every_partition() -> None:
    found = entry(BLOG, "Post", "newest")
    assert found.shards == 4
    assert found.key_condition == 'gsi7pk = "POST#{shard}" AND begins_with(gsi7sk, "POST#")'


def test_an_index_that_copies_less_is_told() -> None:
    """Beside what the pattern lists, what every reading needs."""
    attributes = {"a": {"required": True}, "total": {"required": True}, "body": {"required": True}}
    listed = {"name": "listed", "equal": ["a"], "project": ["total"]}
    model = {"name": "Note", "attributes": attributes, "patterns": [listed]}
    schema = Schema("narrow", defined(model))
    found = entry(schema, "Note", "listed")
    assert found.attributes == ("a", "total", "id")
    copies = "copies `a`<br>`total`<br>`id`"
    assert f"| `{found.index}`, {copies} |" in generator(schema).markdown()


def test_a_local_index_is_read_consistently() -> None:
    found = entry(LEDGER, "Entry", "by amount")
    assert (found.via, found.index, found.consistency) == ("lsi", "LSI1", "strong")
    assert found.key_condition == 'pk = "ENTRY#{account_id}" AND begins_with(lsi1sk, "ENTRY#")'


@pytest.mark.parametrize("schema", SCHEMAS, ids=lambda schema: schema.name)
def test_every_name_of_the_table_is_the_config_s(schema: Schema) -> None:
    book = msgspec.structs.replace(generator(schema, RENAMED).book(), findings=())
    text = msgspec.json.encode(book).decode()  # findings speak of the plan, which knows no names
    usual = ("GSI", "LSI", "gsi1pk", "lsi1sk", '"pk = ', '"pk":"pk"', "_et", "USER#")
    assert not [name for name in usual if name in text]
    assert "hash = " in text


class NoDriver:
    """Carries nothing."""

    def send(self, request: object) -> object:
        raise AssertionError(request)


class Note(DynamoDBModel):
    id: Attr[str]
    text: Attr[str] = attr(default="", unique=True)


def connection(tenant: str | None, prefix: str = "{prefix}") -> Connection:
    driver: Driver = NoDriver()  # type: ignore[assignment]
    made = Connection(driver, SingleTableConfig(table="app", prefix=prefix), tenant=tenant)
    made.register(Note)
    return made


def test_a_tenant_s_keys_begin_with_it() -> None:
    """With any tenant, so that the book is the same for all of them."""
    book = AccessPatternGenerator(connection("acme", "v2.{prefix}")).book()
    conditions = {found.name: found.key_condition for found in book.patterns}
    assert conditions["by primary key"] == (
        'pk = "T#{tenant}#v2.NOTE#{id}" AND sk = "v2.NOTE#{id}"'
    )
    assert conditions["by text"].startswith('pk = "T#{tenant}#!UNIQUE#v2.NOTE#text#{text}"')
    assert book == AccessPatternGenerator(connection("other", "v2.{prefix}")).book()
    assert "tenant" not in AccessPatternGenerator(connection(None)).json()


def test_a_book_of_a_plan_alone_is_only_read() -> None:
    with pytest.raises(ConfigurationError, match="is of a plan alone") as refused:
        generator(BLOG).pattern("Post", "newest").execute()
    assert refused.value.hint == "make it of the connection: AccessPatternGenerator(connection)"


def test_a_plan_needs_names_and_a_connection_has_its_own() -> None:
    with pytest.raises(ConfigurationError, match="is needed with a plan"):
        AccessPatternGenerator(BLOG.plan())
    with pytest.raises(ConfigurationError, match="is not the connection's"):
        AccessPatternGenerator(connection(None), RENAMED)
    assert AccessPatternGenerator(connection(None), CONFIG).book().table == "app"
