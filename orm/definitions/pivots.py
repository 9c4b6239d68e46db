"""Pivots: the edges of many-to-many relations."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from orm.definitions.attributes import read_attribute
from orm.definitions.entity import AttributeDefinition, PivotDefinition
from orm.definitions.names import pascal_case, singular, snake_case
from orm.definitions.section import Section, describe, plain, settled


def edge_name(table: str, fallback: Iterable[str]) -> str:
    """The name of an edge: its table's singular, else the names of both sides in order."""
    if table:
        return pascal_case(singular(snake_case(table)))
    return pascal_case("_".join(sorted(snake_case(name) for name in fallback)))


def read_pivot(section: Section, entity: str, type_column: str = "") -> PivotDefinition:
    """The edge that a relation's `pivot` says.

    Raises:
        DefinitionError: a part of it is of the wrong form.
    """
    named = section.text("entity", "model", default=entity)
    columns, constants = _columns(section, type_column)
    timestamps = bool(section.flag("timestamps"))
    uniques = _uniques(section)
    known = ["columns", "constants", "entity", "model", "timestamps", "unique", "uniques"]
    for name in section.rest(known):
        if not name.startswith("..."):
            hint = "there are columns, constants, timestamps and uniques"
            raise section.refuse("is no name that stands here", hint, section.spelling[name])
    return PivotDefinition(
        entity=named,
        columns=columns,
        constants=constants,
        timestamps=timestamps,
        uniques=uniques,
    )


def _columns(
    section: Section, type_column: str
) -> tuple[tuple[AttributeDefinition, ...], dict[str, Any]]:
    value = plain(section.take("columns", default=None)) or {}
    if isinstance(value, list | tuple):
        value = {name: {} for name in _names(section, value)}
    inner = Section(value, section.model, (*section.path, "columns"))
    constants = {snake_case(k): settled(v) for k, v in section.section("constants").items()}
    attributes = []
    for spelled, content in inner.items():
        if _is_constant(spelled, content, type_column):
            constants[snake_case(spelled)] = settled(content["default"])
        else:
            attributes.append(read_attribute(spelled, content, inner).definition)
    return tuple(attributes), constants


def _names(section: Section, value: Iterable[Any]) -> list[str]:
    names = [name for name in value if plain(name) is not None]
    if wrong := [name for name in names if not isinstance(name, str)]:
        raise section.refuse(f"holds {describe(wrong[0])}, not only names", "", "columns")
    return names


def _is_constant(spelled: str, content: Any, type_column: str) -> bool:
    """A type column of which only a default is said has it in every edge of the relation."""
    name = snake_case(spelled)
    typed = name.endswith("_type") or name == type_column
    return typed and isinstance(content, Mapping) and list(content) == ["default"]


def _uniques(section: Section) -> tuple[tuple[str, ...], ...]:
    value = plain(section.take("uniques", "unique", default=msgspec.UNSET))
    if value is None or value is False:
        return ()
    if isinstance(value, str):
        return ((snake_case(value),),)
    if isinstance(value, list | tuple):
        if all(isinstance(one, str) for one in value):
            value = [value] if value else []
        if all(isinstance(one, list | tuple) for one in value):
            return tuple(_set(one) for one in value)
    reason = f"is {describe(value)}, not sets of columns"
    raise section.refuse(reason, "write [['post_id', 'tag_id']]", "uniques")


def _set(columns: Iterable[Any]) -> tuple[str, ...]:
    return tuple(snake_case(one) for one in columns if isinstance(one, str))
