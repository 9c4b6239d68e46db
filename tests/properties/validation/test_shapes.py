"""A row that fits its model's shape breaks no rule; judged rule by rule it comes out alike."""

from __future__ import annotations

import collections
import enum
import types
from decimal import Decimal
from typing import Any

from hypothesis import event, example, given
from hypothesis import strategies as st

from orm.clock import ManualClock
from orm.definitions import AttributeDefinition, RuleCall
from orm.validation import Validator, rules_of

TYPES = [
    str, int, float, bool, Decimal, bytes, int | float, str | None, float | None,
    list[str], list[int], list[float], set[str], tuple[str, ...], list[bool] | None,
    dict[str, str], dict[str, float], dict[str, int] | None, list[int | None], dict[str, Any],
]  # fmt: skip
MORE = [(), (RuleCall("required"),), (RuleCall("nullable"),), (RuleCall("max", (3,)),)]


class Text(str):
    pass


class Colour(enum.StrEnum):
    RED = "red"


class Size(enum.IntEnum):
    SMALL = 1


class Float(float):
    pass


any_text = st.text(st.characters(exclude_categories=()), max_size=4)  # surrogates as well
numbers = (
    st.integers(-9, 9)
    | st.sampled_from([2**63, -(2**63) - 1, 10**37, 10**38 - 1, 10**38, 10**40, 10**126])
    | st.floats()
    | st.sampled_from([1e38, -1e38, 9.9e125, 1e126, 1e-130, 9.9e-131, 1e-300, 5e-324, -0.0])
    | st.decimals()
)
odd = st.sampled_from(
    [
        True,
        None,
        "",
        " ",
        "\u2003",
        "1",
        b"1",
        Text("a"),
        Colour.RED,
        Size.SMALL,
        Float(1),
        object(),
    ]
)
scalars = any_text | numbers | odd
lists = st.lists(scalars, max_size=3)
maps = st.dictionaries(any_text | st.integers(0, 2), scalars, max_size=3)
values = (
    scalars | lists | maps | lists.map(tuple) | maps.map(types.MappingProxyType)
    | maps.map(collections.ChainMap) | st.sets(st.text(max_size=2), max_size=2)
    | st.lists(st.text(max_size=2), max_size=2) | st.lists(st.integers(), max_size=2)
    | st.dictionaries(st.text(max_size=2), st.floats(allow_nan=False), max_size=2)
)  # fmt: skip


@st.composite
def attributes(draw: st.DrawFn, name: str) -> AttributeDefinition:
    rules = (*rules_of(draw(st.sampled_from(TYPES))), *draw(st.sampled_from(MORE)))
    default = draw(st.booleans())
    options = {"default": None, "nullable": True} if default else {"required": draw(st.booleans())}
    return AttributeDefinition(name=name, declared=name, rules=rules, **options)


@given(st.data())
def test_the_shape_lets_nothing_through_that_rules_refuse(data: st.DataObject) -> None:
    declared = [data.draw(attributes(name)) for name in ("a", "b")]
    validator = Validator("Thing", declared, clock=ManualClock())
    row = data.draw(st.dictionaries(st.sampled_from(["a", "b", "c"]), values, max_size=3))
    found = validator.check(row)
    assert dict(found) == dict(validator.check(row, only=["a", "b"]))
    event("refused" if found else "accepted")


@given(st.sampled_from(TYPES), values)
@example(float, Decimal("1.5"))
@example(float, float("nan"))
@example(float, 1e-200)
@example(list[float], [1e-200])
@example(dict[str, float], {"": 1.0})
@example(dict[str, str], types.MappingProxyType({"a": "b"}))
@example(str, "\ud800")
@example(str, Text("\ud800"))
@example(list[str], [Text("\ud800")])
@example(dict[str, str], {"a": Text("\ud800")})
@example(int, 1.0)
@example(int, True)
def test_one_value_comes_out_alike(kind: Any, value: Any) -> None:
    one = AttributeDefinition(name="a", declared="a", rules=rules_of(kind))
    validator = Validator("Thing", [one], clock=ManualClock())
    row = {"a": value}
    assert dict(validator.check(row)) == dict(validator.check(row, only=["a"]))


@given(st.sampled_from(TYPES), st.sampled_from(["", " ", "\u2003", "a", [], ["a"], {}, None]))
def test_what_holds_nothing_comes_out_alike(kind: Any, value: Any) -> None:
    """Where there must be a value, always or by another one's."""
    for rule in (RuleCall("required"), RuleCall("required_if", ("b", "x"))):
        one = AttributeDefinition(name="a", declared="a", rules=(*rules_of(kind), rule))
        other = AttributeDefinition(name="b", declared="b", rules=(RuleCall("string"),))
        validator = Validator("Thing", [one, other], clock=ManualClock())
        row = {"a": value, "b": "x"}
        assert dict(validator.check(row)) == dict(validator.check(row, only=["a", "b"]))
