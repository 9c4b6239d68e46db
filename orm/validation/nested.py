"""Rules made of rules: for each entry of a list or map, and for values of one kind or another."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from orm.definitions.entity import RuleCall
from orm.validation.arguments import ArgumentError, Arguments
from orm.validation.judging import KindRule, Nullable, ValueRule, message_for


class _All:
    """Rules that a value satisfies all of; None where one of them is `nullable`."""

    def __init__(self, arguments: Arguments, calls: Sequence[RuleCall]) -> None:
        made = arguments.make(calls)
        self._nullable = any(isinstance(rule, Nullable) for rule in made)
        self.rules = [rule for rule in made if isinstance(rule, ValueRule)]
        others = [rule for rule in made if not isinstance(rule, (Nullable, ValueRule))]
        if others:
            raise ArgumentError(f"takes rules that need the value alone, not {others[0].name!r}")
        # what is of the wrong kind is told that first
        self.rules.sort(key=lambda rule: not isinstance(rule, KindRule))
        self.alone = self._lone()

    def _lone(self) -> Callable[[Any], bool] | None:
        """What accepts a value where one rule judges it, which refuses None by itself."""
        if self._nullable or len(self.rules) != 1 or self.rules[0].accepts(None):
            return None
        return self.rules[0].accepts

    def accept(self, values: Iterable[Any]) -> bool:
        """Whether nothing is wrong with any of these."""
        if self.alone is not None:
            return all(map(self.alone, values))
        return all(self.fault(value) is None for value in values)

    def fault(self, value: Any) -> str | None:
        """What is wrong, in words; None where nothing is."""
        if value is None:
            return None if self._nullable else "must not be None"
        for rule in self.rules:
            if not rule.accepts(value):
                return rule.say(value)
        return None


class EachRule(ValueRule):
    """Judges every entry of a list, every value of a map.

    Attributes:
        alone: what accepts an entry, where one rule judges it, which refuses None by itself.
    """

    alone: Callable[[Any], bool] | None = None


def build_each(arguments: Arguments) -> EachRule:
    """Every entry of a list, every value of a map."""
    arguments.count(1)
    rules = _All(arguments, arguments.calls())

    def accepts(value: Any) -> bool:
        entries = _entries(value)
        return entries is not None and rules.accept(entries)

    def first_fault(value: Any) -> str:
        entries = _entries(value)
        if entries is None:
            return "must be a list or a map"
        # by number: a map's keys are what was given, and messages tell nothing of that
        faults = ((place, rules.fault(entry)) for place, entry in enumerate(entries, 1))
        return next((f"entry {place}: {fault}" for place, fault in faults if fault), "")

    rule = EachRule("each", accepts, first_fault)
    rule.alone = rules.alone
    return rule


def _entries(value: Any) -> Iterable[Any] | None:
    if isinstance(value, Mapping):
        return value.values()
    return value if isinstance(value, (list, tuple, set, frozenset)) else None


def build_any_of(arguments: Arguments) -> KindRule:
    """One of several sets of rules, each a `RuleCall` or a tuple of them."""
    arguments.count(2)
    sets = [_All(arguments, _calls(value)) for value in arguments.values]

    def message(value: Any) -> str:
        return " or ".join(
            dict.fromkeys(message_for(one.fault(value) or "", value) for one in sets)
        )

    def accepts(value: Any) -> bool:
        return any(one.fault(value) is None for one in sets)

    return KindRule("any_of", accepts, message)


def _calls(value: Any) -> tuple[RuleCall, ...]:
    calls = value if isinstance(value, (tuple, list)) else (value,)
    if not calls or not all(isinstance(one, RuleCall) for one in calls):
        raise ArgumentError(f"takes rules or tuples of rules, not {value!r}")
    return tuple(calls)


BUILDERS: Final = {"any_of": build_any_of, "each": build_each}
