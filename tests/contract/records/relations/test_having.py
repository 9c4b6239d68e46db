"""Having: rows are found by what their relations hold, as brute force finds them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from orm.driver import MeteredDriver
from orm.errors import ConfigurationError
from orm.records import Connection, RecordQuery
from tests.contract.records.relations.club import Club, Match, Team, played
from tests.contract.records.relations.season import Season, play

Ask = Callable[[RecordQuery[Team]], RecordQuery[Team]]


@pytest.fixture
def season(connection: Connection) -> Season:
    return play(connection, seed=0)


def count(season: Season, relation: str, row: Any) -> int:
    return len(season.related(relation)(row))


QUESTIONS: dict[str, tuple[Ask, Callable[[Season, Team], bool]]] = {
    "has": (lambda q: q.has("matches"), lambda s, t: count(s, "Team.matches", t) > 0),
    "has a number": (
        lambda q: q.has(Team.matches, ">=", 2),
        lambda s, t: count(s, "Team.matches", t) >= 2,
    ),
    "has exactly": (
        lambda q: q.has("matches", "=", 3),
        lambda s, t: count(s, "Team.matches", t) == 3,
    ),
    "has fewer": (lambda q: q.has("matches", "<", 2), lambda s, t: count(s, "Team.matches", t) < 2),
    "has another number": (
        lambda q: q.has("players", "!=", 1),
        lambda s, t: count(s, "Team.players", t) != 1,
    ),
    "has a parent": (lambda q: q.has("club"), lambda s, t: count(s, "Team.club", t) > 0),
    "has no parent": (lambda q: q.doesnt_have("club"), lambda s, t: not count(s, "Team.club", t)),
    "has none": (lambda q: q.doesnt_have("matches"), lambda s, t: not count(s, "Team.matches", t)),
    "has of its own": (
        lambda q: q.has("matches.report"),
        lambda s, t: any(count(s, "Match.report", m) for m in s.related("Team.matches")(t)),
    ),
    "has none of its own": (
        lambda q: q.doesnt_have("matches.report"),
        lambda s, t: not any(count(s, "Match.report", m) for m in s.related("Team.matches")(t)),
    ),
    "has of which": (
        lambda q: q.where_has("matches", lambda m: m.where(Match.played > played(14))),
        lambda s, t: any(m.played > played(14) for m in s.related("Team.matches")(t)),
    ),
    "has none of which": (
        lambda q: q.where_doesnt_have(Team.players, lambda p: p.where(name="player 1")),
        lambda s, t: all(p.name != "player 1" for p in s.related("Team.players")(t)),
    ),
    "has a number of which": (
        lambda q: q.where_has("matches", lambda m: m.filter(Match.played > played(7)), ">=", 2),
        lambda s, t: sum(m.played > played(7) for m in s.related("Team.matches")(t)) >= 2,
    ),
    "has two things": (
        lambda q: q.has("matches").has("players"),
        lambda s, t: bool(count(s, "Team.matches", t) and count(s, "Team.players", t)),
    ),
}


@pytest.mark.parametrize("question", QUESTIONS)
def test_rows_are_found_by_their_relations(
    connection: Connection, season: Season, question: str
) -> None:
    ask, holds = QUESTIONS[question]
    wanted = {team.id for team in season.teams if holds(season, team)}
    assert 0 < len(wanted) < len(season.teams)
    found = list(ask(connection.repository(Team).query()).scan())
    assert {team.id for team in found} == wanted
    assert len(found) == len(wanted)
    by_key = ask(connection.repository(Team).query().where(club_id="0")).get()
    assert {team.id for team in by_key} == {
        team.id for team in season.teams if team.club_id == "0" and team.id in wanted
    }


def test_a_limit_counts_rows_that_are_found(connection: Connection, season: Season) -> None:
    teams = connection.repository(Team)
    every = {team.id for team in season.teams if count(season, "Team.matches", team)}
    found = list(teams.query().has("matches").limit(len(every)).scan())
    assert {team.id for team in found} == every
    assert len(list(teams.query().has("matches").limit(1).scan())) == 1
    assert teams.query().doesnt_have("matches").find("0") is None
    assert teams.query().has("matches").find("0") is not None


def test_rows_of_relations_are_counted(connection: Connection, season: Season) -> None:
    found = list(connection.repository(Team).query().with_count("matches", Team.players).scan())
    assert len(found) == len(season.teams)
    for team in found:
        assert team.count_of("matches") == count(season, "Team.matches", team)
        assert team.count_of(Team.players) == count(season, "Team.players", team)
    (one,) = (
        connection.repository(Club)
        .query()
        .where(id="0")
        .with_count(teams=lambda teams: teams.limit(1))
        .get()
    )
    assert one.count_of("teams") == 1


def test_asking_reads_no_more_related_rows_than_tell(
    connection: Connection, meter: MeteredDriver
) -> None:
    """Of a hundred related rows one is read to know that there is one."""
    team = connection.repository(Team).create(name="t")
    for _ in range(100):
        team.related("matches").create(played=played(1))
    before = meter.usage().capacity_units
    assert connection.repository(Team).query().has("matches").find(team.id) is not None
    spent = meter.usage().capacity_units - before
    assert spent["Query"] <= 1


def test_what_cannot_be_asked_is_refused(connection: Connection) -> None:
    query = connection.repository(Team).query()
    with pytest.raises(ConfigurationError, match=r"'=>' is no operator"):
        query.has("matches", "=>", 2)
    with pytest.raises(ConfigurationError, match="counts the relations of the rows alone"):
        query.with_count("matches.report")
    connection.repository(Team).create(name="t")
    with pytest.raises(ConfigurationError, match=r"Team\.match: is no relation"):
        list(query.has("match").scan())
