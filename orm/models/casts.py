"""Casts: values that are stored as others, declared in the type of an attribute.

    class Pence(Cast[Money, int]):
        stored = int

        def to_stored(self, value: Money) -> int:
            return value.pence

        def from_stored(self, stored: int) -> Money:
            return Money(stored)

    Price = Annotated[Money, Pence()]

    class Product(DynamoDBModel):
        price: Attr[Price]
        was: Attr[Price | None] = attr(default=None)

What is stored stands in keys, indexes and filters, and sorts there. A cast never sees None. A value
that would not come back equal is refused, so a cast must be exact both ways.
"""

from __future__ import annotations

import abc
import types
from functools import lru_cache
from typing import Annotated, Any, ClassVar, Generic, NewType, TypeVar, Union, get_args, get_origin

import msgspec

T = TypeVar("T")
S = TypeVar("S")


class Cast(abc.ABC, Generic[T, S]):
    """How values of one type are stored as another, in the metadata of an `Annotated`.

    Attributes:
        stored: the type that is stored: `str`, `int`, `Decimal`, `bytes`, `dict[str, Any]`, …
    """

    stored: ClassVar[Any]

    @abc.abstractmethod
    def to_stored(self, value: T) -> S:
        """What is stored for a value."""

    @abc.abstractmethod
    def from_stored(self, stored: S) -> T:
        """The value that was stored so."""


@lru_cache(maxsize=4096)
def cast_of(declared: Any) -> Cast[Any, Any] | None:
    """The cast that a type declares, `| None` or not; None where it declares none."""
    if isinstance(declared, NewType):
        return cast_of(declared.__supertype__)
    origin, arguments = get_origin(declared), get_args(declared)
    if origin is Annotated:
        own = [one for one in arguments[1:] if isinstance(one, Cast)]
        return own[-1] if own else cast_of(arguments[0])
    if origin in (Union, types.UnionType):
        members = [member for member in arguments if member is not type(None)]
        return cast_of(members[0]) if len(members) == 1 else None
    return None


@lru_cache(maxsize=1024)
def casts_of(model: type[msgspec.Struct]) -> dict[str, Cast[Any, Any]]:
    """The casts of a model, by the attribute of an item."""
    found = {info.encode_name: cast_of(info.type) for info in msgspec.structs.fields(model)}
    return {name: cast for name, cast in found.items() if cast is not None}


def restored(cast: Cast[Any, Any], plain: Any) -> Any:
    """The value of a plain one that was read; None stays None.

    Raises:
        msgspec.ValidationError: it is not of the type that is stored, or the cast refuses it.
    """
    if plain is None:
        return None
    try:
        return cast.from_stored(msgspec.convert(plain, cast.stored))
    except msgspec.ValidationError:
        raise
    except (TypeError, ValueError, ArithmeticError, LookupError) as error:
        raise msgspec.ValidationError(f"{type(cast).__name__} refuses it: {error}") from error
