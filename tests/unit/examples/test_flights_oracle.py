"""The judge of the flights: its sums, told a second way, and how it names differences."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from examples.flights import data, oracle

HEADER = ",".join(data.COLUMNS)
ROOT = Path(oracle.__file__).parents[2]

# on time; late; diverted; cancelled without an aircraft; past midnight and without a delay
LINES = """\
2013,1,1,517,515,2,830,819,11,UA,1545,N14228,EWR,IAH,227,1400,5,15,2013-01-01T10:00:00Z
2013,1,1,632,600,32,901,831,30,UA,2,N14228,EWR,ORD,120,719,6,0,2013-01-01T11:00:00Z
2013,1,1,1031,1015,16,NA,1200,NA,B6,9,N2,JFK,BOS,NA,187,10,15,2013-01-01T15:00:00Z
2013,1,1,NA,900,NA,NA,1100,NA,UA,3,NA,EWR,CLE,NA,404,9,0,2013-01-01T14:00:00Z
2013,1,2,2345,2359,-14,20,40,NA,B6,739,N2,JFK,PSE,NA,1617,23,59,2013-01-03T04:00:00Z
""".splitlines()


def as_dicts(lines: Iterable[str]) -> list[dict[str, str]]:
    names = HEADER.split(",")
    return [dict(zip(names, line.split(","), strict=True)) for line in lines]


def test_five_flights_summed_by_hand() -> None:
    sums = oracle.expected(as_dicts(LINES))
    assert sums["board"]["EWR 2013-01-01"] == {
        "flights": 3, "scheduled": 0, "departed": 0, "arrived": 2, "diverted": 0, "cancelled": 1,
        "first": "EWR-2013-01-01-0515-UA1545", "last": "EWR-2013-01-01-0900-UA3",
    }  # fmt: skip
    assert sums["punctuality"]["UA 2013-01-01"] == {
        "flights": 3, "cancelled": 1, "diverted": 0, "arrived": 2, "departed_late": 1,
        "arrived_on_time": 1, "departure_delay": 34, "arrival_delay": 41,
    }  # fmt: skip
    assert sums["punctuality"]["B6 2013-01-02"] == {
        "flights": 1, "cancelled": 0, "diverted": 0, "arrived": 1, "departed_late": 0,
        "arrived_on_time": 0, "departure_delay": -14, "arrival_delay": 0,
    }  # fmt: skip
    assert sums["aircraft"] == {
        "N14228": {"flights": 2, "flown": 2, "airborne": 347, "distance": 2_119},
        "N2": {"flights": 2, "flown": 2, "airborne": 0, "distance": 1_617},
        "NA": {"flights": 1, "flown": 0, "airborne": 0, "distance": 0},
    }
    assert sums["totals"]["board"]["keys"] == 3


def test_january_s_totals_are_known() -> None:
    totals = oracle.of_january()["totals"]
    assert totals["board"] == {
        "keys": 93, "flights": 27_004, "scheduled": 0, "departed": 0, "arrived": 26_468,
        "diverted": 15, "cancelled": 521,
    }  # fmt: skip
    assert totals["punctuality"] == {
        "keys": 460, "flights": 27_004, "cancelled": 521, "diverted": 15, "arrived": 26_468,
        "departed_late": 4_918, "arrived_on_time": 20_197, "departure_delay": 265_801,
        "arrival_delay": 161_819,
    }  # fmt: skip
    assert totals["aircraft"] == {
        "keys": 3_149, "flights": 27_004, "flown": 26_483, "airborne": 4_070_239,
        "distance": 26_847_104,
    }  # fmt: skip


def test_rows_read_by_the_example_sum_to_the_judge_s_sums() -> None:
    """Two readers that share no code agree on three days."""
    found = second_way(data.first_days(3))
    assert oracle.differences(oracle.of_january(3), found) == []
    assert oracle.digest(found) == oracle.digest(oracle.of_january(3))


def test_the_judge_imports_nothing_of_the_project() -> None:
    code = (
        "import sys, examples.flights.oracle, examples.packages.oracle\n"
        "ours = {name.split('.')[0] for name in sys.modules}\n"
        "print(sorted(ours & {'orm', 'eventstore', 'projections', 'msgspec', 'boto3'}))"
    )
    assert run("-c", code) == "[]\n"


def test_the_command_prints_the_sums_and_their_hash() -> None:
    printed = json.loads(run("-m", "examples.flights.oracle", "--days", "1"))
    sha256 = printed.pop("sha256")
    assert printed == oracle.of_january(1)
    assert run("-m", "examples.flights.oracle", "--days", "1", "--digest") == f"{sha256}\n"


def test_a_changed_number_a_missing_and_a_strange_key_are_each_named() -> None:
    sums = oracle.expected(as_dicts(LINES))
    found = json.loads(json.dumps(sums))
    found["aircraft"]["N2"]["flown"] = 1
    found["aircraft"]["N3"] = {"flights": 1}
    del found["board"]["JFK 2013-01-02"]["last"]
    assert oracle.differences(sums, found) == [
        "aircraft / N2 / flown: expected 2, found 1",
        'aircraft / N3: should not be there, found {"flights": 1}',
        'board / JFK 2013-01-02 / last: missing, expected "JFK-2013-01-02-2359-B6739"',
    ]
    assert oracle.differences(sums, found, limit=1)[1:] == ["and 2 more"]
    assert oracle.digest(sums) != oracle.digest(found)


nested = st.recursive(
    st.integers(-3, 3) | st.booleans() | st.text("ab", max_size=2),
    lambda inner: st.dictionaries(st.text("xyz", min_size=1, max_size=2), inner, max_size=3),
    max_leaves=8,
)


@given(nested, nested)
def test_no_differences_exactly_when_the_digests_are_equal(one: Any, other: Any) -> None:
    same = oracle.digest({"it": one}) == oracle.digest({"it": other})
    assert (oracle.differences({"it": one}, {"it": other}) == []) == same


@pytest.mark.parametrize("days", ["0", "32"])
def test_days_that_january_has_not_are_refused(days: str) -> None:
    command = [sys.executable, "-m", "examples.flights.oracle", "--days", days]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 2
    assert "--days" in done.stderr


def second_way(rows: Iterable[data.FlightRow]) -> dict[str, Any]:
    """The same sums grouped first and summed after, from typed rows."""
    groups: dict[str, dict[str, list[data.FlightRow]]] = {
        "board": {}, "punctuality": {}, "aircraft": {}
    }  # fmt: skip
    for row in rows:
        day = data.flight_day(row).isoformat()
        groups["board"].setdefault(f"{row.origin} {day}", []).append(row)
        groups["punctuality"].setdefault(f"{row.carrier} {day}", []).append(row)
        groups["aircraft"].setdefault(row.tailnum or "NA", []).append(row)
    lines = {"board": board_line, "punctuality": punctuality_line, "aircraft": aircraft_line}
    sums: dict[str, Any] = {
        name: {key: lines[name](members) for key, members in group.items()}
        for name, group in groups.items()
    }
    sums["totals"] = {name: summed(section) for name, section in sums.items()}
    return sums


def board_line(rows: list[data.FlightRow]) -> dict[str, Any]:
    outcomes = [data.outcome(row) for row in rows]
    ids = sorted(map(data.flight_id, rows))
    kinds = ("scheduled", "departed", "arrived", "diverted", "cancelled")
    counts = {kind: sum(found == kind for found in outcomes) for kind in kinds}
    return {"flights": len(rows), **counts, "first": ids[0], "last": ids[-1]}


def punctuality_line(rows: list[data.FlightRow]) -> dict[str, Any]:
    outcomes = [data.outcome(row) for row in rows]
    left = [row.dep_delay for row in rows if row.dep_delay is not None]
    landed = [row.arr_delay for row in rows if row.arr_delay is not None]
    return {
        "flights": len(rows),
        **{kind: outcomes.count(kind) for kind in ("cancelled", "diverted", "arrived")},
        "departed_late": len([delay for delay in left if delay > 15]),
        "arrived_on_time": len([delay for delay in landed if delay < 15]),
        "departure_delay": sum(left),
        "arrival_delay": sum(landed),
    }


def aircraft_line(rows: list[data.FlightRow]) -> dict[str, Any]:
    return {
        "flights": len(rows),
        "flown": len([row for row in rows if data.actual_departure(row) is not None]),
        "airborne": sum(row.air_time or 0 for row in rows),
        "distance": sum(row.distance for row in rows if data.outcome(row) == "arrived"),
    }


def summed(section: dict[str, dict[str, Any]]) -> dict[str, int]:
    found = {"keys": len(section)}
    for name in next(iter(section.values())):
        values = [line[name] for line in section.values()]
        if all(isinstance(value, int) for value in values):
            found[name] = sum(values)
    return found


def run(*arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, *arguments],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
        cwd=ROOT,
    )
    return done.stdout
