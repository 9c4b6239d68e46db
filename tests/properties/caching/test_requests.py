"""Two different requests never share an entry, and an answer comes out as it went in."""

from __future__ import annotations

import copy
from typing import Any

import msgspec
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from orm.caching.encoding import RequestKeys, decoded, encoded
from orm.codec import to_wire
from orm.requests import (
    BatchGetItem,
    BatchGot,
    Capacity,
    GetItem,
    GotItem,
    Item,
    Page,
    Query,
    Request,
)
from tests.properties.orm.strategies import numbers


class Left(msgspec.Struct):
    """One type of rows."""


class Right(msgspec.Struct):
    """Another one, of the same form."""


# Few and short, so that two that differ in one place are often drawn; `QQ==` is b"A" in base64.
words = st.sampled_from(["", "a", "b", "A", "QQ==", "pk", "S", "1", "é", "a#", "T#acme#a"])
values = st.one_of(
    words.map(lambda text: {"S": text}),
    words.map(lambda text: {"N": text}),
    words.map(lambda text: {"B": text.encode()}),
    words.map(lambda text: {"B": text}),  # nobody may send this, and it is yet another request
)
items = st.dictionaries(words, values, max_size=2)
optional_items = st.none() | items
names = st.none() | st.dictionaries(words, words, max_size=2)
texts = st.none() | words
types = st.sampled_from([None, Left, Right])
gets = st.builds(
    GetItem,
    table_name=words,
    key=items,
    projection_expression=texts,
    expression_attribute_names=names,
    read_as=types,
)
queries = st.builds(
    Query,
    table_name=words,
    key_condition_expression=words,
    expression_attribute_values=items,
    expression_attribute_names=names,
    filter_expression=texts,
    projection_expression=texts,
    index_name=texts,
    scan_index_forward=st.booleans(),
    limit=st.none() | st.integers(1, 2),
    exclusive_start_key=optional_items,
    read_as=types,
)
batches = st.builds(
    BatchGetItem,
    request_items=st.dictionaries(
        words, st.fixed_dictionaries({"Keys": st.lists(items, max_size=2)}), max_size=2
    ),
)
requests: st.SearchStrategy[Any] = gets | queries | batches


@st.composite
def neighbours(draw: st.DrawFn) -> tuple[Any, Any]:
    """Two requests of one kind that differ in one field at the most."""
    kind: st.SearchStrategy[Any] = draw(st.sampled_from([gets, queries, batches]))
    one: Any = draw(kind)
    other: Any = draw(kind)
    field = draw(st.sampled_from(one.__struct_fields__))
    return one, msgspec.structs.replace(one, **{field: getattr(other, field)})


KEYS = RequestKeys("")


def of_binary(value: Any) -> Any:
    return GetItem(table_name="tab", key={"pk": {"B": value}})


@settings(max_examples=500, deadline=None)
@example((of_binary(b"A"), of_binary("QQ==")))
@given(st.tuples(requests, requests) | neighbours())
def test_two_requests_have_one_key_only_if_they_are_the_same(pair: tuple[Any, Any]) -> None:
    one, other = pair
    assert (KEYS.of(one) == KEYS.of(other)) is (type(one) is type(other) and one == other)


@given(requests, words, words)
def test_namespaces_are_apart(request: Request[Any], one: str, other: str) -> None:
    assume(one != other)
    assert RequestKeys(one).of(request) != RequestKeys(other).of(request)


@given(gets)
def test_the_order_in_which_a_key_is_written_makes_no_difference(request: Any) -> None:
    turned = msgspec.structs.replace(request, key=dict(reversed(request.key.items())))
    assert KEYS.of(turned) == KEYS.of(request)


wire = st.recursive(
    st.text()
    | numbers
    | st.booleans()
    | st.none()
    | st.binary()
    | st.sets(st.binary(min_size=1), min_size=1)
    | st.sets(st.text(min_size=1), min_size=1),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(min_size=1), inner, max_size=3)
    ),
    max_leaves=8,
).map(to_wire)
rows = st.dictionaries(st.text(min_size=1), wire, max_size=4)


@settings(deadline=None)
@given(st.lists(rows, max_size=3), st.none() | rows)
def test_an_answer_comes_out_as_it_went_in(found: list[Item], last: Item | None) -> None:
    """All but what it consumed; and it is another object, down to the last list."""
    free = Capacity(table_name="tab")
    asked: Any = Query(
        table_name="tab", key_condition_expression="", expression_attribute_values={}
    )
    page: Page[Item] = Page(
        consumed_capacity=Capacity(table_name="tab", capacity_units=3.5),
        items=found,
        count=len(found),
        scanned_count=7,
        last_evaluated_key=last,
    )
    assert _again(asked, page) == msgspec.structs.replace(page, consumed_capacity=free)
    for item in [None, *found]:
        got: GotItem[Item] = GotItem(consumed_capacity=free, item=item)
        assert _again(GetItem(table_name="tab", key={}), got) == got
    batch = BatchGot(consumed_capacity=[], responses={"tab": found}, unprocessed_keys={})
    assert _again(BatchGetItem(request_items={}), batch) == batch


def _again(request: Any, answer: Any) -> Any:
    body = encoded(copy.deepcopy(answer))
    assert body is not None
    return decoded(request, body)
