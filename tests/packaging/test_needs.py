"""The marker `needs`: missing programs skip by name, and fail where they are required."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = """
import pytest

@pytest.mark.needs("go")
def test_that_needs_go():
    pass
"""


def outcome(folder: Path, **settings: str) -> str:
    """What pytest says of a test that needs Go, on a machine that has none."""
    (folder / "test_needing.py").write_text(SCRIPT)
    return subprocess.run(
        (sys.executable, "-m", "pytest", "-p", "tests.needs", "-p", "no:randomly", "-ra", "."),
        cwd=folder,
        env={**os.environ, "PATH": str(folder), "PYTHONPATH": str(ROOT), **settings},
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    ).stdout


def test_missing_program_skips_by_name(tmp_path: Path) -> None:
    said = outcome(tmp_path, KEYFOLD_REQUIRE="")
    assert "needs go" in said
    assert "1 skipped" in said


def test_missing_program_that_is_required_fails(tmp_path: Path) -> None:
    said = outcome(tmp_path, KEYFOLD_REQUIRE="go, javac")
    assert "go is required here" in said
    assert "1 skipped" not in said


def test_program_that_answers_lets_the_test_run(tmp_path: Path) -> None:
    (tmp_path / "go").write_text("#!/bin/sh\nexit 0\n")
    (tmp_path / "go").chmod(0o755)
    assert "1 passed" in outcome(tmp_path, KEYFOLD_REQUIRE="go")


def test_stand_in_that_only_complains_counts_as_missing(tmp_path: Path) -> None:
    (tmp_path / "go").write_text("#!/bin/sh\nexit 1\n")
    (tmp_path / "go").chmod(0o755)
    assert "1 skipped" in outcome(tmp_path, KEYFOLD_REQUIRE="")


@pytest.mark.parametrize("listed", ["cobol", "go,cobol"])
def test_unknown_requirement_is_refused(tmp_path: Path, listed: str) -> None:
    """A misspelt name would require nothing."""
    assert "1 passed" not in outcome(tmp_path, KEYFOLD_REQUIRE=listed)
