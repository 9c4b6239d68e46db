"""One attribute's checks, sorted once so that a good value costs a few calls.

Order of judgement: presence, then kind (where that is wrong nothing else is said), then the rest in
the order declared, then what has to ask the table.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any, TypeAlias

import msgspec

from orm.definitions.entity import AttributeDefinition, RuleCall, Unresolved
from orm.validation.arguments import Target
from orm.validation.context import AsyncLookup, Context, Lookup
from orm.validation.errors import Failure, InvalidRuleError, kept
from orm.validation.judging import (
    AsyncRule,
    ContextRule,
    KindRule,
    Nullable,
    PresenceRule,
    ValueRule,
    filled,
)
from orm.validation.lookups import LookupRule, answers, awaits
from orm.validation.messages import Messages
from orm.validation.presence import MUST_BE_GIVEN, NOT_NONE
from orm.validation.rules import AnyRule, Registry

Failures: TypeAlias = tuple[Failure, ...]
_OWN: tuple[type, ...] = (ContextRule, LookupRule, ValueRule)


class Field:
    """The checks of one attribute.

    Attributes:
        name: the attribute's.
        presence: the rules of whether there must be a value.
        kinds: the rules of what it must be.
        rest: the other rules, in the order declared; not those that are asked last.
        accepts: what a value must pass; a value that does breaks no rule that needs it alone.
        contextual: the rules that need more than the value.
        deferred: the rules that are asked last, when all else is right.
        others: the attributes that rules which have to be awaited are told to look at.
        optional: whether an absent value is right whatever the others are.
        nullable: whether None is let through.
        awaited: the name of a rule that only `await` can run; None where there is none.
    """

    def __init__(
        self,
        target: Target,
        rules: Registry,
        lookup: Lookup | AsyncLookup | None,
        skip: Collection[str],
    ) -> None:
        definition = target.attribute
        self.name, self.model, self.kind = definition.name, target.model, target.kind
        self._hidden = definition.hidden or definition.encrypted
        self._messages = Messages(target.model, definition, rules)
        made = [rules.make(call, target) for call in _calls(definition, rules, skip)]
        self.nullable = definition.nullable or any(isinstance(rule, Nullable) for rule in made)
        self._sort(made)
        self._must = definition.required
        self._default = definition.default
        self._has_default = definition.default is not msgspec.UNSET
        self.optional = self._has_default or not (self._must or self.presence)
        self.awaited = self._find_awaited(lookup)
        self.others = self._find_others(target, rules)

    def _sort(self, made: list[AnyRule]) -> None:
        self.presence = [rule for rule in made if isinstance(rule, PresenceRule)]
        self.kinds = [rule for rule in made if isinstance(rule, KindRule)]
        self.deferred = [rule for rule in made if isinstance(rule, LookupRule) or _only_async(rule)]
        aside = (*self.presence, *self.kinds, *self.deferred)
        self.rest: list[Any] = [
            rule for rule in made if rule not in aside and not isinstance(rule, Nullable)
        ]
        self.contextual = tuple(rule for rule in self.rest if not isinstance(rule, ValueRule))
        self.accepts = self._fast()

    def _fast(self) -> tuple[Callable[[Any], bool], ...]:
        from_rules = [rule.accepts for rule in self.kinds]
        from_rules += [rule.accepts for rule in self.rest if isinstance(rule, ValueRule)]
        return (filled, *from_rules) if self.presence else tuple(from_rules)

    def _find_awaited(self, lookup: Lookup | AsyncLookup | None) -> str | None:
        for rule in self.deferred:
            if not isinstance(rule, LookupRule):
                return rule.name
            if not (answers(lookup) or awaits(lookup)):
                reason = "asks the table, and nobody was given to ask"
                hint = f"Validator(…, lookup=…), or skip={{{rule.name!r}}}"
                raise InvalidRuleError(self.model, self.name, rule.name, reason, hint)
            if not answers(lookup):
                return rule.name
        return None

    def _find_others(self, target: Target, rules: Registry) -> frozenset[str]:
        """Those that stand among the arguments of such rules; a lookup's are another model's."""
        names = {rule.name for rule in self.deferred if not isinstance(rule, LookupRule)}
        told = (
            argument
            for call in target.attribute.rules
            if rules.canonical(call.name) in names
            for argument in call.arguments
        )
        return frozenset(one for one in told if isinstance(one, str) and one in target.siblings)

    # --- judging -----------------------------------------------------------------------------

    def failures(self, value: Any, context: Context) -> Failures:
        """What is wrong with a value, all of it, but for what has to ask the table."""
        if value is msgspec.UNSET:
            return () if self._has_default else self._missing(value, context)
        if value is None:
            return self._of_none(context)
        found = self._broken(self.kinds, value, context)
        return found or self._broken([*self.presence, *self.rest], value, context)

    def of_default(self, context: Context) -> Failures:
        """What is wrong with the default, by the rules that need the value alone."""
        default = self._default
        if any(default is one for one in (None, msgspec.UNSET)) or isinstance(default, Unresolved):
            return ()
        alone = [rule for rule in self.rest if isinstance(rule, ValueRule)]
        found = self._broken(self.kinds, default, context)
        return found or self._broken(alone, default, context)

    def _of_none(self, context: Context) -> Failures:
        found = self._missing(None, context)
        if self.nullable:  # what is required must be given, but may be None; conditions stand
            return tuple(one for one in found if one.rule != "required")
        return found or (self.failure("nullable", NOT_NONE, None),)

    def _missing(self, value: Any, context: Context) -> Failures:
        found = self._broken(self.presence, value, context)
        if self._must and all(one.rule != "required" for one in found):
            return (self.failure("required", MUST_BE_GIVEN, value), *found)
        return found

    def _broken(self, rules: list[Any], value: Any, context: Context) -> Failures:
        found = ((rule, rule.check(value, context)) for rule in rules)
        return tuple(
            self.broken(rule, message, value) for rule, message in found if message is not None
        )

    def broken(self, rule: Any, message: str, value: Any) -> Failure:
        """The failure of a rule that said this of the value."""
        if self._hidden and not isinstance(rule, _OWN):
            message = _without(value, message)
        return self.failure(rule.name, message, value, getattr(rule, "facts", {}))

    def failure(
        self,
        rule: str,
        message: str,
        value: Any,
        facts: Mapping[str, object] = {},
    ) -> Failure:
        """A failure, in the attribute's own words where it has some."""
        said = self._messages.text(rule, facts) or message
        return Failure(rule, said, kept(value, hidden=self._hidden))


def _calls(
    definition: AttributeDefinition, rules: Registry, skip: Collection[str]
) -> list[RuleCall]:
    """The kind as a rule, where it is not among the rules, and the rules. A UUID is stored as text,
    and need not be one here: its rule takes both."""
    names = {rules.canonical(call.name) for call in definition.rules}
    told = definition.kind in names or (definition.kind == "string" and "uuid" in names)
    own = [] if definition.kind == "any" or told else [RuleCall(definition.kind)]
    # nothing here hashes, so what is to be hashed has to be when it is given
    own += [RuleCall("hashed")] if definition.cast == "hashed" else []
    return [*own, *(one for one in definition.rules if rules.canonical(one.name) not in skip)]


def _only_async(rule: object) -> bool:
    return isinstance(rule, AsyncRule) and not callable(getattr(rule, "check", None))


def _without(value: Any, message: str) -> str:
    """A message of a user's rule, unless it tells the hidden value."""
    return "does not hold" if str(value) in message else message
