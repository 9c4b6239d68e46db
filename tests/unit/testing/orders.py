"""A small domain in both styles, to try the testing kit on."""

from __future__ import annotations

from typing import Annotated, NewType

import msgspec
from msgspec import Meta

from eventstore import Aggregate, Decider, Event, Rejected, applies, command, invariant

Sku = NewType("Sku", str)
Quantity = Annotated[int, Meta(ge=1, le=5)]

LIMIT = 8


class LineAdded(Event, tag="line-added"):
    sku: Sku
    quantity: int


class Placed(Event, tag="placed"):
    pass


class TooMuch(Rejected):
    """Over the limit of one line."""


class Order(Aggregate):
    """An order: at most eight of one sku, closed once placed."""

    lines: dict[Sku, int] = {}
    placed: bool = False

    @command
    def add_line(self, sku: Sku, quantity: Quantity) -> LineAdded:
        if self.placed:
            raise Rejected("the order is placed")
        if self.lines.get(sku, 0) + quantity > LIMIT:
            raise TooMuch(f"over the limit of {LIMIT} (one line)")
        return LineAdded(sku, quantity)

    @command
    def place(self) -> Placed | None:
        if not self.lines:
            raise Rejected("the order is empty")
        return None if self.placed else Placed()

    @applies
    def line_added(self, event: LineAdded) -> None:
        self.lines[event.sku] = self.lines.get(event.sku, 0) + event.quantity

    @applies
    def was_placed(self, event: Placed) -> None:
        self.placed = True

    @invariant
    def lines_are_bounded(self) -> bool:
        return all(quantity <= LIMIT for quantity in self.lines.values())

    @property
    def total(self) -> int:
        return sum(self.lines.values())


A, B = Sku("A"), Sku("B")


class Opened(Event, tag="opened"):
    seats: int


class Booked(Event, tag="booked"):
    seats: int


class Open(msgspec.Struct, frozen=True):
    seats: Annotated[int, Meta(ge=1, le=10)]


class Book(msgspec.Struct, frozen=True):
    seats: Annotated[int, Meta(ge=1, le=10)]


class Course(msgspec.Struct, frozen=True):
    free: int = 0


course = Decider("COURSE", Course)


@course.decides
def open_course(command: Open, state: Course) -> Opened:
    return Opened(command.seats)


@course.decides
def book(command: Book, state: Course) -> Booked:
    if command.seats > state.free:
        raise Rejected(f"only {state.free} free")
    return Booked(command.seats)


@course.evolves
def opened(state: Course, event: Opened) -> Course:
    return Course(state.free + event.seats)


@course.evolves
def booked(state: Course, event: Booked) -> Course:
    return Course(state.free - event.seats)
