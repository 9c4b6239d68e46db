"""Indexes and access patterns as they are declared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from orm.definitions.entity import IndexDefinition, PatternDefinition, Unresolved
from orm.definitions.names import snake_case
from orm.definitions.section import Section, describe, plain, settled

SQL_REASON: Final = "a condition in SQL, which is not read; write where: {status: 'open'}"


def read_entries(section: Section, *names: str) -> list[Section]:
    """The mappings of a list, or of a mapping by name."""
    spelled = next((section.spelling[n] for n in names if n in section.spelling), names[0])
    value = plain(section.take(*names, default=None))
    if value is None:
        return []
    path = (*section.path, spelled)
    if isinstance(value, Mapping):
        inner = Section(value, section.model, path)
        return [_named(inner, name, one) for name, one in inner.items()]
    if not isinstance(value, list | tuple):
        raise section.refuse(f"is {describe(value)}, not a list", "", spelled)
    return [
        Section(one, section.model, (*path, place))
        for place, one in enumerate(value)
        if plain(one) is not None
    ]


def _named(parent: Section, name: str, value: Any) -> Section:
    value = {} if plain(value) is None else value
    value = {"columns": value} if isinstance(value, str | list | tuple) else value
    content = {"name": name, **value} if isinstance(value, Mapping) else value
    return Section(content, parent.model, (*parent.path, name))


def read_index(section: Section, table: str) -> tuple[IndexDefinition, list[Unresolved]]:
    """One index, and its condition where that is SQL, which nothing here reads."""
    unread = section.is_unread("columns", "fields")
    columns = tuple(snake_case(one) for one in section.texts("columns", "fields"))
    if not columns and not unread:
        raise section.refuse("has no columns", "write columns: ['team_id', 'tone']")
    name = section.text("name", default="_".join((table, *columns)))
    unique = bool(section.flag("unique"))
    where, unresolved = _where(section)
    _refuse_rest(section, "columns fields name unique where")
    index = IndexDefinition(name=name, columns=columns, unique=unique, where=where)
    return index, unresolved


def _where(section: Section) -> tuple[dict[str, Any], list[Unresolved]]:
    value = plain(section.take("where", default=None))
    if isinstance(value, str):
        return {}, [Unresolved(value, reason=SQL_REASON)]
    inner = Section({} if value is None else value, section.model, (*section.path, "where"))
    return {snake_case(name): settled(one) for name, one in inner.items()}, []


def read_pattern(section: Section) -> PatternDefinition:
    """One access pattern."""
    equal = tuple(snake_case(one) for one in section.texts("equal", "where_equal", "columns"))
    sort = section.text("sort")
    sort = "-" + snake_case(sort[1:]) if sort.startswith("-") else snake_case(sort)
    where, name = _pattern_where(section), section.text("name")
    if not (name or equal or sort or where):
        raise section.refuse("asks nothing", "write equal: ['team_id'], or a name for all rows")
    found = PatternDefinition(
        name=name or _pattern_name(equal, sort, where),
        equal=equal,
        sort=sort,
        strong=bool(section.flag("strong")),
        where=where,
        writes_per_second=_rate(section, "writes_per_second"),
        reads_per_second=_rate(section, "reads_per_second"),
        project=tuple(snake_case(one) for one in section.texts("project")),
        with_parent=section.text("with_parent"),
        native=bool(section.flag("native")),
    )
    _refuse_rest(section, " ".join(PatternDefinition.__struct_fields__))
    return found


def _pattern_name(equal: Sequence[str], sort: str, where: Mapping[str, Any]) -> str:
    """`by_team_id`, `by_team_id_sort_rank`: all that is asked, so that two are one name only where
    they are one question."""
    parts = ["by", *equal] if equal else ["all"]
    parts += ["sort", sort.removeprefix("-")] if sort else []
    parts += ["desc"] if sort.startswith("-") else []
    parts += [word for name, value in where.items() for word in ("where", name, str(value))]
    return "_".join(parts)


def _pattern_where(section: Section) -> dict[str, Any]:
    """What a pattern's rows are like. SQL is refused: without it other rows would be answered."""
    where, unread = _where(section)
    if unread:
        hint = "write where: {status: 'open'}"
        raise section.refuse(f"is {unread[0].text!r}, SQL that is not read", hint, "where")
    return where


def _rate(section: Section, name: str) -> float:
    value = plain(section.take(name, default=None))
    if value is None:
        return 0.0
    if isinstance(value, int | float) and not isinstance(value, bool) and value >= 0:
        return float(value)
    raise section.refuse(f"is {describe(value)}, not a rate", "", section.spelling[name])


def _refuse_rest(section: Section, known: str) -> None:
    for name in section.rest(known.split(), 0.7):
        if not name.startswith("..."):
            hint = f"there are {', '.join(known.split())}"
            raise section.refuse("is no name that stands here", hint, section.spelling[name])
