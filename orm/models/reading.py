"""Reading rows: a model's items straight from the wire, the work on each value done in C.

DynamoDB wraps every value in its type, `{"N": "7"}`. For each model a Struct type is made whose
fields are such wrappers of the field's own type, so that one call of msgspec decodes, converts and
checks a whole page. What is left is to take values out of their wrappers, by a function that is
written for the model once: `lambda stored: Reading(station=stored.f0.S, …)`. A field whose type has
no such form is read as plain wire values, which are converted one by one.

An item that this cannot read is read again the long way (`Layout.row`), which says what is wrong.
"""

from __future__ import annotations

import datetime as dt
import enum
import itertools
import keyword
import types
import uuid
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from functools import lru_cache
from typing import Annotated, Any, Final, Literal, NamedTuple, NewType, Union, get_args, get_origin

import msgspec
from msgspec import UNSET, UnsetType

from orm.codec import from_wire
from orm.decoding import learn
from orm.models.casts import Cast, cast_of
from orm.requests import AttributeValue, Item


class Form(NamedTuple):
    """How values of one type lie on the wire.

    Args:
        wrapper: the type that msgspec decodes one as.
        taken: the source of an expression for the value in a wrapper, given the wrapper's.
        scope: what that source calls, by names that nothing else has.
    """

    wrapper: Any
    taken: Callable[[str], str]
    scope: Mapping[str, Any] = {}


class RowReader:
    """Makes rows of one model out of stored ones.

    Args:
        model: what the rows are.
        attributes: field → attribute of the item.
        marked: one more attribute, whose wire value the decoded item keeps as `mark`.

    Attributes:
        stored: the type that an item is decoded as.
        row: the row that a decoded item is.
    """

    def __init__(
        self,
        model: type[msgspec.Struct],
        attributes: Mapping[str, str],
        marked: str | None = None,
    ) -> None:
        infos = msgspec.structs.fields(model)
        forms = [form_of(info.type) for info in infos]
        self.stored = msgspec.defstruct(
            f"Stored{model.__name__}",
            [
                _field(f"f{at}", info, form, attributes[info.name])
                for at, (info, form) in enumerate(zip(infos, forms, strict=True))
            ]
            + ([("mark", AttributeValue | None, _named(marked))] if marked else []),
            kw_only=True,
            frozen=True,
            gc=False,
        )
        learn(self.stored)
        self.row = _function(model, infos, forms)
        self._places = {info.name: f"f{at}" for at, info in enumerate(infos)}

    def of_item(self, item: Item) -> Any:
        """The row of an item that was decoded as plain wire values.

        Raises:
            TypeError, ValueError, msgspec.ValidationError: it is not as the model says.
        """
        return self.row(msgspec.convert(item, self.stored, strict=False))

    def absent(self, stored: Any, names: Iterable[str] | None = None) -> list[str]:
        """Which fields, of these or of all, a decoded item does not have."""
        asked = self._places if names is None else names
        return [name for name in asked if getattr(stored, self._places[name]) is UNSET]


def _named(attribute: str) -> Any:
    return msgspec.field(name=attribute, default=None)


def _field(
    name: str, info: msgspec.structs.FieldInfo, form: Form, attribute: str
) -> tuple[str, Any, Any]:
    if info.required:
        return name, form.wrapper, msgspec.field(name=attribute)
    return name, form.wrapper | UnsetType, msgspec.field(name=attribute, default=UNSET)


def _function(
    model: type[msgspec.Struct], infos: tuple[msgspec.structs.FieldInfo, ...], forms: list[Form]
) -> Callable[[Any], Any]:
    """Its source holds names of the model's fields, which are identifiers, and nothing else.

    A field that is absent gets its default here: a call that names every field is twice as quick
    as one that is handed a dict of those that are there.
    """
    scope: dict[str, Any] = {"model": model, "UNSET": UNSET}
    given, more = [], []
    for at, (info, form) in enumerate(zip(infos, forms, strict=True)):
        scope.update(form.scope)
        taken = form.taken(f"stored.f{at}")
        if not info.required:
            scope[f"default_{at}"], call = _default(info)
            taken = f"default_{at}{call} if stored.f{at} is UNSET else {taken}"
        if info.name.isidentifier() and not keyword.iskeyword(info.name):
            given.append(f"{info.name}={taken}")
        else:  # a mapping may name an attribute as no class can: `from`
            more.append(f"{info.name!r}: {taken}")
    named = [*given, f"**{{{', '.join(more)}}}"] if more else given
    exec(f"def row(stored):\n    return model({', '.join(named)})\n", scope)
    made: Callable[[Any], Any] = scope["row"]
    return made


