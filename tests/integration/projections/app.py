"""A project for the command: one aggregate, a read model and a projector that can be broken."""

from __future__ import annotations

import os
from typing import Self

from eventstore import Aggregate, Event, StreamId, applies, command
from orm import Key, Model
from projections import Effects, Projector, ReadModel, handles

BROKEN = "BANK_BROKEN"
"""While this environment variable is set, `Balance` fails on 13 pence."""


class Moved(Event, tag="moved"):
    pence: int


class Account(Aggregate, category="ACCOUNT"):
    balance: int = 0

    @command
    def move(self, pence: int) -> Moved:
        return Moved(pence)

    @applies
    def moved(self, event: Moved) -> None:
        self.balance += event.pence


class Balance(ReadModel, key=Key("account"), source="ACCOUNT"):
    """What one account's events say, each of them in its order."""

    account: str
    moves: list[int] = []

    @classmethod
    def of(cls, stream: StreamId) -> Self:
        return cls(account=stream.id)

    @handles
    def moved(self, event: Moved) -> None:
        if event.pence == 13 and os.environ.get(BROKEN):
            raise ValueError("thirteen is bad luck")
        self.moves.append(event.pence)


class Total(Model, key=Key("what")):
    what: str
    pence: int = 0
    moves: int = 0


class Totals(Projector, source="ACCOUNT"):
    @handles
    def moved(self, event: Moved, rows: Effects) -> None:
        rows.add(Total, {"what": "all"}, pence=event.pence, moves=1)
