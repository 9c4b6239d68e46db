"""Spellings: a declaration in camelCase, in snake_case and as a model file is one definition."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from orm.definitions import EntityDefinition, define
from orm.definitions.section import camel_case

words = st.sampled_from(["title", "pen", "reader", "copy", "branch", "due", "loan", "shelf"])
names = st.lists(words, min_size=1, max_size=3, unique=True).map("_".join)
models = st.sampled_from(["Book", "BookCopy", "ReadingList", "Member"])
rules = st.lists(
    st.sampled_from(["string", "required", "min:3", "max:9", "alpha_num", "in:a,b"]), unique=True
)
attributes = st.fixed_dictionaries(
    {},
    optional={
        "fillable": st.booleans(),
        "unique": st.booleans(),
        "required": st.booleans(),
        "nullable": st.booleans(),
        "foreign_key": st.booleans(),
        "default": st.none() | st.integers() | st.text(max_size=5),
        "validation": rules.map(lambda found: {"rule": "|".join(found)}),
        "order": st.integers(0, 9),
    },
)
relations = st.fixed_dictionaries(
    {"model": models, "foreign_key": names, "relation_name": names},
    optional={"on_delete": st.sampled_from(["cascade", "set null"]), "order_by": names},
)
declarations = st.fixed_dictionaries(
    {"name": models},
    optional={
        "table": names,
        "primary_key": names | st.lists(names, min_size=1, max_size=3, unique=True),
        "auto_increment": st.booleans(),
        "belongs_to": st.lists(models, unique=True, max_size=3),
        "has_many": st.lists(relations, max_size=3, unique_by=lambda one: one["relation_name"]),
        "has_many_through": st.just([{"model": "Loan", "through": "BookCopy"}]),
        "traits": st.fixed_dictionaries(
            {},
            optional={
                "use_timestamps": st.booleans() | names.map(lambda name: {"created_at": name}),
                "soft_deletable": st.booleans(),
                "use_uuid": st.booleans(),
                "taggable": st.just({"count": 1}),
            },
        ),
        "indexes": st.lists(st.fixed_dictionaries({"columns": st.lists(names, min_size=1)})),
        "attributes": st.dictionaries(names, attributes, max_size=5),
        "authed_fill": st.just(["a"]),
    },
)
NAMED = frozenset({"primary_key", "foreign_key", "order_by", "columns", "created_at"})


def in_camel_case(value: Any, key: str = "") -> Any:
    """The declaration with every name of it in camelCase, those of attributes too."""
    if isinstance(value, dict):
        return {camel_case(name): in_camel_case(one, name) for name, one in value.items()}
    if isinstance(value, list):
        return [in_camel_case(one, key) for one in value]
    return camel_case(value) if key in NAMED and isinstance(value, str) else value


def unspelled(found: EntityDefinition) -> EntityDefinition:
    """Without the spelling of the source, which is kept for messages."""
    bare = [msgspec.structs.replace(one, declared=one.name) for one in found.attributes]
    return msgspec.structs.replace(found, attributes=tuple(bare))


def compatible(declared: dict[str, Any]) -> bool:
    """Whether no two relations have one name."""
    taken = {one["relation_name"] for one in declared.get("has_many", ())}
    return not taken & {"book", "book_copy", "reading_list", "member", "loans"}


valid = declarations.filter(compatible)


@given(valid)
def test_camel_case_and_snake_case_are_one_definition(declared: dict[str, Any]) -> None:
    """Only `declared` differs, which keeps the spelling."""
    assert unspelled(define(in_camel_case(declared))) == unspelled(define(declared))


@given(valid)
def test_model_file_is_the_definition_of_its_dict(declared: dict[str, Any]) -> None:
    """`register_model({...})` and the same text in a file."""
    pytest.importorskip("tree_sitter", reason="needs the extra stacks")
    from orm.stacks import StacksModelParser

    spelled = in_camel_case(declared)
    text = f"export default defineModel({json.dumps(spelled)} as const)"
    found = StacksModelParser().parse_text(text, "Model.ts").definitions[0]
    assert msgspec.structs.replace(found, source="") == define(spelled)
