"""The validator: a model's rules, sorted once, over any number of rows."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from functools import partial
from typing import Any, Final, NamedTuple

import msgspec

from orm.clock import Clock, SystemClock
from orm.definitions.entity import AttributeDefinition, EntityDefinition
from orm.errors import ConfigurationError
from orm.validation.arguments import Target, nearest
from orm.validation.awaiting import Job, TooLateError, gather_limited
from orm.validation.context import AsyncLookup, Context, Lookup
from orm.validation.errors import (
    AwaitNeededError,
    Errors,
    Failure,
    InvalidRowError,
    RuleTimeoutError,
)
from orm.validation.field import Failures, Field
from orm.validation.rules import RULES, Registry
from orm.validation.shapes import Shape

ASYNC_LIMIT: Final = 10
ASYNC_TIMEOUT_SECONDS: Final = 5.0
_UNSET: Final = msgspec.UNSET


class Validator:
    """Checks values against the attributes of one model.

    Args:
        model_name: the model's, for errors and for `unique`.
        attributes: what it has; names that are not among them are let through.
        rules: which rules there are.
        lookup: whom `unique` and `exists` ask.
        clock: what `before:now` goes by.
        skip: rules that are left to somebody else, such as `unique` to the transaction's claims.

    Raises:
        InvalidRuleError: a rule does not exist, does not take its arguments, or has nobody to ask.
    """

    def __init__(
        self,
        model_name: str,
        attributes: Iterable[AttributeDefinition],
        *,
        rules: Registry = RULES,
        lookup: Lookup | AsyncLookup | None = None,
        clock: Clock | None = None,
        skip: Collection[str] = (),
    ) -> None:
        self.model, self._lookup, self._clock = model_name, lookup, clock or SystemClock()
        siblings = {attribute.name: attribute for attribute in attributes}
        left_out = frozenset(rules.canonical(name) for name in skip)
        self._fields = {
            name: Field(_target(model_name, one, siblings, rules), rules, lookup, left_out)
            for name, one in siblings.items()
        }
        self._all = tuple(self._fields.values())
        self._shape = Shape(self._all)
        self._uncovered = tuple(one for one in self._all if one.name not in self._shape.covers)
        self._deferred = tuple(field for field in self._all if field.deferred)
        self._fits = None if self._uncovered or self._deferred else self._shape.fits

    @classmethod
    def of(
        cls,
        entity: EntityDefinition,
        *,
        rules: Registry = RULES,
        lookup: Lookup | AsyncLookup | None = None,
        clock: Clock | None = None,
        skip: Collection[str] = (),
    ) -> Validator:
        """The validator of a whole definition; the arguments are the constructor's."""
        return cls(
            entity.name, entity.attributes, rules=rules, lookup=lookup, clock=clock, skip=skip
        )

    # --- plain -------------------------------------------------------------------------------

    def validate(
        self,
        values: Mapping[str, Any],
        *,
        only: Collection[str] | None = None,
        but_not: Any = None,
        kept: Collection[str] = (),
    ) -> None:
        """Raise where `check` would find something.

        Raises:
            InvalidRowError: values break rules.
            AwaitNeededError: a rule can only be awaited.
        """
        if only is None and self._fits is not None and self._fits(values):
            return
        self._raise(self.check(values, only=only, but_not=but_not, kept=kept))

    def check(
        self,
        values: Mapping[str, Any],
        *,
        only: Collection[str] | None = None,
        but_not: Any = None,
        kept: Collection[str] = (),
    ) -> Errors:
        """Every error of every field.

        Args:
            values: the row, by attribute; names beside the attributes may stand there too.
            only: the attributes to check, on an update; all of them otherwise.
            but_not: the row's own key, on an update, which `unique` leaves out.
            kept: the attributes that stay as they are stored, on an update. What was right when it
                was stored may be wrong by now, and is no reason to refuse another change: rules
                that ask the table, the clock or somebody to wait for are not asked of these again.

        Raises:
            AwaitNeededError: a rule can only be awaited.
        """
        row = _Row(values, but_not, frozenset(kept))
        deferred = self._asking(row, only) if self._deferred else ()
        for field in deferred:
            if field.awaited is not None:
                raise AwaitNeededError(self.model, field.name, field.awaited)
        found = self._judge(row, only)
        for field in self._to_ask(deferred, values, found):
            failed = self._ask(field, values[field.name], self._context(field, row))
            if failed:
                found[field.name] = failed
        return Errors(self.model, found)

    def check_defaults(self) -> Errors:
        """The errors of defaults, by the rules that need the value alone."""
        found = ((one, one.of_default(self._context(one, _Row({})))) for one in self._all)
        return Errors(self.model, {one.name: failed for one, failed in found if failed})

    def _judge(self, row: _Row, only: Collection[str] | None) -> dict[str, Failures]:
        """All that needs nobody else. The loop that every save pays for, hence in one piece."""
        found: dict[str, Failures] = {}
        get = row.values.get
        for field in self._to_judge(row.values, only):
            value = get(field.name, _UNSET)
            if value is None or value is _UNSET:
                if value is _UNSET and field.optional:
                    continue
            else:
                for accepts in field.accepts:
                    if not accepts(value):
                        break
                else:
                    if not field.contextual:
                        continue
            failed = field.failures(value, self._context(field, row))
            if failed:
                found[field.name] = failed
        return found

    def _to_judge(
        self, values: Mapping[str, Any], only: Collection[str] | None
    ) -> tuple[Field, ...]:
        """The fields that need a look each."""
        if only is not None:
            return self._selected(self._all, only)
        return self._uncovered if self._shape.fits(values) else self._all

    def _selected(
        self, fields: tuple[Field, ...], only: Collection[str] | None
    ) -> tuple[Field, ...]:
        if only is None:
            return fields
        for name in only:
            if name not in self._fields:
                reason = f"is no attribute, so it cannot be checked{nearest(name, self._fields)}"
                raise ConfigurationError(f"{self.model}.{name}", reason)
        return tuple(field for field in fields if field.name in only)

    def _asking(self, row: _Row, only: Collection[str] | None) -> tuple[Field, ...]:
        """The fields that have rules which are asked last, and are new, or judged by what is."""
        fields = self._selected(self._deferred, only)
        if not row.kept:
            return fields
        return tuple([one for one in fields if not {one.name, *one.others} <= row.kept])

    def _context(self, field: Field, row: _Row) -> Context:
        return Context(
            row.values,
            self.model,
            field.name,
            field.kind,
            self._clock,
            self._lookup,
            row.but_not,
            field.name in row.kept,
        )

    @staticmethod
    def _to_ask(
        deferred: tuple[Field, ...], values: Mapping[str, Any], found: Mapping[str, Failures]
    ) -> list[Field]:
        """The fields that have a value, and a good one so far."""
        return [
            field
            for field in deferred
            if field.name not in found
            # by identity: a value may compare as it likes
            and not any(values.get(field.name, _UNSET) is one for one in (None, _UNSET))
        ]

    def _ask(self, field: Field, value: Any, context: Context) -> Failures:
        rules: list[Any] = field.deferred
        said = ((rule, rule.check(value, context)) for rule in rules)
        return tuple(field.broken(rule, text, value) for rule, text in said if text is not None)

    def _raise(self, errors: Errors) -> None:
        if errors:
            raise InvalidRowError(self.model, errors)

    # --- awaited -----------------------------------------------------------------------------

    async def validate_async(
        self,
        values: Mapping[str, Any],
        *,
        only: Collection[str] | None = None,
        but_not: Any = None,
        kept: Collection[str] = (),
        limit: int = ASYNC_LIMIT,
        timeout_seconds: float = ASYNC_TIMEOUT_SECONDS,
    ) -> None:
        """Raise where `check_async` would find something.

        Raises:
            InvalidRowError: values break rules.
            RuleTimeoutError: a rule gave no answer in time.
        """
        self._raise(
            await self.check_async(
                values,
                only=only,
                but_not=but_not,
                kept=kept,
                limit=limit,
                timeout_seconds=timeout_seconds,
            )
        )

    async def check_async(
        self,
        values: Mapping[str, Any],
        *,
        only: Collection[str] | None = None,
        but_not: Any = None,
        kept: Collection[str] = (),
        limit: int = ASYNC_LIMIT,
        timeout_seconds: float = ASYNC_TIMEOUT_SECONDS,
    ) -> Errors:
        """Every error of every field, rules that have to be awaited included.

        Args:
            values: the row, by attribute.
            only: the attributes to check, on an update; all of them otherwise.
            but_not: the row's own key, on an update.
            kept: the attributes that stay as they are stored, on an update; see `check`.
            limit: how many rules run at once.
            timeout_seconds: how long each may take.

        Raises:
            RuleTimeoutError: a rule gave no answer in time; the others were cancelled.
        """
        row = _Row(values, but_not, frozenset(kept))
        found = self._judge(row, only)
        asked = [
            (field, rule)
            for field in self._to_ask(self._asking(row, only), values, found)
            for rule in field.deferred
        ]
        jobs = [self._job(field, rule, row) for field, rule in asked]
        try:
            said = await gather_limited(jobs, limit, timeout_seconds)
        except TooLateError as late:
            field, rule = asked[late.place]
            raise RuleTimeoutError(self.model, field.name, rule.name, timeout_seconds) from None
        for (field, rule), text in zip(asked, said, strict=True):
            if text is not None:
                failure: Failure = field.broken(rule, text, values[field.name])
                found[field.name] = (*found.get(field.name, ()), failure)
        return Errors(self.model, found)

    def _job(self, field: Field, rule: Any, row: _Row) -> Job[str | None]:
        return partial(rule.check_async, row.values[field.name], self._context(field, row))


class _Row(NamedTuple):
    """What is judged, and what is known of it."""

    values: Mapping[str, Any]
    but_not: Any = None
    kept: frozenset[str] = frozenset()


def _target(
    model: str,
    attribute: AttributeDefinition,
    siblings: Mapping[str, AttributeDefinition],
    rules: Registry,
) -> Target:
    return Target(model, attribute, rules.kind_of(attribute.rules, attribute.kind), siblings)
