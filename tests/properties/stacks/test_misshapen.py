"""A value of any type, anywhere in a declaration, is read or refused with the way to it."""

from __future__ import annotations

import contextlib
import copy
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from orm.definitions import DefinitionError, Source, Unresolved, define, extend
from tests.counts import count

WHOLE: dict[str, Any] = {
    "name": "Thing",
    "table": "things",
    "primaryKey": ["siteId", "at"],
    "autoIncrement": True,
    "belongsTo": [
        {"model": "Author", "foreignKey": "a", "relationName": "w", "onDelete": "cascade"}
    ],
    "hasMany": {"Notes": "Note"},
    "hasOneThrough": [{"model": "A", "through": "B", "throughForeignKey": "c"}],
    "belongsToMany": {
        "tags": {
            "model": "Tag",
            "table": "taggables",
            "pivot": {
                "columns": {"taggable_type": {"default": "x"}, "role": {"rule": "enum:a"}},
                "timestamps": True,
                "uniques": [["a", "b"]],
                "constants": {"c": 1},
            },
        },
        "others": {"model": "Other", "columns": ["a", "b"]},
    },
    "morphMany": [{"model": "Comment", "morphName": "commentable", "type": "t", "id": "i"}],
    "morphTo": ["subject"],
    "traits": {
        "useTimestamps": {"createdAt": "a", "updatedAt": "b"},
        "useTtl": {"attribute": "c", "days": 3},
        "useUuid": True,
        "useApi": {"uri": "x"},
    },
    "indexes": [{"name": "i", "columns": ["a", "b"], "unique": True, "where": {"a": 1}}],
    "patterns": [{"name": "p", "equal": ["a"], "sort": "-b", "writesPerSecond": 3}],
    "dynamodb": {"pk": "A#{b}", "sk": ["A", "b"], "other": 1},
    "casts": {"title": "json"},
    "attributes": {
        "title": {
            "validation": {"rule": [("string", ()), ("min", (2,))], "message": {"min": "short"}},
            "factory": {"faker": "a.b", "arguments": [1]},
            "order": 1,
            "choices": [1, 2],
            "default": None,
            "cast": "json",
            "type": "text",
            "comment": "c",
        },
        "tone": {"rule": ["required", "enum:a,b"], "messages": "wrong"},
    },
    "get": {"x": "a"},
    "scopes": {"y": Source("s")},
}

strangers = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=6)
    | st.sampled_from([Unresolved("f()"), Source("g"), b"x", object(), (), {1}, len]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=6) | st.integers(0, 3), inner, max_size=3)
        | st.tuples(inner, inner)
    ),
    max_leaves=5,
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The way to every value in a tree but the whole."""
    steps: Any = ()
    if isinstance(value, dict):
        steps = value.items()
    elif isinstance(value, list):
        steps = enumerate(value)
    return [found for key, one in steps for found in [(*path, key), *places(one, (*path, key))]]


PLACES = places(WHOLE)


def replaced(path: tuple[Any, ...], value: Any) -> dict[str, Any]:
    whole = copy.deepcopy(WHOLE)
    target: Any = whole
    for step in path[:-1]:
        target = target[step]
    target[path[-1]] = value
    return whole


def test_the_whole_declaration_is_read() -> None:
    """Else nothing here would say anything."""
    assert len(define(WHOLE).relations) == 7


@settings(max_examples=count(600, 6_000))
@given(st.sampled_from(PLACES), strangers)
def test_any_value_anywhere_is_read_or_refused(path: tuple[Any, ...], value: Any) -> None:
    """Never another exception; the error's path leads to the value, or to what holds it."""
    with contextlib.suppress(DefinitionError):
        define(replaced(path, value))


@given(st.dictionaries(st.sampled_from([*WHOLE, "atributes", "x"]), strangers, max_size=4))
def test_any_extension_is_joined_or_refused(extra: dict[str, Any]) -> None:
    """As above."""
    with contextlib.suppress(DefinitionError):
        extend(define(WHOLE), extra)


@given(strangers)
def test_any_value_is_a_definition_or_refused(value: Any) -> None:
    """Also what is no mapping at all."""
    with contextlib.suppress(DefinitionError):
        define(value)
