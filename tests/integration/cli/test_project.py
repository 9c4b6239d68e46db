"""The project that `keyfold init` makes: it works as it stands, on both engines."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from orm.cli.init import make_project
from orm.local.ephemeral import EphemeralEngine
from tests.needs import LOCAL
from tests.unit.cli.command import installed

ROOT = Path(__file__).parents[3]
PYTEST = ("-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:randomly")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh project, made once for the tests that only read it."""
    folder = tmp_path_factory.mktemp("made") / "shop"
    make_project(folder, "memory")
    installed(folder.parent, "plugins-of-the-tests", {})
    info = folder.parent / "plugins_of_the_tests-1.0.dist-info" / "entry_points.txt"
    info.write_text("[pytest11]\nkeyfold = eventstore.testing.plugin\n")
    return folder


def python(project: Path, *words: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """Run Python in the project, as in an environment where Keyfold is installed."""
    return subprocess.run(
        [sys.executable, *words],
        cwd=project,
        capture_output=True,
        text=True,
        timeout=240,
        env={
            **{k: v for k, v in os.environ.items() if not k.startswith(("KEYFOLD_", "PYTEST_"))},
            "PYTHONPATH": os.pathsep.join([str(project.parent), str(ROOT)]),
            "MYPYPATH": str(ROOT),
            **environ,
        },
    )


def test_its_tests_pass(project: Path) -> None:
    """Scenarios, the property test and the projection, with pytest alone."""
    done = python(project, *PYTEST)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "6 passed" in done.stdout


def test_its_property_test_catches_a_broken_rule(tmp_path: Path) -> None:
    """Take the check away and the invariant is what tells."""
    folder = tmp_path / "shop"
    make_project(folder, "memory")
    account = folder / "bank" / "account.py"
    rule = '        if amount_pence > self.balance_pence:\n            raise Rejected("not enough'
    text = account.read_text()
    assert rule in text
    account.write_text(text.replace(rule, rule.replace("> self.balance_pence", "> 10**12")))
    installed(tmp_path, "plugins-of-the-tests", {})
    done = python(folder, *PYTEST, "tests/test_account.py")
    assert done.returncode == 1
    assert "never_overdrawn" in done.stdout


def test_it_runs_in_memory(project: Path) -> None:
    done = python(project, "-m", "bank")
    assert done.returncode == 0, done.stderr
    assert done.stdout == "alice has 300 pence after 2 movements\n"


@pytest.mark.needs(LOCAL)
def test_its_projection_works_on_the_real_engine(project: Path) -> None:
    """The same tests with `--keyfold-engine local`."""
    done = python(project, *PYTEST, "tests/test_balances.py", "--keyfold-engine", "local")
    assert done.returncode == 0, done.stdout + done.stderr


def test_it_runs_on_the_real_engine_again_and_again(
    project: Path, local_engine: EphemeralEngine
) -> None:
    """The second run finds the tables and what the first one did."""
    environ = {
        "KEYFOLD_ENGINE": "local",
        "KEYFOLD_ENDPOINT": local_engine.endpoint_url,
        "AWS_ACCESS_KEY_ID": local_engine.access_key,
        "AWS_SECRET_ACCESS_KEY": local_engine.secret_key,
    }
    for said in ("300 pence after 2", "600 pence after 4"):
        done = python(project, "-m", "bank", **environ)
        assert done.returncode == 0, done.stderr
        assert said in done.stdout


def test_it_is_clean_under_mypy_strict_and_ruff(project: Path) -> None:
    """A project begins without a single complaint."""
    mypy = python(project, "-m", "mypy", "--explicit-package-bases", "bank", "tests")
    assert mypy.returncode == 0, mypy.stdout
    for words in (("check", "--select", "E,F,I,UP,B"), ("format", "--check")):
        ruff = python(project, "-m", "ruff", *words, ".")
        assert ruff.returncode == 0, ruff.stdout


def test_its_aggregate_and_projection_are_found_through_its_settings(project: Path) -> None:
    """What the settings name can be imported."""
    script = (
        "from orm.settings import load_project; p = load_project();"
        "print([x.__name__ for x in (*p.aggregates(), *p.projections())])"
    )
    assert python(project, "-c", script).stdout == "['Account', 'AccountBalance']\n"
