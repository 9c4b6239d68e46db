"""Writers over a bad network: every history that comes of it is true, and every planted bug shows.

Seeds are fixed, so a failure repeats: `simulate(seed)` is the whole of it.
"""

from __future__ import annotations

from collections import Counter

import pytest

from tests.counts import count
from tests.simulation.log.mutants import MUTANTS
from tests.support.histories import COMMITTED, NOT_WRITTEN
from tests.support.simulation import simulate
from tests.support.writers import Habits

SEEDS = count(240, 20_000)
BLOCKS = 8
MUTANT_SEEDS_MAX = 300
HOT = Habits(any_place=0, guess=0, old_token=0, together=0)


@pytest.mark.parametrize("block", range(BLOCKS))
def test_every_history_is_true(block: int):
    """Answers lost, late, doubled or damaged, refusals, faults: no gap, no overlap, no decision
    doubled or lost, no false word, nothing torn, nothing out of order."""
    said, faults, commits = Counter[str](), Counter[str](), 0
    for seed in range(block, SEEDS, BLOCKS):
        run = simulate(seed)
        assert not run.violations, f"simulate({seed}): " + "; ".join(map(str, run.violations))
        assert not run.disordered(), f"simulate({seed}): no order explains {run.disordered()}"
        said, faults = said + run.history.said(), faults + run.faults
        commits += sum(run.commits.values())
    print(
        f"\n{SEEDS // BLOCKS} seeds, {said[COMMITTED]} decisions committed in {commits} commits, "
        f"{said[NOT_WRITTEN]} refused, {faults.total()} faults: {dict(faults)}"
    )
    assert said[COMMITTED] > 100
    assert len(faults) >= 12


def test_commands_alone_are_true_too():
    """The way most programs write: command ids, retries, and nothing raw."""
    for seed in range(count(30, 2_000)):
        run = simulate(seed, habits=HOT)
        assert not run.violations, f"simulate({seed}, habits=HOT): {run.violations}"


def test_a_seed_repeats_itself():
    """Same seed, same words: that is what makes a failure worth reporting."""
    first, second = simulate(11), simulate(11)
    assert [(r.name, r.said, r.numbers) for r in first.history.reports] == [
        (r.name, r.said, r.numbers) for r in second.history.reports
    ]
    assert first.faults == second.faults


def test_planted_bugs_are_caught_by_their_histories(capsys: pytest.CaptureFixture[str]):
    """Sixteen drivers, logs and callers, each wrong in one way; none has a test of its own. Beside
    each stands whether the second judge, who saw no table, objects to the same run."""
    rows = []
    for mutant in MUTANTS:
        for seed in range(MUTANT_SEEDS_MAX):
            run = simulate(seed, mutant.parts)
            if run.violations:
                second = " (and by the second judge)" if run.disordered() else ""
                laws = ", ".join(mutant.caught_by(run.violations)) + second
                rows.append((mutant.name, seed + 1, laws))
                break
        else:
            rows.append((mutant.name, MUTANT_SEEDS_MAX, "NOT CAUGHT"))
    caught = [row for row in rows if row[2] != "NOT CAUGHT"]
    with capsys.disabled():
        print(
            "\n" + "\n".join(f"{name:<44} {seeds:>4} seeds  {laws}" for name, seeds, laws in rows)
        )
        print(f"mutants caught: {len(caught)} of {len(MUTANTS)}")
    assert len(caught) == len(MUTANTS)
