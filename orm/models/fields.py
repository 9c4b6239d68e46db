"""A model's fields: how a value is written, and how it stands in a key.

In a partition key only equality matters, so text and whole numbers stand there as they are read
(`USER#123`). In a sort key order matters, so every value stands in its order-preserving form by the
*declared* type of its field: 5 in a `Decimal` field sorts beside 4.5, not beside the ints.
"""

from __future__ import annotations

import datetime as dt
import enum
import types
import uuid
from collections.abc import Callable
from decimal import Decimal
from typing import Annotated, Any, Final, Literal, NewType, Union, get_args, get_origin

import msgspec

from orm.codec import alike_to_wire, encoder_of, from_wire, to_wire
from orm.errors import ConfigurationError, InvalidKeyError, UnsupportedValueError
from orm.keys import check_part
from orm.models.casts import Cast, cast_of, restored
from orm.requests import AttributeValue
from orm.sortable import descending, sortable, sortable_int

HIDDEN: Final = "…"
"""What errors say in place of a hidden value."""

# Types whose values come back equal whatever they are, once the codec takes them.
_FAITHFUL: Final = frozenset({str, int, bool, float, bytes, Decimal, dt.datetime, dt.date})


# Of these, equal values are stored alike, and others are not.
_COMPARABLE: Final = frozenset({str, int, bool, float, bytes, dt.datetime, dt.date})


# Types whose values may be written as another: 0.5 for a decimal, a text for a date.
_MEANT: Final[dict[Any, tuple[type, ...]]] = {
    Decimal: (int, float),
    dt.date: (str,),
    dt.datetime: (str,),
}


