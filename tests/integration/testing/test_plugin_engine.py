"""What only the real engine shows of the pytest plugin."""

from __future__ import annotations

import pytest

from tests.needs import LOCAL

pytest_plugins = ["pytester"]


@pytest.fixture(autouse=True)
def project_on_the_path(pytester: pytest.Pytester, request: pytest.FixtureRequest):
    """The file under test is run elsewhere and imports the project."""
    pytester.syspathinsert(request.config.rootpath)


@pytest.mark.needs(LOCAL)
def test_local_is_one_engine_a_process_and_tables_of_a_tests_own(pytester: pytest.Pytester):
    """Asked for by option; two tests see one engine and two tables."""
    pytester.makepyfile(
        """
from eventstore import Aggregate, Event, EventStore, applies, command
from tests.needs import LOCAL

class Ticked(Event, tag="ticked"):
    pass

class Ticker(Aggregate):
    ticks: int = 0

    @command
    def tick(self) -> Ticked:
        return Ticked()

    @applies
    def ticked(self, event: Ticked) -> None:
        self.ticks += 1

engines, tables = set(), set()

def check(log, engine, config):
    tickers = EventStore(log, [Ticker]).of(Ticker)
    assert tickers.execute("1", Ticker.tick()).loaded.token.commit == 1
    engines.add(engine.pid)
    tables.add(config.table)

def test_one(keyfold_dynamodb_log, keyfold_engine, keyfold_config):
    check(keyfold_dynamodb_log, keyfold_engine, keyfold_config)

def test_two(keyfold_dynamodb_log, keyfold_engine, keyfold_config):
    check(keyfold_dynamodb_log, keyfold_engine, keyfold_config)
    assert (len(engines), len(tables)) == (1, 2)
"""
    )
    result = pytester.runpytest_subprocess(
        "-p",
        "no:keyfold",
        "-p",
        "eventstore.testing.plugin",
        "-p",
        "no:randomly",
        "--keyfold-engine=local",
    )
    result.assert_outcomes(passed=2)
