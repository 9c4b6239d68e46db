"""Writing rows: a model's values as the attributes of an item, by a function made for the model.

Most values are plain text, whole numbers or booleans, for which asking their field and then the
codec costs more than the value. So these are written where they stand, as the codec would, and
everything else is given to its field:

    value = values["name"]
    if type(value) is str and value.isascii(): item["name"] = {"S": value}
    elif value is not UNSET: item["name"] = to_wire_0(value)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec

from orm.models.fields import Field
from orm.requests import Item

Writer = Callable[[Mapping[str, Any], Item], None]

_INT_PLAIN: Final = 10**18
_PLAIN: Final[dict[Any, tuple[str, str]]] = {
    str: ("type(value) is str and value.isascii()", '{"S": value}'),
    int: (f"type(value) is int and {-_INT_PLAIN} < value < {_INT_PLAIN}", '{"N": repr(value)}'),
    bool: ("value is True or value is False", '{"BOOL": value}'),
}
"""Type → when a value is plain, and its attribute value."""


def writer_of(fields: Mapping[str, Field]) -> Writer:
    """`write(values, item)`: puts what `values` says of these fields into `item`; UNSET is absent.

    The function raises what `Field.to_wire` raises. Its source holds names as literals alone.
    """
    scope: dict[str, Any] = {"UNSET": msgspec.UNSET}
    lines = ["def write(values, item):"]
    for at, (name, field) in enumerate(fields.items()):
        scope[f"to_wire_{at}"] = field.to_wire
        lines += [f"    {line}" for line in _lines(at, name, field)]
    exec("\n".join([*lines, "    return None\n"]), scope)
    made: Writer = scope["write"]
    return made


def _lines(at: int, name: str, field: Field) -> list[str]:
    attribute = f"item[{field.attribute!r}]"
    other = f"if value is not UNSET: {attribute} = to_wire_{at}(value)"
    lines = [f"value = values[{name!r}]"]
    if field.faithful not in _PLAIN:
        return [*lines, other]
    test, wire = _PLAIN[field.faithful]
    return [*lines, f"if {test}: {attribute} = {wire}", f"el{other}"]