def _default(info: msgspec.structs.FieldInfo) -> tuple[Any, str]:
    """What a field is where it is absent, and what calls that where it is made anew."""
    if info.default is msgspec.NODEFAULT:
        return info.default_factory, "()"
    return info.default, ""


# --- forms -----------------------------------------------------------------------------------


@lru_cache(maxsize=4096)
def form_of(declared: Any) -> Form:
    """How values of a declared type lie on the wire."""
    if (cast := cast_of(declared)) is not None:
        return _cast(cast, declared)
    if isinstance(declared, NewType):
        return form_of(declared.__supertype__)
    origin, arguments = get_origin(declared), get_args(declared)
    if tag := _tag_of(declared):
        return Form(_wrapper([(tag, declared)]), lambda held: f"{held}.{tag}")
    if origin in (Union, types.UnionType):
        return _optional(arguments) or _any(declared)
    if origin is list or (origin is tuple and arguments[1:] == (...,)):
        return _list(origin, form_of(arguments[0]))
    if origin is dict and arguments[0] is str:
        return _map(form_of(arguments[1]))
    return _any(declared)


_TAGS: Final[dict[Any, str]] = {
    str: "S",
    int: "N",
    float: "N",
    Decimal: "N",
    bool: "BOOL",
    bytes: "B",
    dt.datetime: "S",
    dt.date: "S",
    uuid.UUID: "S",
}


def _tag_of(declared: Any) -> str | None:
    """The tag that values of a scalar type are stored under; None for any other type."""
    if get_origin(declared) is Annotated:  # constraints go along, so that msgspec checks them
        return _tag_of(get_args(declared)[0])
    if get_origin(declared) is Literal:
        return "S" if {type(value) for value in get_args(declared)} == {str} else None
    if isinstance(declared, type) and issubclass(declared, enum.Enum):
        return "S" if {type(member.value) for member in declared} == {str} else None
    return _TAGS.get(declared) if isinstance(declared, type) else None


def _wrapper(fields: list[Any]) -> Any:
    return msgspec.defstruct("Wrapper", fields, forbid_unknown_fields=True, frozen=True, gc=False)


def _optional(arguments: tuple[Any, ...]) -> Form | None:
    """`T | None` of a scalar: its wrapper holds one of two members."""
    rest = [one for one in arguments if one is not type(None)]
    tag = _tag_of(rest[0]) if len(rest) == 1 else None
    if tag is None:
        return None
    wrapper = _wrapper([(tag, rest[0] | None, None), ("NULL", bool, False)])
    return Form(wrapper, lambda held: f"{held}.{tag}")


def _list(origin: type, inner: Form) -> Form:
    wrapper = _wrapper([("L", list[inner.wrapper])])  # type: ignore[name-defined]

    def taken(held: str) -> str:
        one = _fresh(held)
        values = f"[{inner.taken(one)} for {one} in {held}.L]"
        return values if origin is list else f"tuple({values})"

    return Form(wrapper, taken, inner.scope)


def _map(inner: Form) -> Form:
    wrapper = _wrapper([("M", dict[str, inner.wrapper])])  # type: ignore[name-defined]

    def taken(held: str) -> str:
        one = _fresh(held)
        return f"{{name: {inner.taken(one)} for name, {one} in {held}.M.items()}}"

    return Form(wrapper, taken, inner.scope)


def _fresh(held: str) -> str:
    """A name for the members of what is held, which no surrounding expression uses."""
    return f"{held}_" if held.startswith("one") else "one"


def _cast(cast: Cast[Any, Any], declared: Any) -> Form:
    """A value that is stored as another: that one, then what the cast makes of it."""
    optional = get_origin(declared) in (Union, types.UnionType)
    inner = form_of(cast.stored | None if optional else cast.stored)
    made = f"cast_{next(_NUMBERS)}"
    scope = {made: lambda plain: None if plain is None else cast.from_stored(plain)}
    return Form(
        inner.wrapper, lambda held: f"{made}({inner.taken(held)})", {**inner.scope, **scope}
    )


def _any(declared: Any) -> Form:
    """Any other type: the plain value, converted as a value of its own."""
    convert = f"convert_{next(_NUMBERS)}"
    scope = {convert: lambda held: msgspec.convert(from_wire(held), declared)}
    return Form(AttributeValue, lambda held: f"{convert}({held})", scope)


_NUMBERS: Final = itertools.count()
