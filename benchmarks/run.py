"""All time benchmarks in one run: ratios of CPU time against named peers, wall time beside it.

    python -m benchmarks            everything, in one to four minutes
    python -m benchmarks --quick    fewer rounds, no load of 10,000 events
    python -m benchmarks --json     the same as JSON

A run never fails on time. Times belong to one machine at one moment; only ratios within the run
say something, and what must not grow is gated as counts (`tests/benchmarks`).
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
import time
from collections.abc import Iterator
from importlib.metadata import version
from typing import Any, Final

import msgspec

from benchmarks import append, load, records, rows
from benchmarks.canned import SIZES
from benchmarks.goals import APPEND, PUTS, QUERIES, Line, line_of, of_loads, of_records
from benchmarks.measure import ROUND_CPU_SECONDS, ROUNDS_MIN, Ratio
from benchmarks.replay_server import ReplayServer, replay_server

APPEND_ROUNDS: Final = 61
LOAD_ROUNDS: Final = {100: 31, 1_000: 31, 10_000: ROUNDS_MIN}
ROWS_ROUNDS: Final = 21
QUICK_ROUNDS: Final = 5
PACKAGES: Final = (
    *("boto3", "botocore", "urllib3", "msgspec"),
    *("eventsourcing", "pynamodb", "pydynox"),
)


def lines(server: ReplayServer, quick: bool) -> Iterator[Line]:
    """Measure everything; equal answers are asserted before each measurement."""
    append.check(server)
    measured = append.run(server, QUICK_ROUNDS if quick else APPEND_ROUNDS)
    yield from [line_of(comparison, measured) for comparison in APPEND]
    rows.check(server)
    puts, queries = rows.run(server, QUICK_ROUNDS if quick else ROWS_ROUNDS)
    yield from [line_of(comparison, puts) for comparison in PUTS]
    yield from [line_of(comparison, queries) for comparison in QUERIES]
    records.check(server)
    for work, measured in records.run(server, QUICK_ROUNDS if quick else ROWS_ROUNDS):
        yield from [line_of(comparison, measured) for comparison in of_records(work)]
    for events in SIZES[:2] if quick else SIZES:
        measured = load.run(server, events, QUICK_ROUNDS if quick else LOAD_ROUNDS[events])
        yield from [line_of(comparison, measured) for comparison in of_loads(events)]


def environment() -> dict[str, Any]:
    """What the figures belong to."""
    return {
        "python": platform.python_version(),
        "packages": {name: version(name) for name in PACKAGES},
        "processors": os.cpu_count(),
        "load_average": [round(load, 2) for load in os.getloadavg()],
        "hash_seed": os.environ.get("PYTHONHASHSEED", "random"),
        "round_cpu_seconds": ROUND_CPU_SECONDS,
    }


# --- printing --------------------------------------------------------------------------------


def _print_environment(about: dict[str, Any]) -> None:
    packages = ", ".join(f"{name} {number}" for name, number in about["packages"].items())
    print(f"Python {about['python']}, {packages}")
    print(
        f"{about['processors']} processors, load average {about['load_average'][0]}; "
        f"paired rounds of at least {1_000 * ROUND_CPU_SECONDS:.0f} ms CPU each"
    )


def _print_line(line: Line) -> None:
    comparison = line.comparison
    print(f"\n{comparison.work}: {comparison.ours}  /  {comparison.peer}{_goal(line)}")
    print(f"  CPU   {_ratio(line.cpu)}   {_times(line.ours_cpu_micros, line.peer_cpu_micros)}")
    print(f"  wall  {_ratio(line.wall)}   {_times(line.ours_wall_micros, line.peer_wall_micros)}")


def _ratio(ratio: Ratio) -> str:
    low, high = ratio.quartiles
    less = f"{1 / ratio.median:.1f}x less" if ratio.median < 0.8 else ""
    return f"{ratio.median:.3f}x (IQR {low:.3f}-{high:.3f}, min {ratio.min:.3f}) {less:10}"


def _times(ours: float, theirs: float) -> str:
    return f"{ours:,.0f} us / {theirs:,.0f} us"


def _goal(line: Line) -> str:
    goal = line.comparison.cpu_at_most
    if goal is None:
        return ""
    said = f"<= {goal:.2f}x" if goal > 0.1 else f">= {1 / goal:.0f}x less"
    judged = "reached" if line.reached else "MISSED"
    return f"   [to reach {said}: {judged}]" if line.comparison.judged else f"   [{said}: {judged}]"


def _as_json(about: dict[str, Any], found: list[Line]) -> str:
    rows = [msgspec.to_builtins(line) | {"reached": line.reached} for line in found]
    return msgspec.json.encode({"environment": about, "lines": rows}).decode()


def main() -> int:
    """Run, and print as it goes."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer rounds, no 10,000 events")
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args()
    about, started, found = environment(), time.monotonic(), []
    if not options.json:
        _print_environment(about)
    with replay_server() as server:
        for line in lines(server, options.quick):
            found.append(line)
            if not options.json:
                _print_line(line)
                sys.stdout.flush()
    if options.json:
        print(_as_json(about, found))
    else:
        print(f"\n{time.monotonic() - started:.0f} s, load average {os.getloadavg()[0]:.2f} now")
    return 0
