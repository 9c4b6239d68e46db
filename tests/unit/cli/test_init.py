"""`keyfold init`: what it writes, and that nothing is ever overwritten."""

from __future__ import annotations

from pathlib import Path

import pytest

from orm.cli.init import InvalidNameError, make_project
from orm.settings import load_settings
from tests.unit.cli.command import run, standing_in

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
