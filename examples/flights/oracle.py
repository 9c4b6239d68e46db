"""What the read models must hold: the sums of the flights file, by csv and addition alone.

This is the judge, so it imports nothing of the project and shares no code with `data.py`: a mistake
in either shows as a difference. It keeps every row in hand as the text that the file has.

    python -m examples.flights.oracle                  January
    python -m examples.flights.oracle --days 3         its first three days
    python -m examples.flights.oracle --all YEAR.zip   every row of that file

prints the sums as JSON; `--digest` prints only their SHA-256, to compare two implementations.

The sums, all of them counts of flights unless named otherwise:

    board        key `EWR 2013-01-01` (where from, which day): flights; scheduled, departed,
                 arrived, diverted, cancelled (each flight is in one of them, and none of the file
                 stays scheduled or departed); first and last, the ids at both ends of the board
    punctuality  key `UA 2013-01-01`: flights; cancelled, diverted, arrived; departed_late (by more
                 than 15 minutes); arrived_on_time (less than 15 minutes late; an arrival without a
                 delay is not counted); departure_delay and arrival_delay, sums in minutes of the
                 delays that are given, early ones negative
    aircraft     key `N14228`, or `NA` for flights without one: flights; flown, those that left;
                 airborne minutes, a sum; distance in miles, a sum over those that arrived
    totals       the three sections' numbers summed up, and how many keys each section has
"""

from __future__ import annotations

import argparse
import csv
import gzip
import hashlib
import io
import json
import sys
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

Row = dict[str, str]
LATE = 15


def expected(rows: Iterable[Row]) -> dict[str, Any]:
    """Return the sums as nested dicts with text keys, ready for JSON."""
    board: dict[str, dict[str, Any]] = {}
    punctuality: dict[str, dict[str, Any]] = {}
    aircraft: dict[str, dict[str, Any]] = {}
    for row in rows:
        day = f"{row['year']}-{row['month']:0>2}-{row['day']:0>2}"
        result = how_it_ended(row)
        add_to_board(board.setdefault(f"{row['origin']} {day}", {}), row, day, result)
        add_punctuality(punctuality.setdefault(f"{row['carrier']} {day}", {}), row, result)
        add_to_aircraft(aircraft.setdefault(row["tailnum"], {}), row, result)
    sections = {"board": board, "punctuality": punctuality, "aircraft": aircraft}
    return {**sections, "totals": {name: totals(section) for name, section in sections.items()}}


def how_it_ended(row: Row) -> str:
    """Name the outcome by which times are missing."""
    if row["dep_time"] == "NA":
        return "cancelled"
    return "diverted" if row["arr_time"] == "NA" else "arrived"


def add_to_board(line: dict[str, Any], row: Row, day: str, result: str) -> None:
    """Count one flight on its airport's day."""
    name = f"{row['origin']}-{day}-{row['sched_dep_time']:0>4}-{row['carrier']}{row['flight']}"
    add(line, "flights", 1)
    for each in ("scheduled", "departed", "arrived", "diverted", "cancelled"):
        add(line, each, int(each == result))
    line["first"] = min(line.get("first", name), name)
    line["last"] = max(line.get("last", name), name)


def add_punctuality(line: dict[str, Any], row: Row, result: str) -> None:
    """Count one flight on its carrier's day."""
    add(line, "flights", 1)
    for each in ("cancelled", "diverted", "arrived"):
        add(line, each, int(each == result))
    add(line, "departed_late", int(row["dep_delay"] != "NA" and int(row["dep_delay"]) > LATE))
    add(line, "arrived_on_time", int(row["arr_delay"] != "NA" and int(row["arr_delay"]) < LATE))
    add(line, "departure_delay", number(row["dep_delay"]))
    add(line, "arrival_delay", number(row["arr_delay"]))


def add_to_aircraft(line: dict[str, Any], row: Row, result: str) -> None:
    """Count one flight on its aircraft."""
    add(line, "flights", 1)
    add(line, "flown", int(result != "cancelled"))
    add(line, "airborne", number(row["air_time"]))
    add(line, "distance", number(row["distance"]) if result == "arrived" else 0)


def add(line: dict[str, Any], name: str, amount: int) -> None:
    line[name] = line.get(name, 0) + amount


def number(text: str) -> int:
    return 0 if text == "NA" else int(text)


def totals(section: dict[str, dict[str, Any]]) -> dict[str, int]:
    """Sum every number of a section over its keys, and count the keys."""
    summed: dict[str, int] = {"keys": len(section)}
    for line in section.values():
        for name, value in line.items():
            if isinstance(value, int):
                add(summed, name, value)
    return summed


def digest(sums: dict[str, Any]) -> str:
    """Return the SHA-256 of the sums written in one canonical way: keys sorted, no blanks."""
    text = json.dumps(sums, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()


def differences(expected: Any, found: Any, limit: int = 10) -> list[str]:
    """Say where two nested dicts differ, a line each, at most `limit` and a count of the rest.

    An empty list means that they are equal. The order of keys does not matter.
    """
    lines = [f"{path}: {how}" for path, how in compare(expected, found, "")]
    more = len(lines) - limit
    return [*lines[:limit], f"and {more:,} more"] if more > 0 else lines


def compare(expected: Any, found: Any, path: str) -> Iterator[tuple[str, str]]:
    if not (isinstance(expected, dict) and isinstance(found, dict)):
        if expected != found or type(expected) is not type(found):
            yield path or "all", f"expected {shown(expected)}, found {shown(found)}"
        return
    for key in sorted(expected.keys() | found.keys(), key=str):
        below = f"{path} / {key}" if path else str(key)
        if key not in found:
            yield below, f"missing, expected {shown(expected[key])}"
        elif key not in expected:
            yield below, f"should not be there, found {shown(found[key])}"
        else:
            yield from compare(expected[key], found[key], below)


def shown(value: Any) -> str:
    text = json.dumps(value, default=repr)
    return text if len(text) <= 120 else f"{text[:117]}..."


def file_rows(path: Path) -> Iterator[Row]:
    """Yield the lines of a .csv, .csv.gz or .zip file as dicts of text."""
    if path.suffix == ".zip":
        with zipfile.ZipFile(path) as archive:
            content = archive.read(archive.namelist()[0])
    else:
        content = path.read_bytes()
    plain = gzip.decompress(content) if path.suffix == ".gz" else content
    yield from csv.DictReader(io.StringIO(plain.decode(), newline=""))


def of_january(days: int = 31) -> dict[str, Any]:
    """Return the sums of the first `days` days of January."""
    lines = file_rows(Path(__file__).with_name("january.csv.gz"))
    return expected(row for row in lines if int(row["day"]) <= days)


def of_file(path: Path) -> dict[str, Any]:
    """Return the sums of every row of a file, e.g. the whole year's."""
    return expected(file_rows(path))


def main() -> int:
    """Print the sums."""
    options = argparse.ArgumentParser(description="Sums of the flights file, by csv and addition.")
    options.add_argument(
        "--days", type=int, default=31, choices=range(1, 32), metavar="N", help="of January"
    )
    options.add_argument("--all", type=Path, metavar="PATH", help="every row of this file instead")
    options.add_argument("--digest", action="store_true", help="print only the SHA-256")
    asked = options.parse_args()
    sums = of_file(asked.all) if asked.all else of_january(asked.days)
    if asked.digest:
        print(digest(sums))
    else:
        json.dump({**sums, "sha256": digest(sums)}, sys.stdout, indent=1, sort_keys=True)
        print()
    return 0


if __name__ == "__main__":
    sys.exit(main())
