"""What the pytest plugin promises: fixtures of a test's own, on the engine that was asked for."""

from __future__ import annotations

import subprocess
import sys

import pytest

pytest_plugins = ["pytester"]

ORDERS = "from tests.unit.testing.orders import A, Order, LineAdded\n"


def run(pytester: pytest.Pytester, source: str, *arguments: str) -> pytest.RunResult:
    """Run a test file in a process of its own with the plugin and nothing else."""
    pytester.makepyfile(ORDERS + source)
    return pytester.runpytest_subprocess(
        "-p",
        "no:keyfold",
        "-p",
        "eventstore.testing.plugin",
        "-p",
        "no:randomly",
        "-p",
        "no:cacheprovider",
        *arguments,
    )


@pytest.fixture(autouse=True)
def project_on_the_path(pytester: pytest.Pytester, request: pytest.FixtureRequest):
    """The file under test is run elsewhere and imports the project."""
    pytester.syspathinsert(request.config.rootpath)


def test_every_test_has_a_log_and_a_table_of_its_own(pytester: pytest.Pytester):
    """What one writes the next does not see; tables are in memory unless asked otherwise."""
    source = """
import pytest
from eventstore import EventStore

@pytest.mark.parametrize("time", [1, 2])
def test_log(keyfold_store, keyfold_log, time):
    orders = keyfold_store(Order).of(Order)
    assert orders.load("1").token.commit == 0
    orders.execute("1", Order.add_line(A, 1))
    assert [one.id for one in keyfold_log.streams("ORDER")] == ["1"]
    assert keyfold_store(Order).of(Order).load("1").state.total == 1

@pytest.mark.parametrize("time", [1, 2])
def test_table(keyfold_dynamodb_log, time):
    orders = EventStore(keyfold_dynamodb_log, [Order]).of(Order)
    orders.execute("1", Order.add_line(A, 1))
    assert orders.load("1").token.commit == 1

def test_config(keyfold_config):
    assert keyfold_config.table.startswith("t-")

def test_no_engine_was_started(keyfold_driver, request):
    cached = request._fixturemanager.getfixturedefs("keyfold_engine", request.node)
    assert [one.cached_result for one in cached] == [None]
"""
    run(pytester, source).assert_outcomes(passed=6)


def test_an_unknown_engine_is_refused(pytester: pytest.Pytester):
    """With those that there are."""
    result = run(pytester, "def test(): pass", "--keyfold-engine=oracle")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*--keyfold-engine*invalid choice*memory*local*"])


def test_failures_are_shown_where_they_stand(pytester: pytest.Pytester):
    """A scenario as the user's line and the diff, a machine as the calls one would type."""
    source = """
from eventstore.testing import given, state_machine
from hypothesis import Phase, settings
from tests.unit.testing.planted import NoLimit

def test_scenario():
    given(Order).when(Order.add_line(A, 1)).then(LineAdded(A, 2))

quick = settings(phases=[Phase.generate, Phase.shrink], deadline=None)
TestNoLimit = state_machine(NoLimit, settings=quick).TestCase
"""
    result = run(pytester, source, "--hypothesis-seed=1")
    result.assert_outcomes(failed=2)
    result.stdout.fnmatch_lines(
        ["E *Order: other events were decided", "E *- quantity=2", "E *+ quantity=1"]
    )
    result.stdout.fnmatch_lines(
        [
            "*invariant lines_are_bounded: a line is over 8 after*",
            "*The calls that led here:*",
            "*no_limit.add_line(*",
            "*no_limit.add_line(*",
        ]
    )
    assert "scenario.py" not in result.stdout.str()


def test_the_plugin_itself_imports_nothing_heavy():
    """Hypothesis may be missing, and is slow to import; an engine even more so."""
    code = (
        "import sys, eventstore.testing.plugin as plugin; "
        "print(*sorted({'hypothesis', 'orm.memory', 'orm.local', 'eventstore.testing.machine'} "
        "& set(sys.modules)))"
    )
    answer = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert answer.stdout.split() == []


def test_the_kit_lists_what_it_has():
    """Names are loaded when first asked for, and every listed one is there."""
    import eventstore.testing as kit

    assert all(getattr(kit, name).__name__ == name for name in kit.__all__)
    assert set(kit._MODULES) == set(kit.__all__)
    with pytest.raises(AttributeError, match="no attribute 'mock'"):
        kit.mock  # noqa: B018
