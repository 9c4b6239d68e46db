"""Patterns that could hang a process are refused, and those that people use are not."""

from __future__ import annotations

import time

import pytest

from orm.validation import InvalidRuleError, Validator
from orm.validation.ambiguity import PatternError, degree
from orm.validation.patterns import CHARACTERS_MAX, STEPS_MAX, characters_max, close_ends
from tests.unit.validation.making import attribute, broken

EXPONENTIAL = [
    r"(a+)+$", r"(a*)*", r"^(a|aa)+$", r"^(\w+\s?)*$", r"(x+x+)+y", r"^(([a-z])+.)+[A-Z]([a-z])+$",
    r"(?i)^(a|Ab?)*$", r"^(a?b?a?)*$", r"(?:a+){30}", r"(?:a|ab?){20}", r"(?=(a+)+b)c",
    r"(?:(?:ab?)*c?)*", r"(?:[ab]|[ab]){2,}", r"(?:b(?:a?)?)*", r"(?:(?:a?)*?b)*?",
]  # fmt: skip
COMMON = [
    (r"^foo$", 0), (r"foo", 1), (r"^[a-z]+(-[a-z]+)*$", 1), (r"^#[0-9a-f]{6}$", 1),
    (r"^\+?[1-9]\d{1,14}$", 1), (r"^([a-z0-9]{1,63}\.)+[a-z]{2,}$", 1), (r"^.{0,200}$", 1),
    (r"^[^@\s]+@[^@\s]+\.[^@\s]+$", 2), (r"^(?=.*\d)(?=.*[a-z]).{8,64}$", 1),
    (r"^(?:\d{1,3}\.){3}\d{1,3}$", 1), (r"^(?:[a-z]|[a-z]\d)+$", 1), (r"\d+x\d*", 2),
    (r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$", 1), (r"(?i)^ß+$", 1),
]  # fmt: skip


@pytest.mark.parametrize("pattern", EXPONENTIAL)
def test_exponential_patterns_are_refused(pattern: str) -> None:
    with pytest.raises(PatternError, match=r"two ways"):
        degree(pattern)


@pytest.mark.parametrize(("pattern", "power"), COMMON)
def test_common_patterns_are_known_for_what_they_take(pattern: str, power: int) -> None:
    assert degree(pattern) == power


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        (r"(a)\1", "refers back"),
        (r"(a)?(?(1)b|c)", "depends on a group"),
        (r"(?:(?=a*b)a)+", "repeats a lookaround"),
        (r"(?:a?){30}", "repeats what may be empty"),
        (r"[a-z]{60}" * 7, "too large"),
        (r"(?:[ab]{40}c[ab]{40}d)+", "too large"),
        (r"\p{L}", "is no regular expression"),
        (r"a**", "is no regular expression"),
    ],
)
def test_what_cannot_be_judged_is_refused(pattern: str, said: str) -> None:
    with pytest.raises(PatternError, match=said):
        degree(pattern)


def test_too_many_loops_on_one_text_are_refused() -> None:
    for pattern, power in [(r"\d*\d*\d*\d*$", 5), ("^a+a+a+a+$", 4)]:
        with pytest.raises(InvalidRuleError, match=f"grows with the text's length to {power}"):
            Validator("Thing", [attribute(f"regex:{pattern}")])


def test_text_is_bounded_by_what_the_pattern_takes() -> None:
    assert [characters_max(power) for power in range(4)] == [100_000, 100_000, 3_162, 215]
    assert broken("regex:^[a-z]+$", "a" * CHARACTERS_MAX) == ()
    long = Validator("Thing", [attribute("regex:^[a-z]+$")]).check({"field": "a" * 100_001})
    assert "at most 100,000 characters" in long["field"][0].message


def test_the_worst_text_is_soon_refused() -> None:
    """A pattern of the third degree on the longest text that it is given."""
    power = degree(r"\d*\d*x$")
    assert power == 3
    longest = "1" * characters_max(power)
    started = time.perf_counter()
    assert broken(r"regex:\d*\d*x$", longest) == ("regex",)
    assert time.perf_counter() - started < 20
    assert len(longest) ** power <= STEPS_MAX


def test_a_dollar_is_the_very_end() -> None:
    assert close_ends(r"^a$") == r"^a\Z"
    assert close_ends(r"\$[$]a$|b$") == r"\$[$]a\Z|b\Z"
    assert close_ends(r"[]$]$[^]$]$") == r"[]$]\Z[^]$]\Z"
