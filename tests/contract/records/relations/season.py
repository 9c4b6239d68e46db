"""A season: rows of every model of the club, made by chance from a seed, with all that is related
known."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import msgspec

from orm.records import Connection, DynamoDBModel
from tests.contract.records.relations.club import (
    Club,
    Comment,
    Match,
    Picture,
    Player,
    Report,
    Tag,
    Team,
    played,
)


class Season(msgspec.Struct):
    """All rows, and what is attached to what."""

    clubs: list[Club]
    teams: list[Team]
    matches: list[Match]
    reports: list[Report]
    players: list[Player]
    comments: list[Comment]
    pictures: list[Picture]
    tags: list[Tag]
    seats: dict[tuple[str, str], int]
    tagged: set[tuple[str, str, str]]

    def related(self, relation: str) -> Callable[[Any], list[Any]]:
        """By brute force: the rows that a relation must find for one row, in any order."""
        return {
            "Club.teams": lambda club: _with(self.teams, club_id=club.id),
            "Club.matches": lambda club: [
                match
                for team in _with(self.teams, club_id=club.id)
                for match in _with(self.matches, team_id=team.id)
            ],
            "Club.comments": lambda club: self._on("Club", club),
            "Club.tags": lambda club: self._tags("Club", club),
            "Team.club": lambda team: _with(self.clubs, id=team.club_id),
            "Team.captain": lambda team: _with(self.players, mail=team.captain_mail),
            "Team.matches": lambda team: _with(self.matches, team_id=team.id),
            "Team.players": lambda team: [
                player for player in self.players if (team.id, player.id) in self.seats
            ],
            "Team.comments": lambda team: self._on("Team", team),
            "Team.tags": lambda team: self._tags("Team", team),
            "Match.team": lambda match: _with(self.teams, id=match.team_id),
            "Match.report": lambda match: _with(self.reports, match_id=match.id),
            "Report.match": lambda report: _with(self.matches, id=report.match_id),
            "Player.teams": lambda player: [
                team for team in self.teams if (team.id, player.id) in self.seats
            ],
            "Player.mentor": lambda player: _with(self.players, id=player.mentor_id),
            "Player.mentored": lambda player: _with(self.players, mentor_id=player.id),
            "Comment.commentable": lambda comment: self._named(
                comment.commentable_type, comment.commentable_id
            ),
            "Tag.clubs": lambda tag: self._tagged("Club", self.clubs, tag),
            "Tag.teams": lambda tag: self._tagged("Team", self.teams, tag),
        }[relation]

    def rows(self, model: str) -> list[Any]:
        """All rows of a model."""
        plural = {"Match": "matches"}.get(model, f"{model.lower()}s")
        found: list[Any] = getattr(self, plural)
        return found

    def _on(self, kind: str, row: Any) -> list[Any]:
        return _with(self.comments, commentable_type=kind, commentable_id=row.id)

    def _tags(self, kind: str, row: Any) -> list[Any]:
        return [tag for tag in self.tags if (kind, row.id, tag.id) in self.tagged]

    def _tagged(self, kind: str, rows: list[Any], tag: Tag) -> list[Any]:
        return [row for row in rows if (kind, row.id, tag.id) in self.tagged]

    def _named(self, kind: str | None, key: str | None) -> list[Any]:
        return _with(self.rows(kind), id=key) if kind else []


def _with(rows: list[Any], **values: Any) -> list[Any]:
    """Rows with these values, none of which is None."""
    wanted = values.items()
    return [
        row for row in rows if all(v is not None and getattr(row, name) == v for name, v in wanted)
    ]


def play(connection: Connection, seed: int) -> Season:
    """A season that is saved. Clubs and teams have the same ids, so that types must tell them
    apart."""
    chance = random.Random(seed)
    clubs = [Club(id=f"{n}", name=f"club {n}") for n in range(4)]
    players = [Player(id=f"p{n}", mail=f"p{n}@example.com", name=f"player {n}") for n in range(6)]
    for player in players:
        player.mentor_id = chance.choice([None, *(p.id for p in players)])
    teams = [
        Team(
            id=f"{n}",
            name=f"team {chance.randrange(100):02d}",
            club_id=chance.choice([None, "nobody", "0", "1", "2"]) if n else "0",
            captain_mail=chance.choice(
                [None, "gone@example.com", "p0@example.com", "p3@example.com"]
            ),
        )
        for n in range(7)
    ]
    matches = [
        Match(
            id=f"m{n}",
            team_id=f"{chance.randrange(5) if n > 2 else 0}",
            played=played(1 + chance.randrange(28)),
        )
        for n in range(12)
    ]
    reports = [Report(id=f"r{n}", match_id=f"m{n}", text="…") for n in range(0, 12, 2)]
    kinds = [(None, None), ("Club", "gone"), *(("Club", f"{n}") for n in range(3))]
    kinds += [("Team", f"{n}") for n in range(3)]
    comments = []
    for n in range(10):
        kind, key = chance.choice(kinds)
        comments.append(Comment(id=f"c{n}", text=f"{n}", commentable_type=kind, commentable_id=key))
    tags = [Tag(id=f"t{n}", label=f"tag {n}") for n in range(4)]
    season = Season(clubs, teams, matches, reports, players, comments, [], tags, {}, set())
    _save(connection, season)
    _attach(connection, season, chance)
    return season


def _save(connection: Connection, season: Season) -> None:
    rows: list[list[Any]] = [season.clubs, season.players, season.teams, season.matches]
    rows += [season.reports, season.comments, season.tags]
    for one in rows:
        for row in one:
            repository_of(connection, row).save(row)


def _attach(connection: Connection, season: Season, chance: random.Random) -> None:
    for team in season.teams[:5]:
        for player in chance.sample(season.players, chance.randrange(4)):
            season.seats[team.id, player.id] = number = chance.randrange(1, 99)
            repository_of(connection, team).related(team, "players").attach(player, number=number)
    taggable: list[Club | Team] = [*season.clubs[:3], *season.teams[:3]]
    for row in taggable:
        for tag in chance.sample(season.tags, chance.randrange(3)):
            season.tagged.add((type(row).__name__, row.id, tag.id))
            repository_of(connection, row).related(row, "tags").attach(tag.id)


def repository_of(connection: Connection, row: DynamoDBModel) -> Any:
    return connection.repository(type(row))
