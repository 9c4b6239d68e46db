"""Absent, None and empty: the table of docs/orm/validation.md."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from orm.validation import Validator
from tests.unit.validation.making import attribute

ABSENT = msgspec.UNSET
EMPTY: list[Any] = ["", [], {}]


def check(values: dict[str, Any], rules: str, **more: Any) -> tuple[str, ...]:
    siblings = [attribute(name="other", nullable=True), attribute(name="third", nullable=True)]
    thing = Validator("Thing", [attribute(rules, **more), *siblings])
    return thing.check(values).rules("field")


@pytest.mark.parametrize(
    ("rules", "more", "absent", "none", "empty"),
    [
        ("", {}, (), ("nullable",), ()),
        ("nullable", {}, (), (), ()),
        ("optional", {}, (), (), ()),
        ("", {"nullable": True}, (), (), ()),
        ("", {"required": True}, ("required",), ("required",), ()),
        ("required", {}, ("required",), ("required",), ("required",)),
        ("required", {"required": True}, ("required",), ("required",), ("required",)),
        ("required|nullable", {}, ("required",), (), ("required",)),
        ("", {"required": True, "nullable": True}, ("required",), (), ()),
    ],
)
def test_the_table(rules: str, more: dict[str, Any], absent: Any, none: Any, empty: Any) -> None:
    assert check({}, rules, **more) == absent
    assert check({"field": ABSENT}, rules, **more) == absent
    assert check({"field": None}, rules, **more) == none
    assert all(check({"field": value}, rules, **more) == empty for value in EMPTY)
    assert check({"field": "a"}, rules, **more) == ()


def test_blank_text_is_not_enough_for_the_rule_required() -> None:
    assert check({"field": " \n"}, "required") == ("required",)
    assert check({"field": " "}, "", required=True) == ()


def test_zero_and_false_are_values() -> None:
    assert check({"field": 0}, "required") == check({"field": False}, "required") == ()


@pytest.mark.parametrize("rules", ["", "required", "required_with:other"])
def test_a_default_stands_for_what_is_absent(rules: str) -> None:
    assert check({"other": 1}, rules, required=True, default="x") == ()


def test_empty_text_is_a_value_for_other_rules() -> None:
    assert check({"field": ""}, "email|min:1") == ("email", "min")


def test_no_rule_runs_on_what_is_absent_or_none() -> None:
    rules = "email|min:3|same:other|nullable"
    assert check({}, rules) == check({"field": None}, rules) == ()


@pytest.mark.parametrize("missing", [ABSENT, None, ""])
def test_required_if_asks_for_a_value_where_the_other_is_so(missing: Any) -> None:
    rules = "required_if:other,a,b|nullable"
    assert check({"other": "a", "field": missing}, rules) == ("required_if",)
    assert check({"other": "b", "field": missing}, rules) == ("required_if",)
    assert check({"other": "c", "field": missing}, rules) == ()
    assert check({"field": missing}, rules) == ()
    assert check({"other": "a", "field": "x"}, rules) == ()


def test_required_if_reads_its_values_by_the_other_ones_kind() -> None:
    count = attribute(name="count", kind="integer")
    thing = Validator("Thing", [attribute("required_if:count,1"), count])
    assert thing.check({"count": 1}).rules("field") == ("required_if",)
    assert not thing.check({"count": 2})


@pytest.mark.parametrize("missing", [ABSENT, None, ""])
def test_required_with_asks_for_a_value_beside_any_of_the_others(missing: Any) -> None:
    rules = "required_with:other,third|nullable"
    assert check({"third": 1, "field": missing}, rules) == ("required_with",)
    assert check({"third": None, "other": "", "field": missing}, rules) == ()
    assert check({"other": 1, "field": "x"}, rules) == ()


def test_only_limits_what_is_checked() -> None:
    thing = Validator("Thing", [attribute("required|same:other"), attribute("min:3", "other")])
    assert set(thing.check({"other": "a"})) == {"field", "other"}
    assert set(thing.check({"other": "a"}, only={"other"})) == {"other"}
    assert not thing.check({"other": "abc", "field": "abc"}, only={"field"})


def test_names_beside_the_attributes_pass() -> None:
    assert not Validator("Thing", [attribute("min:1")]).check({"else": object()})
