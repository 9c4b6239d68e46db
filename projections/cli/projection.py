"""`keyfold projection`: which projections there are, and how far behind they are."""

from __future__ import annotations

from typing import Annotated

from cyclopts import App, Parameter

from orm.cli.output import ATTENTION, OK, Report
from orm.cli.target import NOWHERE, Target
from projections.cli.project import Watched
from projections.lag import Lag, measure_lag
from projections.leases import covers_of

app = App(
    name="projection", help="List the projections of this project and how far behind they are."
)

Group = Annotated[str, Parameter(help="The group of workers to look at.")]


@app.command
def ls(*, group: Group = "main", target: Target = NOWHERE) -> int:
    """List the projections that the settings name. Exit code 3 when one has parked streams.

    Example: `keyfold projection ls`
    """
    watched = Watched(target, group)
    known = {lease.shard: lease for lease in watched.leases().all(watched.changes.name)}
    covered = [covers_of(lease, known) for lease in known.values() if not lease.finished]
    rows = []
    for projection in watched.projections:
        parked = sum(1 for _ in watched.parking.all(projection))
        events = sorted(event.__name__ for event in projection.handlers)
        rows.append(
            (
                projection.name,
                projection.version,
                projection.source,
                events,
                f"{sum(projection.id in covers for covers in covered)} of {len(covered)}",
                parked,
            )
        )
    columns = ("projection", "version", "source", "events", "shards", "parked")
    target.output.report(Report(columns=columns, rows=rows))
    return ATTENTION if any(row[-1] for row in rows) else OK


@app.command
def lag(*, group: Group = "main", target: Target = NOWHERE) -> int:
    """Measure how far each projection is behind, by reading the change stream to its tip.

    Exit code 3 when commits wait and no worker holds their shard, or when streams are parked.

    Example: `keyfold projection lag --json`
    """
    watched = Watched(target, group)
    found = measure_lag(
        watched.projections, watched.changes, watched.leases(), watched.parking, watched.clock
    )
    target.output.report(
        Report(
            columns=("projection", "behind", "seconds", "parked", "shards", "unowned", "state"),
            rows=[_row(one) for one in found],
        )
    )
    return ATTENTION if any(_needs_a_person(one) for one in found) else OK


def _row(lag: Lag) -> tuple[object, ...]:
    behind = f"{lag.commits_behind} or more" if lag.at_least else lag.commits_behind
    seconds = round(lag.seconds, 3)
    return lag.projection, behind, seconds, lag.parked, lag.shards, lag.unowned, _state(lag)


def _state(lag: Lag) -> str:
    if not lag.shards:
        return "no shard is open; is the change stream on? keyfold tables describe"
    if lag.incomplete:
        return "never brought up to date: keyfold worker run"
    if lag.unowned and not lag.is_caught_up:
        return "no worker reads it: keyfold worker run"
    if lag.parked:
        return "streams are parked: keyfold parked ls"
    return "caught up" if lag.is_caught_up else "behind"


def _needs_a_person(lag: Lag) -> bool:
    unread = (lag.unowned or not lag.shards) and not lag.is_caught_up
    return bool(lag.parked or lag.incomplete or unread)
