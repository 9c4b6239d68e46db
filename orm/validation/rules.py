"""The registry: which name is which rule."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final, TypeAlias, cast, get_args

import msgspec

from orm.definitions.entity import Kind, RuleCall
from orm.definitions.kinds import KINDS
from orm.definitions.names import snake_case
from orm.definitions.rules import SYNONYMS
from orm.errors import ConfigurationError
from orm.validation import (
    addresses,
    choices,
    fields,
    kinds,
    lookups,
    moments,
    nested,
    patterns,
    presence,
    sizes,
    texts,
)
from orm.validation.arguments import ArgumentError, Arguments, Target, nearest
from orm.validation.custom import CustomRule, builder_of
from orm.validation.errors import InvalidRuleError
from orm.validation.judging import AsyncRule, Rule

AnyRule: TypeAlias = Rule | AsyncRule
Builder: TypeAlias = Callable[[Arguments], AnyRule]

ALIASES: Final[Mapping[str, str]] = {
    **{name: kind for name, kind in KINDS.items() if name != kind and kind != "any"},
    **SYNONYMS,
    "gte": "min",
    "lte": "max",
    "of": "each",
    "optional": "nullable",
    "size": "length",
    "timestamp_tz": "datetime",
    "unix": "timestamp",
}
"""Names that say the same as another, in snake_case."""

_KINDS: Final = frozenset(get_args(Kind)) - {"any"}


class Registry(Mapping[str, Builder]):
    """Rules by name. Never changes; `plus` makes another."""

    def __init__(self, builders: Mapping[str, Builder]) -> None:
        self._builders = dict(builders)

    def __getitem__(self, name: str) -> Builder:
        return self._builders[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._builders)

    def __len__(self) -> int:
        return len(self._builders)

    def plus(self, *rules: CustomRule | Rule | AsyncRule) -> Registry:
        """A registry with these rules as well.

        Raises:
            ConfigurationError: a rule has no check, or a name that is taken.
        """
        added: dict[str, Builder] = {}
        for one in rules:
            self._check_addable(one, added)
            added[one.name] = builder_of(one)
        return Registry({**self._builders, **added})

    def _check_addable(self, one: Any, added: Mapping[str, Builder]) -> None:
        if not isinstance(one, (CustomRule, Rule, AsyncRule)):
            reason = "is no rule: it needs a name and check(value, context), or @rule(name)"
            raise ConfigurationError(getattr(one, "__name__", repr(one)), reason)
        if not _is_name(one.name):
            reason = "is no name for a rule; use snake_case"
            raise ConfigurationError(f"rule {one.name!r}", reason)
        if self.canonical(one.name) in self or one.name in added:
            raise ConfigurationError(f"rule {one.name!r}", "is there already; use another name")

    def canonical(self, name: str) -> str:
        """The rule's own name for whatever it was called."""
        if name in self._builders:
            return name
        snake = snake_case(name)
        return ALIASES.get(snake, snake)

    def kind_of(self, calls: Sequence[RuleCall], kind: Kind = "any") -> Kind:
        """The kind that a definition says, or else its rules."""
        if kind != "any":
            return kind
        names = (KINDS.get(call.name, self.canonical(call.name)) for call in calls)
        return cast("Kind", next((name for name in names if name in _KINDS), kind))

    def make(self, call: RuleCall, target: Target) -> AnyRule:
        """The rule for an attribute.

        Raises:
            InvalidRuleError: there is none of this name, or it does not take these arguments.
        """
        model, attribute = target.model, target.attribute.name
        name = self.canonical(call.name)
        if name not in self._builders:
            near = nearest(name, [*self._builders, *ALIASES])
            raise InvalidRuleError(model, attribute, call.name, f"is no rule{near}")
        try:
            return self._builders[name](self._arguments(name, call.arguments, target))
        except ArgumentError as error:
            raise InvalidRuleError(model, attribute, call.name, str(error)) from error

    def _arguments(self, name: str, values: Sequence[Any], target: Target) -> Arguments:
        def make(calls: Sequence[RuleCall]) -> list[AnyRule]:
            inner = msgspec.structs.replace(target, kind=self.kind_of(calls))
            return [self.make(call, inner) for call in calls]

        return Arguments(name, values, target, make)


def _is_name(name: object) -> bool:
    return isinstance(name, str) and re.fullmatch(r"[a-z][a-z0-9_]*", name) is not None


RULES: Final = Registry(
    {
        **addresses.BUILDERS,
        **choices.BUILDERS,
        **fields.BUILDERS,
        **kinds.BUILDERS,
        **lookups.BUILDERS,
        **moments.BUILDERS,
        **nested.BUILDERS,
        **patterns.BUILDERS,
        **presence.BUILDERS,
        **sizes.BUILDERS,
        **texts.BUILDERS,
    }
)
"""Every rule that comes with Keyfold."""
