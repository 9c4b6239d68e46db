"""Sparse indexes: what is declared with `where` is answered by its own index, though one of all
rows could be filtered."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from orm.definitions import IndexDefinition as Index
from orm.definitions import PatternDefinition as Pattern
from orm.driver import MeteredDriver
from orm.errors import NoIndexError
from orm.records import (
    Attr,
    Connection,
    DynamoDBModel,
    Repository,
    SoftDeletes,
    UniqueError,
    attr,
    new_id,
)


class Task(
    DynamoDBModel,
    patterns=(
        Pattern(name="all", equal=(), sort="rank"),
        Pattern(name="open", equal=(), sort="rank", where={"status": "open"}),
        Pattern(name="ranks", equal=("team",), project=("rank",)),
        Pattern(name="open of a team", equal=("team",), where={"status": "open"}),
    ),
):
    """Most of them are done."""

    id: Attr[str] = attr(default_factory=new_id)
    team: Attr[str] = attr(default="red")
    rank: Attr[int]
    status: Attr[str] = attr(default="done")
    note: Attr[str] = attr(default="n" * 1_000)


class Visit(
    DynamoDBModel,
    patterns=(
        Pattern(name="all", equal=(), sort="id"),
        Pattern(name="here", equal=(), sort="id", where={"left": None}),
    ),
):
    id: Attr[str]
    left: Attr[str | None] = attr(default=None)


class Member(
    DynamoDBModel,
    SoftDeletes,
    indexes=(
        Index(name="email", columns=("email", "deleted_at"), unique=True),
        Index(name="leader", columns=("team",), unique=True, where={"leads": True}),
    ),
):
    id: Attr[str] = attr(default_factory=new_id)
    email: Attr[str]
    team: Attr[str]
    leads: Attr[bool] = attr(default=False)


class Player(DynamoDBModel, indexes=(Index(name="ranked", columns=("team", "rank")),)):
    id: Attr[str] = attr(default_factory=new_id)
    team: Attr[str] = attr(default="red")
    rank: Attr[int | None] = attr(default=None)


class Guest(
    DynamoDBModel,
    primary_key=("house", "id"),
    patterns=(
        Pattern(name="here", equal=("house",), where={"here": True}),
        Pattern(name="here by mail", equal=("email",), where={"here": True}),
    ),
):
    house: Attr[str]
    id: Attr[str] = attr(default_factory=new_id)
    email: Attr[str] = attr(unique=True)
    here: Attr[bool] = attr(default=True)


@pytest.fixture
def models() -> Sequence[type[DynamoDBModel]]:
    return (Task, Visit, Member, Player, Guest)


@pytest.fixture
def tasks(connection: Connection) -> Repository[Task]:
    made = connection.repository(Task)
    for rank in range(40):
        made.create(rank=rank, status="open" if rank % 20 == 0 else "done")
    return made


def test_a_sparse_index_is_asked_rather_than_a_filtered_one(
    tasks: Repository[Task], meter: MeteredDriver
) -> None:
    """No row is read that is not asked for."""
    asked = tasks.query().where(status="open").order_by("rank")
    (reading,) = asked.explain().readings
    assert not reading.filter
    before = meter.usage().capacity_units
    assert [task.rank for task in asked.get()] == [0, 20]
    assert (meter.usage().capacity_units - before).total() <= 1
    assert [task.rank for task in tasks.query().order_by("rank").get()] == list(range(40))


def test_rows_are_counted_by_no_index_that_lacks_what_they_are_told_by(
    tasks: Repository[Task],
) -> None:
    """DynamoDB refuses to filter an index by what it does not copy."""
    asked = tasks.query().where(team="red", status="open")
    assert asked.count() == 2
    assert sorted(asked.pluck("rank")) == [0, 20]
    assert len(asked.get()) == 2
    assert tasks.query().where(team="red").pluck("rank")


def test_rows_without_a_value_are_asked_of_the_index_that_holds_them(
    connection: Connection, meter: MeteredDriver
) -> None:
    visits = connection.repository(Visit)
    for number in range(40):
        visits.create(id=f"{number}", left=None if number % 20 == 0 else "noon")
    asked = visits.query().where_null("left")
    (reading,) = asked.explain().readings
    assert not reading.filter
    assert {visit.id for visit in asked.get()} == {"0", "20"}
    assert visits.query().where(Visit.id >= "0").count() == 40


def test_what_is_unique_among_some_rows_finds_the_one(connection: Connection) -> None:
    """Among those that are not in the bin, or that have a value; as the error about it says."""
    members = connection.repository(Member)
    gone = members.create(id="1", email="ann@x.org", team="red", leads=True)
    gone.delete()
    ann = members.create(id="2", email="ann@x.org", team="red")
    assert members.query().where(email="ann@x.org").first() == ann
    assert members.query().where(team="blue", leads=True).first() is None
    bob = members.create(id="3", email="bob@x.org", team="blue", leads=True)
    with pytest.raises(UniqueError, match="where"):
        members.create(email="eve@x.org", team="blue", leads=True)
    assert members.query().where(team="blue", leads=True).first() == bob
    for few in (
        members.query().where(team="blue"),
        members.query().where(team="blue", leads=False),
    ):
        with pytest.raises(NoIndexError):
            few.get()
    with pytest.raises(NoIndexError):
        members.query().with_trashed().where(email="ann@x.org").get()


def test_an_index_of_rows_that_have_a_value_is_asked_by_saying_so(
    connection: Connection, meter: MeteredDriver
) -> None:
    """Else it is refused, with what to say: the rows without would be missing."""
    players = connection.repository(Player)
    for rank in (3, 1, None):
        players.create(rank=rank)
    with pytest.raises(NoIndexError, match=r"where_not_null\('rank'\)"):
        players.query().where(team="red").get()
    asked = players.query().where(team="red").where_not_null("rank")
    (reading,) = asked.explain().readings
    assert not reading.filter
    assert [player.rank for player in asked.get()] == [1, 3]
    assert asked.count() == 2
    assert players.query().where(team="blue").where(Player.rank != None).count() == 0  # noqa: E711


def test_a_declared_pattern_is_asked_whatever_key_answers_it(connection: Connection) -> None:
    """The row's own key, or the claim of a unique value, and what they find is filtered."""
    guests = connection.repository(Guest)
    ann = guests.create(house="1", email="ann@x.org")
    guests.create(house="1", email="bob@x.org", here=False)
    assert guests.query().where(house="1", here=True).get() == [ann]
    assert guests.query().where(email="ann@x.org", here=True).get() == [ann]
    assert guests.query().where(email="bob@x.org", here=True).get() == []
    assert guests.query().where(email="ann@x.org").where(here=True).count() == 1
    with pytest.raises(NoIndexError):
        guests.query().where(email="ann@x.org", house="1").get()


def test_to_have_a_value_and_to_have_this_one_is_to_have_this_one(connection: Connection) -> None:
    """Whatever tells the rows of the index from others; to have one and none is to be no row."""
    players, visits = connection.repository(Player), connection.repository(Visit)
    for rank in (3, 1, None):
        players.create(rank=rank)
    asked = players.query().where(team="red", rank=1).where_not_null("rank")
    assert [player.rank for player in asked.get()] == [1]
    assert asked.count() == 1
    either = players.query().where(team="red").where_in("rank", [1, 2]).where_not_null("rank")
    assert [player.rank for player in either.get()] == [1]
    visits.create(id="a")
    with pytest.raises(NoIndexError):
        visits.query().where(left="noon").where_null("left").get()
