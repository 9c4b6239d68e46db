"""Attribute values: read once into one canonical form, measured on the way.

A value keeps DynamoDB's own shape, `{"S": "x"}`, so an answer is encoded as it stands. Canonical
means: numbers by their one text, sets sorted and without duplicates, binaries as `bytes`. Two
values are then equal exactly where `==` says so. Nothing stored is ever changed in place.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from orm.codec import number_size_bytes
from orm.memory.limits import ATTRIBUTE_NAME_SIZE_BYTES_MAX, NESTING_LEVELS_MAX
from orm.memory.numbers import Number, canonical_number, number
from orm.memory.refusals import Invalid

Value = dict[str, Any]
Item = dict[str, Value]
Scalar = str | bytes | Number

TYPES = frozenset({"S", "N", "B", "SS", "NS", "BS", "M", "L", "BOOL", "NULL"})
SET_TYPES = frozenset({"SS", "NS", "BS"})
ORDERED_TYPES = frozenset({"S", "N", "B"})


def read_item(raw: object, level: int = 0) -> tuple[Item, int]:
    """Return the canonical item (or map) and its size in bytes, names included."""
    if not isinstance(raw, Mapping):
        raise Invalid(f"an item must be a map, not {type(raw).__name__}")
    item: Item = {}
    size = 0
    for name, raw_value in raw.items():
        item[name], value_size = read_value(raw_value, level)
        size += _name_size(name) + value_size
    return item, size


def read_value(raw: object, level: int = 0) -> tuple[Value, int]:
    """Return the canonical value and its size in bytes."""
    if not isinstance(raw, Mapping) or len(raw) != 1:
        raise Invalid("Supplied AttributeValue must contain exactly one of the supported datatypes")
    ((tag, body),) = raw.items()
    reader = _READERS.get(tag)
    if reader is None:
        raise Invalid(f"Supplied AttributeValue has an unknown datatype: {tag}")
    return reader(body, level)


def type_of(value: Value) -> str:
    """Return the type's tag, e.g. `S`."""
    return next(iter(value))


def order_key(value: Value) -> Scalar:
    """Return what an `S`, `N` or `B` sorts by.

    Python orders strings by code point, which is the order of their UTF-8 bytes.
    """
    ((tag, body),) = value.items()
    return number(body) if tag == "N" else body


def utf8_size(text: str) -> int:
    """Bytes of a string on the wire; a lone surrogate is refused."""
    if text.isascii():
        return len(text)
    try:
        return len(text.encode())
    except UnicodeEncodeError as error:
        raise Invalid(f"a string is not valid Unicode: {error.reason}") from None


def clone(value: Value) -> Value:
    """Copy maps and lists all the way down, so that the copy may be changed."""
    ((tag, body),) = value.items()
    if tag == "M":
        return {"M": {name: clone(inner) for name, inner in body.items()}}
    if tag == "L":
        return {"L": [clone(inner) for inner in body]}
    return value


def canonical_set(tag: str, members: list[Any]) -> Value:
    """Make a set value of members that are canonical already."""
    return {tag: sorted(set(members), key=number if tag == "NS" else None)}


def _name_size(name: object) -> int:
    if not isinstance(name, str) or not name:
        raise Invalid("Empty attribute name")
    size = utf8_size(name)
    if size > ATTRIBUTE_NAME_SIZE_BYTES_MAX:
        raise Invalid("Attribute name is too large")
    return size


def _read_string(body: object, level: int) -> tuple[Value, int]:
    if not isinstance(body, str):
        raise Invalid(f"S must be a string, not {type(body).__name__}")
    return {"S": body}, utf8_size(body)


def _read_number(body: object, level: int) -> tuple[Value, int]:
    text = canonical_number(body)
    return {"N": text}, number_size_bytes(text)


def _binary(body: object) -> bytes:
    if not isinstance(body, bytes | bytearray | memoryview):
        raise Invalid(f"B must be bytes, not {type(body).__name__}")
    return bytes(body)


def _read_binary(body: object, level: int) -> tuple[Value, int]:
    raw = _binary(body)
    return {"B": raw}, len(raw)


def _read_boolean(body: object, level: int) -> tuple[Value, int]:
    if not isinstance(body, bool):
        raise Invalid(f"BOOL must be a boolean, not {type(body).__name__}")
    return {"BOOL": body}, 1


def _read_null(body: object, level: int) -> tuple[Value, int]:
    if body is not True:
        raise Invalid("Null attribute value types must have the value of true")
    return {"NULL": True}, 1


def _read_map(body: object, level: int) -> tuple[Value, int]:
    item, size = read_item(body, _deeper(level))
    return {"M": item}, 3 + size + len(item)


def _read_list(body: object, level: int) -> tuple[Value, int]:
    if not isinstance(body, list | tuple):
        raise Invalid(f"L must be a list, not {type(body).__name__}")
    inner = [read_value(element, _deeper(level)) for element in body]
    return {"L": [value for value, _ in inner]}, 3 + sum(size for _, size in inner) + len(inner)


def _deeper(level: int) -> int:
    if level + 1 >= NESTING_LEVELS_MAX:  # the item itself is the first level
        raise Invalid(f"Nesting Levels have exceeded supported limits: {NESTING_LEVELS_MAX}")
    return level + 1


def _set_reader(
    tag: str, canonical: Callable[[object], Any], size: Callable[[Any], int]
) -> Callable[[object, int], tuple[Value, int]]:
    def read(body: object, level: int) -> tuple[Value, int]:
        if not isinstance(body, list | tuple | set | frozenset) or not body:
            raise Invalid("An string set  may not be empty")
        members = [canonical(member) for member in body]
        if len(set(members)) != len(members):
            raise Invalid("Input collection contains duplicates.")
        return canonical_set(tag, members), sum(map(size, members))

    return read


def _string(body: object) -> str:
    if not isinstance(body, str):
        raise Invalid(f"SS must hold strings, not {type(body).__name__}")
    return body


_READERS: dict[str, Callable[[Any, int], tuple[Value, int]]] = {
    "S": _read_string,
    "N": _read_number,
    "B": _read_binary,
    "BOOL": _read_boolean,
    "NULL": _read_null,
    "M": _read_map,
    "L": _read_list,
    "SS": _set_reader("SS", _string, utf8_size),
    "NS": _set_reader("NS", canonical_number, number_size_bytes),
    "BS": _set_reader("BS", _binary, len),
}
