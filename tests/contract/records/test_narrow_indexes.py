"""Narrow indexes: those that copy only what their patterns list.

Whatever is asked, rows are whole: a narrow index answers `select` alone.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import pytest

from orm import SingleTableConfig, create_table, delete_table
from orm.clock import ManualClock, SystemClock
from orm.definitions import PatternDefinition as Pattern
from orm.driver import Driver, Transport, WireDriver
from orm.errors import ConfigurationError, NoIndexError
from orm.records import Attr, Connection, DynamoDBModel, Expires, SoftDeletes, attr
from orm.tables import TableShape, wait_until_active
from tests.conftest import fresh_config
from tests.support.tables import table_of

CLOCK = SystemClock()
NOON = 1_800_000_000


class Track(
    DynamoDBModel,
    SoftDeletes,
    Expires,
    patterns=(
        Pattern(name="titles", equal=("artist",), sort="year", project=("title",)),
        Pattern(name="rough", equal=("mood",), project=("title",), where={"state": "rough"}),
        Pattern(name="busy", equal=("label",), sort="year", project=("title",),
                writes_per_second=1500),
        Pattern(name="by state", equal=("state",)),
    ),
):  # fmt: skip
    """Is found by artist, mood and label in narrow indexes, by state in one that copies all."""

    id: Attr[str]
    artist: Attr[str]
    title: Attr[str]
    year: Attr[int]
    label: Attr[str] = attr(default="own")
    mood: Attr[str | None] = attr(default=None)
    state: Attr[str] = attr(default="done")
    lyrics: Attr[str] = attr(default="")
    slug: Attr[str | None] = attr(default=None, unique=True)


class Venue(
    DynamoDBModel,
    patterns=(Pattern(name="names", equal=("town",), sort="name", project=("name",)),),
):
    """Is found by town in a narrow index."""

    id: Attr[str]
    town: Attr[str]
    name: Attr[str]
    seats: Attr[int] = attr(default=0)


class Club(DynamoDBModel, patterns=(Pattern(name="fees", equal=("town",), project=("fee",)),)):
    """Shares it."""

    id: Attr[str]
    town: Attr[str]
    fee: Attr[int]
    motto: Attr[str] = attr(default="")


@pytest.fixture
def connection(
    driver: Driver, config: SingleTableConfig, tenant: str | None
) -> Iterator[Connection]:
    made = Connection(driver, config, tenant=tenant, clock=ManualClock(NOON * 1_000_000))
    made.register(Track)
    with table_of(made):
        yield made


def stock(connection: Connection) -> Any:
    tracks = connection.repository(Track)
    for n in range(6):
        tracks.create(
            id=f"t{n}",
            artist="ann",
            title=f"title {n}",
            year=2000 + n,
            mood="calm",
            state="rough" if n % 2 else "done",
            lyrics="la " * n,
            slug=f"slug-{n}",
        )
    return tracks


def test_the_table_copies_what_is_planned(connection: Connection, driver: Driver) -> None:
    """The entity's name, and what readings filter, merge and tell rows apart by, included."""
    config = connection.config
    found = wait_until_active(driver, config.table, CLOCK)
    copied = {each.index_name: each.projection for each in found.global_secondary_indexes}
    assert len(copied) == len(connection.plan.slots) == 4
    for slot in connection.plan.slots:
        projection = copied[config.index_name(slot.number)]
        if not slot.include:
            assert projection.projection_type == "ALL"
            continue
        assert projection.projection_type == "INCLUDE"
        assert isinstance(projection.non_key_attributes, list)
        assert set(projection.non_key_attributes) == {config.entity, *slot.include}
    (titles,) = [answer.path for answer in connection.plan.entity("Track").answers
                 if answer.pattern.name == "titles"]  # fmt: skip
    include = next(s.include for s in connection.plan.slots if titles and s.number == titles.number)
    assert {"title", "artist", "year", "id", "deleted_at", "ttl"} <= set(include)
    assert "lyrics" not in include


