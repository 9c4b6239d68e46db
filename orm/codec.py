"""The one codec of attribute values: Python values to DynamoDB's wire shape and back.

| Python | wire | comes back as |
|---|---|---|
| `str` | `S` | `str` |
| `bool` | `BOOL` | `bool` |
| `int`, `Decimal`, `float` | `N` | `int` where whole, else `Decimal` |
| `bytes` | `B` | `bytes` |
| `None` | `NULL` | `None` |
| `list`, `tuple` | `L` | `list` |
| `dict` with `str` keys | `M` | `dict` |
| set of `str`, numbers or `bytes`, not empty | `SS`, `NS`, `BS` | `set` |
| aware `datetime`, `date`, `UUID` | `S` | `str`; sorts as the values do |
| `Enum` | as its value | its value |
| msgspec `Struct`, dataclass | `M` (`L` where array-like) | `dict`, `list` |

Reading with a type in hand (a model's field) turns the right column back into the left one:
`msgspec.convert(from_wire(wire), type)`. Whatever DynamoDB would refuse or change on the way (NaN,
a 39th digit, an empty set, a lone surrogate, a 32nd level of nesting) is refused here, with its
path.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import enum
import uuid
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any, Final, cast

import msgspec

from orm.errors import InvalidKeyError, ItemTooLargeError, UnsupportedValueError
from orm.limits import (
    ATTRIBUTE_NAME_BYTES_MAX,
    ITEM_BYTES_MAX,
    NESTING_LEVELS_MAX,
    NUMBER_DIGITS_MAX,
    NUMBER_EXPONENT_MAX,
    NUMBER_EXPONENT_MIN,
)
from orm.requests import AttributeValue, Item
from orm.sortable import sortable_datetime
from orm.utf8 import is_carried

_INT_SAFE: Final = 10**NUMBER_DIGITS_MAX
PLAIN_LEAST: Final = 1e-4
PLAIN_BOUND: Final = 1e16
_UTF8_BYTES_MAX: Final = 4  # of a character


def item_to_wire(values: Mapping[str, object], path: str = "") -> Item:
    """An item of these attributes.

    Raises:
        UnsupportedValueError: a value DynamoDB cannot hold; names the attribute.
    """
    start = f"{path}." if path else ""
    return {name: to_wire(value, f"{start}{name}") for name, value in values.items()}


def item_from_wire(item: Item) -> dict[str, Any]:
    """The attributes of an item as plain values."""
    return {name: from_wire(value) for name, value in item.items()}


def to_wire(value: object, path: str = "") -> AttributeValue:
    """`value` in wire shape; `path` says in an error where it stands.

    Raises:
        UnsupportedValueError: a value DynamoDB cannot hold.
    """
    return _encode(value, path or "value", 1)


def _encode(value: object, path: str, level: int) -> AttributeValue:
    encode = _ENCODERS.get(type(value)) or _inherited(value)
    if encode is None:
        raise UnsupportedValueError(path, value, "no attribute type fits it")
    return encode(value, path, level)


def encoder_of(kind: type) -> Encoder | None:
    """What encodes values of exactly this type: `encode(value, path, level)`; a value that is an
    attribute of an item stands at level 1."""
    return _ENCODERS.get(kind)


def alike_to_wire(value: list[Any] | dict[Any, Any], encode: Encoder, path: str) -> AttributeValue:
    """A list, or a map, whose members are all of the one type that `encode` encodes. The same as
    `to_wire`, which looks up a type and spells a path for each member.

    Raises:
        UnsupportedValueError: as `to_wire` does.
    """
    try:
        if type(value) is list:
            return {"L": [encode(member, path, 2) for member in value]}
        if type(value) is dict and are_plain_names(value):
            return {"M": {name: encode(member, path, 2) for name, member in value.items()}}
    except UnsupportedValueError:
        pass  # said again below, with the member's path
    return to_wire(value, path)


def are_plain_names(names: Iterable[Any]) -> bool:
    """Whether these are names of a map that need no closer look."""
    if not {*map(type, names)} <= {str} or "" in names:
        return False
    together = "".join(names)
    return len(together) * _UTF8_BYTES_MAX <= ATTRIBUTE_NAME_BYTES_MAX and is_carried(together)


# --- scalars ---------------------------------------------------------------------------------


def _encode_str(value: Any, path: str, _level: int) -> AttributeValue:
    if not is_carried(value):
        reason = "it holds a lone surrogate, which UTF-8 cannot carry"
        raise UnsupportedValueError(path, value, reason)
    return {"S": value if type(value) is str else str.__str__(value)}


def _encode_bool(value: Any, _path: str, _level: int) -> AttributeValue:
    return {"BOOL": value}


def _encode_none(_value: Any, _path: str, _level: int) -> AttributeValue:
    return {"NULL": True}


def _encode_bytes(value: Any, _path: str, _level: int) -> AttributeValue:
    return {"B": bytes(value)}


def _encode_int(value: Any, path: str, _level: int) -> AttributeValue:
    if -_INT_SAFE < value < _INT_SAFE:
        return {"N": int.__repr__(value)}
    return {"N": _number(Decimal(value), value, path)}


def _encode_float(value: Any, path: str, _level: int) -> AttributeValue:
    """Within these bounds `repr` has no exponent, 17 digits at the most and none far from the
    point."""
    if PLAIN_LEAST <= value < PLAIN_BOUND or -PLAIN_BOUND < value <= -PLAIN_LEAST:
        return {"N": float.__repr__(value)}
    return {"N": _number(Decimal(float.__repr__(value)), value, path)}


def _encode_decimal(value: Any, path: str, _level: int) -> AttributeValue:
    return {"N": _number(Decimal(value), value, path)}


def _number(number: Decimal, value: object, path: str) -> str:
    if not number.is_finite():
        raise UnsupportedValueError(path, value, "it is not a finite number")
    if not number:
        return "0"
    digits = "".join(map(str, number.as_tuple().digits)).strip("0")
    if len(digits) > NUMBER_DIGITS_MAX:
        raise UnsupportedValueError(path, value, f"it has over {NUMBER_DIGITS_MAX} digits")
    if not NUMBER_EXPONENT_MIN <= number.adjusted() <= NUMBER_EXPONENT_MAX:
        raise UnsupportedValueError(path, value, "its magnitude is outside 1E-130 to 9.9E+125")
    return str(number)


def _encode_datetime(value: Any, path: str, _level: int) -> AttributeValue:
    try:
        return {"S": sortable_datetime(value)}
    except InvalidKeyError as error:
        raise UnsupportedValueError(path, value, error.reason) from error


def _encode_date(value: Any, _path: str, _level: int) -> AttributeValue:
    return {"S": value.isoformat()}


def _encode_uuid(value: Any, _path: str, _level: int) -> AttributeValue:
    return {"S": str(value)}


def _encode_enum(value: Any, path: str, level: int) -> AttributeValue:
    return _encode(value.value, path, level)


# --- collections -----------------------------------------------------------------------------


def _encode_list(value: Any, path: str, level: int) -> AttributeValue:
    _check_level(value, path, level)
    return {"L": [_encode(v, f"{path}[{i}]", level + 1) for i, v in enumerate(value)]}


def _encode_dict(value: Any, path: str, level: int) -> AttributeValue:
    _check_level(value, path, level)
    return {
        "M": {_map_key(k, path): _encode(v, f"{path}.{k}", level + 1) for k, v in value.items()}
    }


def _map_key(key: object, path: str) -> str:
    if not isinstance(key, str) or not key:
        raise UnsupportedValueError(path, key, "a map's keys must be str and not empty")
    _encode_str(key, f"a key of {path}", 0)
    if len(key) > ATTRIBUTE_NAME_BYTES_MAX // 4 and len(key.encode()) > ATTRIBUTE_NAME_BYTES_MAX:
        reason = f"it is longer than the {ATTRIBUTE_NAME_BYTES_MAX:,} bytes of an attribute's name"
        raise UnsupportedValueError(f"a key of {path}", key, reason)
    return str.__str__(key)


def _check_level(value: object, path: str, level: int) -> None:
    if level >= NESTING_LEVELS_MAX:  # the item itself is the first level, as the engine counts
        reason = f"it is nested deeper than {NESTING_LEVELS_MAX} levels"
        raise UnsupportedValueError(path, value, reason)


def _encode_set(value: Any, path: str, level: int) -> AttributeValue:
    if not value:
        raise UnsupportedValueError(
            path, value, "a set must not be empty; leave it out or use list"
        )
    members = [_encode(member, f"{path}{{}}", level + 1) for member in value]
    kinds = {kind for member in members for kind in member}
    if len(kinds) != 1 or (kind := kinds.pop()) not in ("S", "N", "B"):
        raise UnsupportedValueError(path, value, "a set holds only str, only numbers or only bytes")
    plain = sorted(cast("Any", member)[kind] for member in members)
    if len(set(plain)) != len(plain):
        raise UnsupportedValueError(path, value, "two of its members are stored alike")
    return cast("AttributeValue", {f"{kind}S": plain})


def _encode_struct(value: Any, path: str, level: int) -> AttributeValue:
    config = value.__struct_config__
    pairs = list(zip(value.__struct_encode_fields__, value.__struct_fields__, strict=True))
    values = {name: getattr(value, field) for name, field in pairs}
    if config.tag_field is not None:
        values = {config.tag_field: config.tag} | values
    if config.array_like:
        return _encode_list(list(values.values()), path, level)
    present = {name: v for name, v in values.items() if v is not msgspec.UNSET}
    return _encode_dict(present, path, level)


def _encode_dataclass(value: Any, path: str, level: int) -> AttributeValue:
    fields = {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    return _encode_dict(fields, path, level)


Encoder = Callable[[Any, str, int], AttributeValue]

_ENCODERS: Final[dict[type, Encoder]] = {
    str: _encode_str,
    int: _encode_int,
    bool: _encode_bool,
    float: _encode_float,
    Decimal: _encode_decimal,
    bytes: _encode_bytes,
    type(None): _encode_none,
    list: _encode_list,
    tuple: _encode_list,
    dict: _encode_dict,
    set: _encode_set,
    frozenset: _encode_set,
    dt.datetime: _encode_datetime,
    dt.date: _encode_date,
    uuid.UUID: _encode_uuid,
}

# Enums first: an IntEnum is an int too. A datetime is a date too, so it stands before date.
_BASES: Final[list[tuple[type, Encoder]]] = [
    (enum.Enum, _encode_enum),
    (bytearray, _encode_bytes),
    (memoryview, _encode_bytes),
    (msgspec.Struct, _encode_struct),
    (dt.datetime, _encode_datetime),
    *((kind, encode) for kind, encode in _ENCODERS.items() if kind is not bool),
    (Mapping, _encode_dict),
]


def _inherited(value: object) -> Encoder | None:
    for kind, encode in _BASES:
        if isinstance(value, kind):
            return encode
    return _encode_dataclass if dataclasses.is_dataclass(value) else None


# --- reading ---------------------------------------------------------------------------------


def from_wire(wire: AttributeValue) -> Any:
    """The plain value of an attribute value."""
    for kind, body in wire.items():
        return _DECODERS[kind](body)
    raise UnsupportedValueError("value", wire, "an attribute value without a type")


def _as_it_is(body: Any) -> Any:
    return body


def number_from_wire(text: str) -> int | Decimal:
    """The number of an `N`: an int where it is whole."""
    try:
        return int(text)
    except ValueError:
        number = Decimal(text)
        return int(number) if number == number.to_integral_value() else number


_DECODERS: Final[dict[str, Callable[[Any], Any]]] = {
    "S": _as_it_is,
    "N": number_from_wire,
    "B": _as_it_is,
    "BOOL": _as_it_is,
    "NULL": lambda _body: None,
    "L": lambda body: [from_wire(value) for value in body],
    "M": lambda body: {name: from_wire(value) for name, value in body.items()},
    "SS": set,
    "NS": lambda body: {number_from_wire(text) for text in body},
    "BS": set,
}


# --- sizes -----------------------------------------------------------------------------------


def item_size_bytes(item: Item) -> int:
    """The size of an item as DynamoDB counts it for its limit and its bill.

    Source: "DynamoDB item sizes and formats" in the developer guide. Numbers are documented as
    approximate, so a size within a few bytes of the limit may still be judged otherwise.
    """
    return sum(len(name.encode()) + value_size_bytes(value) for name, value in item.items())


def value_size_bytes(wire: AttributeValue) -> int:
    """The size of one value, without its attribute's name."""
    for kind, body in wire.items():
        return _SIZES[kind](body)
    return 0