class Field:
    """One field of a model.

    Attributes:
        name: as the class spells it.
        attribute: the name of its attribute in an item.
        cast: what its values are stored as others by; None where they are stored as they are.
        faithful: the type of which every value comes back equal; None where there is none.
        members: `(list, T)` or `(dict, T)` where it holds nothing but faithful values T.
        hidden: whether no error says its values.
    """

    def __init__(
        self, model: str, info: msgspec.structs.FieldInfo, *, hidden: bool = False
    ) -> None:
        self.hidden = hidden
        self.model, self.name, self.attribute = model, info.name, info.encode_name
        self.path = f"{model}.{info.name}"
        self._type: Any = info.type
        self.required = info.required
        self._default, self._default_factory = info.default, info.default_factory
        kind, self._optional = _optional(info.type)
        self.cast = cast_of(info.type)
        self.faithful = kind if _is_faithful(kind) and self.cast is None else None
        self._choices = kind if isinstance(kind, enum.EnumMeta) and self.cast is None else None
        self._encode = None if self.faithful is None else encoder_of(kind)
        self.members = None if self.cast is not None else _faithful_members(kind)
        self._encode_member = None if self.members is None else encoder_of(self.members[1])

    @property
    def settles(self) -> bool:
        """Whether a value of another type may mean one of the field's."""
        return self.faithful in _MEANT or self._choices is not None

    def settled(self, value: Any) -> Any:
        """A number or a text that means a value of the field's type as that value; of an
        enumeration the value of a member."""
        if self._choices is None:
            return settled(value, self.faithful)
        plain = type(value) in (str, int)
        members: list[Any] = list(self._choices) if plain else []
        return next((one for one in members if one.value == value), value)

    def default(self) -> Any:
        """What the field is where nothing was said; None for a required field."""
        if self._default_factory is not msgspec.NODEFAULT:
            return self._default_factory()
        return None if self._default is msgspec.NODEFAULT else self._default

    def to_wire(self, value: Any) -> AttributeValue:
        """The value as it is stored.

        Raises:
            UnsupportedValueError: DynamoDB cannot hold it, or it would not come back the same.
        """
        if self._encode is not None and type(value) is self.faithful and not self.hidden:
            return self._encode(value, self.path, 1)
        try:
            return self._to_wire(value)
        except UnsupportedValueError:
            if not self.hidden:
                raise
        reason = "it does not fit the attribute, which is hidden"
        raise UnsupportedValueError(self.path, HIDDEN, reason)

    def _to_wire(self, value: Any) -> AttributeValue:
        if self._encode is not None and type(value) is self.faithful:
            return self._encode(value, self.path, 1)
        if value is None and self._optional:
            return {"NULL": True}
        if self.cast is not None:
            return self._cast_to_wire(self.cast, value)
        if self._encode_member is not None and self._holds_only_members(value):
            return alike_to_wire(value, self._encode_member, self.path)
        if isinstance(value, (set, frozenset)) and not value:
            # DynamoDB has no empty set; the field's type makes it one again, where it says so
            wire: AttributeValue = {"L": []}
        else:
            wire = to_wire(value, self.path)
        self._check_return(value, wire)
        return wire

    def _cast_to_wire(self, cast: Cast[Any, Any], value: Any) -> AttributeValue:
        wire = to_wire(self.as_stored(value), self.path)
        try:
            back = restored(cast, from_wire(wire))
        except msgspec.ValidationError as error:
            raise UnsupportedValueError(self.path, value, str(error)) from error
        if back != value:
            raise UnsupportedValueError(self.path, value, f"it would come back as {back!r}")
        return wire

    def as_stored(self, value: Any) -> Any:
        """The value that is stored for one: another where the field has a cast.

        Raises:
            UnsupportedValueError: the cast refuses it.
        """
        if self.cast is None or value is None:
            return value
        try:
            return self.cast.to_stored(value)
        except (TypeError, ValueError, ArithmeticError, LookupError, AttributeError) as error:
            reason = f"{type(self.cast).__name__} refuses it: {error}"
            raise UnsupportedValueError(self.path, value, reason) from error

    def _holds_only_members(self, value: Any) -> bool:
        """Whether a list or dict is all of one faithful type, and so comes back equal."""
        if self.members is None:
            return False
        kind, member = self.members
        if type(value) is not kind:
            return False
        held: Any = value
        return {*map(type, held.values() if kind is dict else held)} <= {member}

    def stores_alike(self, value: Any, other: Any) -> bool:
        """Whether both values are the same once they are stored.

        Raises:
            UnsupportedValueError: as `to_wire` does.
        """
        if value is other:
            return True
        if type(value) is not type(other):
            return False
        if type(value) is self.faithful and self.faithful in _COMPARABLE:
            return bool(value == other)
        if self._holds_only_members(value) and self._holds_only_members(other) and value == other:
            return True
        return bool(self.to_wire(value) == self.to_wire(other))

    def _check_return(self, value: Any, wire: AttributeValue) -> None:
        try:
            back = msgspec.convert(from_wire(wire), self._type)
        except msgspec.ValidationError as error:
            raise UnsupportedValueError(
                self.path, value, f"it is not what the field says: {error}"
            ) from error
        if back == value or (type(back) is type(value) and to_wire(back, self.path) == wire):
            return
        raise UnsupportedValueError(self.path, value, f"it would come back as {back!r}")

    def key_part(self) -> KeyPart:
        """How the field stands in keys.

        Raises:
            ConfigurationError: its type has no place in a key.
        """
        declared = self._type if self.cast is None else self.cast.stored
        kind, optional = _plain_type(declared)
        text = _part_of(kind)
        if text is None:
            raise ConfigurationError(
                self.path,
                f"a field of type {getattr(kind, '__name__', kind)} cannot stand in a key; keys "
                "take str, int, Decimal, float, bool, bytes, date, datetime, UUID and Enum",
            )
        if self.cast is None:
            return KeyPart(self.path, kind, optional, text, hidden=self.hidden)

        def of_cast(value: Any) -> Any:
            return text(self.as_stored(value))

        # of a kind of its own, so that no value is taken for what is stored
        return KeyPart(self.path, type(self.cast), self._optional, of_cast, hidden=self.hidden)


def settled(value: Any, kind: Any) -> Any:
    """What a value means as one of type `kind`; itself where it means none."""
    if type(value) not in _MEANT.get(kind, ()):
        return value
    if kind is Decimal:
        return Decimal(repr(value))  # of 0.1 the number that was written, not the one nearest to it
    try:
        return kind.fromisoformat(value)
    except ValueError:
        return value


def alike(wire: AttributeValue, other: AttributeValue) -> bool:
    """Whether two stored values are the same: numbers by their value, so `5` and `5.0` are."""
    kind, body = _tagged(wire)
    other_kind, other_body = _tagged(other)
    if kind != other_kind:
        return False
    if kind in ("N", "NS"):
        return bool(from_wire(wire) == from_wire(other))
    if kind == "L":
        same_length = len(body) == len(other_body)
        return same_length and all(map(alike, body, other_body))
    if kind == "M":
        return body.keys() == other_body.keys() and all(
            alike(one, other_body[name]) for name, one in body.items()
        )
    return bool(body == other_body)


def _tagged(wire: AttributeValue) -> tuple[str, Any]:
    return next(iter(wire.items()))


