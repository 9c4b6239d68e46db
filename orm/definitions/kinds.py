"""Kinds: what an attribute holds, told from its rules, its cast or its type, in this order.

A rule such as `email` implies a string and is believed only where nothing says more.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from orm.definitions.entity import Kind, RuleCall
from orm.definitions.names import snake_case

KINDS: Final[dict[str, Kind]] = {
    "any": "any",
    "array": "array",
    "bigint": "integer",
    "big_integer": "integer",
    "binary": "binary",
    "blob": "binary",
    "bool": "boolean",
    "boolean": "boolean",
    "buffer": "binary",
    "bytes": "binary",
    "char": "string",
    "collection": "array",
    "date": "date",
    "date_time": "datetime",
    "datetime": "datetime",
    "decimal": "number",
    "double": "float",
    "encrypted": "string",
    "enum": "enum",
    "float": "float",
    "float4": "float",
    "float8": "float",
    "hashed": "string",
    "int": "integer",
    "int2": "integer",
    "int4": "integer",
    "int8": "integer",
    "integer": "integer",
    "json": "json",
    "list": "array",
    "mediumint": "integer",
    "number": "number",
    "numeric": "number",
    "object": "json",
    "password": "string",
    "real": "float",
    "smallint": "integer",
    "str": "string",
    "string": "string",
    "text": "string",
    "timestamp": "timestamp",
    "timestamp_tz": "datetime",
    "timestamptz": "datetime",
    "tinyint": "integer",
    "unix": "timestamp",
    "varchar": "string",
}

_WIDER: Final = frozenset({"float", "number"})

_IMPLIED: Final = frozenset(
    [
        "alpha",
        "alpha_num",
        "contains",
        "email",
        "ends_with",
        "ip",
        "regex",
        "slug",
        "starts_with",
        "ulid",
        "url",
        "uuid",
    ]
)


def kind_of(rules: Iterable[RuleCall], cast: str | None, declared_type: str | None) -> Kind:
    """What an attribute with these holds; `any` where none of them says."""
    names = [rule.name for rule in rules]
    if kinds := [KINDS[name] for name in names if name in KINDS]:
        # `number().integer()`: the narrower, or what is written would not be what is read
        return "integer" if kinds[0] in _WIDER and "integer" in kinds else kinds[0]
    for said in (cast, declared_type):
        if said and (kind := _named(said)):
            return kind
    return "string" if _IMPLIED.intersection(names) else "any"


def _named(said: str) -> Kind | None:
    """`decimal:2` and `varchar(255)` are known by what stands before."""
    return KINDS.get(snake_case(said.partition(":")[0].partition("(")[0]))
