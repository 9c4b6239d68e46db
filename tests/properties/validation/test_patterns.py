"""Patterns that are let through are soon done with any text, however they were put together."""

from __future__ import annotations

import re
import time

from hypothesis import given, settings
from hypothesis import strategies as st

from orm.validation.ambiguity import PatternError, degree

ENOUGH_SECONDS = 5.0  # 2**30 ways take minutes
TEXT_CHARACTERS = 30

atoms = st.sampled_from(["a", "b", ".", "[ab]", "[^b]", "ab", "a?"])
patterns = st.recursive(
    atoms,
    lambda inner: (
        st.tuples(inner, inner).map("".join)
        | st.tuples(inner, inner).map(lambda two: f"(?:{two[0]}|{two[1]})")
        | st.tuples(inner, st.sampled_from(["*", "+", "?", "{2}", "{1,9}", "*?", "{20}"])).map(
            lambda two: f"(?:{two[0]}){two[1]}"
        )
    ),
    max_leaves=5,
)
texts = st.text("ab", min_size=1, max_size=3).map(
    lambda part: (part * TEXT_CHARACTERS)[:TEXT_CHARACTERS] + "!"
)


@settings(max_examples=150, deadline=None)
@given(patterns, texts)
def test_what_is_let_through_is_soon_done(pattern: str, text: str) -> None:
    try:
        power = degree(f"^{pattern}$")
    except PatternError:
        return
    if power > 3:
        return
    started = time.perf_counter()
    re.search(f"^(?:{pattern})\\Z", text)
    assert time.perf_counter() - started < ENOUGH_SECONDS, pattern
