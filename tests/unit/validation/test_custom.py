"""Rules of users: functions and objects, with arguments, beside ours."""

from __future__ import annotations

from typing import Any

import pytest

from orm.errors import ConfigurationError
from orm.validation import RULES, Context, InvalidRuleError, Validator, rule
from tests.unit.validation.making import attribute


@rule("below")
def below(value: Any, context: Context, other: str) -> str | None:
    return None if value < context.other(other) else f"must be below {other}"


class Palindrome:
    name = "palindrome"

    def check(self, value: Any, _context: Context, /) -> str | None:
        return None if value == value[::-1] else "must read the same backwards"


def test_a_function_gets_value_context_and_arguments() -> None:
    thing = Validator("Thing", [attribute("below:most")], rules=RULES.plus(below))
    assert not thing.check({"field": 1, "most": 2})
    assert thing.check({"field": 2, "most": 2})["field"][0].message == "must be below most"


def test_the_context_says_where_the_value_stands() -> None:
    seen: list[Context] = []

    @rule("seeing")
    def seeing(_value: Any, context: Context) -> str | None:
        seen.append(context)
        return None

    thing = Validator("Thing", [attribute("integer|seeing")], rules=RULES.plus(seeing))
    thing.check({"field": 1}, but_not="key")
    (context,) = seen
    assert (context.model, context.attribute, context.kind) == ("Thing", "field", "integer")
    assert (context.values, context.but_not) == ({"field": 1}, "key")


def test_it_sees_only_values_of_the_right_kind() -> None:
    thing = Validator(
        "Thing", [attribute("below:most", kind="integer", nullable=True)], rules=RULES.plus(below)
    )
    assert thing.check({"field": "x"}).rules("field") == ("integer",)
    assert not thing.check({"field": None})
    assert not thing.check({})


def test_an_object_is_a_rule() -> None:
    rules = RULES.plus(Palindrome())
    assert Validator("T", [attribute("palindrome")], rules=rules).check({"field": "ab"})
    with pytest.raises(InvalidRuleError, match="takes no arguments, not 1"):
        Validator("T", [attribute("palindrome:x")], rules=rules)


def test_wrong_arguments_are_refused_early() -> None:
    with pytest.raises(InvalidRuleError, match="missing a required argument: 'other'"):
        Validator("Thing", [attribute("below")], rules=RULES.plus(below))


def test_a_decorated_function_is_still_one() -> None:
    context: Any = None
    assert Palindrome().check("aba", context) is None
    assert rule("always")(lambda _value, _context: "no")(1, context) == "no"


def test_the_usual_registry_does_not_change() -> None:
    RULES.plus(below)
    assert "below" not in RULES


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (rule("email")(lambda _v, _c: None), "is there already"),
        (rule("unix")(lambda _v, _c: None), "is there already"),
        (rule("Not Good")(lambda _v, _c: None), "is no name for a rule"),
        (len, "is no rule"),
    ],
)
def test_what_cannot_be_a_rule_is_refused(given: Any, said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        RULES.plus(given)


def test_two_rules_of_one_name_are_refused() -> None:
    with pytest.raises(ConfigurationError, match="is there already"):
        RULES.plus(below, below)


def test_messages_of_the_model_serve_rules_of_users() -> None:
    own = attribute("below:most", messages={"below": ":attribute over :values"})
    thing = Validator("Thing", [own], rules=RULES.plus(below))
    assert thing.check({"field": 2, "most": 2})["field"][0].message == "field over most"