def test_select_is_answered_by_a_narrow_index(connection: Connection) -> None:
    """In order, with ranges, filters, the bin and what has expired."""
    tracks = stock(connection)
    tracks.create(id="x", artist="ann", title="expired", year=2009, ttl=NOON - 1)
    tracks.find_or_fail("t4").delete()
    asked = tracks.query().where(artist="ann").order_by("year", "desc")
    assert asked.limit(2).select("title", "year") == [
        {"title": "title 5", "year": 2005},
        {"title": "title 3", "year": 2003},
    ]
    assert [one["id"] for one in asked.where("year", ">", 2001).select("id")] == ["t5", "t3", "t2"]
    assert asked.filter(title="title 3").select(Track.title) == [{"title": "title 3"}]
    rough = tracks.query().where(mood="calm", state="rough")
    assert sorted(one["title"] for one in rough.select("title")) == [
        "title 1", "title 3", "title 5",
    ]  # fmt: skip


def test_spread_answers_are_merged(connection: Connection) -> None:
    """Also where the attribute that orders them was not asked for."""
    tracks = stock(connection)
    asked = tracks.query().where(label="own").order_by("year", "desc")
    assert [one["title"] for one in asked.select("title")] == [
        f"title {n}" for n in (5, 4, 3, 2, 1, 0)
    ]
    both = tracks.query().where_in("artist", ["ann", "bob"]).order_by("year").select("title")
    assert [list(one) for one in both] == [["title"]] * 6


def test_numbers_are_answered_by_a_narrow_index(connection: Connection) -> None:
    """None of them needs whole rows; one that needs what is not copied is refused."""
    tracks = stock(connection)
    asked = tracks.query().where(artist="ann")
    assert asked.order_by("year", "desc").limit(2).pluck("title") == ["title 5", "title 4"]
    assert (asked.count(), asked.limit(4).count(), asked.exists()) == (6, 4, True)
    assert (asked.sum("year"), asked.avg("year")) == (12015, 2002.5)
    assert (asked.min("title"), asked.max("year")) == ("title 0", 2005)
    assert asked.filter(title="title 3").count() == 1
    spread = tracks.query().where(label="own")
    assert (spread.count(), spread.limit(2).count(), spread.exists()) == (6, 2, True)
    with pytest.raises(NoIndexError):
        asked.pluck("lyrics")


def test_select_reads_less_of_whole_answers_too(connection: Connection) -> None:
    """By claim, by an index that copies all, by the row's own key."""
    tracks = stock(connection)
    assert tracks.query().where(slug="slug-3").select("lyrics") == [{"lyrics": "la la la "}]
    assert tracks.query().where(id="t2").consistent().select("lyrics", "mood") == [
        {"lyrics": "la la ", "mood": "calm"}
    ]
    found = tracks.query().where(state="rough").select("lyrics")
    assert sorted(len(one["lyrics"]) for one in found) == [3, 9, 15]


def test_no_row_is_read_from_a_narrow_index(connection: Connection) -> None:
    """What it would answer is refused and says what to do; so is `select` of what it lacks."""
    tracks = stock(connection)
    asked = tracks.query().where(artist="ann")
    with pytest.raises(NoIndexError, match=r"select\(\)"):
        asked.get()
    with pytest.raises(NoIndexError):
        asked.select("title", "lyrics")
    with pytest.raises(NoIndexError):
        asked.filter(lyrics="").select("title")
    with pytest.raises(ConfigurationError, match="no attribute"):
        asked.select("nothing")


