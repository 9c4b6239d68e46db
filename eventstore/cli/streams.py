"""`keyfold stream`: which streams there are, what is in one, and what comes in.

No event class is needed: events are shown by tag as they are stored, so this works on any store.
"""

from __future__ import annotations

import datetime
import itertools
from collections.abc import Callable, Iterator
from typing import Annotated, Any, Final

import msgspec
from cyclopts import App, Parameter
from cyclopts.validators import Number

from eventstore.cli.names import IdName, StreamName, Tenant, stream_named
from eventstore.codec import decode_raw
from eventstore.dynamodb import DynamoDBLog
from eventstore.errors import StreamNotFoundError
from eventstore.log import Commit, Log
from eventstore.stream import StreamId
from orm.cli.output import OK, Output, Report, cell, encode
from orm.cli.target import NOWHERE, Target
from orm.clock import Clock, SystemClock

INTERVAL_SECONDS: Final = 1.0
INTERVAL_SECONDS_MIN: Final = 0.05
FROM_0: Final = Number(gte=0)
FROM_1: Final = Number(gte=1)

app = App(name="stream", help="List the streams of a category, print one, or follow one.")


def open_log(target: Target) -> Log:
    """The log of the project's event table."""
    project = target.project()
    return DynamoDBLog(target.driver(project), project.settings.events_config)


@app.command
def ls(
    category: Annotated[str, Parameter(help="The category, e.g. ORDER.")],
    /,
    *,
    tenant: Tenant = None,
    limit: Annotated[int, Parameter(validator=FROM_0, help="At most so many; 0 for all.")] = 100,
    long: Annotated[bool, Parameter(negative="", help="With the last commit and event.")] = False,
    target: Target = NOWHERE,
) -> int:
    """List the streams of a category, by slice and within one by age.

    Example: `keyfold stream ls ORDER --long`
    """
    log, output = open_log(target), target.output
    found = log.streams(category, tenant=tenant)
    streams = list(itertools.islice(found, limit or None))
    more = next(found, None) is not None
    output.report(_listing(log, streams, long, category))
    if more:
        output.note(f"there are more than {limit}; --limit 0 lists all")
    return OK


def _listing(log: Log, streams: list[StreamId], long: bool, category: str) -> Report:
    columns: tuple[str, ...] = ("stream", "category", "id", "tenant")
    rows = [_row(log, stream, long) for stream in streams]
    if long:
        columns += ("commits", "events")
    return Report(columns=columns, rows=rows, empty=f"no stream of category {category}")


def _row(log: Log, stream: StreamId, long: bool) -> tuple[Any, ...]:
    row: tuple[Any, ...] = (
        f"{stream.category}#{stream.id}",
        stream.category,
        stream.id,
        stream.tenant,
    )
    if not long:
        return row
    head = log.head(stream)
    return (*row, head.commit, head.version)


@app.command
def cat(
    stream: StreamName,
    id: IdName = None,
    /,
    *,
    tenant: Tenant = None,
    first: Annotated[
        int, Parameter("--from", validator=FROM_1, help="Begin with this commit.")
    ] = 1,
    last: Annotated[
        int | None, Parameter("--to", validator=FROM_1, help="End with this commit.")
    ] = None,
    limit: Annotated[
        int | None, Parameter(validator=FROM_1, help="At most so many commits.")
    ] = None,
    target: Target = NOWHERE,
) -> int:
    """Print the commits of a stream with their events, oldest first; JSON lines with --json.

    Example: `keyfold stream cat 'ORDER#42' --from 10 --limit 5`
    """
    named, log = stream_named(stream, id, tenant), open_log(target)
    commits = log.read(named, after=first - 1, up_to=last)
    shown = 0
    for commit in itertools.islice(commits, limit):
        show(target.output, commit)
        shown += 1
    if shown == 0:
        _explain_nothing(log, named, target.output)
    return OK


def _explain_nothing(log: Log, stream: StreamId, output: Output) -> None:
    head = log.head(stream)
    if head.commit == 0:
        raise StreamNotFoundError(stream)
    output.note(f"{stream}: no such commits; the last is {head.commit}")


@app.command
def tail(
    stream: StreamName,
    id: IdName = None,
    /,
    *,
    tenant: Tenant = None,
    lines: Annotated[
        int, Parameter(("--lines", "-n"), validator=FROM_0, help="So many commits first.")
    ] = 10,
    interval: Annotated[float, Parameter(help="Seconds between two looks.")] = INTERVAL_SECONDS,
    follow: Annotated[bool, Parameter(help="Go on until Ctrl-C.")] = True,
    target: Target = NOWHERE,
) -> int:
    """Print the last commits of a stream, then every new one as it comes. Ctrl-C ends with 0.

    A stream that is not there yet is waited for.

    Example: `keyfold stream tail 'ORDER#42' -n 3`
    """
    named, log = stream_named(stream, id, tenant), open_log(target)
    pause = max(interval, INTERVAL_SECONDS_MIN)
    try:
        for commit in following(log, named, lines, pause, SystemClock(), forever=follow):
            show(target.output, commit)
    except KeyboardInterrupt:  # the way to end it, and no failure
        return OK
    return OK


def following(
    log: Log,
    stream: StreamId,
    lines: int,
    pause_seconds: float,
    clock: Clock,
    *,
    forever: bool = True,
    wanted: Callable[[], bool] = lambda: True,
) -> Iterator[Commit]:
    """The last `lines` commits of a stream, then new ones as they come, while they are wanted."""
    seen = max(0, log.head(stream).commit - lines)
    while wanted():
        for commit in log.read(stream, after=seen):
            seen = commit.number
            yield commit
        if not forever:
            return
        clock.sleep(pause_seconds)


def show(output: Output, commit: Commit) -> None:
    """Print one commit."""
    facts = as_facts(commit)
    output.each(facts, _text(facts))


def as_facts(commit: Commit) -> dict[str, Any]:
    """A commit by name, its events as they are stored."""
    recorded = datetime.datetime.fromtimestamp(commit.recorded_at / 1_000_000, datetime.UTC)
    metadata = msgspec.msgpack.decode(commit.metadata) if commit.metadata else {}
    return {
        "stream": f"{commit.stream.category}#{commit.stream.id}",
        "tenant": commit.stream.tenant,
        "commit": commit.number,
        "first": commit.first,
        "last": commit.version,
        "commit_id": commit.id.hex(),
        "recorded_at": recorded,
        "events": [
            {"number": number, "tag": event.tag, "version": event.version, "body": event.body}
            for number, event in enumerate(decode_raw(commit.data), commit.first)
        ],
        "metadata": metadata,
    }


def _text(facts: dict[str, Any]) -> str:
    """A line for the commit, one for each event, and one for the metadata."""
    span = (
        str(facts["first"])
        if facts["first"] == facts["last"]
        else f"{facts['first']}-{facts['last']}"
    )
    head = f"commit {facts['commit']}  events {span}  {facts['recorded_at']:%Y-%m-%dT%H:%M:%S.%fZ}"
    events = [f"  {_event(event)}" for event in facts["events"]]
    metadata = [f"  metadata {encode(facts['metadata'])}"] if facts["metadata"] else []
    return "\n".join([head, *events, *metadata])


def _event(event: dict[str, Any]) -> str:
    version = f" v{event['version']}" if event["version"] != 1 else ""
    return f"{cell(event['tag'])}{version} {encode(event['body'])}"
