"""Which aggregates a project has, and how their laws are checked."""

from __future__ import annotations

from pathlib import Path

import pytest

from eventstore.cli.aggregates import checks, configured
from orm.errors import ConfigurationError
from orm.settings import Project, Settings
from tests.unit.cli.bank import Account, counter
from tests.unit.cli.command import run, standing_in

HERE = "tests.unit.cli.bank"


def project(*names: str) -> Project:
    return Project(Settings(aggregates=names), Path(__file__).parents[3])


def test_aggregates_and_deciders_are_found_by_category() -> None:
    found = configured(project(f"{HERE}:Account", f"{HERE}:counter"))
    assert found == {"ACCOUNT": Account, "COUNTER": counter}


@pytest.mark.parametrize(
    ("names", "says"),
    [
        ((f"{HERE}:Moved",), "neither an Aggregate nor a Decider"),
        ((f"{HERE}:Account", f"{HERE}:Double"), "two are of category 'ACCOUNT'"),
        ((f"{HERE}:Nobody",), "Nobody"),
    ],
)
def test_what_is_no_aggregate_is_refused(names: tuple[str, ...], says: str) -> None:
    with pytest.raises(ConfigurationError, match=says):
        configured(project(*names))


def test_one_aggregate_named_twice_is_one() -> None:
    assert list(configured(project(f"{HERE}:Account", f"{HERE}:Account"))) == ["ACCOUNT"]


def test_laws_that_hold_are_said_to_hold() -> None:
    assert checks(Account, Account()) == {"never_overdrawn": "holds", "below_a_million": "holds"}


def test_a_law_is_broken_by_false_and_by_raising() -> None:
    assert checks(Account, Account(balance=-1))["never_overdrawn"] == "broken"
    told = checks(Account, Account(balance=10**6))["below_a_million"]
    assert told.startswith("broken: AssertionError: too rich")


def test_a_decider_has_no_laws() -> None:
    assert checks(counter, 0) == {}


def test_an_unknown_category_is_answered_with_those_configured(tmp_path: Path) -> None:
    (tmp_path / "keyfold.toml").write_text(f'engine = "memory"\naggregates = ["{HERE}:Account"]\n')
    with standing_in(tmp_path):
        ended = run("aggregate", "show", "ORDER#1")
    assert ended.code == 2
    assert "'ORDER'" in ended.err
    assert "ACCOUNT" in ended.err
