"""A bank: the events, read models and projectors that these suites project, and what must come out.

`expected_rows` folds the same events in plain Python, so that what the gates wrote can be judged by
code that shares nothing with them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Self

import msgspec

from eventstore import Event, Recorded, StreamId
from orm import Index, Key, Model
from projections import Effects, Projector, ReadModel, handles

CATEGORY = "ACCOUNT"


class Opened(Event, tag="opened"):
    branch: str


class Deposited(Event, tag="deposited"):
    pence: int
    branch: str


class Named(Event, tag="named"):
    owner: str


class Closed(Event, tag="closed"):
    pass


class Seen(Event, tag="seen"):
    """Nobody handles this one."""


EVENTS: tuple[type[Event], ...] = (Opened, Deposited, Named, Closed, Seen)


class Statement(
    ReadModel,
    key=Key("account"),
    indexes=(Index(1, "branch", sort=("balance",)),),
    source=CATEGORY,
):
    """One stream's row; `lines` would show any commit that was lost, doubled or out of order."""

    account: str
    branch: str | None = None
    balance: int = 0
    lines: list[int] = []

    @classmethod
    def of(cls, stream: StreamId) -> Self:
        return cls(account=stream.id)

    @handles
    def deposited(self, event: Deposited) -> None:
        self.branch = event.branch
        self.balance += event.pence
        self.lines.append(event.pence)


class Branch(Model, key=Key("branch")):
    """What many streams make together."""

    branch: str
    pence: int = 0
    deposits: int = 0


class OpenAccount(Model, key=Key("account"), indexes=(Index(2, "branch", sort=("account",)),)):
    """A row that comes and goes."""

    account: str
    branch: str
    owner: str = ""


class Ledger(Projector, source=CATEGORY):
    """Adds, puts, sets and deletes."""

    @handles
    def opened(self, event: Opened, rows: Effects, commit: Recorded) -> None:
        rows.put(OpenAccount(account=commit.stream.id, branch=event.branch))

    @handles
    def deposited(self, event: Deposited, rows: Effects) -> None:
        rows.add(Branch, {"branch": event.branch}, pence=event.pence, deposits=1)

    @handles
    def named(self, event: Named, rows: Effects, commit: Recorded) -> None:
        row = OpenAccount(account=commit.stream.id, branch="named", owner=event.owner)
        rows.put(row)

    @handles
    def closed(self, event: Closed, rows: Effects, commit: Recorded) -> None:
        rows.delete(OpenAccount, account=commit.stream.id)


class Rows(msgspec.Struct):
    """Every row that some streams make, by its key."""

    statements: dict[str, Statement] = {}
    branches: dict[str, Branch] = {}
    accounts: dict[str, OpenAccount] = {}


def expected_rows(streams: Iterable[tuple[StreamId, Sequence[Event]]]) -> Rows:
    """What must be there once every event of these streams is applied."""
    rows = Rows()
    for stream, events in streams:
        for event in events:
            _apply(rows, stream.id, event)
    return rows


def _apply(rows: Rows, account: str, event: Event) -> None:
    match event:
        case Opened(branch):
            rows.accounts[account] = OpenAccount(account=account, branch=branch)
        case Named(owner):
            rows.accounts[account] = OpenAccount(account=account, branch="named", owner=owner)
        case Closed():
            rows.accounts.pop(account, None)
        case Deposited(pence, branch):
            statement = rows.statements.setdefault(account, Statement(account=account))
            statement.branch, statement.balance = branch, statement.balance + pence
            statement.lines.append(pence)
            total = rows.branches.setdefault(branch, Branch(branch=branch))
            total.pence, total.deposits = total.pence + pence, total.deposits + 1
