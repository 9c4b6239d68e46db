"""`keyfold demo`: real data through commands, events, a worker and read models, checked at the end.

Exit codes: 0 all is well, 1 the sums differ or something failed (the worker did not let go, a
command whose answer was lost is there more than once), 2 wrong usage, 3 a person should look
(parked streams).
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, Protocol

import msgspec
from cyclopts import App, Parameter, validators

from examples.demo.engine import Engine, ground
from examples.demo.play import Played
from examples.demo.progress import bars
from examples.demo.story import Story
from orm.cli.output import ATTENTION, FAILED, OK, USAGE, AsJson, Output

DAYS_DEFAULT = 7
MONTH = 31

app = App(name="demo", help="Run an example end to end on the local engine, and check its sums.")

EngineFlag = Annotated[
    Engine, Parameter(help="`local` is the real engine; `memory` runs everywhere and shows less.")
]
EndpointFlag = Annotated[
    str | None, Parameter(help="Where DynamoDB answers; credentials as every AWS tool has them.")
]
FreshFlag = Annotated[
    bool, Parameter(negative="", help="Drop the tables first; else an unfinished run goes on.")
]


@app.default
def flights(
    *,
    days: Annotated[
        int | None,
        Parameter(
            validator=validators.Number(gte=1, lte=MONTH),
            help="First days of January; 7 unless given.",
        ),
    ] = None,
    month: Annotated[bool, Parameter(negative="", help="All of January.")] = False,
    all: Annotated[bool, Parameter(negative="", help="The whole year, fetched once.")] = False,
    engine: EngineFlag = "local",
    endpoint: EndpointFlag = None,
    fresh: FreshFlag = False,
    json: AsJson = False,
) -> int:
    """Departures from New York in 2013: writers race, a worker keeps boards and sums.

    Killed at any moment and run again, it goes on where it stopped. When the last run was finished
    it begins anew, on tables of its own (flights-events, flights-read-models).
    """
    from examples.flights import demo
    from examples.flights.report import tell

    output = Output(json)
    if sum([days is not None, month, all]) > 1:
        output.note("--days, --month and --all say different sizes; give one of them")
        return USAGE
    size = (
        demo.Size(path=_year(output))
        if all
        else demo.Size(MONTH if month else days or DAYS_DEFAULT)
    )
    with _alone(engine, endpoint, "flights", output), bars(silent=json) as shown:
        tables = ground(engine, endpoint, demo.EXAMPLE, output.note)
        threads = engine == "memory"
        outcome = demo.run(tables, size, shown, threads=threads, fresh=fresh)
    if json:
        output.facts(facts(outcome))
    else:
        tell(outcome, Story(), tables.settings_file)
    return exit_code(outcome)


app.command(flights)


@app.command
def packages(
    *,
    events: Annotated[
        Path,
        Parameter(
            validator=validators.Path(exists=True, dir_okay=False),
            help="A .jsonl or .jsonl.gz file, one event a line.",
        ),
    ],
    engine: EngineFlag = "local",
    endpoint: EndpointFlag = None,
    fresh: FreshFlag = False,
    json: AsJson = False,
) -> int:
    """The history of a package registry, replayed from a file of one event a line.

    A line is an object of n, stream (the package), seq, type, at, commit, actor and data; lines
    with one commit id are appended together. Exit code 3 where packages were parked: their
    manifests cannot be read.
    """
    from examples.packages import demo
    from examples.packages.report import tell

    output = Output(json)
    threads = engine == "memory"
    with _alone(engine, endpoint, "packages", output), bars(silent=json) as shown:
        tables = ground(engine, endpoint, demo.EXAMPLE, output.note)
        outcome = demo.run(tables, events, shown, threads=threads, fresh=fresh)
    if json:
        output.facts(facts(outcome))
    else:
        tell(outcome, Story(), tables.settings_file)
    return exit_code(outcome)


class Judged(Protocol):
    """What the exit code of either demo follows from."""

    differences: list[str]
    played: Played

    @property
    def failures(self) -> list[str]:
        """What went wrong whatever the sums say."""
        ...


def exit_code(outcome: Judged) -> int:
    """0: equal; 1: not equal, or something failed; 3: equal, and streams wait for a person."""
    if outcome.differences or outcome.failures:
        return FAILED
    return ATTENTION if outcome.played.parked else OK


def facts(outcome: Judged) -> dict[str, Any]:
    """An outcome for programs."""
    told: dict[str, Any] = msgspec.to_builtins(outcome)
    return told | {"failures": outcome.failures}


def _year(output: Output) -> str:
    from examples.flights.source import find_year
    from orm.local.folders import cache_folder

    return str(find_year(cache_folder(os.environ), tell=output.note))


@contextmanager
def _alone(engine: Engine, endpoint: str | None, name: str, output: Output) -> Iterator[None]:
    """Two demos at once would take each other's tables away."""
    if engine == "memory" or endpoint is not None:
        yield
        return
    from orm.local.folders import state_folder
    from orm.local.lock import exclusive

    lock = state_folder(os.environ) / f"demo-{name}.lock"
    waiting = "another demo runs on the same tables; waiting for it"
    with exclusive(lock, wait_seconds=600.0, on_wait=lambda: output.note(waiting)):
        yield
