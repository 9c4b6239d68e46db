"""A rule that cannot work is refused as the validator is made, and the error says what to type."""

from __future__ import annotations

import pickle
from typing import Any

import pytest

from orm.definitions import EntityDefinition, RuleCall, Unresolved
from orm.errors import ConfigurationError
from orm.validation import InvalidRuleError, Validator
from tests.unit.validation.making import attribute

REFUSED: list[tuple[Any, str]] = [
    ("emial", "is no rule; the nearest is 'email'"),
    ("qqqqqqqq", "is no rule"),
    ("min", "takes 1 argument, not 0"),
    ("min:1,2", "takes 1 argument, not 2"),
    ("min:x", "takes a number, not 'x'"),
    ("min:nan", "takes a number, not 'nan'"),
    ((RuleCall("min", (True,)),), "takes a number, not True"),
    ("between:1", "takes 2 arguments, not 1"),
    ("between:3,1", "takes the smaller bound first, not 3 before 1"),
    ("length:1,2,3", "takes 1 to 2 arguments, not 3"),
    ("email:x", "takes no arguments, not 1"),
    ("required:x", "takes no arguments"),
    ("string:x", "takes no arguments"),
    ("enum", "takes the values that are allowed"),
    ("in", "takes 1 or more arguments, not 0"),
    ("multiple_of:0", "takes a number above 0, not '0'"),
    ("uuid:9", "takes a version from 1 to 8, not 9"),
    ("ip:5", "takes 4 or 6, not 5"),
    ("url:h ttp", "takes schemes such as https"),
    ("starts_with", "takes 1 or more arguments"),
    ((RuleCall("starts_with", (1,)),), "takes text, not 1"),
    ("same:feild", "names 'feild', which is no attribute of Thing; the nearest is 'field'"),
    ("required_if:field", "takes 2 or more arguments"),
    ("required_with:nobody", "names 'nobody', which is no attribute of Thing"),
    ("before:feild", "takes a date, now, today or another attribute, not 'feild'"),
    ("regex", "takes 1 argument"),
    ("regex:(", "is no regular expression"),
    ("regex:(a+)+$", "two ways"),
    ("exists", "takes the model whose rows are meant"),
    ("unique", "nobody was given to ask; Validator(…, lookup=…), or skip={'unique'}"),
    ((RuleCall("each", ("string",)),), "takes rules, not 'string'"),
    ((RuleCall("each", (RuleCall("same", ("field",)),)),), "need the value alone, not 'same'"),
    ((RuleCall("each", (RuleCall("min"),)),), "takes 1 argument"),
    ((RuleCall("any_of", (RuleCall("string"), ())),), "takes rules or tuples of rules"),
    ((RuleCall("max", (Unresolved("LIMITS.title"),)),), "is not known: LIMITS.title"),
]


@pytest.mark.parametrize(("rules", "said"), REFUSED)
def test_wrong_rules_are_refused(rules: Any, said: str) -> None:
    with pytest.raises(InvalidRuleError) as raised:
        Validator("Thing", [attribute(rules)])
    assert said in str(raised.value)
    assert str(raised.value).startswith("Thing.field, rule '")


def test_dates_are_bounded_by_dates() -> None:
    with pytest.raises(InvalidRuleError, match="takes a date, as 2024-02-29, not '3'"):
        Validator("Thing", [attribute("min:3", kind="date")])


def test_an_unknown_kind_of_choice_is_refused_for_the_attribute() -> None:
    with pytest.raises(InvalidRuleError, match=r"Thing\.field, rule 'enum'"):
        Validator("Thing", [attribute("", kind="enum")])


def test_the_refusal_is_a_configuration_error_and_pickles() -> None:
    with pytest.raises(ConfigurationError) as raised:
        Validator("Thing", [attribute("ulr")])
    again = pickle.loads(pickle.dumps(raised.value))
    assert str(again) == str(raised.value)
    assert (again.model, again.attribute, again.rule) == ("Thing", "field", "ulr")


def test_only_names_attributes() -> None:
    with pytest.raises(ConfigurationError, match=r"Thing\.feild: .*nearest is 'field'"):
        Validator("Thing", [attribute("")]).check({}, only={"feild"})


def test_a_rule_that_is_skipped_needs_nobody_to_ask() -> None:
    thing = Validator("Thing", [attribute("min:2|unique")], skip={"unique"})
    assert thing.check({"field": "a"}).rules("field") == ("min",)


def test_a_definition_makes_its_validator() -> None:
    entity = EntityDefinition(name="Thing", attributes=(attribute("min:2"),))
    assert Validator.of(entity).check({"field": "a"}).model == "Thing"
