"""The tables of a run: made anew, or found with a run in them that was cut off and goes on."""

from __future__ import annotations

from typing import Literal

import msgspec

from eventstore.errors import StoreNotFoundError
from examples.demo.engine import Ground
from examples.demo.run import RUN_ID, Run
from examples.demo.site import Site
from orm.errors import KeyfoldError, TableNotFoundError
from orm.tables import create_table, delete_table, table_names

Reason = Literal["no tables", "asked for", "the last run was finished", "another size", "cut off"]


class Beginning(msgspec.Struct, frozen=True):
    """How a run begins: on empty tables, or where an earlier start was cut off.

    Args:
        goes_on: whether an unfinished run was found.
        reason: why.
    """

    goes_on: bool
    reason: Reason


class ForeignTableError(KeyfoldError):
    """A table of the demo's name is there and no demo wrote it; nothing was changed."""

    hint = "keyfold demo --fresh drops it; or rename it"

    def __init__(self, table: str) -> None:
        super().__init__(table)
        self.table = table

    def __str__(self) -> str:
        return f"table {self.table} holds commits and no demo's run; nothing was changed"


def prepare(ground: Ground, size: str, *, fresh: bool) -> tuple[Site, Beginning]:
    """Have tables with a run of this size under way.

    Args:
        ground: what they stand on.
        size: of the run.
        fresh: drop what is there.

    Raises:
        ForeignTableError: they hold something that is not a demo's.
    """
    site = ground.found()
    reason = "asked for" if fresh else _reason_to_begin(site, size)
    if reason is None:
        return site, Beginning(True, "cut off")
    _drop(site)
    site = ground.anew()
    create_table(site.driver, site.settings.read_models_shape, site.clock)
    site.log().create()
    site.store([Run]).of(Run).execute(RUN_ID, Run.begin(size), command_id="begin")
    return site, Beginning(False, reason)


def _reason_to_begin(site: Site, size: str) -> Reason | None:
    """Why the tables cannot be used as they are; None where an unfinished run is in them."""
    run = _find_run(site)
    rows = site.settings.read_models_table
    if run is None or rows not in table_names(site.driver):
        return "no tables"
    if run.finished:
        return "the last run was finished"
    return None if run.size == size else "another size"


def _find_run(site: Site) -> Run | None:
    store = site.store([Run])
    try:
        run = store.of(Run).load(RUN_ID).state
    except (TableNotFoundError, StoreNotFoundError):
        return None
    if run.size:
        return run
    # killed between making the table and beginning the run; or it is not ours at all
    if next(store.log.all_commits(), None) is not None:
        raise ForeignTableError(site.settings.events_table)
    return None


def _drop(site: Site) -> None:
    """The events first: without them no later start takes the rows for those of a run."""
    for table in (site.settings.events_table, site.settings.read_models_table):
        delete_table(site.driver, table, site.clock)


def finish(site: Site) -> None:
    """Note that this run was checked, so that the next start begins anew."""
    site.store([Run]).of(Run).execute(RUN_ID, Run.finish(), command_id="finish")
