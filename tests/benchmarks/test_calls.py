"""Function calls per operation stay where they were recorded, for each Python version."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from benchmarks.calls import COMMAND, PYTHON, RECORDED, TOLERANCE, recorded


@pytest.fixture(scope="module")
def known() -> dict[str, float]:
    known = recorded().get(PYTHON)
    if known is None:
        pytest.skip(f"no counts for Python {PYTHON} in calls.json; {COMMAND}")
    return known


@pytest.fixture(scope="module")
def counted(known: dict[str, float]) -> dict[str, float]:
    """Counted in a process of its own, where no test runner's hooks are called."""
    answer = subprocess.run(
        [sys.executable, "-m", "benchmarks.calls", "--json"],
        cwd=RECORDED.parent.parent,
        stdout=subprocess.PIPE,
        check=True,
        timeout=300,
    )
    counted: dict[str, float] = json.loads(answer.stdout)
    return counted


def test_every_operation_is_recorded(known: dict[str, float], counted: dict[str, float]):
    assert known.keys() == counted.keys(), f"record anew: {COMMAND}"


def test_no_operation_makes_more_calls_than_recorded(
    known: dict[str, float], counted: dict[str, float]
):
    """Two per cent either way; where less became true, record it, so that it stays."""
    moved = {
        name: (calls, known[name])
        for name, calls in counted.items()
        if abs(calls - known[name]) > TOLERANCE * known[name]
    }
    assert not moved, f"calls now and as recorded: {moved}; if that is meant: {COMMAND}"
