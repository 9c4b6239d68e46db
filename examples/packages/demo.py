"""The packages demo: the history of a package registry, replayed commit by commit.

A fresh process then reads the catalogue, and its hash is compared with the one that separate code
makes of the file. Packages with an unreadable manifest are parked by the stricter projection, and
reported. Interrupted anywhere and started again, it goes on where it was.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any, Final

import msgspec

from examples.demo.actors import Json
from examples.demo.crew import Crew
from examples.demo.engine import Example, Ground
from examples.demo.play import Play, Played
from examples.demo.progress import Bars
from examples.demo.tables import Beginning, finish, prepare
from examples.packages.data import commits
from examples.packages.oracle import digest
from examples.packages.projections import PROJECTIONS
from examples.packages.replaying import Tally

EXAMPLE: Final = Example(
    "packages",
    ("examples.packages.domain:Package", "examples.demo.run:Run"),
    tuple(f"examples.packages.projections:{name}" for name in ("Catalogue", "Releases")),
)
_DIFFERENCES_MAX: Final = 10


class Expected(msgspec.Struct):
    """What the file holds, counted before the run begins.

    Args:
        sha256: of the file, which names the run.
        commits: its commits.
        events: its events.
        unparsable: packages with a manifest that cannot be read.
        clock_backwards: commits that were recorded before the one in front of them.
    """

    sha256: str
    commits: int = 0
    events: int = 0
    unparsable: set[str] = msgspec.field(default_factory=set)
    clock_backwards: int = 0


class Outcome(msgspec.Struct):
    """What the demo found.

    Args:
        beginning: whether it went on with an earlier start's tables.
        expected: what the file holds.
        tally: what came of its commits.
        played: writers, worker, lags.
        reading: the read models, as a fresh process read them.
        sha256: of the state that they hold.
        differences: where they are not what they should be; empty where all is well.
        seconds: from the first table to the last comparison.
    """

    beginning: Beginning
    expected: Expected
    tally: Tally
    played: Played
    reading: Json
    sha256: str
    differences: list[str]
    seconds: float

    @property
    def failures(self) -> list[str]:
        """What went wrong whatever the state says; empty where all is well."""
        return self.played.failures


def count(events: Path) -> Expected:
    """What the file holds.

    Raises:
        BadRecordError: a line that cannot stand there; nothing was written.
    """
    found = Expected(_sha256(events))
    last = 0
    for commit in commits(events):
        found.commits += 1
        found.events += len(commit.records)
        found.clock_backwards += commit.at < last
        last = commit.at
        found.unparsable |= {r.stream for r in commit.records if r.type == "ManifestUnparsable"}
    return found


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def run(ground: Ground, events: Path, bars: Bars, *, threads: bool, fresh: bool) -> Outcome:
    """Run the demo once.

    Args:
        ground: what its tables stand on.
        events: the file.
        bars: shows how far it is.
        threads: one process for everything, as the memory engine needs.
        fresh: drop the tables first.
    """
    began = time.monotonic()
    expected = count(events)
    site, beginning = prepare(ground, expected.sha256, fresh=fresh)
    with Crew(site, threads=threads) as crew:
        play = Play(site, crew, bars, "examples.packages.projections", PROJECTIONS)
        show = partial(_show, bars, expected.commits)
        jobs = [{"path": str(events.absolute())}]
        played = play.run("examples.packages.replaying:replay", jobs, show)
        reader = crew.start("reader", "examples.packages.reading:read", {})
        judged = _oracle(events)
        reading = reader.result()
    found = digest(reading["packages"])
    wrong = list(_differences(expected, judged, reading, found))
    if not wrong and not played.failures:
        finish(site)
    tally = msgspec.convert(played.writers[0]["tally"], Tally)
    seconds = time.monotonic() - began
    return Outcome(beginning, expected, tally, played, reading, found, wrong, seconds)


def _show(bars: Bars, total: int, progress: list[Json]) -> None:
    bars.show("writing", sum(one.get("commits", 0) for one in progress), total)


def _oracle(events: Path) -> Any:
    """The state that separate code makes of the file, in a process of its own."""
    command = [sys.executable, "-m", "examples.packages.oracle", str(events), "--packages"]
    said = subprocess.run(command, check=True, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL)
    return json.loads(said.stdout)


def _differences(expected: Expected, judged: Any, reading: Json, found: str) -> Iterator[str]:
    """Where the read models are not what separate code says."""
    if judged["sha256"] != found:
        yield f"sha256: expected {judged['sha256']}, found {found}"
    wrong = [
        f"{name}: expected {state}, found {reading['packages'].get(name)}"
        for name, state in judged["packages"].items()
        if state != reading["packages"].get(name)
    ]
    wrong += [
        f"{name}: should not be there"
        for name in reading["packages"].keys() - judged["packages"].keys()
    ]
    yield from wrong[:_DIFFERENCES_MAX]
    if len(wrong) > _DIFFERENCES_MAX:
        yield f"and {len(wrong) - _DIFFERENCES_MAX:,} packages more"
    parked = {one["id"] for one in reading["parked"]}
    if parked != expected.unparsable:
        yield f"parked: expected {sorted(expected.unparsable)}, found {sorted(parked)}"
