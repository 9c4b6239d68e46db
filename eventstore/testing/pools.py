"""Pools: what a run has drawn before, so that commands meet.

Two commands that each draw a fresh sku never speak of the same one. What is drawn for text, UUIDs
and NewTypes is therefore kept for the run and, two times in three, drawn again.
"""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy


@st.composite
def pooled(draw: DrawFn, key: Any, fresh: SearchStrategy[Any]) -> Any:
    """A fresh value, or, two times in three, one that this run has drawn under `key` before."""
    runner = draw(st.runner(default=None))
    pool: list[Any] = getattr(runner, "pools", {}).setdefault(key, [])
    reuse: int = draw(st.integers(0, 2)) if pool else 0
    if reuse:
        return draw(st.sampled_from(list(pool)))
    value = draw(fresh)
    if value not in pool:
        pool.append(value)
    return value
