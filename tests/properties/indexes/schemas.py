"""Random schemas and random rows of them."""

from __future__ import annotations

import datetime as dt
from typing import Any

from hypothesis import strategies as st
from msgspec.structs import replace

from orm.definitions import (
    AttributeDefinition,
    EntityDefinition,
    IndexDefinition,
    Kind,
    PatternDefinition,
    RelationDefinition,
    RelationKind,
    RuleCall,
    Traits,
)

ENTITIES = ("Ant", "Bee", "Cat")
KINDS: dict[str, Kind] = {"a": "string", "b": "integer", "c": "boolean"}
SCALARS = tuple(KINDS)
RELATIONS: tuple[RelationKind, ...] = ("has_many", "belongs_to_many", "morph_many")
LETTERS = ("x", "x y", "#", "z")
EPOCH = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)

names = st.sampled_from(SCALARS)


def fk(entity: str) -> str:
    return f"{entity.lower()}_id"


@st.composite
def attributes(draw: st.DrawFn, keys: tuple[str, ...]) -> tuple[AttributeDefinition, ...]:
    found = []
    for name, kind in KINDS.items():
        found.append(
            AttributeDefinition(name=name, declared=name, kind=kind, required=draw(st.booleans()))
        )
    for key in keys:
        fixed = (RuleCall("immutable"),) if draw(st.booleans()) else ()
        required = draw(st.booleans())
        found.append(AttributeDefinition(name=key, declared=key, required=required, rules=fixed))
    return tuple(found)


@st.composite
def patterns(
    draw: st.DrawFn, entity: str, fields: tuple[str, ...], bin_: str | None
) -> tuple[PatternDefinition, ...]:
    found = []
    for number in range(draw(st.integers(0, 4))):
        equal = draw(st.lists(st.sampled_from(fields), max_size=3, unique=True))
        rest = [name for name in (*fields, "id") if name not in equal]
        sort = draw(st.sampled_from(("", *rest)))
        backwards = bool(sort) and draw(st.booleans())
        guarded = draw(st.sampled_from((None, "a", "b", *([bin_] if bin_ else []))))
        values: dict[str, tuple[object, ...]]
        values = {"a": ("x", None), "b": (1, None), "deleted_at": (True, False)}
        if guarded in (*equal, sort):  # no row is found by a value that it lacks
            values = {"a": ("x",), "b": (1,), "deleted_at": (True,)}
        where = {guarded: draw(st.sampled_from(values[guarded]))} if guarded else {}
        found.append(
            PatternDefinition(
                name=f"{entity} {number}",
                equal=tuple(equal),
                sort=f"-{sort}" if backwards else sort,
                where=where,
                writes_per_second=draw(st.sampled_from((0, 0, 0, 900, 3_000))),
                project=draw(st.sampled_from(((), (), ("a",), ("b", "c")))),
            )
        )
    return tuple(found)


@st.composite
def indexes(draw: st.DrawFn, fields: tuple[str, ...]) -> tuple[IndexDefinition, ...]:
    found = []
    for number in range(draw(st.integers(0, 2))):
        columns = draw(st.lists(st.sampled_from(fields), min_size=1, max_size=3, unique=True))
        unique = draw(st.integers(0, 4)) == 0
        found.append(IndexDefinition(name=f"ix{number}", columns=tuple(columns), unique=unique))
    return tuple(found)


@st.composite
def relations(draw: st.DrawFn, others: tuple[str, ...]) -> tuple[RelationDefinition, ...]:
    found = []
    for other in others:
        kind = draw(st.sampled_from((None, *RELATIONS)))
        if kind is None:
            continue
        order = draw(st.sampled_from(("", "", "a", "-b"))) if kind != "belongs_to_many" else ""
        found.append(
            RelationDefinition(
                kind=kind,
                name=f"{kind}_{other.lower()}",
                model=other,
                order_by=order,
                morph_name="owner" if kind == "morph_many" else "",
            )
        )
    return tuple(found)


