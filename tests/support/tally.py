"""A small domain for many writers: a tally that can be added to and taken from, never below zero.

Its events carry nothing of the command that made them, so two commands of one kind make the same
bytes: a log that took one commit for another could not be told apart by content.
"""

from __future__ import annotations

from eventstore import Aggregate, Event, Rejected, applies, command


class Added(Event, tag="added"):
    amount: int


class Taken(Event, tag="taken"):
    amount: int


class Tally(Aggregate, category="TALLY"):
    total: int = 0

    @command
    def add(self, *amounts: int) -> tuple[Added, ...]:
        return tuple(Added(amount) for amount in amounts)

    @command
    def take(self, amount: int) -> Taken:
        if amount > self.total:
            raise Rejected("not that much there")
        return Taken(amount)

    @command
    def leave(self) -> None:
        """Decide nothing."""

    @applies
    def added(self, event: Added) -> None:
        self.total += event.amount

    @applies
    def taken(self, event: Taken) -> None:
        self.total -= event.amount
