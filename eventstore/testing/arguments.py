"""Arguments: Hypothesis strategies for what commands take, from type hints.

`Annotated[int, Meta(ge=1, le=5)]` draws 1 to 5, a NewType draws its own values, a Struct its
fields. `msgspec.inspect` drops NewTypes, so hints are read as they are written, and msgspec is
asked for the fields of Structs only.

Values drawn before are drawn again; see `eventstore.testing.pools`.
"""

from __future__ import annotations

import dataclasses
import enum
import inspect
import types
import typing
from collections import abc
from collections.abc import Callable, Hashable, Mapping
from functools import partial
from typing import Annotated, Any, Final, Literal, NewType, TypeVar, Union

import msgspec
from hypothesis import strategies as st
from hypothesis.errors import HypothesisException
from hypothesis.strategies import DrawFn, SearchStrategy

from eventstore.aggregate import Call, Command
from eventstore.decider import type_hints
from eventstore.errors import DefinitionError
from eventstore.testing.pools import pooled
from eventstore.testing.scalars import ITEMS_MAX, SCALARS, Bounds


def _tuples(items: SearchStrategy[Any], **sizes: Any) -> SearchStrategy[tuple[Any, ...]]:
    return st.lists(items, **sizes).map(tuple)


_CONTAINERS: Final[dict[Any, Callable[..., SearchStrategy[Any]]]] = {
    list: st.lists,
    abc.Sequence: st.lists,
    abc.Iterable: st.lists,
    abc.Collection: st.lists,
    tuple: _tuples,
    set: st.sets,
    abc.Set: st.sets,
    abc.MutableSet: st.sets,
    frozenset: st.frozensets,
    dict: st.dictionaries,
    abc.Mapping: st.dictionaries,
    abc.MutableMapping: st.dictionaries,
}
_UNIONS = (Union, types.UnionType)


class Arguments:
    """Makes strategies from hints.

    Args:
        overrides: strategies of one's own: by type or NewType (wherever it stands), by parameter
            or field name (`"sku"`), or by both (`"add_line.sku"`, `"AddLine.sku"`).
    """

    def __init__(self, overrides: Mapping[Any, SearchStrategy[Any]] | None = None) -> None:
        self._overrides: dict[Any, SearchStrategy[Any]] = dict(overrides or {})
        self._classes: dict[Any, SearchStrategy[Any]] = {}
        self._building: set[Any] = set()
        self._recursions = 0

    def call(self, name: str, command: Command[Any, Any]) -> SearchStrategy[Call[Any]]:
        """Calls of a command with drawn arguments.

        Raises:
            DefinitionError: a parameter without a type, or of one that no strategy makes.
        """
        hints = type_hints(command.function, include_extras=True)
        parameters = list(inspect.signature(command.function).parameters.values())[1:]
        drawn = [
            (parameter, self._parameter(name, parameter, hints))
            for parameter in parameters
            if parameter.kind is not parameter.VAR_KEYWORD
        ]
        return _calls(command, drawn)

    def _parameter(
        self, command: str, parameter: inspect.Parameter, hints: Mapping[str, Any]
    ) -> SearchStrategy[Any]:
        hint = hints.get(parameter.name, inspect.Parameter)
        strategy = self.named(command, parameter.name, hint)
        try:
            strategy.validate()  # now, where the parameter can be named, and not in mid-run
        except HypothesisException as error:
            raise _undrawable(command, parameter.name, hint, error) from error
        return strategy

    def named(self, owner: str, name: str, hint: Any) -> SearchStrategy[Any]:
        """Values of one parameter or field.

        Raises:
            DefinitionError: no type, or one that no strategy makes.
        """
        for key in (f"{owner}.{name}", name):
            if key in self._overrides:
                return self._overrides[key]
        try:
            return self.of(hint)
        except (HypothesisException, TypeError, ValueError) as error:
            raise _undrawable(owner, name, hint, error) from error

    def of(self, hint: Any, bounds: Bounds | None = None) -> SearchStrategy[Any]:
        """Values of a type.

        Raises:
            HypothesisException: there is none for this type.
        """
        if isinstance(hint, Hashable) and hint in self._overrides:
            return self._overrides[hint]
        bounds = bounds or Bounds()
        if hasattr(hint, "__value__"):  # type X = …, from Python 3.12
            return self.of(hint.__value__, bounds)
        if typing.get_origin(hint) is Annotated:
            for metadata in hint.__metadata__:
                bounds = bounds.within(metadata)
            return self.of(hint.__origin__, bounds)
        if isinstance(hint, NewType):
            return pooled(hint, self.of(hint.__supertype__, bounds))
        if typing.get_origin(hint) is not None:
            return self._generic(hint, bounds)
        return self._plain(hint, bounds)

    def _plain(self, hint: Any, bounds: Bounds) -> SearchStrategy[Any]:
        if hint in SCALARS:
            return SCALARS[hint](bounds)
        if hint in (list, set, frozenset, tuple, dict):
            return self._generic(_of_anything(hint), bounds)
        if isinstance(hint, TypeVar):
            return st.one_of([self.of(one) for one in hint.__constraints__ or (hint.__bound__,)])
        if isinstance(hint, type) and issubclass(hint, enum.Enum):
            return st.sampled_from(hint)
        if isinstance(hint, type) and (
            issubclass(hint, msgspec.Struct) or dataclasses.is_dataclass(hint)
        ):
            return self._class(hint)
        return st.from_type(hint)

    def _generic(self, hint: Any, bounds: Bounds) -> SearchStrategy[Any]:
        origin, arguments = typing.get_origin(hint), typing.get_args(hint)
        if origin is Literal:
            return st.sampled_from(arguments)
        if origin in _UNIONS:
            return st.one_of([self.of(argument, bounds) for argument in arguments])
        if origin is tuple and arguments[1:] != (Ellipsis,):
            return st.tuples(*map(self.of, arguments))
        if origin in _CONTAINERS:
            return self._container(_CONTAINERS[origin], arguments, bounds)
        if isinstance(origin, type) and issubclass(origin, msgspec.Struct):
            return self._class(hint)
        return st.from_type(hint)

    def _container(
        self, make: Callable[..., SearchStrategy[Any]], arguments: tuple[Any, ...], bounds: Bounds
    ) -> SearchStrategy[Any]:
        before = self._recursions
        items = [self.of(argument) for argument in arguments if argument is not Ellipsis]
        # a class that contains itself, five times over at every level, would never end
        spread = ITEMS_MAX if self._recursions == before else 1
        return make(*items, **bounds.sizes(spread))

    def _class(self, cls: Any) -> SearchStrategy[Any]:
        """Instances of a Struct or dataclass; deferred, so that a class may contain itself."""
        if cls in self._classes:
            self._recursions += cls in self._building
            return self._classes[cls]
        self._classes[cls] = st.deferred(lambda: instances)
        self._building.add(cls)
        instances = self._instances(cls)
        self._building.discard(cls)
        return instances

    def _instances(self, cls: Any) -> SearchStrategy[Any]:
        owner = getattr(typing.get_origin(cls) or cls, "__name__", "?")
        required: dict[str, SearchStrategy[Any]] = {}
        optional: dict[str, SearchStrategy[Any]] = {}
        for name, hint, has_default in _fields(cls):
            (optional if has_default else required)[name] = self.named(owner, name, hint)
        return st.fixed_dictionaries(required, optional=optional).map(partial(_build, cls))