def number_size_bytes(text: str) -> int:
    """Bytes that a number takes.

    One, one for a minus, and one for every pair of digits, counted from the decimal point, but for
    pairs of zeros at either end. (AWS documents "approximately one byte for two significant
    digits"; this is what DynamoDB Local counts.)
    """
    plain = format(Decimal(text), "f") if "E" in text else text
    whole, _, fraction = plain.removeprefix("-").partition(".")
    digits = whole.zfill(len(whole) + len(whole) % 2) + fraction + "0" * (len(fraction) % 2)
    leading = len(digits) - len(digits.lstrip("0"))
    if leading == len(digits):
        return 1
    trailing = len(digits) - len(digits.rstrip("0"))
    return len(digits) // 2 - leading // 2 - trailing // 2 + 1 + plain.startswith("-")


def _utf8_size(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode())


def _sum(sizes: Iterable[int]) -> int:
    """Three bytes for the collection and one for each member beside its own."""
    return 3 + sum(size + 1 for size in sizes)


_SIZES: Final[dict[str, Callable[[Any], int]]] = {
    "S": _utf8_size,
    "N": number_size_bytes,
    "B": len,
    "BOOL": lambda _body: 1,
    "NULL": lambda _body: 1,
    "L": lambda body: _sum(value_size_bytes(value) for value in body),
    "M": lambda body: _sum(_utf8_size(k) + value_size_bytes(v) for k, v in body.items()),
    "SS": lambda body: sum(map(_utf8_size, body)),
    "NS": lambda body: sum(map(number_size_bytes, body)),
    "BS": lambda body: sum(map(len, body)),
}


def check_item_size(item: Item, what: str) -> None:
    """Refuse an item that DynamoDB would refuse for its size.

    Its JSON is never shorter than what is counted, so an item whose JSON is small enough need not
    be measured value by value.

    Raises:
        ItemTooLargeError: over 400 KB; names the attribute that takes most.
    """
    if len(_JSON.encode(item)) <= ITEM_BYTES_MAX:
        return
    size = item_size_bytes(item)
    if size > ITEM_BYTES_MAX:
        sizes = {name: len(name.encode()) + value_size_bytes(v) for name, v in item.items()}
        fattest = max(sizes, key=sizes.__getitem__)
        raise ItemTooLargeError(
            what, size, ITEM_BYTES_MAX, f"{fattest!r} with {sizes[fattest]:,} bytes"
        )


_JSON: Final = msgspec.json.Encoder()
