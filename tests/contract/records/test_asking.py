"""What rules ask of other rows: whether one has a value, of whatever type that is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from orm import SingleTableConfig
from orm.clock import ManualClock
from orm.driver import MeteredDriver
from orm.errors import ConfigurationError
from orm.records import Attr, Connection, DynamoDBModel, attr, new_id
from orm.validation import InvalidRowError
from tests.support.tables import table_of

TEAM = {
    "name": "Team",
    "primaryKey": "code",
    "attributes": {
        "code": {"rule": "required|string"},
        "shortName": {"rule": "string", "unique": True},
    },
}


class Login(DynamoDBModel):
    """Has names that no player may have."""

    id: Attr[str] = attr(default_factory=new_id)
    name: Attr[str] = attr(unique=True)


class Player(DynamoDBModel):
    """Points at a team in several ways."""

    id: Attr[str] = attr(default_factory=new_id)
    name: Attr[str | None] = attr(default=None, rules="unique:Login,name")
    by_table: Attr[str | None] = attr(default=None, rules="unique:logins,name")
    email: Attr[str | None] = attr(default=None, rules="unique:players,email", unique=True)
    team: Attr[Any] = attr(default=None, rules="exists:Team")
    short: Attr[str | None] = attr(default=None, rules="exists:teams,shortName")
    lost: Attr[str | None] = attr(default=None, rules="exists:Team,colour")


@pytest.fixture
def connection(
    meter: MeteredDriver, config: SingleTableConfig, tenant: str | None, hands: ManualClock
) -> Iterator[Connection]:
    made = Connection(meter, config, tenant=tenant, clock=hands)
    made.register(TEAM, Login, Player)
    with table_of(made):
        yield made


def test_a_value_may_be_unique_among_the_rows_of_another_model(connection: Connection) -> None:
    """Their claims say nothing of it, so they are asked; even where a row has the same key."""
    players = Player.using(connection)
    Login.using(connection).create(id="1", name="ann")
    for taken in ({"name": "ann"}, {"by_table": "ann"}):
        with pytest.raises(InvalidRowError, match="is taken"):
            players.create(taken)
    player = players.create(id="1", name="bo", email="bo@example.com")
    player.name = "ann"
    with pytest.raises(InvalidRowError, match="is taken"):
        player.save()
    player.name = "eve"
    player.save()
    assert players.find_or_fail("1").email == "bo@example.com"


def test_what_is_asked_may_be_said_as_it_is_declared(connection: Connection) -> None:
    """A model by its table, an attribute by its spelling; nothing said is the primary key."""
    connection.repository("Team").create(code="red", short_name="r")
    players = Player.using(connection)
    assert players.create(team="red", short="r").short == "r"
    for wrong in ({"team": "blue"}, {"short": "b"}):
        with pytest.raises(InvalidRowError, match="of any"):
            players.create(wrong)


@pytest.mark.parametrize("value", ["", 5, ["red"], "x" * 3_000, {"a": 1}, True, 0.5])
def test_no_row_has_what_it_cannot_hold(connection: Connection, value: object) -> None:
    """Which is an error of the field, as of any other value that is not there."""
    with pytest.raises(InvalidRowError, match="is no id of any Team"):
        Player.using(connection).create(team=value)


def test_an_attribute_that_is_none_is_told(connection: Connection) -> None:
    with pytest.raises(ConfigurationError, match=r"Team\.colour: is no attribute"):
        Player.using(connection).create(lost="x")
