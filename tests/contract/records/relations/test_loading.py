"""Loading: what a relation finds is what looking at every row finds, in few calls; what was not
loaded is not read by looking."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from orm.driver import MeteredDriver
from orm.errors import ConfigurationError
from orm.records import Connection, NotLoaded, Repository
from tests.contract.records.relations.club import (
    Club,
    Comment,
    Match,
    Report,
    Tag,
    Team,
    names,
    played,
)
from tests.contract.records.relations.season import Season, play

RELATIONS = [
    "Club.teams",
    "Club.matches",
    "Club.comments",
    "Club.tags",
    "Team.club",
    "Team.captain",
    "Team.matches",
    "Team.players",
    "Team.comments",
    "Team.tags",
    "Match.team",
    "Match.report",
    "Report.match",
    "Player.teams",
    "Player.mentor",
    "Player.mentored",
    "Comment.commentable",
    "Tag.clubs",
    "Tag.teams",
]
ONE = {
    "Team.club",
    "Team.captain",
    "Match.team",
    "Match.report",
    "Report.match",
    "Player.mentor",
    "Comment.commentable",
}


@pytest.fixture
def season(connection: Connection) -> Season:
    return play(connection, seed=0)


def called(meter: MeteredDriver, before: Counter[str]) -> dict[str, int]:
    """The calls since then."""
    return dict(meter.usage().requests - before)


def keys(found: Any) -> set[str]:
    rows = found if isinstance(found, list) else [] if found is None else [found]
    assert len({row.id for row in rows}) == len(rows)
    return {row.id for row in rows}


@pytest.mark.parametrize("relation", RELATIONS)
def test_a_relation_finds_what_brute_force_finds(
    connection: Connection, season: Season, relation: str
) -> None:
    model, name = relation.split(".")
    repository: Repository[Any] = connection.repository(model)
    rows = repository.find_many([row.id for row in season.rows(model)])
    repository.load(rows, name)
    wanted = {row.id: {one.id for one in season.related(relation)(row)} for row in rows}
    assert {row.id: keys(getattr(row, name)) for row in rows} == wanted
    assert any(wanted.values())
    assert all(isinstance(getattr(row, name), list) for row in rows) == (relation not in ONE)
    for row in rows:
        assert keys(list(repository.related(row, name).get())) == wanted[row.id]


def test_relations_of_relations_are_loaded_with_the_query(
    connection: Connection, season: Season
) -> None:
    clubs = connection.repository(Club)
    (club,) = clubs.query().where(id="0").with_("teams.matches.report", "teams.players").get()
    assert keys(club.teams) == keys(season.related("Club.teams")(club))
    for team in club.teams:
        assert keys(team.matches) == keys(season.related("Team.matches")(team))
        for match in team.matches:
            assert keys(match.report) == keys(season.related("Match.report")(match))
        for player in team.players:
            assert player.pivot.number == season.seats[team.id, player.id]
            with pytest.raises(NotLoaded):
                _ = player.teams
    assert sum(len(team.matches) for team in club.teams) > 0


def test_related_rows_come_in_the_order_of_the_relation(connection: Connection) -> None:
    clubs, teams = connection.repository(Club), connection.repository(Team)
    club = clubs.create(name="a")
    for name in ("c", "a", "b"):
        clubs.related(club, "teams").create(name=name)
    clubs.load([club], "teams")
    assert names(club.teams) == ["a", "b", "c"]
    for day in (2, 9, 4):
        teams.related(club.teams[0], "matches").create(played=played(day))
    teams.load(club.teams, Team.matches)
    assert [match.played.day for match in club.teams[0].matches] == [9, 4, 2]


@pytest.mark.parametrize("count", [1, 100, 101, 250])
def test_parents_are_read_by_the_hundred(
    connection: Connection, meter: MeteredDriver, count: int
) -> None:
    teams, matches = connection.repository(Team), connection.repository(Match)
    found = []
    for number in range(count):
        teams.create(id=f"{number}", name="t")
        found.append(matches.create(team_id=f"{number}", played=played(1)))
    before = meter.usage().requests
    matches.load([*found, *found], "team")
    assert called(meter, before) == {"BatchGetItem": -(-count // 100)}
    assert [match.team.id for match in found if match.team] == [f"{n}" for n in range(count)]


def test_children_are_read_by_one_query_for_each_row(
    connection: Connection, season: Season, meter: MeteredDriver
) -> None:
    teams = connection.repository(Team)
    rows = teams.find_many([team.id for team in season.teams])
    before = meter.usage().requests
    teams.load([*rows, *rows], "matches")
    assert called(meter, before) == {"Query": len(rows)}
    before = meter.usage().requests
    teams.load(rows, "matches.report")
    assert called(meter, before) == {"Query": len(rows) + len(season.matches)}


def test_rows_across_edges_are_read_by_the_hundred(
    connection: Connection, season: Season, meter: MeteredDriver
) -> None:
    teams = connection.repository(Team)
    rows = teams.find_many([team.id for team in season.teams])
    before = meter.usage().requests
    teams.load(rows, "players", "tags")
    assert called(meter, before) == {"Query": 2 * len(rows), "BatchGetItem": 2}


def test_an_order_and_a_limit_cost_no_more_across_edges(
    connection: Connection, season: Season, meter: MeteredDriver
) -> None:
    team = connection.repository(Team).find_or_fail(next(iter(season.seats))[0])
    everyone = sorted(team.related(Team.players).get(), key=lambda player: player.name)
    before = meter.usage().requests
    found = team.related(Team.players).get(
        lambda players: players.order_by("name").limit(2).with_("mentor")
    )
    assert found == everyone[:2]
    assert called(meter, before) == {"Query": 1, "BatchGetItem": 2}  # players, and their mentors
    assert [one.mentor and one.mentor.id for one in found] == [one.mentor_id for one in found]


def test_what_was_not_loaded_raises_and_reads_nothing(
    connection: Connection, season: Season, meter: MeteredDriver
) -> None:
    team = connection.repository(Team).find_or_fail("0")
    before = meter.usage().requests
    for name in ("club", "matches", "players"):
        with pytest.raises(NotLoaded, match=rf"Team\.{name} was not loaded; .*load\('{name}'\)"):
            getattr(team, name)
    with pytest.raises(NotLoaded):
        _ = team.pivot
    with pytest.raises(NotLoaded):
        team.count_of("matches")
    assert called(meter, before) == {}


def test_refreshing_forgets_what_was_loaded(connection: Connection, season: Season) -> None:
    team = connection.repository(Team).find_or_fail("0").load("matches")
    _ = team.matches
    team.refresh()
    with pytest.raises(NotLoaded):
        _ = team.matches


def test_what_is_loaded_can_be_narrowed(connection: Connection, season: Season) -> None:
    teams = connection.repository(Team)
    whole = teams.query().where(id="0").with_("matches", "players").get()[0]
    some = (
        teams.query()
        .where(id="0")
        .with_(
            matches=lambda matches: matches.order_by("played").limit(1),
            players=lambda players: players.where(name="player 1"),
        )
        .get()[0]
    )
    assert len(whole.matches) > 1
    assert some.matches == sorted(whole.matches, key=lambda match: match.played)[:1]
    assert names(some.players) == [name for name in names(whole.players) if name == "player 1"]


def test_rows_in_the_bin_are_not_loaded(connection: Connection) -> None:
    matches, reports = connection.repository(Match), connection.repository(Report)
    match = matches.create(team_id="1", played=played(1))
    report = matches.related(match, "report").create(text="…")
    reports.delete(report)
    assert match.load("report").report is None
    reports.restore(report)
    assert match.load("report").report == report


def test_rows_are_loaded_while_they_are_iterated(connection: Connection, season: Season) -> None:
    teams = connection.repository(Team)
    asked = teams.query().where(club_id="0").with_("matches")
    whole = {team.id: keys(team.matches) for team in asked.get()}
    assert whole
    assert {team.id: keys(team.matches) for team in asked.iterate()} == whole
    assert {t.id: keys(t.matches) for part in asked.chunk(1) for t in part} == whole
    assert {t.id: keys(t.matches) for t in teams.query().with_("matches").scan()} == {
        team.id: keys(season.related("Team.matches")(team)) for team in season.teams
    }
    first = asked.first()
    assert first is not None
    assert keys(first.matches) == whole[first.id]
    found = teams.query().with_("club").find("0")
    assert found is not None
    assert keys(found.club) == keys(season.related("Team.club")(found))


def test_loaded_relations_are_part_of_the_dict(connection: Connection, season: Season) -> None:
    (team,) = connection.repository(Team).query().where(id="0").with_("matches", "captain").get()
    shown = team.to_dict()
    assert shown["matches"] == [match.to_dict() for match in team.matches]
    assert shown["captain"] == (team.captain.to_dict() if team.captain else None)
    assert "players" not in shown


def test_a_row_of_nowhere_has_no_related_rows(connection: Connection) -> None:
    team = Team(name="new")
    connection.resolver.load([team], "club", "captain")
    assert team.club is None
    assert team.captain is None
    connection.resolver.load([], "club")


def test_wrong_names_are_refused_with_the_right_ones(connection: Connection) -> None:
    team = connection.repository(Team).create(name="t")
    with pytest.raises(ConfigurationError, match=r"Team\.matchs: is no relation") as refused:
        team.load("matchs")
    assert refused.value.hint == "did you mean matches?"
    with pytest.raises(ConfigurationError, match="names no relation"):
        team.load("matches..report")
    with pytest.raises(AttributeError, match=r"Team\.club is a relation"):
        team.club = None  # type: ignore[assignment]


def test_a_row_that_names_no_model_keeps_no_other_from_being_loaded(
    connection: Connection,
) -> None:
    team, comments = connection.repository(Team).create(name="t"), connection.repository(Comment)
    named = [("Nothing", "1"), ("Team", ""), ("Team", team.id)]
    made = [comments.make(text="?", commentable_type=a, commentable_id=b) for a, b in named]
    comments.load(made, "commentable")
    assert [one.commentable for one in made] == [None, None, team]
    with pytest.raises(ConfigurationError, match="names no row of a model"):
        made[0].related("commentable").query()


def test_equal_ids_of_two_models_stay_apart(connection: Connection) -> None:
    clubs, teams = connection.repository(Club), connection.repository(Team)
    tags = connection.repository(Tag)
    club, team = clubs.create(id="1", name="c"), teams.create(id="1", name="t")
    tag = tags.create(label="x")
    clubs.related(club, "comments").create(text="on the club")
    teams.related(team, "comments").create(text="on the team")
    clubs.related(club, "tags").attach(tag)
    assert [one.text for one in club.load("comments").comments] == ["on the club"]
    assert [one.text for one in team.load("comments").comments] == ["on the team"]
    assert team.load("tags").tags == []
    assert names(tag.load("clubs", "teams").clubs) == ["c"]
    assert tag.teams == []
