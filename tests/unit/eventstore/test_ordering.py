"""Equal events are equal bytes, whatever the process: a repeated append is recognised by them."""

from __future__ import annotations

import dataclasses
import enum
import os
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from eventstore import Event, EventCodec
from eventstore.ordering import may_hold_sets

ROOT = Path(__file__).parents[3]


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"
    GREEN = "green"


@dataclasses.dataclass(frozen=True)
class Shelf:
    labels: frozenset[str]


class Box(msgspec.Struct):
    colours: set[Colour]
    inner: list[Box] = []


class Packed(Event, tag="packed"):
    boxes: dict[str, Box]
    shelf: Shelf | None = None
    free: object = None


class Counted(Event, tag="counted"):
    amounts: dict[str, int]
    pair: tuple[int, str] = (0, "")


def packed() -> Packed:
    box = Box(set(Colour), [Box({Colour.BLUE, Colour.RED})])
    words = {"one", "two", "three", "four", "five"}
    return Packed(
        {"a": box}, Shelf(frozenset(words)), {"any": words, "pairs": {(1, "a"), (0, "b")}}
    )


CODEC = EventCodec([Packed, Counted])
WRITE = (
    "from tests.unit.eventstore.test_ordering import CODEC, packed\n"
    "print(CODEC.encode([packed()]).hex())"
)


def test_every_process_writes_the_same_bytes() -> None:
    """Each has a hash seed of its own, and so another order of every set."""
    written = {
        subprocess.run(
            [sys.executable, "-c", WRITE],
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": str(seed)},
            capture_output=True,
            check=True,
        ).stdout
        for seed in (1, 2, 3)
    }
    assert len(written) == 1


def test_sets_come_back_as_sets() -> None:
    event = Packed({"a": Box({Colour.RED, Colour.BLUE})}, Shelf(frozenset({"x", "y"})))
    assert CODEC.decode(CODEC.encode([event])) == [event]


def test_the_event_itself_is_left_alone() -> None:
    event = packed()
    CODEC.encode([event])
    assert event == packed()
    assert isinstance(event.boxes["a"].colours, set)


@pytest.mark.parametrize(("event", "may"), [(Packed, True), (Counted, False)])
def test_only_events_that_may_hold_sets_are_looked_through(event: type[Event], may: bool) -> None:
    """The others are encoded as they are; types that hold themselves are walked once."""
    assert may_hold_sets(event) is may
