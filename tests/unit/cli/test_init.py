"""`keyfold init`: what it makes passes its own tests, and nothing is ever overwritten."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from orm.cli.init import InvalidNameError, make_project
from orm.settings import load_settings
from tests.unit.cli.command import installed, run, standing_in

ROOT = Path(__file__).parents[3]


def test_a_project_is_made_with_its_name_and_engine(tmp_path: Path) -> None:
    with standing_in(tmp_path):
        ended = run("init", "shop", "--engine", "memory", "--json")
    assert ended.code == 0
    made = ended.json()
    assert {"README.md", ".gitignore", "pyproject.toml"} <= set(made["files"])
    assert all((tmp_path / "shop" / file).is_file() for file in made["files"])
    settings = load_settings(tmp_path / "shop", {})
    assert (settings.engine, settings.events_table) == ("memory", "shop-events")


def test_nothing_is_left_to_fill_in(tmp_path: Path) -> None:
    for file in make_project(tmp_path / "shop", "local"):
        text = (tmp_path / "shop" / file).read_text(encoding="utf-8")
        assert "{{" not in text
        assert "}}" not in text


def test_every_file_of_the_template_is_written(tmp_path: Path) -> None:
    template = ROOT / "orm" / "cli" / "template"
    kept = [file for file in template.rglob("*.tmpl") if file.is_file()]
    assert len(make_project(tmp_path / "shop", "local")) == len(kept)


def test_an_empty_folder_may_be_there(tmp_path: Path) -> None:
    folder = tmp_path / "shop"
    folder.mkdir()
    assert make_project(folder, "local")


@pytest.mark.parametrize("kind", ["file in it", "file"])
def test_nothing_is_overwritten(tmp_path: Path, kind: str) -> None:
    """Not even by a second `init`; what is there stays as it is."""
    taken = tmp_path / "shop"
    kept = taken
    if kind == "file in it":
        taken.mkdir()
        kept = taken / "README.md"
    kept.write_text("mine")
    with standing_in(tmp_path):
        ended = run("init", "shop")
    assert ended.code == 1
    assert "nothing was written" in ended.err
    assert kept.read_text() == "mine"
    assert taken.is_file() or list(taken.iterdir()) == [kept]


@pytest.mark.parametrize("name", ["a b", "-x", "x'", 'x"', "é", "x\n", "a" * 201, ".hidden"])
def test_a_name_that_no_project_can_have_is_refused(tmp_path: Path, name: str) -> None:
    """It stands in a TOML file and in table names."""
    with pytest.raises(InvalidNameError):
        make_project(tmp_path / name, "local")
    assert list(tmp_path.iterdir()) == []


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh project, made once for the tests that only read it."""
    folder = tmp_path_factory.mktemp("made") / "shop"
    make_project(folder, "memory")
    installed(folder.parent, "plugins-of-the-tests", {})
    info = folder.parent / "plugins_of_the_tests-1.0.dist-info" / "entry_points.txt"
    info.write_text("[pytest11]\nkeyfold = eventstore.testing.plugin\n")
    return folder


def python(project: Path, *words: str) -> subprocess.CompletedProcess[str]:
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
        },
    )


def test_its_tests_pass(project: Path) -> None:
    """Scenarios, the property test and the projection, with pytest alone."""
    done = python(project, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:randomly")
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
    words = ("-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:randomly")
    done = python(folder, *words, "tests/test_account.py")
    assert done.returncode == 1
    assert "never_overdrawn" in done.stdout


def test_it_runs_in_memory(project: Path) -> None:
    done = python(project, "-m", "bank")
    assert done.returncode == 0, done.stderr
    assert done.stdout == "alice has 300 pence after 2 movements\n"


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
