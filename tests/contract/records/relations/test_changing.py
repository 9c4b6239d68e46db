"""Changing what is related: rows of one's own, edges with data of their own, whom a row belongs
to."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from orm.errors import ConfigurationError
from orm.records import Connection, Related, Repository
from orm.validation import InvalidRowError
from tests.contract.records.relations.club import (
    Club,
    Comment,
    Match,
    Player,
    Report,
    Tag,
    Team,
    names,
    played,
)


@pytest.fixture
def team(connection: Connection) -> Team:
    return connection.repository(Team).create(id="t", name="team")


@pytest.fixture
def players(connection: Connection) -> list[Player]:
    made = connection.repository(Player)
    return [made.create(id=f"p{n}", name=f"{n}", mail=f"{n}@example.com") for n in range(4)]


def squad(team: Team) -> dict[str, int | None]:
    """Who is attached, with what number."""
    return {player.id: player.pivot.number for player in team.load("players").players}


def test_a_row_is_made_as_one_of_another(connection: Connection, team: Team) -> None:
    match = team.related(Team.matches).create(played=played(3))
    assert match.team_id == team.id
    assert connection.repository(Match).find(match.id) == match
    report = connection.repository(Report).make(text="…")
    assert match.related("report").save(report).match_id == match.id
    assert match.load("report").report == report


def test_a_row_is_moved_to_another(connection: Connection, team: Team) -> None:
    clubs, matches = connection.repository(Club), connection.repository(Match)
    first, second = clubs.create(name="first"), clubs.create(name="second")
    first.related("teams").save(team)
    second.related("teams").save(team)
    assert first.load("teams").teams == []
    assert names(second.load("teams").teams) == ["team"]
    team.related("club").associate(first).save()
    assert team.load("club").club == first
    team.related("club").dissociate().save()
    assert team.load("club").club is None
    assert second.load("teams").teams == []
    match = matches.create(team_id=team.id, played=played(1))
    with pytest.raises(InvalidRowError):
        match.related("team").dissociate().save()


def test_a_row_belongs_to_any_kind_of_row(connection: Connection, team: Team) -> None:
    comment = connection.repository(Comment).create(text="!")
    club = connection.repository(Club).create(id=team.id, name="club")
    for owner in (team, club):
        comment.related("commentable").associate(owner).save()
        assert comment.load("commentable").commentable == owner
        assert comment.related("commentable").query().first() == owner
    comment.related("commentable").dissociate().save()
    assert comment.load("commentable").commentable is None


def test_related_rows_are_asked_about(connection: Connection, team: Team) -> None:
    for day in range(1, 6):
        team.related("matches").create(played=played(day))
    matches: Related[Match] = team.related(Team.matches)
    assert [m.played.day for m in matches.get()] == [5, 4, 3, 2, 1]
    assert [m.played.day for m in matches.where(Match.played > played(3)).get()] == [5, 4]
    assert matches.count() == 5
    first = matches.first()
    assert first is not None
    assert first.played == played(5)
    assert first.related("team").query().first() == team


def test_rows_are_attached_with_data_of_the_edge(team: Team, players: list[Player]) -> None:
    first, second, third, _ = players
    related = team.related(Team.players)
    assert related.attach(first, second.id, number=7) == ["p0", "p1"]
    assert related.attach(third) == ["p2"]
    assert squad(team) == {"p0": 7, "p1": 7, "p2": None}
    (edge,) = first.load("teams").teams
    assert edge.pivot.number == 7
    assert edge.pivot.created_at is not None


def test_attaching_again_keeps_one_edge_and_takes_new_data(
    team: Team, players: list[Player]
) -> None:
    related = team.related("players")
    related.attach(players[0], number=7)
    assert related.attach(players[0]) == []
    assert squad(team) == {"p0": 7}
    assert related.attach(players[0], number=9) == []
    assert squad(team) == {"p0": 9}
    assert players[0].related("teams").attach(team) == []
    assert squad(team) == {"p0": 9}


def test_rows_are_detached_from_either_side(team: Team, players: list[Player]) -> None:
    team.related("players").attach(*players)
    assert team.related("players").detach(players[0], "p1", "nobody") == ["p0", "p1"]
    assert squad(team).keys() == {"p2", "p3"}
    assert players[2].related("teams").detach(team) == ["t"]
    assert squad(team).keys() == {"p3"}
    assert team.related("players").detach() == ["p3"]
    assert squad(team) == {}
    assert team.related("players").detach() == []


def test_syncing_leaves_exactly_these(team: Team, players: list[Player]) -> None:
    related = team.related("players")
    related.attach("p0", "p1", number=1)
    done = related.sync({"p1": {"number": 2}, "p2": {"number": 3}})
    assert (done.attached, done.detached, done.updated) == (["p2"], ["p0"], ["p1"])
    assert squad(team) == {"p1": 2, "p2": 3}
    done = related.sync([players[1], "p2"])
    assert (done.attached, done.detached, done.updated) == ([], [], [])
    assert squad(team) == {"p1": 2, "p2": 3}
    assert related.sync([]).detached == ["p1", "p2"]


def test_an_edge_is_made_once_whoever_attaches(team: Team, players: list[Player]) -> None:
    made: list[list[str]] = []
    threads = [
        threading.Thread(target=lambda: made.append(team.related("players").attach("p0")))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(map(len, made)) == [0] * 7 + [1]
    assert squad(team) == {"p0": None}


def test_tags_of_one_kind_are_not_those_of_another(connection: Connection, team: Team) -> None:
    tags = connection.repository(Tag)
    club = connection.repository(Club).create(id=team.id, name="club")
    tag = tags.create(id="x", label="x")
    tag.related("teams").attach(team)
    assert names(tag.load("teams").teams) == ["team"]
    assert club.load("tags").tags == []
    club.related("tags").attach(tag)
    club.related("tags").detach()
    assert [one.label for one in team.load("tags").tags] == ["x"]


def test_unknown_data_of_an_edge_is_refused(team: Team, players: list[Player]) -> None:
    with pytest.raises(ConfigurationError, match=r"PlayerTeam\.nummer: is no attribute") as refused:
        team.related("players").attach("p0", nummer=1)
    assert refused.value.hint == "write number"
    with pytest.raises(InvalidRowError):
        team.related("players").attach("p0", number="seven")
    assert squad(team) == {}


def test_a_relation_does_only_what_its_kind_can(team: Team, connection: Connection) -> None:
    club = connection.repository(Club).create(name="c")
    with pytest.raises(ConfigurationError, match=r"Team\.club: is a belongs_to; attach, detach"):
        team.related("club").attach("1")
    with pytest.raises(ConfigurationError, match="create and save are for has_one"):
        team.related("players").create(name="x")
    with pytest.raises(ConfigurationError, match="associate and dissociate are for belongs_to"):
        team.related("matches").associate(club)
    with pytest.raises(ConfigurationError, match=r"Club\.matches: is no single question"):
        club.related("matches").query()


def test_edges_have_the_prefix_of_the_table(
    connection: Connection, team: Team, players: list[Player]
) -> None:
    """So that two versions of a projection, say, share no edge."""
    team.related("players").attach("p0")
    edges: Repository[Any] = connection.repository("PlayerTeam")
    (edge,) = edges.all()
    pk = edges.stored.item(edge)[connection.config.pk]["S"]
    assert connection.config.entity_prefix("PLAYERTEAM") in pk.split(connection.config.delimiter)
