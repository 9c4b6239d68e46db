"""`keyfold demo`: real data through commands, events, a worker and read models, checked at the end.

Exit codes: 0 the sums are equal, 1 they differ or something failed, 2 wrong usage, 3 a person
should look (parked streams).
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import msgspec
from cyclopts import App, Parameter
from cyclopts.validators import Number

from examples.demo.engine import Engine, open_site
from examples.demo.progress import bars
from examples.demo.site import Site
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
            validator=Number(gte=1, lte=MONTH), help="First days of January; 7 unless given."
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
    threads = engine == "memory"
    with _site(engine, endpoint, "flights", output) as site, bars(silent=json) as shown:
        outcome = demo.run(site, size, shown, threads=threads, fresh=fresh)
    if json:
        output.facts(msgspec.to_builtins(outcome))
    else:
        tell(outcome, Story(), kept=not threads)
    if outcome.differences:
        return FAILED
    return ATTENTION if outcome.played.parked else OK


app.command(flights)


def _year(output: Output) -> str:
    from examples.flights.source import find_year
    from orm.local.folders import cache_folder

    return str(find_year(cache_folder(os.environ), tell=output.note))


@contextmanager
def _site(engine: Engine, endpoint: str | None, tables: str, output: Output) -> Iterator[Site]:
    """The demo's tables, which two demos at once would take from each other."""
    if engine == "memory" or endpoint is not None:
        yield open_site(engine, endpoint, tables, output.note)
        return
    from orm.local.folders import state_folder
    from orm.local.lock import exclusive

    lock = state_folder(os.environ) / f"demo-{tables}.lock"
    waiting = "another demo runs on the same tables; waiting for it"
    with exclusive(lock, wait_seconds=600.0, on_wait=lambda: output.note(waiting)):
        yield open_site(engine, endpoint, tables, output.note)
