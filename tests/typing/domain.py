"""The domain that the other files here type: an aggregate and a decider of bank accounts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import msgspec
from msgspec import Meta

from eventstore import Aggregate, Decider, Event, Rejected, applies, command, invariant


class Deposited(Event, tag="deposited"):
    pence: int


class Closed(Event, tag="closed"):
    reason: str | None = None


class Account(Aggregate, category="ACCOUNT"):
    balance: int = 0
    open: bool = True
    notes: list[str] = []

    @command
    def deposit(self, pence: int) -> Deposited:
        return Deposited(pence)

    @command
    def deposit_many(self, *pence: Annotated[int, Meta(ge=1)]) -> Iterator[Event]:
        yield from map(Deposited, pence)

    @command
    def close(self, reason: str | None = None, *, force: bool = False) -> Closed | None:
        if self.balance and not force:
            raise Rejected("there is money left")
        return Closed(reason) if self.open else None

    @command
    def settle(self) -> tuple[Deposited, Closed]:
        return Deposited(-self.balance), Closed()

    @applies
    def deposited(self, event: Deposited) -> None:
        self.balance += event.pence

    @applies
    def closed(self, event: Closed) -> None:
        self.open = False

    @invariant
    def never_overdrawn(self) -> bool:
        return self.balance >= 0


class Safe(Aggregate, category="SAFE"):
    @command
    def shut(self) -> Closed:
        return Closed()

    @applies
    def is_shut(self, event: Closed) -> None:
        """Nothing of it is kept."""


class Deposit(msgspec.Struct, frozen=True):
    pence: int


class Purse(msgspec.Struct, frozen=True):
    pence: int = 0


purses: Decider[Purse] = Decider("PURSE", initial=Purse)


@purses.decides
def deposit(command: Deposit, purse: Purse) -> Deposited:
    return Deposited(command.pence)


@purses.evolves
def deposited(purse: Purse, event: Deposited) -> Purse:
    return Purse(purse.pence + event.pence)
