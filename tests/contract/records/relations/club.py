"""The models of the suite: clubs, with a relation of every kind."""

from __future__ import annotations

import datetime as dt
from typing import Any, Final

from orm.records import (
    Attr,
    DynamoDBModel,
    SoftDeletes,
    Timestamps,
    attr,
    belongs_to,
    belongs_to_many,
    has_many,
    has_many_through,
    has_one,
    has_one_through,
    morph_many,
    morph_one,
    morph_to,
    morph_to_many,
    morphed_by_many,
    new_id,
)


class Club(DynamoDBModel):
    id: Attr[str] = attr(default_factory=new_id)
    name: Attr[str]

    teams = has_many(lambda: Team, order_by="name")
    matches = has_many_through(lambda: Match, lambda: Team)
    first_match = has_one_through(lambda: Match, lambda: Team)
    comments = morph_many(lambda: Comment, "commentable")
    cover = morph_one(lambda: Picture, "picturable")
    tags = morph_to_many(lambda: Tag, "taggable")


class Team(DynamoDBModel):
    id: Attr[str] = attr(default_factory=new_id)
    club_id: Attr[str | None] = attr(default=None)
    name: Attr[str]
    captain_mail: Attr[str | None] = attr(default=None)

    club = belongs_to(Club)
    captain = belongs_to(lambda: Player, foreign_key="captain_mail", owner_key="mail")
    matches = has_many(lambda: Match, order_by="-played")
    players = belongs_to_many(
        lambda: Player, pivot={"columns": {"number": {"type": "integer"}}, "timestamps": True}
    )
    comments = morph_many(lambda: Comment, "commentable")
    tags = morph_to_many(lambda: Tag, "taggable")


class Match(DynamoDBModel):
    id: Attr[str] = attr(default_factory=new_id)
    team_id: Attr[str]
    played: Attr[dt.date]

    team = belongs_to(Team)
    report = has_one(lambda: Report)


class Report(DynamoDBModel, SoftDeletes, Timestamps):
    id: Attr[str] = attr(default_factory=new_id)
    match_id: Attr[str]
    text: Attr[str]

    match = belongs_to(Match)


class Player(DynamoDBModel):
    id: Attr[str] = attr(default_factory=new_id)
    mail: Attr[str] = attr(unique=True)
    name: Attr[str]
    mentor_id: Attr[str | None] = attr(default=None)

    teams = belongs_to_many(Team)
    mentor = belongs_to(lambda: Player)
    mentored = has_many(lambda: Player, foreign_key="mentor_id")


class Comment(DynamoDBModel):
    id: Attr[str] = attr(default_factory=new_id)
    text: Attr[str]
    commentable_type: Attr[str | None] = attr(default=None)
    commentable_id: Attr[str | None] = attr(default=None)

    commentable = morph_to()


class Picture(DynamoDBModel):
    id: Attr[str] = attr(default_factory=new_id)
    path: Attr[str]
    picturable_type: Attr[str | None] = attr(default=None)
    picturable_id: Attr[str | None] = attr(default=None)

    picturable = morph_to()


class Tag(DynamoDBModel):
    id: Attr[str] = attr(default_factory=new_id)
    label: Attr[str]

    clubs = morphed_by_many(Club, "taggable")
    teams = morphed_by_many(Team, "taggable")


MODELS: Final[tuple[type[DynamoDBModel], ...]] = (
    Club,
    Comment,
    Match,
    Picture,
    Player,
    Report,
    Tag,
    Team,
)


def played(day: int) -> dt.date:
    return dt.date(2026, 1, day)


def names(rows: list[Any]) -> list[str]:
    return [row.name for row in rows]
