"""What is said of bad values, and what is never said of hidden ones."""

from __future__ import annotations

import pickle
import threading
from typing import Any

import pytest

from orm.errors import OrmError
from orm.validation import (
    REDACTED,
    RULES,
    AwaitNeededError,
    Context,
    Failure,
    InvalidRowError,
    RuleTimeoutError,
    Validator,
    rule,
)
from tests.unit.validation.examples import CASES
from tests.unit.validation.making import attribute

SECRET = "Tr0ub4dor&3"


def refusal(thing: Validator, values: dict[str, Any]) -> InvalidRowError:
    with pytest.raises(InvalidRowError) as raised:
        thing.validate(values)
    return raised.value


def test_each_failure_has_its_line_and_the_end_says_what_to_do() -> None:
    thing = Validator("Thing", [attribute("min:3|email"), attribute("required", "other")])
    assert str(refusal(thing, {"field": "x"})) == (
        "Thing is not valid, nothing was written:\n"
        "  field: must have at least 3 characters (min, got 'x')\n"
        "  field: must be an e-mail address (email, got 'x')\n"
        "  other: must be given (required)\n"
        "correct these fields and save again; .errors holds them"
    )


def test_the_error_carries_facts_and_pickles() -> None:
    thing = Validator("Thing", [attribute("min:3"), attribute("min:3", "other", hidden=True)])
    error = refusal(thing, {"field": "x", "other": SECRET[:2]})
    again = pickle.loads(pickle.dumps(error))
    assert isinstance(error, OrmError)
    assert not error.retry
    assert error.applied is False
    assert str(again) == str(error)
    assert again.errors == error.errors
    assert error.errors["field"] == (Failure("min", "must have at least 3 characters", "x"),)
    assert again.errors["other"][0].value is REDACTED


def test_a_value_that_cannot_be_pickled_is_named_by_its_type() -> None:
    thing = Validator("Thing", [attribute("", kind="string")])
    error = refusal(thing, {"field": threading.Lock()})
    assert error.errors["field"][0].value == "<lock>"
    assert pickle.loads(pickle.dumps(error)).errors == error.errors


def test_a_long_value_is_cut_where_it_is_shown_alone() -> None:
    thing = Validator("Thing", [attribute("max:3")])
    error = refusal(thing, {"field": "x" * 100_000})
    assert len(str(error)) < 300
    assert error.errors["field"][0].value == "x" * 100_000


@pytest.mark.parametrize("flag", ["hidden", "encrypted"])
def test_no_rule_tells_a_hidden_value(flag: str) -> None:
    """Whatever the rule: neither message nor facts, text nor pickle hold it."""
    hide: dict[str, Any] = {flag: True}
    calls = [case for cases in CASES.values() for case in cases if case.refused]
    for case in calls:
        thing = Validator("Thing", [attribute(case.rule, **hide, kind=case.kind)])
        for value in [SECRET, [SECRET], {SECRET: SECRET}]:
            errors = thing.check({"field": value})
            if errors:
                error = refusal(thing, {"field": value})
                assert SECRET not in str(error) + repr(errors)
                assert SECRET.encode() not in pickle.dumps(error)


def test_a_rule_of_the_user_cannot_tell_it_either() -> None:
    @rule("telling")
    def telling(value: Any, _context: Context) -> str | None:
        return f"{value} is bad"

    thing = Validator("Thing", [attribute("telling", hidden=True)], rules=RULES.plus(telling))
    assert thing.check({"field": SECRET})["field"][0].message == "does not hold"


# --- messages ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rules", "template", "said"),
    [
        ("min:3", ":attribute needs :min at :model (:rule)", "penName needs 3 at Thing (min)"),
        ("max:1", "at most :max", "at most 1"),
        ("between:3,5", ":min to :max", "3 to 5"),
        ("length:3", "exactly :length", "exactly 3"),
        ("in:a,b", "one of :values", "one of a, b"),
        ("starts_with:a,b", "one of :values", "one of a, b"),
        ("regex:^a", "as :pattern", "as ^a"),
        ("same:other", "as :other", "as other"),
        ("after:2024-01-01", "later than :date", "later than 2024-01-01"),
        ("email", "keep :this and 12:30", "keep :this and 12:30"),
    ],
)
def test_messages_are_the_models_own(rules: str, template: str, said: str) -> None:
    own = attribute(rules, declared="penName", messages={rules.partition(":")[0]: template})
    thing = Validator("Thing", [own, attribute(name="other")])
    assert thing.check({"field": "xx"})["field"][0].message == said


def test_a_message_is_found_by_any_name_of_the_rule() -> None:
    own = attribute("matches:^a", messages={"matches": "no"})
    assert Validator("Thing", [own]).check({"field": "x"})["field"][0].message == "no"


def test_one_message_can_stand_for_all_rules() -> None:
    own = attribute("min:3|email", messages={"*": "wrong", "min": "short"})
    failures = Validator("Thing", [own]).check({"field": "x"})["field"]
    assert [failure.message for failure in failures] == ["short", "wrong"]


def test_presence_and_kind_have_messages_too() -> None:
    own = attribute(
        "", kind="string", required=True, messages={"required": "where?", "string": "text!"}
    )
    thing = Validator("Thing", [own])
    assert thing.check({})["field"][0].message == "where?"
    assert thing.check({"field": 1})["field"][0].message == "text!"


def test_sizes_say_what_they_count() -> None:
    thing = Validator("Thing", [attribute("min:3")])
    said = [thing.check({"field": v})["field"][0].message for v in ("a", [1], 1, b"a", True)]
    assert said == [
        "must have at least 3 characters",
        "must have at least 3 items",
        "must be at least 3",
        "must have at least 3 bytes",
        "has no size that could be compared",
    ]


# --- the others --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "error",
    [AwaitNeededError("Thing", "field", "mx"), RuleTimeoutError("Thing", "field", "mx", 5.0)],
)
def test_the_other_errors_pickle(error: OrmError) -> None:
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), str(again)) == (type(error), str(error))
    assert "Thing.field, rule 'mx'" in str(error)


def test_a_timeout_may_be_repeated() -> None:
    assert RuleTimeoutError("Thing", "field", "mx", 5.0).retry


def test_errors_are_false_where_all_is_well() -> None:
    thing = Validator("Thing", [attribute("min:3")])
    good, bad = thing.check({"field": "abc"}), thing.check({"field": "a"})
    assert not good
    assert bad
    assert (list(bad), len(bad), bad.rules("nobody")) == (["field"], 1, ())
    assert repr(good) == "Errors('Thing', {})"
