"""Expressions: numbered placeholders only, each of them used and known, no text of a user."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orm.codec import to_wire
from orm.errors import ConfigurationError, UnsupportedValueError
from orm.expressions import (
    Condition,
    Placeholders,
    all_of,
    among,
    any_of,
    begins_with,
    between,
    equals,
    exists,
    less_than,
    negated,
    not_exists,
)
from orm.limits import NUMBER_DIGITS_MAX
from orm.update import UpdateExpression, single
from tests.properties.orm.strategies import characters

names = st.text(characters, min_size=1, max_size=6) | st.sampled_from([":v0", "#n0", "a = :v0"])
whole = st.integers(-(10**NUMBER_DIGITS_MAX) + 1, 10**NUMBER_DIGITS_MAX - 1)
scalars = st.text(characters, max_size=6) | whole
conditions = st.recursive(
    st.one_of(
        st.builds(exists, names),
        st.builds(not_exists, names),
        st.builds(equals, names, scalars),
        st.builds(less_than, names, scalars),
        st.builds(begins_with, names, st.text(max_size=4)),
        st.builds(between, names, scalars, scalars),
        st.builds(among, names, st.lists(scalars, min_size=1, max_size=3)),
    ),
    lambda inner: (
        st.builds(
            lambda join, parts: join(*parts),
            st.sampled_from([all_of, any_of]),
            st.lists(inner, min_size=1, max_size=3),
        )
        | st.builds(negated, inner)
    ),
    max_leaves=5,
)
updates = st.lists(
    st.tuples(st.sampled_from(["set", "set_if_absent", "add", "remove"]), names, whole),
    min_size=1,
    max_size=5,
    unique_by=lambda change: change[1],
)

GRAMMAR = re.compile(
    r"(#n\d+|:v\d+|attribute_exists|attribute_not_exists|begins_with|if_not_exists"
    r"|BETWEEN|AND|OR|NOT|IN|SET|ADD|REMOVE|[ (),=<])*"
)


def update_of(changes: list[tuple[str, str, int]]) -> UpdateExpression:
    expression = UpdateExpression()
    for method, name, value in changes:
        arguments = (name,) if method == "remove" else (name, value)
        expression = getattr(expression, method)(*arguments)
    return expression


@given(updates, st.none() | conditions)
def test_a_rendered_update_is_made_of_placeholders_alone(
    changes: list[tuple[str, str, int]], condition: Condition | None
) -> None:
    action = update_of(changes).action("table", {}, condition)
    text = f"{action.update_expression} {action.condition_expression or ''}"
    assert GRAMMAR.fullmatch(text)
    placeholders = {*(action.expression_attribute_names or ()),
                    *(action.expression_attribute_values or ())}  # fmt: skip
    assert placeholders == set(re.findall(r"[#:][nv]\d+", text))


@given(updates)
def test_every_change_stands_in_its_clause(changes: list[tuple[str, str, int]]) -> None:
    action = single(update_of(changes).action("table", {}))
    values = action.expression_attribute_values or {}
    words = {placeholder: value["N"] for placeholder, value in values.items()}
    words |= {p: f"<{name}>" for p, name in (action.expression_attribute_names or {}).items()}
    text = re.sub(r"[#:][nv]\d+", lambda match: words[match[0]], action.update_expression)
    for method, name, value in changes:
        assert {
            "set": f"<{name}> = {value}",
            "set_if_absent": f"<{name}> = if_not_exists(<{name}>, {value})",
            "add": f"<{name}> {value}",
            "remove": f"<{name}>",
        }[method] in text


def test_an_update_reads_as_dynamodb_wants_it() -> None:
    update = UpdateExpression().set("status", "open").add("opened", 1).remove("closed")
    action = update.set_if_absent("first", 7).action(
        "orders", {"pk": {"S": "A"}}, all_of(equals("q", 3), any_of(exists("a"), not_exists("b")))
    )
    assert action.update_expression == (
        "SET #n0 = :v0, #n1 = if_not_exists(#n1, :v1) ADD #n2 :v2 REMOVE #n3"
    )
    assert action.condition_expression == (
        "#n4 = :v3 AND (attribute_exists(#n5) OR attribute_not_exists(#n6))"
    )
    assert action.expression_attribute_values == {
        ":v0": {"S": "open"}, ":v1": {"N": "7"}, ":v2": {"N": "1"}, ":v3": {"N": "3"},
    }  # fmt: skip


def test_a_name_is_numbered_once_and_each_value_anew() -> None:
    placeholders = Placeholders()
    assert [placeholders.name("a"), placeholders.name("b"), placeholders.name("a")] == [
        "#n0", "#n1", "#n0",
    ]  # fmt: skip
    assert [placeholders.value(to_wire(1)), placeholders.value(to_wire(1))] == [":v0", ":v1"]


def test_an_update_that_dynamodb_would_refuse_is_refused_before_the_call() -> None:
    with pytest.raises(ConfigurationError, match="changed twice"):
        UpdateExpression().set("a", 1).add("a", 1)
    with pytest.raises(ConfigurationError, match="changes nothing"):
        UpdateExpression().action("table", {})
    with pytest.raises(UnsupportedValueError, match="only numbers"):
        UpdateExpression().add("a", True)
    with pytest.raises(ValueError, match="at least one"):
        all_of()
