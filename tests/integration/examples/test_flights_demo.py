"""`keyfold demo` on the real engine: processes of their own, kills, and tampering."""

from __future__ import annotations

import io
import random
from pathlib import Path
from typing import Any

import msgspec
import pytest

from eventstore import NO_STREAM, Draft, StreamId
from examples.demo.run import RUN_ID
from examples.demo.site import Site
from examples.demo.story import Story
from examples.flights.demo import EXAMPLE, Outcome
from examples.flights.projections import CarrierDay
from examples.flights.report import tell
from orm.requests import DeleteItem
from tests.counts import count
from tests.integration.examples.conftest import Place
from tests.integration.examples.files import flights_file

SLICE = "tests.integration.examples.slice"


def run_slice(place: Place, path: Path) -> tuple[int, Any, str]:
    return place.run(SLICE, str(path), place.endpoint)


def printed(outcome: Any) -> str:
    """What a person is told of it, on one line."""
    out = io.StringIO()
    tell(msgspec.convert(outcome, Outcome), Story(out), None)
    return " ".join(out.getvalue().split())


def test_one_day_ends_with_equal_sums(place: Place) -> None:
    """The whole of it, as a newcomer types it."""
    code, outcome, said = place.demo("--days", "1")
    assert code == 0, said
    assert outcome["differences"] == []
    assert outcome["expected"]["flights"] == 842
    assert {lag["commits_behind"] for lag in outcome["played"]["lags"]} == {0}
    assert outcome["own"]["rejected"] == outcome["expected"]["bad_commands"] > 0
    assert outcome["own"]["conflicts"] > 0
    assert outcome["reading"]["lost"]["times"] == 1
    lost = outcome["played"]["writers"][0]
    assert lost["failures"]["AnswerLostError"] == 1


def test_an_append_costs_one_request(place: Place, tmp_path: Path) -> None:
    """Beside what races cost and the few reads a writer begins with."""
    _, outcome, _ = run_slice(place, flights_file(tmp_path / "f.csv", 150))
    appended = outcome["own"]["appended"] + outcome["contested"]["appended"]
    conflicts = outcome["own"]["conflicts"] + outcome["contested"]["conflicts"]
    puts = sum(one["requests"]["PutItem"] for one in outcome["played"]["writers"])
    lanes, lost_answer = 4, 1
    assert puts == appended + conflicts + lanes + lost_answer


@pytest.mark.parametrize("seed", range(count(2, 20)))
def test_killed_at_any_moment_and_run_again_it_ends_the_same(
    place: Place, tmp_path: Path, seed: int
) -> None:
    """The run itself, a writer or the worker, with -9, three times; no table is dropped by hand.

    A cut may come before the first command, so how many are skipped is not said here; that what was
    done and what is skipped make up all there is to do, is.
    """
    chance = random.Random(seed)
    path = flights_file(tmp_path / "f.csv", 300)
    for _ in range(3):
        place.cut_off(chance, 3, SLICE, str(path), place.endpoint)
    code, outcome, said = run_slice(place, path)
    assert code == 0, f"seed {seed}: {said}"
    assert outcome["differences"] == []
    done = outcome["own"]["appended"] + outcome["contested"]["appended"]
    assert done + outcome["own"]["done_before"] == outcome["expected"]["commands"]
    assert f"{outcome['own']['done_before']:,} skipped as done" in printed(outcome)
    assert {lag["parked"] for lag in outcome["played"]["lags"]} == {0}


def test_a_row_that_was_tampered_with_ends_with_1(place: Place, tmp_path: Path) -> None:
    """An unfinished run goes on, writes nothing more, and finds the difference."""
    path = flights_file(tmp_path / "f.csv", 40)
    assert run_slice(place, path)[0] == 0
    site = Site(place.settings(EXAMPLE), place.transport())
    unfinish(site)
    row = next(site.table().scan(CarrierDay))
    site.table().put(msgspec.structs.replace(row, arrived=row.arrived + 1))
    code, outcome, _ = run_slice(place, path)
    assert code == 1
    assert outcome["beginning"]["goes_on"]
    assert outcome["own"]["appended"] == 0
    assert outcome["own"]["done_before"] == outcome["expected"]["commands"]
    skipped = f"0 carried out, {outcome['own']['done_before']:,} skipped as done by a start that"
    assert skipped in printed(outcome)
    assert any(f"{row.carrier} {row.day} / arrived" in line for line in outcome["differences"])
    assert outcome["reading"]["lost"] is None, "nothing was appended, so no answer was lost"


def unfinish(site: Site) -> None:
    """Take the run's last commit away, as if it had been killed just before."""
    layout, log = site.log().layout, site.log()
    stream = StreamId("RUN", RUN_ID)
    key = layout.config.key(layout.pk(stream), layout.sk(log.head(stream).commit))
    site.driver.send(DeleteItem(table_name=layout.config.table, key=key))


def test_another_size_begins_anew(place: Place, tmp_path: Path) -> None:
    """What an unfinished run of other flights wrote is dropped."""
    assert run_slice(place, flights_file(tmp_path / "one.csv", 20))[0] == 0
    unfinish(Site(place.settings(EXAMPLE), place.transport()))
    code, outcome, said = run_slice(place, flights_file(tmp_path / "two.csv", 30))
    assert code == 0, said
    assert outcome["beginning"] == {"goes_on": False, "reason": "another size"}
    assert outcome["expected"]["flights"] == 30
    assert outcome["own"]["done_before"] == 0


def test_tables_of_someone_else_are_left_alone(place: Place, tmp_path: Path) -> None:
    """Commits without a demo's run: refused, unless it is told to drop them."""
    site = Site(place.settings(EXAMPLE), place.transport())
    log = site.log()
    log.create()
    log.append([Draft(StreamId("MINE", "1"), NO_STREAM, b"\x90", 1)], commit_id=bytes(16))
    code, _, said = place.demo("--days", "1")
    assert code == 1
    assert "no demo's run" in said
    assert "--fresh" in said
    assert next(log.all_commits()).stream == StreamId("MINE", "1")


@pytest.mark.parametrize(
    "words", [("--days", "0"), ("--days", "32"), ("--days", "1", "--month"), ("--nonsense",)]
)
def test_wrong_usage_ends_with_2(place: Place, words: tuple[str, ...]) -> None:
    code, _, said = place.demo(*words)
    assert code == 2, said


def test_an_engine_that_does_not_answer_is_told(place: Place) -> None:
    code, _, said = place.run(
        "examples.demo", "--days", "1", "--endpoint", "http://127.0.0.1:9", "--json"
    )
    assert code == 1
    assert "127.0.0.1:9" in said or "DescribeTable" in said or "Query" in said
