"""The rows that are written and queried: readings of a weather station, some 500 bytes each."""

from __future__ import annotations

from functools import cache
from typing import Any, Final

import msgspec

from orm.config import SingleTableConfig
from orm.models import Key, Model
from orm.models.layout import layout_of
from orm.requests import Item

ROW_TABLE: Final = SingleTableConfig(table="rows")
ROWS: Final = 2_000


class Reading(Model, key=Key("station", sort=("taken",))):
    """What one station's instruments showed at one moment; `taken` in seconds since 1970."""

    station: str
    taken: int
    instrument: str
    operator: str
    quality: str
    battery_volts: float
    complete: bool
    values: dict[str, float]
    place: dict[str, str]
    tags: list[str]
    note: str | None = None
    checked_by: str | None = None
    revision: int = 0


def station(rows: int) -> str:
    """The station that has so many readings."""
    return str(rows)


@cache
def readings(rows: int) -> list[Reading]:
    """All readings of a station."""
    return [
        Reading(
            station=station(rows),
            taken=1_700_000_000 + 600 * number,
            instrument=f"thermo-hygrograph-{number % 17:04d}",
            operator="meteorological office, northern branch",
            quality=("good", "fair", "poor")[number % 3],
            battery_volts=3.25 + number / 1024,
            complete=number % 5 > 0,
            values={
                "temperature": 18.5 + number / 64,
                "humidity": 0.25 + number / 8192,
                "pressure": 1013.25,
                "wind": number % 90 / 4,
            },
            place={"country": "Iceland", "region": "Vestfirðir", "hill": "above the harbour"},
            tags=["roof", "north side", f"batch-{number // 100}"],
            note=None if number % 2 else "read again after the storm of the morning",
            revision=number % 4,
        )
        for number in range(rows)
    ]


def items(rows: int) -> list[Item]:
    """The same as they are stored."""
    layout = layout_of(Reading, ROW_TABLE)
    return [layout.item(reading) for reading in readings(rows)]


def fields(reading: Reading) -> dict[str, Any]:
    """A reading as plain values, to compare with a peer's."""
    return msgspec.structs.asdict(reading)
