"""Domains with one mistake each, for the kit to find."""

from __future__ import annotations

import itertools

from eventstore import Aggregate, Event, Rejected, applies, command, invariant
from tests.unit.testing.orders import LIMIT, LineAdded, Quantity, Sku


class NoLimit(Aggregate):
    """The check of the limit was dropped."""

    lines: dict[Sku, int] = {}

    @command
    def add_line(self, sku: Sku, quantity: Quantity) -> LineAdded:
        return LineAdded(sku, quantity)

    @applies
    def line_added(self, event: LineAdded) -> None:
        self.lines[event.sku] = self.lines.get(event.sku, 0) + event.quantity

    @invariant
    def lines_are_bounded(self) -> None:
        assert all(quantity <= LIMIT for quantity in self.lines.values()), "a line is over 8"


class Ticked(Event, tag="ticked"):
    pass


class CountsGlobally(Aggregate):
    """Folding reads a counter of the process, so a replay comes out otherwise."""

    ticks: int = 0
    folded = itertools.count()

    @command
    def tick(self) -> Ticked:
        return Ticked()

    @applies
    def ticked(self, event: Ticked) -> None:
        self.ticks = next(type(self).folded)


class WritesWhileDeciding(Aggregate):
    """A command changes the state itself."""

    ticks: int = 0
    seen: list[int] = []

    @command
    def tick(self) -> Ticked:
        self.seen.append(self.ticks)
        return Ticked()

    @applies
    def ticked(self, event: Ticked) -> None:
        self.ticks += 1


class WritesBeforeRejecting(Aggregate):
    """A command changes the state and then says no."""

    ticks: int = 0

    @command
    def tick(self) -> Ticked:
        self.ticks += 1
        raise Rejected("no")

    @applies
    def ticked(self, event: Ticked) -> None:
        pass


class Numbered(Event, tag="numbered"):
    number: int


class DecidesByChance(Aggregate):
    """A command reads a counter, as it might a clock."""

    last: int = 0
    drawn = itertools.count()

    @command
    def draw(self) -> Numbered:
        return Numbered(next(type(self).drawn))

    @applies
    def numbered(self, event: Numbered) -> None:
        self.last = event.number


class Paired(Event, tag="paired"):
    pair: list[int]


class LosesTypes(Aggregate):
    """An event holds a tuple where it says a list, so it comes back as another value."""

    pair: list[int] = []

    @command
    def pair_up(self, one: int) -> Paired:
        return Paired((one, one))  # type: ignore[arg-type]

    @applies
    def paired(self, event: Paired) -> None:
        self.pair = list(event.pair)


class Overflows(Aggregate):
    """An event holds a number that msgpack cannot carry."""

    number: int = 1

    @command
    def square(self) -> Numbered:
        return Numbered((self.number + 2) ** 8)

    @applies
    def numbered(self, event: Numbered) -> None:
        self.number = event.number


class Forgets(Aggregate):
    """One of the events is folded by nothing; the hint `Event` hides that from the class."""

    ticks: int = 0

    @command
    def tick(self) -> Event:
        return Ticked() if self.ticks < 2 else Numbered(self.ticks)

    @applies
    def ticked(self, event: Ticked) -> None:
        self.ticks += 1


class SharesWithEvents(Aggregate):
    """Folding keeps an event's own list and appends to it."""

    numbers: list[int] = []

    @command
    def pair_up(self) -> Paired:
        return Paired([0, 0])

    @command
    def tick(self) -> Ticked:
        return Ticked()

    @applies
    def paired(self, event: Paired) -> None:
        self.numbers = event.pair

    @applies
    def ticked(self, event: Ticked) -> None:
        self.numbers.append(1)


class DividesByZero(Aggregate):
    """A command fails by mistake, where it should have rejected."""

    ticks: int = 0

    @command
    def share(self, among: Quantity) -> Numbered:
        return Numbered(10 // (among - 3))

    @applies
    def numbered(self, event: Numbered) -> None:
        pass


class DecidesByPairs(Aggregate):
    """A command reads a counter that moves at every second reading, so twice is not enough."""

    last: int = 0
    drawn = itertools.count()

    @command
    def draw(self) -> Numbered:
        return Numbered(next(type(self).drawn) // 2)

    @applies
    def numbered(self, event: Numbered) -> None:
        self.last = event.number


class RemembersFolding(Aggregate):
    """A command rejects by how often the process has folded, which is no part of the state."""

    ticks: int = 0
    folded = [0]

    @command
    def tick(self) -> Ticked:
        if type(self).folded[0] % 2:
            raise Rejected("odd")
        return Ticked()

    @applies
    def ticked(self, event: Ticked) -> None:
        self.ticks += 1
        type(self).folded[0] += 1


class Refuses(Aggregate):
    """Says no to everything; sound."""

    @command
    def go(self) -> None:
        raise Rejected("no")
