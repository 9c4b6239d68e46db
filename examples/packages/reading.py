"""The read models, read through the query API by a process that wrote none of them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any, Final

import msgspec

from examples.demo.actors import Json, Stage
from examples.packages.projections import PROJECTIONS, SHELVES, Catalogue, Month
from orm.models import Table

EXCERPT_ROWS: Final = 5


def read(stage: Stage) -> Json:
    """Every package's state, rows to show, and the parked streams."""
    table = stage.site.table().consistent()
    packages = list(catalogue(table))
    states = {
        row.name: {
            "version": row.version,
            "live": row.live,
            "deprecated": row.deprecated,
            "events": row.events,
        }
        for row in packages
    }
    parked = [msgspec.to_builtins(one) for one in stage.site.parked(PROJECTIONS)]
    return {
        "packages": states,
        "clock_backwards": sum(row.clock_backwards for row in packages),
        "excerpts": _excerpts(table, packages),
        "parked": parked,
    }


def catalogue(table: Table) -> Iterator[Catalogue]:
    """Every package, shelf by shelf."""
    for shelf in SHELVES:
        yield from table.query(Catalogue).where(shelf=shelf).iterate()


def _excerpts(table: Table, packages: list[Catalogue]) -> Json:
    busiest = sorted(packages, key=lambda row: (-row.events, row.name))[:EXCERPT_ROWS]
    last = max((row.changed_at for row in packages), default=0)
    found: dict[str, Any] = {"busiest": busiest, "months": _last_year(table, last)}
    result: Json = msgspec.to_builtins(found)
    return result


def _last_year(table: Table, at: int) -> list[Month]:
    year = dt.datetime.fromtimestamp(at, dt.UTC).year
    return table.query(Month).where(year=year).latest().limit(EXCERPT_ROWS).all()
