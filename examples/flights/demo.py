"""The flights demo: two writers and a worker turn the file into events and read models.

A fresh process then reads the read models, and their sums are compared with those that separate
code takes from the file. Interrupted anywhere and started again, it goes on where it was.
"""

from __future__ import annotations

import json
import secrets
import subprocess
import sys
import time
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import Any, Final

import msgspec

from examples.demo.actors import Json
from examples.demo.crew import Crew
from examples.demo.engine import Example, Ground
from examples.demo.play import Play, Played
from examples.demo.progress import Bars
from examples.demo.site import Site
from examples.demo.tables import Beginning, finish, prepare
from examples.flights.data import FlightRow
from examples.flights.oracle import differences
from examples.flights.projections import PROJECTIONS
from examples.flights.script import script
from examples.flights.writing import Job, Tally

WRITERS: Final = 2
LANES: Final = 2
DAYS_OF_2013: Final = 365
EXAMPLE: Final = Example(
    "flights",
    ("examples.flights.domain:Flight", "examples.demo.run:Run"),
    tuple(f"examples.flights.projections:{name}" for name in ("Board", "Punctuality", "Fleet")),
)


class Size(msgspec.Struct, frozen=True):
    """How much of the data: the first days of January, or every row of a file."""

    days: int = 0
    path: str = ""

    @property
    def name(self) -> str:
        """What the run's stream calls it."""
        return f"{self.days} days" if self.days else Path(self.path).name

    def rows(self) -> Iterable[FlightRow]:
        """The flights."""
        return Job("", 0, 1, 1, days=self.days, path=self.path).rows()


class Expected(msgspec.Struct):
    """What the run has to come to, counted from the file before it begins."""

    flights: int = 0
    commands: int = 0
    bad_commands: int = 0


class Outcome(msgspec.Struct):
    """What the demo found.

    Args:
        size: how much of the data.
        beginning: whether it went on with an earlier start's tables.
        expected: what the file asks for.
        own: what came of the commands of each writer's own flights.
        contested: what came of those it contested.
        played: writers, worker, lags.
        reading: sums and rows of the read models, as a fresh process read them.
        differences: where they are not what they should be; empty where all is well.
        seconds: from the first table to the last sum.
    """

    size: str
    beginning: Beginning
    expected: Expected
    own: Tally
    contested: Tally
    played: Played
    reading: Json
    differences: list[str]
    seconds: float

    @property
    def failures(self) -> list[str]:
        """What went wrong whatever the sums say; empty where all is well."""
        lost = self.reading["lost"]
        if lost is None or lost["times"] == 1:
            return self.played.failures
        return [
            *self.played.failures,
            f"{lost['command_id']}, whose answer was lost, is there {lost['times']} times",
        ]

    @property
    def appended(self) -> int:
        """Commands that were carried out in this start."""
        return self.own.appended + self.contested.appended

    @property
    def conflicts(self) -> int:
        """Appends that lost a race to another lane of this start."""
        return self.own.conflicts + self.contested.conflicts


def count(rows: Iterable[FlightRow]) -> Expected:
    """What the rows ask for."""
    found = Expected()
    for row in rows:
        bad = [step.bad for step in script(row)]
        found.flights += 1
        found.commands += bad.count(False)
        found.bad_commands += bad.count(True)
    return found


class Performed(msgspec.Struct):
    """A run whose events are written and projected, and that is not checked yet."""

    site: Site
    size: Size
    threads: bool
    began: float
    beginning: Beginning
    expected: Expected
    played: Played


def run(ground: Ground, size: Size, bars: Bars, *, threads: bool, fresh: bool) -> Outcome:
    """Run the demo once.

    Args:
        ground: what its tables stand on.
        size: how much of the data.
        bars: shows how far it is.
        threads: one process for everything, as the memory engine needs.
        fresh: drop the tables first.
    """
    return check(perform(ground, size, bars, threads=threads, fresh=fresh))


def perform(ground: Ground, size: Size, bars: Bars, *, threads: bool, fresh: bool) -> Performed:
    """Write the events and the read models."""
    began = time.monotonic()
    expected = count(size.rows())
    site, beginning = prepare(ground, size.name, fresh=fresh)
    with Crew(site, threads=threads) as crew:
        play = Play(site, crew, bars, "examples.flights.projections", PROJECTIONS)
        show = partial(_show, bars, expected.flights)
        played = play.run("examples.flights.writing:write", jobs(size), show)
    return Performed(site, size, threads, began, beginning, expected, played)


def check(performed: Performed) -> Outcome:
    """Compare the read models with the file's sums; where all is well, the run is finished."""
    site, size, played = performed.site, performed.size, performed.played
    with Crew(site, threads=performed.threads) as crew:
        asked = {"days": size.days or DAYS_OF_2013, "lost": _lost_answer(site, played)}
        reader = crew.start("reader", "examples.flights.reading:read", asked)
        sums = _oracle(size)
        reading = reader.result()
    own, contested = Tally(), Tally()
    for one in played.writers:
        own.add(msgspec.convert(one["tallies"]["own"], Tally))
        contested.add(msgspec.convert(one["tallies"]["contested"], Tally))
    wrong = [
        *differences(sums, reading["sums"]),
        *_miscounts(performed.expected, own, contested),
    ]
    outcome = Outcome(
        size.name,
        performed.beginning,
        performed.expected,
        own,
        contested,
        played,
        reading,
        wrong,
        time.monotonic() - performed.began,
    )
    if not outcome.differences and not outcome.failures:
        finish(site)
    return outcome


def jobs(size: Size) -> list[Json]:
    """The writers' shares; the first one's transport loses an answer."""
    start = secrets.token_hex(6)
    return [
        msgspec.to_builtins(
            Job(start, writer, WRITERS, LANES, size.days, size.path, lose=writer == 0)
        )
        for writer in range(WRITERS)
    ]


def _show(bars: Bars, flights: int, progress: list[Json]) -> None:
    bars.show("writing", sum(one.get("flights", 0) for one in progress), flights)


def _lost_answer(site: Site, played: Played) -> tuple[str, int] | None:
    """The flight and commit number of the append whose answer was lost."""
    layout = site.log().layout
    for writer in played.writers:
        if key := writer["lost_answer"]:
            number = layout.commit_number(key[1])
            assert number is not None
            return layout.stream_of(key[0]).id, number
    return None


def _oracle(size: Size) -> Any:
    """The sums of the file, by code that shares nothing with this, in a process of its own."""
    what = ["--days", str(size.days)] if size.days else ["--all", size.path]
    command = [sys.executable, "-m", "examples.flights.oracle", *what]
    said = subprocess.run(command, check=True, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL)
    sums = json.loads(said.stdout)
    del sums["sha256"]
    return sums


def _miscounts(expected: Expected, own: Tally, contested: Tally) -> Iterable[str]:
    """Whether every command was carried out once, now or before, and every bad one refused."""
    done = own.appended + contested.appended + own.done_before
    pairs = {
        "flights": (expected.flights, own.flights),
        "commands carried out": (expected.commands, done),
        "bad commands rejected": (expected.bad_commands, own.rejected),
        "bad commands accepted": (0, own.accepted),
    }
    for name, (wanted, found) in pairs.items():
        if wanted != found:
            yield f"{name}: expected {wanted:,}, found {found:,}"
