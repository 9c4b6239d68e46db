"""`keyfold tables`: make, look at and take away the tables of a project.

They are made from the settings alone, so that a command here and the code of a project can never
disagree about them. Where both settings name one table, it has the one stream and all the indexes.
"""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

import msgspec
from cyclopts import App, Parameter

from eventstore.dynamodb import DynamoDBLog
from eventstore.errors import StoreNotFoundError
from eventstore.layout import EventLayout
from orm.cli.output import ATTENTION, OK, USAGE, Report
from orm.cli.target import NOWHERE, Target
from orm.clock import Clock, SystemClock
from orm.driver.protocol import Driver
from orm.errors import TableNotFoundError
from orm.requests import DescribeTable, TableDescription
from orm.settings import Settings
from orm.tables import TableShape, create_table, delete_table

EVENTS: Final = "events"
READ_MODELS: Final = "read-models"
MISSING: Final = "missing"

COLUMNS: Final = ("role", "table", "status", "items", "size_bytes", "indexes", "stream", "epoch")

Which = Annotated[
    Literal["events", "read-models", "all"],
    Parameter(help="Which table: events, read-models or all."),
]

app = App(name="tables", help="Make, look at and delete the event table and the read-model table.")


class Role(msgspec.Struct, frozen=True):
    """A table of the project: what it is for and what it looks like."""

    name: str
    shape: TableShape

    @property
    def table(self) -> str:
        return self.shape.config.table

    @property
    def holds_events(self) -> bool:
        return self.name.startswith(EVENTS)


def roles(settings: Settings, which: str = "all") -> list[Role]:
    """The tables that are meant; a shared one once, whichever of its roles is asked for."""
    events, models = EventLayout(settings.events_config).shape(), settings.read_models_shape
    if events.config.table == models.config.table:
        return [
            Role(f"{EVENTS}+{READ_MODELS}", msgspec.structs.replace(models, stream=events.stream))
        ]
    both = [Role(EVENTS, events), Role(READ_MODELS, models)]
    return [role for role in both if which in (role.name, "all")]


@app.command
def create(which: Which = "all", /, *, target: Target = NOWHERE) -> int:
    """Make the tables that are not there yet; those that are stay as they are.

    A table that is there and looks different is refused.

    Example: `keyfold tables create`
    """
    project = target.project()
    driver, clock = target.driver(project), SystemClock()
    rows = [
        (role.name, role.table, "created" if _create(driver, role, clock) else "was there")
        for role in roles(project.settings, which)
    ]
    target.output.report(Report(columns=("role", "table", "outcome"), rows=rows))
    return OK


def _create(driver: Driver, role: Role, clock: Clock) -> bool:
    made = create_table(driver, role.shape, clock)
    if role.holds_events:
        DynamoDBLog(driver, role.shape.config, clock).create()  # the store in it, where missing
    return made


@app.command
def describe(which: Which = "all", /, *, target: Target = NOWHERE) -> int:
    """Show status, size, indexes, change stream and store epoch. Exit code 3 when one is missing.

    Counts and sizes are DynamoDB's own and, on AWS, up to six hours old.

    Example: `keyfold tables describe events --json`
    """
    project = target.project()
    driver = target.driver(project)
    described = [_described(driver, role) for role in roles(project.settings, which)]
    _show(target, described)
    if all(facts["status"] == "ACTIVE" and facts["epoch"] != MISSING for facts in described):
        return OK
    target.output.note("next: keyfold tables create")
    return ATTENTION


def _show(target: Target, described: list[dict[str, Any]]) -> None:
    if target.output.terminal:
        for facts in described:
            target.output.facts(facts)
            target.output.note("")
        return
    rows = [tuple(facts[name] for name in COLUMNS) for facts in described]
    target.output.report(Report(columns=COLUMNS, rows=rows))


def _described(driver: Driver, role: Role) -> dict[str, Any]:
    facts = dict.fromkeys(COLUMNS) | {"role": role.name, "table": role.table}
    try:
        found = driver.send(DescribeTable(table_name=role.table)).table
    except TableNotFoundError:
        return {**facts, "status": MISSING}
    return {**facts, **_facts(found), "epoch": _epoch(driver, role) if role.holds_events else None}


def _facts(found: TableDescription) -> dict[str, Any]:
    stream = found.stream_specification
    return {
        "status": found.table_status,
        "items": found.item_count,
        "size_bytes": found.table_size_bytes,
        "indexes": sorted(index.index_name for index in found.global_secondary_indexes),
        "stream": stream.stream_view_type if stream and stream.stream_enabled else None,
    }


def _epoch(driver: Driver, role: Role) -> str:
    try:
        return DynamoDBLog(driver, role.shape.config).epoch
    except StoreNotFoundError:
        return MISSING


@app.command
def delete(
    which: Which,
    /,
    *,
    yes: Annotated[bool, Parameter(negative="", help="Delete without asking.")] = False,
    target: Target = NOWHERE,
) -> int:
    """Delete a table with everything in it. Asks for the table's name, for there is no way back.

    Example: `keyfold tables delete read-models --yes`
    """
    project = target.project()
    chosen = roles(project.settings, which)
    if not yes and not all(_confirmed(target, role) for role in chosen):
        target.output.note(f"nothing was deleted; keyfold tables delete {which} --yes asks nothing")
        return USAGE
    driver, clock = target.driver(project), SystemClock()
    rows = [
        (role.name, role.table, _outcome(delete_table(driver, role.table, clock)))
        for role in chosen
    ]
    target.output.report(Report(columns=("role", "table", "outcome"), rows=rows))
    return OK


def _outcome(was_there: bool) -> str:
    return "deleted" if was_there else "was not there"


def _confirmed(target: Target, role: Role) -> bool:
    question = f"This deletes the {role.name} table {role.table} for good. Type its name to go on:"
    return target.output.confirms(question, role.table)
