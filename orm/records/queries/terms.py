"""Terms: the names and values that a question is made of, held against the model that it is about.

An attribute of another model, a name that is none, and a value of a type that the attribute never
has are refused where they are said. DynamoDB would find no row for them and say nothing.
"""

from __future__ import annotations

import enum
import reprlib
import sys
import types
from collections.abc import Iterable
from decimal import Decimal
from functools import lru_cache
from typing import (
    TYPE_CHECKING,
    Annotated,
    Any,
    Final,
    Literal,
    NewType,
    Union,
    cast,
    get_args,
    get_origin,
)

import msgspec

from orm.codec import to_wire
from orm.definitions.names import nearest
from orm.errors import ConfigurationError, UnsupportedValueError
from orm.expressions import Condition
from orm.records.attr import Attr
from orm.records.queries.clauses import OPERATORS, Clause, condition

if TYPE_CHECKING:
    from orm.records.repository import Repository

Named = str | Attr[Any]
_NONE_IS_A_VALUE: Final = frozenset({"=", "!=", "in", "not_in", "contains"})
_ORDERED: Final = frozenset(("S", "N", "B"))
_AS_THEY_ARE: Final = (bytes, bytearray)
"""Text is no bytes: msgspec would read it as base64."""


class Terms:
    """What may be said of the rows of one model."""

    def __init__(self, repository: Repository[Any]) -> None:
        self._model, self._hidden = repository.model, repository.hidden
        self._entity = repository.definition.name
        self._types = _types_of(cast("Any", repository.model))
        self._fields = repository.layout.fields

    def name(self, said: Named) -> str:
        """The attribute that is said by its name or as one of a class.

        Raises:
            ConfigurationError: the model has none of this name, or it is another model's.
        """
        if isinstance(said, Attr):
            self._check_model(said.model, said.name)
            said = said.name
        if said in self._types:
            return said
        near = nearest(str(said), self._types)
        hint = f"did you mean {near}?" if near else f"there are {', '.join(self._types)}"
        raise ConfigurationError(f"{self._entity}.{said}", "is no attribute", hint)

    def _check_model(self, model: str, name: str) -> None:
        if model == self._model.__name__:
            return
        if model not in {base.__name__ for base in self._model.__mro__}:
            raise ConfigurationError(
                f"{model}.{name}",
                f"is an attribute of another model than the one asked about, {self._entity}",
                f"ask about {self._entity}.{name}",
            )

    def clause(self, said: Clause) -> Clause:
        """The clause with its values as the attribute has them.

        Raises:
            ConfigurationError: as `name`; or a value is of another type than the attribute.
        """
        if said.model:
            self._check_model(said.model, said.attribute)
        name = self.name(said.attribute)
        if said.operator not in _NONE_IS_A_VALUE and any(one is None for one in said.values):
            raise ConfigurationError(self._path(name), "a bound cannot be None")
        wanted = _asked_of(self._types[name], said.operator)
        values = tuple(self._fitted(name, wanted, value) for value in said.values)
        return Clause(name, said.operator, values)

    def clauses(self, said: Iterable[Clause]) -> list[Clause]:
        """Clauses that are to hold together. Raises as `clause`."""
        return list(map(self.clause, said))

    # --- what is stored ---

    def stored(self, clause: Clause) -> Clause:
        """The clause about what is stored, where the attribute has a cast."""
        field = self._fields[clause.attribute]
        if field.cast is None or clause.operator in ("contains", "begins_with"):
            return clause
        return msgspec.structs.replace(clause, values=tuple(map(field.as_stored, clause.values)))

    def condition(self, clause: Clause) -> Condition:
        """The clause as a condition on what is stored.

        Raises:
            ConfigurationError: it puts values in an order that are in none.
            UnsupportedValueError: a cast refuses a value.
        """
        field, clause = self._fields[clause.attribute], self.stored(clause)
        if clause.operator in (*OPERATORS[2:], "between"):
            for value in clause.values:
                if not to_wire(value, field.path).keys() <= _ORDERED:
                    kind = type(value).__name__
                    raise ConfigurationError(field.path, f"a filter puts no {kind} in an order")
        return condition(clause, field.attribute)

    def _path(self, name: str) -> str:
        return f"{self._entity}.{name}"

    # --- values ---

    def _fitted(self, name: str, wanted: Any, value: Any) -> Any:
        if value is None:
            return None
        try:
            fitted = value if type(value) is wanted else _converted(value, wanted)
        except msgspec.ValidationError:
            raise self._refusal(name, wanted, value) from None
        if name in self._hidden:
            self._check_storable(name, fitted)
        return fitted

    def _refusal(self, name: str, wanted: Any, value: Any) -> ConfigurationError:
        given = "…" if name in self._hidden else f"{type(value).__name__} {reprlib.repr(value)}"
        kind = _spelled(wanted)
        return ConfigurationError(
            self._path(name), f"is asked as {kind}, and was given {given}", f"give {kind}"
        )

    def _check_storable(self, name: str, value: Any) -> None:
        """Refuse here what would be refused later with the value."""
        try:
            to_wire(value, self._path(name))
        except UnsupportedValueError as error:
            reason = f"cannot be asked for this value: {error.reason}"
            raise ConfigurationError(self._path(name), reason) from None


@lru_cache(maxsize=1024)
def _types_of(model: Any) -> dict[str, Any]:
    return {info.name: _bare(info.type) for info in msgspec.structs.fields(model)}


def _bare(declared: Any) -> Any:
    """The type without what else a value of it must be: a question may well ask beyond that."""
    origin = get_origin(declared)
    if origin is Annotated:
        return _bare(get_args(declared)[0])
    if isinstance(declared, NewType):
        return _bare(declared.__supertype__)
    if origin is Literal:
        return Union[tuple(dict.fromkeys(map(type, get_args(declared))))]  # noqa: UP007
    if origin in (Union, types.UnionType):
        members = [_bare(one) for one in get_args(declared) if one is not type(None)]
        return Union[tuple(members)]  # noqa: UP007
    return declared


def _asked_of(declared: Any, operator: str) -> Any:
    """What an attribute of this type is compared with."""
    if operator == "begins_with":
        return bytes if declared is bytes else str
    if operator != "contains" or declared in (str, bytes):
        return declared
    origin, members = get_origin(declared), get_args(declared)
    if origin in (list, set, frozenset) or (origin is tuple and members[1:] == (...,)):
        return _bare(members[0])
    return Any


def _converted(value: Any, wanted: Any) -> Any:
    """The value as the type has it: `"calm"` as a member of an enumeration, an ISO date as a date.

    Numbers stay as they are, for DynamoDB compares numbers of all kinds.
    """
    try:
        return msgspec.convert(value, wanted, strict=True, builtin_types=_AS_THEY_ARE)
    except msgspec.ValidationError:
        if isinstance(value, enum.Enum):
            return _converted(value.value, wanted)
        if _is_number(type(value)) and any(map(_is_number, get_args(wanted) or (wanted,))):
            return value
        raise


def _is_number(kind: Any) -> bool:
    return kind in (int, float, Decimal)


def _spelled(kind: Any) -> str:
    return kind.__name__ if isinstance(kind, type) and not get_args(kind) else str(kind)


def whole_number(setting: str, value: object) -> int:
    """A number of rows; no greater than anything in Python is long.

    Raises:
        ConfigurationError: it is none.
    """
    if not isinstance(value, int) or isinstance(value, bool):
        reason = f"takes a whole number, was given {type(value).__name__} {value!r}"
        raise ConfigurationError(setting, reason)
    return min(value, sys.maxsize)
