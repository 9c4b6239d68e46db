"""Function calls per operation, Python's and C's: a cost that repeats exactly where time does not.

    python -m benchmarks.calls             print them beside what is recorded
    python -m benchmarks.calls --record    write them to calls.json for this Python

The counts depend on the interpreter, so they are recorded per version; `tests/benchmarks` holds
them to two per cent. Operations that wait for an answer go over HTTP to the replay server; loads
read a page in memory, because how many reads a page takes off a socket is up to the kernel.
"""

from __future__ import annotations

import argparse
import contextlib
import gc
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, TypeAlias

from benchmarks.append import EVENT, PLACE, boto_put, sent_item
from benchmarks.canned import PER_COMMIT, pages, partition, stream
from benchmarks.orders import Order
from benchmarks.replay_server import RIVAL, replay_server
from benchmarks.stacks import event_store, transport
from eventstore import NO_STREAM, VersionConflictError
from eventstore.layout import PAYLOAD_PROJECTION

RECORDED: Final = Path(__file__).with_name("calls.json")
PYTHON: Final = f"{sys.version_info.major}.{sys.version_info.minor}"
TOLERANCE: Final = 0.02
COMMAND: Final = "python -m benchmarks.calls --record"

_WARM_UP: Final = 5
_REPEATS: Final = 10
_EVENTS: Final = 1_000

Operations: TypeAlias = dict[str, Callable[[], object]]


class _InMemory:
    """A `Transport` that answers every call with the same page."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    def call(self, _operation: str, _params: dict[str, Any], /) -> bytes:
        return self._body


@contextmanager
def operations() -> Iterator[Operations]:
    """What is counted, by name."""
    with replay_server() as server:
        store = event_store(transport(server))
        bare, parameters = boto_put(server), sent_item(server)

        def conflict() -> None:
            with contextlib.suppress(VersionConflictError):
                store.append(RIVAL, [EVENT], expected=NO_STREAM)

        yield {
            "append": lambda: store.append(PLACE.stream, [EVENT], expected=PLACE),
            "append, conflict": conflict,
            "head": lambda: store.log.head(stream(_EVENTS, 1)),
            "boto3 put_item, for comparison": lambda: bare(**parameters),
        } | {
            f"load, {per_commit} event(s) a commit": _load(per_commit) for per_commit in PER_COMMIT
        }


def _load(per_commit: int) -> Callable[[], object]:
    of = stream(_EVENTS, per_commit)
    table, items = partition(f"ORDER#{of.id}")
    (page,) = pages(table, items, projection=PAYLOAD_PROJECTION)
    orders = event_store(_InMemory(page.body)).of(Order)
    return lambda: orders.load(of.id)


def counts() -> dict[str, float]:
    """Calls per operation, counted now."""
    with operations() as todo:
        return {name: count(once) for name, once in todo.items()}


def count(once: Callable[[], object], repeats: int = _REPEATS) -> float:
    """Calls that one run makes, the mean of several after a warm-up."""
    for _ in range(_WARM_UP):
        once()
    counted = 0

    def profile(_frame: object, event: str, _argument: object) -> None:
        nonlocal counted
        counted += event in ("call", "c_call")

    collecting = gc.isenabled()
    gc.disable()  # a collection may call finalizers, and comes when it likes
    sys.setprofile(profile)
    try:
        for _ in range(repeats):
            once()
    finally:
        sys.setprofile(None)
        if collecting:
            gc.enable()
    return round(counted / repeats, 1)


def recorded() -> dict[str, dict[str, float]]:
    """What is recorded, by Python version."""
    found: dict[str, dict[str, float]] = json.loads(RECORDED.read_text())
    return found


def record(counted: dict[str, float]) -> None:
    """Record counts for this Python, leaving the other versions' alone."""
    everything = recorded() if RECORDED.exists() else {}
    everything[PYTHON] = counted
    RECORDED.write_text(json.dumps(everything, indent=2, sort_keys=True) + "\n")


def main() -> int:
    """Count, and print or record."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.calls", description=__doc__)
    parser.add_argument("--record", action="store_true", help=f"write {RECORDED.name}")
    parser.add_argument("--json", action="store_true", help="print the counts as JSON alone")
    options = parser.parse_args()
    counted = counts()
    if options.record:
        record(counted)
    if options.json:
        print(json.dumps(counted))
        return 0
    known = recorded().get(PYTHON, {}) if RECORDED.exists() else {}
    print(f"function calls per operation, Python {PYTHON}")
    for name, calls in counted.items():
        was = f"recorded {known[name]:,}" if name in known else "not recorded"
        print(f"  {name:34} {calls:>10,}   {was}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
