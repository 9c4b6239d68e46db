"""Rows are written where they stand just as their fields would write them, or refused as these."""

from __future__ import annotations

from typing import Any

import msgspec
from hypothesis import example, given
from hypothesis import strategies as st

from orm.codec import PLAIN_BOUND, PLAIN_LEAST
from orm.errors import UnsupportedValueError
from orm.models.fields import Field
from orm.models.writing import writer_of

TYPES = [
    str, int, float, bool, list[str], list[int], list[float], list[bool], dict[str, str],
    dict[str, int], dict[str, float], str | None, list[float] | None, list[int | None],
]  # fmt: skip

numbers = st.one_of(
    st.integers(),
    st.floats(),
    st.sampled_from([10**18, -(10**18), 10**18 - 1, 10**38, 10**38 - 1, True]),
    st.sampled_from([0.0, -0.0, float("nan"), PLAIN_LEAST, PLAIN_BOUND, 9e-5, 1e126, 1e-131]),
)
texts = st.text(st.characters(exclude_categories=()), max_size=3)  # surrogates as well
scalars = numbers | texts | st.none() | st.binary(max_size=2)
lists = st.lists(numbers, max_size=3) | st.lists(texts, max_size=3) | st.lists(scalars, max_size=3)
maps = st.dictionaries(texts, numbers, max_size=3) | st.dictionaries(texts, texts, max_size=3)
values = scalars | lists | maps | st.dictionaries(st.integers(), texts, max_size=2)


def field_of(kind: Any) -> Field:
    model = msgspec.defstruct("Thing", [("value", kind)])
    return Field("Thing", msgspec.structs.fields(model)[0])


FIELDS = [field_of(kind) for kind in TYPES]


@given(st.sampled_from(FIELDS), values)
@example(field_of(list[float]), [1.0, float("nan")])
@example(field_of(dict[str, float]), {"": 1.0})
@example(field_of(dict[str, str]), {"a": "\ud800"})
@example(field_of(list[int]), [1, True])
@example(field_of(float), 0.0)
def test_a_value_is_written_as_its_field_does(field: Field, value: Any) -> None:
    assert repr(written(field, value)) == repr(asked(field, value))


def written(field: Field, value: Any) -> Any:
    item: dict[str, Any] = {}
    try:
        writer_of({"value": field})({"value": value}, item)
    except UnsupportedValueError as refused:
        return str(refused)
    return item["value"]


def asked(field: Field, value: Any) -> Any:
    try:
        return field.to_wire(value)
    except UnsupportedValueError as refused:
        return str(refused)
