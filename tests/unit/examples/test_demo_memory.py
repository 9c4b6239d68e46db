"""The demos on the memory engine: everything but processes of their own."""

from __future__ import annotations

import io
import json
from pathlib import Path

import msgspec
import pytest

from examples.demo.cli import exit_code
from examples.demo.engine import Example, ground, write_settings
from examples.demo.progress import Silence, bars
from examples.demo.story import Story
from examples.flights import demo, report
from examples.flights.data import COLUMNS, JANUARY
from examples.flights.projections import CarrierDay
from orm.settings import Settings, load_project

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


def test_ends_with_equal_sums_and_says_what_memory_does_not_show(
    tables, said: list[str], flights_file: Path
) -> None:
    outcome = run(tables, flights_file)
    assert outcome.differences == []
    assert outcome.own.flights == outcome.expected.flights > SLICE
    assert outcome.own.done_before == 0
    assert "does not show the real engine's answers" in said[0]


def test_one_race_was_lost_and_one_answer(tables, flights_file: Path) -> None:
    outcome = run(tables, flights_file)
    assert outcome.conflicts > 0
    assert outcome.own.races[0].stream == "RUN#demo"
    assert outcome.own.races[0].found > outcome.own.races[0].decided_on
    assert outcome.reading["lost"]["times"] == 1


def test_worker_stops_cleanly_and_nothing_is_behind(tables, flights_file: Path) -> None:
    played = run(tables, flights_file).played
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


def test_what_is_printed_is_told_for_people(tables, flights_file: Path) -> None:
    out = io.StringIO()
    report.tell(run(tables, flights_file), Story(out), None)
    text = out.getvalue()
    for word in ("equal:", "bad ones, sent on purpose", "lost a race", "thrown away on purpose"):
        assert word in " ".join(text.split())
    assert "\x1b" not in text


def test_an_outcome_is_told_to_programs(tables, flights_file: Path) -> None:
    text = msgspec.json.encode(run(tables, flights_file))
    assert json.loads(text)["differences"] == []


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