class KeyPart:
    """How one field's values stand in keys. What it refuses it names, by model and attribute."""

    def __init__(
        self,
        path: str,
        kind: type,
        optional: bool,
        ordered: Callable[[Any], Any],
        *,
        hidden: bool = False,
    ) -> None:
        self.path, self.kind, self.optional = path, kind, optional
        self._ordered, self._hidden = ordered, hidden

    def in_partition(self, value: object) -> str:
        """The part of a partition key: text and whole numbers as they are."""
        if self._is_plain_text(value):
            return str(value)
        return self._text(value, _as_read)

    def in_sort(self, value: object) -> str:
        """The part of a sort key, in the order of the field's type."""
        if self._is_plain_text(value):
            return str(value)
        if type(value) is int and self.kind is int:
            return sortable_int(value)
        return self._text(value, sortable)

    def _is_plain_text(self, value: object) -> bool:
        """Whether nothing of it has to be looked at: text that is there, without surrogates."""
        return type(value) is str and self.kind is str and value != "" and value.isascii()

    def in_sort_descending(self, value: object) -> str:
        """The part of a sort key that has its greatest value first."""
        return self._text(value, descending)

    def wire(self, value: object) -> AttributeValue:
        """The value as the attribute itself, where that is a key."""
        try:
            return to_wire(self._ordered(value), self.path)
        except _WrongTypeError:
            reason = f"{self.path} takes {self.kind.__name__}"
        raise InvalidKeyError(HIDDEN if self._hidden else value, reason)

    def _text(self, value: object, form: Callable[[Any], str]) -> str:
        try:
            text = form(self._ordered(value))
            check_part(text)
        except _WrongTypeError:
            reason = f"{self.path} takes {self.kind.__name__}"
        except InvalidKeyError as error:
            reason = f"{self.path} {error.reason}"
        else:
            return text
        raise InvalidKeyError(HIDDEN if self._hidden else value, reason)


def _as_read(plain: Any) -> str:
    return str(plain) if type(plain) is int else sortable(plain)


class _WrongTypeError(Exception):
    """A value of another type than its field's."""


def _is_faithful(kind: Any) -> bool:
    return isinstance(kind, type) and kind in _FAITHFUL


def _faithful_members(kind: Any) -> tuple[type, type] | None:
    """`(list, T)` of `list[T]` and `(dict, T)` of `dict[str, T]`, where T is faithful."""
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is list and _is_faithful(arguments[0]):
        return list, arguments[0]
    if origin is dict and arguments[0] is str and _is_faithful(arguments[1]):
        return dict, arguments[1]
    return None


def _plain_type(declared: Any) -> tuple[Any, bool]:
    """The class behind Annotated, NewType, Literal and `| None`, and whether None is allowed."""
    origin = get_origin(declared)
    if origin is Annotated:
        return _plain_type(get_args(declared)[0])
    if isinstance(declared, NewType):
        return _plain_type(declared.__supertype__)
    if origin is Literal:
        kinds = {type(value) for value in get_args(declared)}
        return (kinds.pop(), False) if len(kinds) == 1 else (declared, False)
    kind, optional = _optional(declared)
    return (_plain_type(kind)[0], True) if optional else (declared, False)


def _optional(declared: Any) -> tuple[Any, bool]:
    """`(T, True)` of `T | None`, `(T, False)` of any other T."""
    if get_origin(declared) in (Union, types.UnionType):
        members = [member for member in get_args(declared) if member is not type(None)]
        if len(members) == 1:
            return members[0], True
    return declared, False


def _exactly(kind: type, value: Any) -> Any:
    if not isinstance(value, kind):
        raise _WrongTypeError
    return value


def _whole(value: Any) -> int:
    if isinstance(value, bool):
        raise _WrongTypeError
    return int(_exactly(int, value))


def _number(value: Any) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, (int, float, Decimal)):
        raise _WrongTypeError
    return Decimal(repr(value)) if isinstance(value, float) else Decimal(value)


def _date(value: Any) -> Any:
    if isinstance(value, dt.datetime):
        raise _WrongTypeError
    return _exactly(dt.date, value)


_PARTS: Final[dict[type, Callable[[Any], Any]]] = {
    # what a member of a text enumeration holds: `str` of it is its name
    str: lambda value: str.__str__(_exactly(str, value)),
    int: _whole,
    Decimal: _number,
    float: _number,
    bool: lambda value: _exactly(bool, value),
    bytes: lambda value: _exactly(bytes, value),
    dt.datetime: lambda value: _exactly(dt.datetime, value),
    dt.date: _date,
    uuid.UUID: lambda value: str(_exactly(uuid.UUID, value)),
}


def _part_of(kind: Any) -> Callable[[Any], Any] | None:
    if isinstance(kind, type) and issubclass(kind, enum.Enum):
        return lambda value: _exactly(kind, value).value
    return _PARTS.get(kind) if isinstance(kind, type) else None
