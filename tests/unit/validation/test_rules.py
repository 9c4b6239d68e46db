"""Every rule takes what its page says, and refuses the rest."""

from __future__ import annotations

import datetime as dt
import decimal
import enum
import uuid
from decimal import Decimal
from typing import Any, Final

import pytest

from orm.definitions import RuleCall
from orm.validation import RULES
from tests.unit.validation.examples import CASES, Case
from tests.unit.validation.making import attribute, broken

ELSEWHERE = {
    "confirmed", "different", "exists", "required_if", "required_with", "same", "unique",
}  # fmt: skip
ALL = [(name, case) for name, cases in CASES.items() for case in cases]
TAKEN = [(case, value) for _, case in ALL for value in case.taken]
REFUSED = [(name, case, value) for name, case in ALL for value in case.refused]


def test_every_rule_has_examples() -> None:
    assert set(CASES) | ELSEWHERE == set(RULES)


@pytest.mark.parametrize(("case", "value"), TAKEN)
def test_good_values_are_taken(case: Case, value: Any) -> None:
    assert broken(case.rule, value, kind=case.kind) == ()


@pytest.mark.parametrize(("name", "case", "value"), REFUSED)
def test_bad_values_are_refused(name: str, case: Case, value: Any) -> None:
    """By the rule itself, or by the kind where the value is of none that it could judge."""
    assert broken(case.rule, value, kind=case.kind) in [
        (name,),
        (case.kind,),
        (case.kind, name),
    ]


def test_wrong_kind_is_all_that_is_said() -> None:
    assert broken("integer|min:5|in:7", "x") == ("integer",)


def test_every_other_broken_rule_is_named() -> None:
    assert broken("min:5|email|starts_with:b", "a", kind="string") == (
        "min", "email", "starts_with",
    )  # fmt: skip


def test_two_rules_of_one_name_both_count() -> None:
    assert broken("regex:^a|regex:b$", "cc") == ("regex", "regex")


def test_choices_of_the_attribute_are_the_enum() -> None:
    assert broken("", "b", kind="enum", choices=("a", "b")) == ()
    assert broken("", "c", kind="enum", choices=("a", "b")) == ("enum",)


def test_camel_case_names_are_known() -> None:
    assert broken((RuleCall("startsWith", ("a",)),), "b") == ("starts_with",)
    assert broken("alphaNum", "-") == ("alpha_num",)


# --- other fields ------------------------------------------------------------------------------

OTHER = attribute(name="other", declared="theOther")


def test_same_wants_an_equal_value() -> None:
    assert broken("same:other", 1, {"other": 1}, OTHER) == ()
    assert broken("same:other", 1, {"other": True}, OTHER) == ("same",)
    assert broken("same:other", 1, {}, OTHER) == ("same",)
    assert broken("same:theOther", 1, {"other": 2}, OTHER) == ("same",)


def test_different_wants_another_value() -> None:
    assert broken("different:other", 1, {"other": 2}, OTHER) == ()
    assert broken("different:other", 1, {}, OTHER) == ()
    assert broken("different:other", 1, {"other": 1.0}, OTHER) == ("different",)


def test_confirmed_wants_the_value_twice() -> None:
    assert broken("confirmed", "a", {"field_confirmation": "a"}) == ()
    assert broken("confirmed", "a", {"field_confirmation": "b"}) == ("confirmed",)
    assert broken("confirmed", "a") == ("confirmed",)
    assert broken("confirmed:again", "a", {"again": "a"}) == ()


def test_dates_compare_with_another_field() -> None:
    start = attribute(name="start", kind="date")
    assert broken("after:start", "2024-01-02", {"start": "2024-01-01"}, start) == ()
    assert broken("after:start", "2024-01-01", {"start": "2024-01-01"}, start) == ("after",)
    assert broken("before:start", "2024-01-01", {"start": "2024-01-02"}, start) == ()
    assert broken("after:start", "2024-01-01", {}, start) == ()
    assert broken("after:start", "2024-01-01", {"start": None}, start) == ()


def test_dates_of_two_kinds_compare() -> None:
    """A day with a second, both in UTC."""
    start = attribute(name="start", kind="timestamp")
    assert broken("after:start", "2024-01-01", {"start": 1_704_067_199}, start, kind="date") == ()
    assert broken("after:start", "2024-01-01", {"start": 1_704_067_200}, start, kind="date") == (
        "after",
    )


class Level(enum.Enum):
    HIGH = "high"


DAY: Final = dt.date(2024, 1, 1)
NOON: Final = dt.datetime(2024, 1, 1, 12, tzinfo=dt.UTC)
MEANT: Final = [
    ("float", "0.3", 0.3),
    ("number", "0.3", Decimal("0.30")),
    ("date", "2024-01-01", DAY),
    ("datetime", "2024-01-01T13:00:00+01:00", NOON),
    ("string", f"{uuid.UUID(int=10)}", uuid.UUID(int=10)),
    ("any", "high", Level.HIGH),
]


@pytest.mark.parametrize(("kind", "said", "value"), MEANT)
def test_a_choice_is_what_its_text_means(kind: Any, said: str, value: object) -> None:
    """Whatever the type of the value, it is the one that was written, for `in` and `not_in`."""
    uuids = ("uuid",) if isinstance(value, uuid.UUID) else ()
    more = tuple(RuleCall(name) for name in uuids)
    assert broken((*more, RuleCall("in", (said,))), value, kind=kind) == ()
    assert broken((*more, RuleCall("not_in", (said,))), value, kind=kind) == ("not_in",)


@pytest.mark.parametrize(("kind", "said", "value"), MEANT)
def test_another_field_is_compared_by_what_it_means(kind: Any, said: str, value: object) -> None:
    """So of `required_if`, where the other field holds a member, a day or a binary fraction."""
    other = attribute(name="other", kind=kind)
    rules = (RuleCall("required_if", ("other", said)),)
    assert broken(rules, None, {"other": value}, other) == ("required_if",)


def test_a_date_may_be_among_choices_given_as_dates() -> None:
    assert broken((RuleCall("in", (DAY,)),), "2024-01-01", kind="date") == ()
    assert broken((RuleCall("in", (DAY,)),), "2024-01-02", kind="date") == ("in",)


def test_exactly_so_much_is_as_it_is_written() -> None:
    assert broken("length:0.1", 0.1, kind="number") == ()
    assert broken("length:0.1", Decimal("0.2"), kind="number") == ("length",)


def test_large_amounts_are_multiples_too() -> None:
    """Of 38 digits, and whatever precision the program computes with."""
    amount = Decimal("123456789012345678901234567890123456.78")
    with decimal.localcontext(decimal.Context(prec=5)):
        assert broken("multiple_of:0.01", amount, kind="number") == ()
        assert broken("multiple_of:0.05", amount, kind="number") == ("multiple_of",)