def _undrawable(owner: str, name: str, hint: Any, error: Exception) -> DefinitionError:
    told = "no type" if hint is inspect.Parameter else f"the type {hint!r}"
    return DefinitionError(
        f"{owner}: {name!r} has {told} to draw values from ({error}); "
        f"pass strategies={{'{owner}.{name}': …}}"
    )


def _build(cls: Any, fields: Mapping[str, Any]) -> Any:
    return cls(**fields)


def _fields(cls: Any) -> list[tuple[str, Any, bool]]:
    """The name, hint and having of a default of each field that the constructor takes."""
    if dataclasses.is_dataclass(cls):
        hints = typing.get_type_hints(cls, include_extras=True)
        unset = dataclasses.MISSING
        return [
            (f.name, hints[f.name], f.default is not unset or f.default_factory is not unset)
            for f in dataclasses.fields(cls)
            if f.init
        ]
    return [(f.name, f.type, not f.required) for f in msgspec.structs.fields(cls)]


def _of_anything(container: type) -> Any:
    """`list` as `list[…]` of things that every codec carries."""
    anything = int | str | bool | None
    if container is dict:
        return dict[str, anything]
    if container is tuple:
        return tuple[anything, ...]
    return container[anything]  # type: ignore[index]


@st.composite
def _calls(
    draw: DrawFn,
    command: Command[Any, Any],
    drawn: list[tuple[inspect.Parameter, SearchStrategy[Any]]],
) -> Call[Any]:
    args: list[Any] = []
    kwargs: dict[str, Any] = {}
    omitted = False
    for parameter, values in drawn:
        positional = parameter.kind is parameter.POSITIONAL_ONLY
        if parameter.kind is parameter.VAR_POSITIONAL:
            rest: list[Any] = draw(st.lists(values, max_size=ITEMS_MAX))
            args += [] if omitted else rest
        elif parameter.default is not parameter.empty and not draw(st.booleans()):
            omitted = True
        elif parameter.kind is parameter.KEYWORD_ONLY or (omitted and not positional):
            kwargs[parameter.name] = draw(values)
        elif not omitted:
            args.append(draw(values))
    return command(*args, **kwargs)
