"""How often: the counts of Hypothesis and of seeded runs, short by default, long on demand.

`make test` runs the short counts, `make test-long` (KEYFOLD_LONG=1) the long ones. A test with a
count of its own takes it through `count(short, long)`.
"""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

LONG = os.environ.get("KEYFOLD_LONG", "") not in ("", "0")

# No deadline: two cores are shared by several workers, so time says little about one example.
settings.register_profile(
    "short", deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("long", settings.get_profile("short"), max_examples=2_000)
settings.load_profile("long" if LONG else "short")


def count(short: int, long: int) -> int:
    """The number of examples, seeds or rounds for this run."""
    return long if LONG else short
