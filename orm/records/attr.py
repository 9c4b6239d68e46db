"""Attributes of a model class: `email: Attr[str]`.

To a type checker `Attr` is a descriptor, so that `User.email` is an `Attr[str]` and `user.email` a
`str`, and so is the constructor's argument. While the class is made `Attr[str]` *is* `str`, so that
msgspec makes of the model what it makes of any Struct.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Generic, TypeVar, overload

import msgspec

from orm.records.queries.clauses import Clause

T = TypeVar("T")
UNSET = msgspec.UNSET


class Attr(Generic[T]):
    """One attribute of a model: its place on the class, and what may be asked of it.

    `User.age >= 18` is a clause for `where` and `filter`.

    Attributes:
        name: as the class spells it.
        model: the name of the model.
    """

    __slots__ = ("_get", "_set", "model", "name")

    if not TYPE_CHECKING:

        def __class_getitem__(cls, declared: Any) -> Any:
            """The type itself, which is what msgspec is to see."""
            return declared

    def __init__(self, model: str, name: str, member: Any) -> None:
        self.model, self.name = model, name
        self._get, self._set = member.__get__, member.__set__

    @overload
    def __get__(self, record: None, owner: Any = None) -> Attr[T]: ...
    @overload
    def __get__(self, record: object, owner: Any = None) -> T: ...
    def __get__(self, record: object | None, owner: Any = None) -> Attr[T] | T:
        return self if record is None else self._get(record, owner)

    def __set__(self, record: object, value: T) -> None:
        self._set(record, value)

    # --- clauses ---

    def _clause(self, operator: str, *values: Any) -> Clause:
        return Clause(self.name, operator, values, self.model)

    def __eq__(self, value: T) -> Clause:  # type: ignore[override]
        return self._clause("=", value)

    def __ne__(self, value: T) -> Clause:  # type: ignore[override]
        return self._clause("!=", value)

    def __lt__(self, value: T) -> Clause:
        return self._clause("<", value)

    def __le__(self, value: T) -> Clause:
        return self._clause("<=", value)

    def __gt__(self, value: T) -> Clause:
        return self._clause(">", value)

    def __ge__(self, value: T) -> Clause:
        return self._clause(">=", value)

    def between(self, low: T, high: T) -> Clause:
        """Within these two values, both included."""
        return self._clause("between", low, high)

    def begins_with(self, text: str) -> Clause:
        """A text that begins so."""
        return self._clause("begins_with", text)

    def contains(self, value: object) -> Clause:
        """A text that holds this one, or a collection with this member."""
        return self._clause("contains", value)

    def is_in(self, values: Iterable[T]) -> Clause:
        """One of these values."""
        return self._clause("in", *values)

    def is_null(self) -> Clause:
        """None, or absent."""
        return self._clause("null")

    def is_not_null(self) -> Clause:
        """There, and not None."""
        return self._clause("not_null")

    def __hash__(self) -> int:
        return hash((self.model, self.name))

    def __repr__(self) -> str:
        return f"{self.model}.{self.name}"


class AttributeOptions(msgspec.Struct, frozen=True, kw_only=True):
    """What `attr(…)` says of an attribute; see there."""

    default: Any = UNSET
    default_factory: Callable[[], Any] | None = None
    unique: bool = False
    casefold: bool = False
    fillable: bool = True
    hidden: bool = False
    immutable: bool = False
    rules: Any = ()
    messages: Mapping[str, str] = {}
    comment: str = ""

    def field(self) -> Any:
        """The same as a field of a Struct."""
        if self.default_factory is not None:
            return msgspec.field(default_factory=self.default_factory)
        return msgspec.field() if self.default is UNSET else msgspec.field(default=self.default)


def attr(
    *,
    default: Any = UNSET,
    default_factory: Callable[[], Any] | None = None,
    unique: bool = False,
    casefold: bool = False,
    fillable: bool = True,
    hidden: bool = False,
    immutable: bool = False,
    rules: Any = (),
    messages: Mapping[str, str] | None = None,
    comment: str = "",
) -> Any:
    """More about an attribute: `email: Attr[str] = attr(unique=True, rules="email")`.

    Args:
        default: what it is unless given.
        default_factory: makes that for each row.
        unique: whether no two rows have the same value; the transaction that saves them decides.
        casefold: whether letters in two cases are the same for `unique`.
        fillable: whether `create` and `fill` may set it.
        hidden: whether its value is left out of `to_dict`, `repr` and errors.
        immutable: whether it is never changed once the row is there.
        rules: what values must satisfy beside the type, see `orm.validation`.
        messages: rule → what is said where it is broken.
        comment: for people.
    """
    return AttributeOptions(
        default=default,
        default_factory=default_factory,
        unique=unique,
        casefold=casefold,
        fillable=fillable,
        hidden=hidden,
        immutable=immutable,
        rules=rules,
        messages=messages or {},
        comment=comment,
    )
