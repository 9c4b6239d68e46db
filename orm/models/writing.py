"""Writing rows: a model's values as the attributes of an item, by a function made for the model.

Most values are plain text, whole numbers or booleans, for which asking their field and then the
codec costs more than the value. So these are written where they stand, as the codec would, lists
and maps of them too, and everything else is given to its field:

    value = values["name"]
    if type(value) is str and (value.isascii() or is_carried(value)): item["name"] = {"S": value}
    elif value is not UNSET: item["name"] = to_wire_0(value)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import isnan
from typing import Any, Final

import msgspec

from orm.codec import PLAIN_BOUND, PLAIN_LEAST, are_plain_names
from orm.models.fields import Field
from orm.requests import Item
from orm.utf8 import is_carried

Writer = Callable[[Mapping[str, Any], Item], None]

_INT_BOUND: Final = 10**18
_PLAIN: Final[dict[Any, tuple[str, str]]] = {
    str: ("type(value) is str and (value.isascii() or is_carried(value))", '{"S": value}'),
    int: (f"type(value) is int and {-_INT_BOUND} < value < {_INT_BOUND}", '{"N": repr(value)}'),
    float: (
        f"type(value) is float and ({PLAIN_LEAST} <= value < {PLAIN_BOUND}"
        f" or {-PLAIN_BOUND} < value <= {-PLAIN_LEAST})",
        '{"N": repr(value)}',
    ),
    bool: ("value is True or value is False", '{"BOOL": value}'),
}
"""Type → when a value is plain, and its attribute value."""

_MEMBERS: Final[dict[Any, tuple[str, str]]] = {
    str: ('is_carried("".join(members))', '{"S": one}'),
    int: (
        f"{-_INT_BOUND} < min(members, default=0) <= max(members, default=0) < {_INT_BOUND}",
        '{"N": repr(one)}',
    ),
    float: (
        # not a number is neither more nor less than others
        f"not any(map(isnan, members)) and {PLAIN_LEAST} <= min(map(abs, members), default=1)"
        f" and max(map(abs, members), default=1) < {PLAIN_BOUND}",
        '{"N": repr(one)}',
    ),
}
"""Type → when `members` of it are all plain, and the attribute value of `one`."""

_COLLECTIONS: Final[dict[Any, tuple[str, str, str]]] = {
    list: ("", "value", '{{"L": [{} for one in value]}}'),
    dict: (
        " and are_plain_names(value)",
        "value.values()",
        '{{"M": {{n: {} for n, one in value.items()}}}}',
    ),
}
"""Type → when a value is plain but for its members, these, and its attribute value."""


def writer_of(fields: Mapping[str, Field]) -> Writer:
    """`write(values, item)`: puts what `values` says of these fields into `item`; UNSET is absent.

    The function raises what `Field.to_wire` raises. Its source holds names as literals alone.
    """
    scope: dict[str, Any] = {"UNSET": msgspec.UNSET, "isnan": isnan}
    scope |= {"is_carried": is_carried, "are_plain_names": are_plain_names}
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
    plain = _PLAIN.get(field.faithful) or _plain_collection(field)
    if plain is None:
        return [*lines, other]
    test, wire = plain
    return [*lines, f"if {test}: {attribute} = {wire}", f"el{other}"]


def _plain_collection(field: Field) -> tuple[str, str] | None:
    """When a list or map is plain, and its attribute value."""
    if field.members is None or field.members[1] not in _MEMBERS:
        return None
    kind, member = field.members
    more, members, wire = _COLLECTIONS[kind]
    test, one = _MEMBERS[member]
    alike = f"{{*map(type, members := {members})}} <= {{{member.__name__}}}"
    return f"type(value) is {kind.__name__}{more} and {alike} and {test}", wire.format(one)
