"""scripts/python.sh: the first interpreter that works and is new enough, or a clear word."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "python.sh"
NEW_ENOUGH = f'exec "{sys.executable}" "$@"'
TOO_OLD = 'case "$1" in --version) echo Python 3.9.9 ;; *) exit 1 ;; esac'
STAND_IN = "echo 'command not found: choose a version first' >&2; exit 127"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A folder for programs that stands alone on PATH, beside what sh itself needs."""
    folder = tmp_path / "bin of mine"
    folder.mkdir()
    (folder / "head").symlink_to("/usr/bin/head")
    return folder


def provide(path: Path, programs: Mapping[str, str]) -> None:
    for name, body in programs.items():
        (path / name).write_text(f"#!/bin/sh\n{body}\n")
        (path / name).chmod(0o755)


def run(path: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    """Ask whichever interpreter is chosen to print three of its arguments."""
    program = path / "program.py"
    program.write_text("import sys; print(sys.argv[1:])")
    return subprocess.run(
        ("/bin/sh", str(SCRIPT), str(program), "a b", "*"),
        env={"PATH": str(path), **settings},
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )


@pytest.mark.parametrize("name", ["python3", "python3.13", "python3.12", "python3.11", "python"])
def test_any_usual_name_will_do(path: Path, name: str) -> None:
    provide(path, {name: NEW_ENOUGH})
    assert run(path).stdout == "['a b', '*']\n"


def test_old_ones_and_stand_ins_are_passed_over(path: Path) -> None:
    """Version managers leave names on the path whose programs only print an error."""
    provide(path, {"python3": TOO_OLD, "python3.13": STAND_IN, "python3.12": NEW_ENOUGH})
    assert run(path).stdout == "['a b', '*']\n"


def test_none_is_told_with_what_was_tried(path: Path) -> None:
    provide(path, {"python3": TOO_OLD, "python3.13": STAND_IN})
    answer = run(path)
    assert answer.returncode == 1
    assert "needs Python 3.11 or newer" in answer.stderr
    assert "tried python3: Python 3.9.9" in answer.stderr
    assert "tried python3.13: command not found" in answer.stderr
    assert "tried python3.12" not in answer.stderr
    assert "Next:" in answer.stderr


def test_named_interpreter_is_used(path: Path) -> None:
    provide(path, {"python3": TOO_OLD, "mine": NEW_ENOUGH})
    assert run(path, KEYFOLD_PYTHON=str(path / "mine")).stdout == "['a b', '*']\n"


def test_named_interpreter_that_does_not_fit_is_refused(path: Path) -> None:
    """A choice is never silently replaced by another."""
    provide(path, {"python3": NEW_ENOUGH, "mine": TOO_OLD})
    answer = run(path, KEYFOLD_PYTHON=str(path / "mine"))
    assert answer.returncode == 1
    assert "KEYFOLD_PYTHON" in answer.stderr