@st.composite
def entities(draw: st.DrawFn, name: str, others: tuple[str, ...]) -> EntityDefinition:
    keys = tuple(fk(other) for other in others)
    bin_ = draw(st.sampled_from((None, "deleted_at")))
    timed = draw(st.booleans())
    fields = (*SCALARS, *keys, *(["created_at"] if timed else []), *([bin_] if bin_ else []))
    composite = bool(keys) and draw(st.integers(0, 3)) == 0
    return EntityDefinition(
        name=name,
        primary_key=(keys[0], "id") if composite else ("id",),
        attributes=draw(attributes(keys)),
        relations=draw(relations(others)),
        indexes=draw(indexes(fields)),
        patterns=draw(patterns(name, fields, bin_)),
        traits=Traits(
            timestamps=("created_at", "updated_at") if timed else None, soft_deletes=bin_
        ),
    )


@st.composite
def schemas(draw: st.DrawFn) -> list[EntityDefinition]:
    chosen = ENTITIES[: draw(st.integers(1, 3))]
    return [
        draw(entities(name, tuple(other for other in chosen if other != name))) for name in chosen
    ]


@st.composite
def families(draw: st.DrawFn) -> list[EntityDefinition]:
    """Schemas in which every Ant owns its Bees, and some questions about them are strong."""
    ant, bee = draw(entities("Ant", ("Bee",))), draw(entities("Bee", ("Ant",)))
    owned = RelationDefinition(
        kind="has_many",
        name="bees",
        model="Bee",
        owned=True,
        order_by=draw(st.sampled_from(("", "a", "-b"))),
    )
    fixed = AttributeDefinition(
        name="ant_id", declared="ant_id", required=True, rules=(RuleCall("immutable"),)
    )
    others = tuple(found for found in bee.attributes if found.name != "ant_id")
    return [
        replace(ant, primary_key=("id",), relations=(owned,)),
        replace(
            bee,
            attributes=(*others, fixed),
            patterns=(*_calm(bee.patterns), *draw(strong_patterns())),
        ),
    ]


def _calm(declared: tuple[PatternDefinition, ...]) -> tuple[PatternDefinition, ...]:
    """Without rates, which no item collection could be spread for."""
    return tuple(replace(found, writes_per_second=0.0) for found in declared)


@st.composite
def strong_patterns(draw: st.DrawFn) -> tuple[PatternDefinition, ...]:
    found = []
    for number in range(draw(st.integers(0, 2))):
        equal = ("ant_id", *draw(st.lists(names, max_size=1)))
        sort = draw(st.sampled_from(("", *(n for n in (*SCALARS, "id") if n not in equal))))
        found.append(
            PatternDefinition(name=f"strong {number}", equal=equal, sort=sort, strong=True)
        )
    return tuple(found)


# --- rows ---

IDS = ("1", "10", "2")


def value(name: str) -> st.SearchStrategy[Any]:
    if name in ("created_at", "updated_at", "deleted_at"):
        return st.integers(0, 3).map(lambda day: EPOCH + dt.timedelta(days=day))
    if name == "a":
        return st.sampled_from(LETTERS)
    if name == "b":
        return st.integers(-2, 2)
    if name == "c":
        return st.booleans()
    if name.endswith("_type"):
        return st.sampled_from(ENTITIES)
    return st.sampled_from(IDS)


@st.composite
def rows(
    draw: st.DrawFn, names: tuple[str, ...], identity: tuple[str, ...], present: frozenset[str]
) -> list[dict[str, Any]]:
    """Rows that differ in their identity; what may be missing sometimes is."""
    found: dict[tuple[Any, ...], dict[str, Any]] = {}
    for number in range(draw(st.integers(0, 7))):
        row = {
            name: draw(value(name) if name in present else st.none() | value(name))
            for name in names
        }
        if "id" in identity:
            row["id"] = str(number)
        found.setdefault(tuple(row[name] for name in identity), row)
    return list(found.values())
