"""The demos on the memory engine: everything but processes of their own."""

from __future__ import annotations

import io
import json
from pathlib import Path

import msgspec
import pytest

from examples.demo.cli import exit_code, facts
from examples.demo.engine import Example, ground, write_settings
from examples.demo.play import Played
from examples.demo.progress import Silence, bars
from examples.demo.story import Story
from examples.flights import demo, report
from examples.flights.data import COLUMNS, JANUARY
from examples.flights.projections import CarrierDay
from orm.settings import Settings, load_project
from projections import Lag

SLICE = 120


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def tables(said: list[str]):
    return ground("memory", None, demo.EXAMPLE, said.append)


@pytest.fixture(scope="module")
def flights_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The first rows of January, and one of each rarer kind."""
    import gzip

    lines = gzip.decompress(JANUARY.read_bytes()).decode().splitlines()
    cancelled = [line for line in lines if line.split(",")[3] == "NA"][:5]
    diverted = [
        line for line in lines[1:] if line.split(",")[3] != "NA" and line.split(",")[6] == "NA"
    ][:2]
    path = tmp_path_factory.mktemp("flights") / "some.csv"
    rows = dict.fromkeys([*lines[1 : SLICE + 1], *cancelled, *diverted])
    path.write_text("\n".join([",".join(COLUMNS), *rows]) + "\n")
    return path


def run(tables, path: Path, fresh: bool = False) -> demo.Outcome:
    return demo.run(tables, demo.Size(path=str(path)), Silence(), threads=True, fresh=fresh)


@pytest.fixture(scope="module")
def outcome(flights_file: Path) -> demo.Outcome:
    """Of one run; tests leave it as it is."""
    return run(ground("memory", None, demo.EXAMPLE, lambda line: None), flights_file)


def test_what_memory_does_not_show_is_said(tables, said: list[str]) -> None:
    assert "does not show the real engine's answers" in said[0]


def test_ends_with_equal_sums(outcome: demo.Outcome) -> None:
    assert outcome.differences == []
    assert outcome.own.flights == outcome.expected.flights > SLICE
    assert outcome.own.done_before == 0


def test_a_race_was_lost_and_one_answer(outcome: demo.Outcome) -> None:
    """The lanes of a writer load the run before any signs on; they may lose other races as well."""
    assert outcome.own.conflicts >= 2, "one lane of each writer at least"
    assert all(race.found > race.decided_on for race in outcome.own.races)
    assert outcome.own.races
    assert outcome.reading["lost"]["times"] == 1


def test_worker_stops_cleanly_and_nothing_is_behind(outcome: demo.Outcome) -> None:
    played = outcome.played
    assert played.is_released
    assert {lag.commits_behind for lag in played.lags} == {0}
    assert played.parked == 0


def test_after_a_finished_run_the_next_begins_anew(tables, flights_file: Path) -> None:
    run(tables, flights_file)
    outcome = run(tables, flights_file)
    assert outcome.beginning.reason == "the last run was finished"
    assert outcome.own.done_before == 0
    assert outcome.differences == []


def test_a_row_that_was_tampered_with_is_a_difference(tables, flights_file: Path) -> None:
    """The rows are read, not the run's own numbers; and such a run is not called finished."""
    size = demo.Size(path=str(flights_file))
    performed = demo.perform(tables, size, Silence(), threads=True, fresh=False)
    table = performed.site.table()
    row = next(table.scan(CarrierDay))
    table.put(msgspec.structs.replace(row, flights=row.flights + 1))
    outcome = demo.check(performed)
    assert len(outcome.differences) == 2, "the row itself and the total"
    assert f"punctuality / {row.carrier} {row.day} / flights" in outcome.differences[0]
    assert exit_code(outcome) == 1
    again = run(tables, flights_file)
    assert again.beginning.goes_on
    assert again.own.done_before == again.expected.commands
    assert again.differences == outcome.differences
    skipped = f"{again.own.done_before} skipped as done by a start that was cut off"
    assert skipped in told(again)


def told(outcome: demo.Outcome) -> str:
    """What is printed of it, on one line."""
    out = io.StringIO()
    report.tell(outcome, Story(out), None)
    return " ".join(out.getvalue().split())


def test_what_is_printed_is_told_for_people(outcome: demo.Outcome) -> None:
    text = told(outcome)
    for word in ("equal:", "bad ones, sent on purpose", "lost a race", "thrown away on purpose"):
        assert word in text
    assert "\x1b" not in text
    assert "FAILED" not in text


def test_a_worker_that_does_not_let_go_ends_with_1(outcome: demo.Outcome) -> None:
    """Equal sums do not make up for it."""
    held = [msgspec.structs.replace(lag, unowned=0) for lag in outcome.played.lags]
    played = msgspec.structs.replace(outcome.played, lags=held)
    failed = msgspec.structs.replace(outcome, played=played)
    assert failed.differences == []
    assert (exit_code(outcome), exit_code(failed)) == (0, 1)
    assert facts(failed)["failures"] == failed.failures
    text = told(failed)
    assert f"FAILED the worker stopped without letting go of {held[0].shards} shard" in text
    assert "STOPPED WITHOUT LETTING GO" in text


def test_a_worker_that_does_not_let_go_comes_before_parked_streams() -> None:
    """A person is asked to look at those only where nothing failed."""
    parked = Lag(
        projection="Fleet@1",
        commits_behind=0,
        at_least=False,
        seconds=0.0,
        parked=1,
        shards=1,
        unowned=1,
        incomplete=0,
    )
    held = msgspec.structs.replace(parked, unowned=0)
    assert exit_code(Ended(Played([], {}, [parked], 0.0, 0.0))) == 3
    assert exit_code(Ended(Played([], {}, [held], 0.0, 0.0))) == 1


class Ended:
    """An outcome with equal sums."""

    differences: list[str] = []

    def __init__(self, played: Played) -> None:
        self.played, self.failures = played, played.failures


def test_a_lost_answer_that_was_carried_out_twice_ends_with_1(outcome: demo.Outcome) -> None:
    lost = outcome.reading["lost"] | {"times": 2}
    failed = msgspec.structs.replace(outcome, reading=outcome.reading | {"lost": lost})
    assert failed.differences == []
    assert (exit_code(outcome), exit_code(failed)) == (0, 1)
    assert facts(failed)["failures"] == failed.failures
    text = told(failed)
    assert f"FAILED {lost['command_id']}, whose answer was lost, is there 2 times" in text
    assert "the command is there 2 TIMES" in text


def test_an_outcome_is_told_to_programs(outcome: demo.Outcome) -> None:
    said = json.loads(msgspec.json.encode(facts(outcome)))
    assert (said["differences"], said["failures"]) == ([], [])


def test_progress_is_lines_where_there_is_no_terminal() -> None:
    err = io.StringIO()
    with bars(err) as shown:
        shown.show("writing", 0, 10)
        shown.show("writing", 10, 10)
        shown.show("writing", 10, 10)
    assert err.getvalue() == "writing: 10 of 10\n"


def test_the_settings_of_a_run_can_be_given_to_other_commands(tmp_path: Path) -> None:
    file = tmp_path / "state" / "demo.toml"
    example = Example("x", ("a.b:C",), ("d.e:F", "d.e:G"))
    settings = msgspec.structs.replace(example.settings("local"), local_region="x-1")
    write_settings(file, settings)
    assert load_project(environ={}, file=file).settings == settings
    assert isinstance(settings, Settings)
