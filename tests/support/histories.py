"""Histories, and the judge of them: what writers were told, held against what the table holds.

The judge shares no code with the log. It reads raw items and knows six laws:

1. commits and events of a stream are dense: no gap, no overlap;
2. a decision stands in a stream at most once;
3. what was reported committed is there, at the number that was reported; what was reported not
   written is not there;
4. a decision over several streams is in all of them or in none;
5. in the order of time: what was committed before another began stands before it, and a read that
   began after a commit was reported sees it;
6. the domain's own law holds after every commit: no tally is ever below zero.
"""

from __future__ import annotations

import itertools
import threading
from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any

import msgspec

from orm.config import SingleTableConfig
from orm.driver import Transport, WireDriver
from orm.requests import Item, Scan

COMMITTED, NOT_WRITTEN, UNKNOWN = "committed", "not written", "unknown"


class Report(msgspec.Struct):
    """What a writer was told of one decision.

    Args:
        name: the decision's own name; stands in its commits' metadata.
        streams: the keys of the streams that it was for.
        said: committed, not written or unknown.
        numbers: the commit number in each stream, where that was told.
        began: when it was first tried, in ticks of the history.
        ended: when the last word on it was had.
        detail: the error that was raised, if any.
    """

    name: str
    streams: tuple[str, ...]
    said: str
    numbers: dict[str, int]
    began: int
    ended: int
    detail: str = ""


class Reading(msgspec.Struct):
    """What a reader saw: how many commits of a stream."""

    stream: str
    commits: int
    began: int
    ended: int


class History:
    """Everything that writers reported, in one order of time. Thread-safe."""

    def __init__(self) -> None:
        self.reports: list[Report] = []
        self.readings: list[Reading] = []
        self._ticks = itertools.count(1)
        self._lock = threading.Lock()

    def tick(self) -> int:
        """The time: later calls get larger numbers."""
        with self._lock:
            return next(self._ticks)

    def said(self) -> Counter[str]:
        """How many decisions ended how."""
        return Counter(report.said for report in self.reports)


class Stored(msgspec.Struct, frozen=True):
    """One commit as it stands in the table."""

    number: int
    first: int
    count: int
    name: str
    events: tuple[tuple[str, Any], ...]


class Violation(msgspec.Struct, frozen=True):
    """A law that was broken: which, and how."""

    law: str
    text: str

    def __str__(self) -> str:
        return f"{self.law}: {self.text}"


Table = dict[str, list[Stored]]


def stored_commits(transport: Transport, config: SingleTableConfig) -> Table:
    """All commits of a table by partition key, in the order of their sort keys."""
    found: Table = defaultdict(list)
    prefix = f"!EVENT{config.delimiter}"
    for item in _scan(WireDriver(transport), config.table):
        sk = item[config.sk]["S"]
        if sk.startswith(prefix):
            found[item[config.pk]["S"]].append(_stored(item, int(sk.removeprefix(prefix))))
    return {pk: sorted(commits, key=lambda c: c.number) for pk, commits in found.items()}


def _scan(driver: WireDriver, table: str) -> Iterator[Item]:
    start: Item | None = None
    while True:
        page = driver.send(
            Scan[Item](table_name=table, consistent_read=True, exclusive_start_key=start)
        )
        yield from page.items
        if (start := page.last_evaluated_key) is None:
            return


def _stored(item: Item, number: int) -> Stored:
    metadata = msgspec.msgpack.decode(item["m"]["B"])
    events = msgspec.msgpack.decode(item["ev"]["B"])
    return Stored(
        number,
        int(item["f"]["N"]),
        int(item["n"]["N"]),
        metadata["extra"]["name"],
        tuple((tag, body) for tag, _version, body in events),
    )


def judge(history: History, table: Table) -> list[Violation]:
    """Every law that the history or the table breaks."""
    places: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    for pk, commits in table.items():
        for commit in commits:
            places[commit.name][pk].append(commit.number)
    return [
        *(v for pk, commits in table.items() for v in _dense(pk, commits)),
        *(v for pk, commits in table.items() for v in _never_below_zero(pk, commits)),
        *(v for report in history.reports for v in _true(report, places[report.name])),
        *_named(history, places),
        *_in_time(history, places),
        *_seen(history, places),
    ]


def _dense(pk: str, commits: list[Stored]) -> Iterator[Violation]:
    number, version = 0, 0
    for commit in commits:
        if commit.number != number + 1:
            yield Violation("dense", f"{pk}: commit {commit.number} follows {number}")
        if commit.first != version + 1:
            kind = "overlap" if commit.first <= version else "gap"
            yield Violation(kind, f"{pk}: event {commit.first} follows event {version}")
        number, version = commit.number, commit.first + commit.count - 1


def _never_below_zero(pk: str, commits: list[Stored]) -> Iterator[Violation]:
    total = 0
    for commit in commits:
        for tag, body in commit.events:
            total += body["amount"] if tag == "added" else -body["amount"]
        if total < 0:
            yield Violation("domain", f"{pk}: {total} after commit {commit.number}")
            return


def _true(report: Report, found: dict[str, list[int]]) -> Iterator[Violation]:
    for pk in report.streams:
        numbers = found.get(pk, [])
        if len(numbers) > 1:
            yield Violation("doubled", f"{report.name} stands in {pk} at {numbers}")
        if report.said == COMMITTED and not numbers:
            yield Violation("lost", f"{report.name} was reported committed, {pk} has it not")
        if report.said == NOT_WRITTEN and numbers:
            yield Violation(
                "untrue", f"{report.name} was reported not written ({report.detail}), {pk} has it"
            )
        told = report.numbers.get(pk)
        if told is not None and numbers and told not in numbers:
            yield Violation("untrue", f"{report.name} was reported at {told}, is at {numbers}")
    if len({bool(found.get(pk)) for pk in report.streams}) > 1:
        yield Violation("torn", f"{report.name} is only in {list(found)} of {report.streams}")


def _named(history: History, places: dict[str, dict[str, list[int]]]) -> Iterator[Violation]:
    known = {report.name for report in history.reports}
    for name in places.keys() - known:
        if places[name]:
            yield Violation("foreign", f"nobody reported {name}, which is there")


def _in_time(history: History, places: dict[str, dict[str, list[int]]]) -> Iterator[Violation]:
    """What ended before another began stands before it."""
    for pk in {pk for report in history.reports for pk in report.streams}:
        there = [
            (report, places[report.name][pk][0])
            for report in history.reports
            if report.said == COMMITTED and places[report.name].get(pk)
        ]
        by_end = sorted(there, key=lambda pair: pair[0].ended)
        by_begin = sorted(there, key=lambda pair: pair[0].began)
        highest, ended = 0, iter(by_end)
        pending = next(ended, None)
        for report, number in by_begin:
            while pending is not None and pending[0].ended < report.began:
                highest = max(highest, pending[1])
                pending = next(ended, None)
            if number < highest:
                yield Violation("order", f"{report.name} at {number} began after {highest} ended")


def _seen(history: History, places: dict[str, dict[str, list[int]]]) -> Iterator[Violation]:
    """A read sees all that was reported committed before it began."""
    committed = [report for report in history.reports if report.said == COMMITTED]
    for reading in history.readings:
        before = [
            max(places[report.name][reading.stream])
            for report in committed
            if report.ended < reading.began and places[report.name].get(reading.stream)
        ]
        if before and max(before) > reading.commits:
            yield Violation(
                "stale", f"a read of {reading.stream} saw {reading.commits} of {max(before)}"
            )
