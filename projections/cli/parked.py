"""`keyfold parked`: streams that a poisoned event has stopped, for one projection each."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

from cyclopts import App, Parameter

from eventstore.cli.names import IdName, StreamName, Tenant, stream_named
from orm.cli.output import ATTENTION, OK, Report
from orm.cli.target import NOWHERE, Target
from orm.errors import ConfigurationError
from projections.cli.project import Watched
from projections.errors import NotParkedError
from projections.parking import Parked

app = App(name="parked", help="Look at streams that wait for a person, and let them go on.")

ProjectionName = Annotated[str, Parameter(help="The projection, as NAME or NAME@VERSION.")]
_COLUMNS = ("projection", "stream", "tenant", "commit", "event", "attempts", "parked_at", "error")


def _row(parked: Parked) -> tuple[object, ...]:
    return (
        parked.projection,
        f"{parked.category}#{parked.id}",
        parked.tenant,
        parked.commit,
        parked.tag,
        parked.attempts,
        dt.datetime.fromtimestamp(parked.parked_at / 1e6, dt.UTC),
        parked.error,
    )


@app.command
def ls(
    projection: Annotated[str | None, Parameter(help="Only this one.")] = None,
    /,
    *,
    target: Target = NOWHERE,
) -> int:
    """List parked streams. Exit code 3 when there are any.

    Example: `keyfold parked ls`
    """
    watched = Watched(target)
    wanted = watched.projections if projection is None else [watched.named(projection)]
    rows = [_row(parked) for one in wanted for parked in watched.parking.all(one)]
    target.output.report(Report(columns=_COLUMNS, rows=rows, empty="no stream is parked"))
    return ATTENTION if rows else OK


@app.command
def show(
    projection: ProjectionName,
    stream: StreamName,
    id: IdName = None,
    /,
    *,
    tenant: Tenant = None,
    target: Target = NOWHERE,
) -> int:
    """Show why a stream is parked.

    Example: `keyfold parked show Balances 'ACCOUNT#alice'`
    """
    watched, named = Watched(target), stream_named(stream, id, tenant)
    found = watched.named(projection)
    parked = watched.parking.find(found, named)
    if parked is None:
        raise NotParkedError(found.id, named)
    target.output.facts(dict(zip(_COLUMNS, _row(parked), strict=True)))
    return ATTENTION


@app.command
def retry(
    projection: ProjectionName,
    stream: Annotated[str | None, Parameter(help="CATEGORY#ID in quotes.")] = None,
    id: IdName = None,
    /,
    *,
    tenant: Tenant = None,
    all: Annotated[bool, Parameter(negative="", help="Every parked stream of it.")] = False,
    target: Target = NOWHERE,
) -> int:
    """Apply a parked stream from the store and let it go on. Exit code 3 when it fails again.

    Example: `keyfold parked retry Balances 'ACCOUNT#alice'`
    """
    watched = Watched(target)
    found = watched.named(projection)
    if all == (stream is not None):
        raise RetryUsageError
    if stream is not None:
        streams = [stream_named(stream, id, tenant)]
    else:
        streams = [parked.stream for parked in watched.parking.all(found)]
    dispatcher, held = watched.dispatcher(), 0
    for named in streams:
        still = dispatcher.retry(found.id, named)
        held += still is not None
        said = "goes on" if still is None else f"fails again: {still.error}"
        target.output.each({"stream": str(named), "parked": still is not None}, f"{named}: {said}")
    return ATTENTION if held else OK


class RetryUsageError(ConfigurationError):
    """Neither a stream nor --all was named, or both were."""

    exit_code = 2

    def __init__(self) -> None:
        super().__init__(
            "parked retry", "takes one stream, or --all", "keyfold parked ls shows which"
        )
        self.args = ()