def test_rows_are_whole_whatever_finds_them(connection: Connection) -> None:
    """Every conjunction of equalities, every order: whole rows, or none and a reason."""
    tracks = stock(connection)
    known = {f"t{n}": tracks.find_or_fail(f"t{n}") for n in range(6)}
    given = {"id": "t3", "artist": "ann", "title": "title 3", "year": 2003, "label": "own",
             "mood": "calm", "state": "rough", "slug": "slug-3"}  # fmt: skip
    answered = 0
    for size, order in itertools.product((1, 2), ("", "year", "title")):
        for names in itertools.combinations(given, size):
            asked = tracks.query().where(**{name: given[name] for name in names})
            try:
                rows = (asked.order_by(order) if order else asked).get()
            except NoIndexError:
                continue
            answered += 1
            wanted = [r for r in known.values() if all(getattr(r, n) == given[n] for n in names)]
            assert {row.id: row for row in rows} == {row.id: row for row in wanted}
            rows[0].update(lyrics=rows[0].lyrics + "!")
            known[rows[0].id] = tracks.find_or_fail(rows[0].id)
    assert answered >= 3


def test_two_entities_share_a_narrow_index(
    driver: Driver, config: SingleTableConfig, tenant: str | None
) -> None:
    """It copies what either needs; neither sees the other's rows."""
    made = Connection(driver, config, tenant=tenant)
    made.register(Venue, Club)
    assert made.create_table() is True
    (slot,) = made.plan.slots
    assert (slot.entities, slot.include) == (("Club", "Venue"), ("fee", "id", "name", "town"))
    made.repository(Venue).create(id="v", town="Rome", name="The Hall", seats=200)
    made.repository(Club).create(id="c", town="Rome", fee=5, motto="Sing")
    venues, clubs = (made.repository(model).query().where(town="Rome") for model in (Venue, Club))
    assert venues.select("id", "name") == [{"id": "v", "name": "The Hall"}]
    assert clubs.select("fee") == [{"fee": 5}]
    with pytest.raises(NoIndexError):
        clubs.get()
    delete_table(driver, config.table, CLOCK)


def test_a_table_whose_index_copies_too_little_is_refused(
    driver: Driver, config: SingleTableConfig
) -> None:
    """It says what; one that copies more is good enough."""
    made = Connection(driver, config)
    made.register(Venue)
    shape = made.shape()
    (names,) = shape.include.values()
    create_table(driver, TableShape(config=config, indexes=1, include={1: names[1:]}), CLOCK)
    with pytest.raises(ConfigurationError, match=f"does not copy {names[0]};"):
        made.create_table()
    with pytest.raises(ConfigurationError, match="does not copy all attributes"):
        create_table(driver, TableShape(config=config, indexes=1), CLOCK)
    delete_table(driver, config.table, CLOCK)
    create_table(driver, TableShape(config=config, indexes=1), CLOCK)
    assert made.create_table() is False
    delete_table(driver, config.table, CLOCK)


@pytest.mark.parametrize(
    ("include", "message"),
    [
        ({1: tuple(f"a{n}" for n in range(21))}, "21 attributes that an index copies"),
        ({i: tuple(f"a{n}" for n in range(17)) for i in range(1, 7)}, "102 attributes"),
    ],
)
def test_more_than_dynamodb_copies_is_refused(
    config: SingleTableConfig, include: dict[int, tuple[str, ...]], message: str
) -> None:
    with pytest.raises(ConfigurationError, match=message):
        TableShape(config=config, indexes=6, include=include)


def test_as_many_as_dynamodb_copies_are_made(driver: Driver, config: SingleTableConfig) -> None:
    """Twenty in an index, and a hundred in a table."""
    include = {i: tuple(f"a{n}" for n in range(20)) for i in range(1, 6)}
    assert create_table(driver, TableShape(config=config, indexes=5, include=include), CLOCK)
    delete_table(driver, config.table, CLOCK)


def test_a_later_model_takes_no_index_that_lacks_what_it_needs(
    memory_transport: Transport,
) -> None:
    """What an index copies cannot be changed: the table's stays as it is."""
    made = Connection(WireDriver(memory_transport), fresh_config())
    made.register(Venue)
    before = made.shape().include
    made.register(Track)
    assert made.shape().include[1] == before[1]
    assert 1 not in {path.number for path in made.plan.entity("Track").indexes}
