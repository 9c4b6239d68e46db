"""Workers of old and new code under faults, deaths, splits, trims, late lists and a stream that is
switched off and on: every read model is exact afterwards.
"""

from __future__ import annotations

import logging
from collections import Counter

import pytest

from tests.counts import count
from tests.simulation.projections.mutants import MUTANTS
from tests.simulation.projections.world import Parts, Weather, World

SEEDS = count(20, 1_500)
MUTANT_SEEDS = count(200, 400)

WEATHERS = {
    "retained": Weather(),
    "trimmed": Weather(trims=True),
    "deployed": Weather(deploys=True),
    "everything": Weather(trims=True, deploys=True, switches=True),
}
SIGNS = {
    "trims": "trims",
    "deploys": "workers with 1 projections",
    "switches": "streams switched on",
}
"""What must have been counted in a weather, by its flag."""


@pytest.fixture(autouse=True)
def quiet_log() -> None:
    logging.getLogger("keyfold.worker").setLevel(logging.CRITICAL)


@pytest.mark.parametrize("weather", WEATHERS)
@pytest.mark.parametrize("part", range(2))
def test_read_models_are_exact_after_any_schedule(part: int, weather: str) -> None:
    """Nothing lost, nothing doubled, nothing out of order, and no person was needed."""
    figures: Counter[str] = Counter()
    for seed in range(part, SEEDS, 2):
        outcome = World(seed, Parts(), WEATHERS[weather]).play()
        assert not outcome.differences, f"seed {seed}, {weather}: {outcome.differences}"
        figures.update(outcome.figures)
    print(f"{len(range(part, SEEDS, 2))} of {SEEDS} seeds: {dict(sorted(figures.items()))}")
    for sign in ("workers killed", "workers ended", "answer lost", "late lists"):
        assert figures[sign] > 0
    for flag, sign in SIGNS.items():
        assert (figures[sign] > 0) is getattr(WEATHERS[weather], flag)


@pytest.mark.parametrize("name", sorted(MUTANTS))
def test_a_seeded_bug_is_caught(name: str) -> None:
    """A worker with one thing wrong is found out by the same schedules that the real one passes."""
    parts, weather = MUTANTS[name]
    for seed in range(MUTANT_SEEDS):
        if caught(seed, parts, weather):
            print(f"{name}: caught by seed {seed}")
            return
    pytest.fail(f"{name}: survived {MUTANT_SEEDS} schedules")


def caught(seed: int, parts: Parts, weather: Weather) -> bool:
    try:
        return bool(World(seed, parts, weather).play().differences)
    except Exception:  # a mutant may fall over its own feet
        return True
