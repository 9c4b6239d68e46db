"""Rules from text and from Python types."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Annotated, Any, Literal, NewType, Optional

import msgspec
import pytest
from msgspec import Meta

from orm.definitions import RuleCall
from orm.definitions.kinds import KINDS
from orm.validation import RULES, Validator, parse_rules, rules_of
from tests.unit.validation.examples import Tone
from tests.unit.validation.making import attribute

Cents = NewType("Cents", int)
Short = Annotated[str, Meta(min_length=1, max_length=9, pattern="^a")]


class Point(msgspec.Struct):
    x: int


def calls(text: str) -> tuple[RuleCall, ...]:
    return parse_rules(text)


@pytest.mark.parametrize(
    ("text", "rules"),
    [
        ("", ()),
        (" required | min: 3 ", (RuleCall("required"), RuleCall("min", ("3",)))),
        ("enum:a,b", (RuleCall("enum", ("a", "b")),)),
        ("min:", (RuleCall("min"),)),
        ("||required|", (RuleCall("required"),)),
        ("regex:^a{1,3}$|min:1", (RuleCall("regex", ("^a{1,3}$",)), RuleCall("min", ("1",)))),
        ("regex:/^(a|b)$/i|min:1", (RuleCall("regex", ("(?i)^(a|b)$",)), RuleCall("min", ("1",)))),
        ("matches:/a\\/|b/", (RuleCall("matches", ("a/|b",)),)),
        ("regex:/a/gu", (RuleCall("regex", ("a",)),)),
        ("regex:/a", (RuleCall("regex", ("/a",)),)),
        ("regex:", (RuleCall("regex"),)),
        ("before:2024-01-01T00:00:00Z", (RuleCall("before", ("2024-01-01T00:00:00Z",)),)),
    ],
)
def test_text_is_read(text: str, rules: tuple[RuleCall, ...]) -> None:
    assert parse_rules(text) == rules


@pytest.mark.parametrize(
    ("declared", "rules"),
    [
        (str, calls("string")),
        (int, calls("integer")),
        (float, calls("float")),
        (bool, calls("boolean")),
        (Decimal, calls("number")),
        (bytes, calls("binary")),
        (dt.datetime, calls("datetime")),
        (dt.date, calls("date")),
        (uuid.UUID, calls("uuid")),
        (Cents, calls("integer")),
        (Tone, (RuleCall("enum", ("warm", "cold")),)),
        (Literal["a", 1], (RuleCall("enum", ("a", 1)),)),
        (Literal["a", None], (RuleCall("enum", ("a",)), RuleCall("nullable"))),
        (Optional[str], calls("string|nullable")),  # noqa: UP045 - the older spelling is meant
        (str | None, calls("string|nullable")),
        (str | msgspec.UnsetType, calls("string")),
        (int | Decimal, calls("number")),
        (None, calls("nullable")),
        (Any, ()),
        (Point, ()),
        (int | Point, ()),
        (list, calls("array")),
        (list[Any], calls("array")),
        (list[int], (*calls("array"), RuleCall("each", calls("integer")))),
        (Sequence[int], (*calls("array"), RuleCall("each", calls("integer")))),
        (set[str], (*calls("array"), RuleCall("each", calls("string")))),
        (tuple[int, ...], (*calls("array"), RuleCall("each", calls("integer")))),
        (tuple[int, str], calls("array")),
        (dict[str, int], (*calls("json"), RuleCall("each", calls("integer")))),
        (Mapping[str, Any], calls("json")),
        (int | str, (RuleCall("any_of", (calls("integer"), calls("string"))),)),
        (
            Annotated[int, Meta(ge=1, le=9, multiple_of=2)],
            (RuleCall("integer"), RuleCall("min", (1,)), RuleCall("max", (9,)),
             RuleCall("multiple_of", (2,))),
        ),
        (Annotated[float, Meta(gt=0)], (RuleCall("float"), RuleCall("gt", (0,)))),
        (Annotated[int, "a note"], calls("integer")),
        (
            Annotated[str | None, Meta(min_length=1)],
            (RuleCall("string"), RuleCall("min", (1,)), RuleCall("nullable")),
        ),
        (
            Short,
            (RuleCall("string"), RuleCall("regex", ("^a",)), RuleCall("min", (1,)),
             RuleCall("max", (9,))),
        ),
    ],
)  # fmt: skip
def test_types_are_read(declared: Any, rules: tuple[RuleCall, ...]) -> None:
    assert rules_of(declared) == rules
    assert not Validator("Thing", [attribute(rules)]).check({})


@pytest.mark.parametrize(
    ("declared", "value"),
    [
        (Short, "abc"), (Short, ""), (Short, "b"), (Short, 5),
        (list[int], [1, "a"]), (list[int], [1]), (Annotated[float, Meta(multiple_of=0.5)], 1.5),
        (dict[str, int], {"a": "b"}), (int | str, 1.5), (int | str, "a"), (str | None, None),
        (Annotated[int, Meta(ge=1, lt=3)], 3), (Annotated[int, Meta(ge=1, lt=3)], 1),
        (Annotated[list[Short], Meta(max_length=1)], ["a", "a"]), (bool, 1), (int, True),
        (Literal["a"], "b"), (Annotated[bytes, Meta(min_length=2)], b"a"),
    ],
)  # fmt: skip
def test_types_agree_with_msgspec(declared: Any, value: Any) -> None:
    try:
        msgspec.convert(value, declared)
    except msgspec.ValidationError:
        taken = False
    else:
        taken = True
    errors = Validator("Thing", [attribute(rules_of(declared))]).check({"field": value})
    assert (not errors) is taken


@pytest.mark.parametrize("name", [name for name in KINDS if RULES.canonical(name) in RULES])
def test_a_rule_and_a_definition_mean_the_same_kind(name: str) -> None:
    """Else what a model file declares would refuse the very values that it is for."""
    assert RULES.kind_of([RuleCall(name)]) == KINDS[name]
