"""Workers under faults, deaths, splits and trims: every read model is exact afterwards."""

from __future__ import annotations

import logging
from collections import Counter

import pytest

from tests.counts import count
from tests.simulation.projections.mutants import MUTANTS
from tests.simulation.projections.world import Outcome, Parts, World

SEEDS = count(40, 3_000)
MUTANT_SEEDS = count(60, 300)


@pytest.fixture(autouse=True)
def quiet_log() -> None:
    logging.getLogger("keyfold.worker").setLevel(logging.CRITICAL)


REAL = Parts()


def play(seed: int, parts: Parts = REAL, *, trims: bool = False) -> Outcome:
    return World(seed, parts, trims=trims).play()


@pytest.mark.parametrize("trims", [False, True], ids=["retained", "trimmed"])
@pytest.mark.parametrize("part", range(4))
def test_read_models_are_exact_after_any_schedule(part: int, trims: bool) -> None:
    """Nothing lost, nothing doubled, nothing out of order, and no person was needed."""
    figures: Counter[str] = Counter()
    for seed in range(part, SEEDS, 4):
        outcome = play(seed, trims=trims)
        assert not outcome.differences, f"seed {seed}, trims {trims}: {outcome.differences}"
        figures.update(outcome.figures)
    print(f"{len(range(part, SEEDS, 4))} of {SEEDS} seeds: {dict(sorted(figures.items()))}")
    assert figures["workers killed"] > 0
    assert figures["answer lost"] > 0


@pytest.mark.parametrize("name", sorted(MUTANTS))
def test_a_seeded_bug_is_caught(name: str) -> None:
    """A worker with one thing wrong is found out by the same schedules that the real one passes."""
    parts, trims = MUTANTS[name]
    for seed in range(MUTANT_SEEDS):
        if caught(seed, parts, trims):
            print(f"{name}: caught by seed {seed}")
            return
    pytest.fail(f"{name}: survived {MUTANT_SEEDS} schedules")


def caught(seed: int, parts: Parts, trims: bool) -> bool:
    try:
        return bool(play(seed, parts, trims=trims).differences)
    except Exception:  # a mutant may fall over its own feet
        return True
