"""A small domain for the command to show. Its command checks nothing, so a law can be broken."""

from __future__ import annotations

from eventstore import Aggregate, Decider, Event, applies, command, invariant


class Moved(Event, tag="moved"):
    """Money came in, or went out where negative."""

    pence: int


class Account(Aggregate, category="ACCOUNT"):
    """An account with two laws."""

    balance: int = 0

    @command
    def move(self, pence: int) -> Moved:
        return Moved(pence)

    @applies
    def moved(self, event: Moved) -> None:
        self.balance += event.pence

    @invariant
    def never_overdrawn(self) -> bool:
        return self.balance >= 0

    @invariant
    def below_a_million(self) -> None:
        assert self.balance < 1_000_000, "too rich"


class Double(Aggregate, category="ACCOUNT"):
    """Another aggregate of the same category."""


counter: Decider[int] = Decider("COUNTER", initial=int)


@counter.evolves
def counted(state: int, event: Moved) -> int:
    return state + event.pence
