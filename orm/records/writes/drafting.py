"""Drafting: what is to be written of a row, with what traits and hooks add to it, validated.

A row knows nothing of a draft until it is carried out, so that one that failed can be repeated.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

import msgspec

from orm.definitions import EntityDefinition
from orm.records.asking import without_claims
from orm.records.errors import ImmutableAttributeError
from orm.records.model import DynamoDBModel, is_stored, new_id
from orm.records.writes.pending import Pending
from orm.records.writes.saving import Change, Insert, Removal
from orm.validation import Validator
from orm.validation.registrable import check_registrable

if TYPE_CHECKING:
    from orm.records.connection import Connection
    from orm.records.repository import Repository

R = TypeVar("R", bound=DynamoDBModel)
UNSET: Final = msgspec.UNSET
_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


class _Draft(msgspec.Struct, frozen=True):
    """What is to be written of a row.

    Args:
        values: the whole row, as it is written.
        changed: the attributes that are; all of them of a new row.
        original: the row as it was loaded; None where it is new.
        written: what traits write, which the row is told when it is stored.
    """

    values: dict[str, Any]
    changed: frozenset[str] = frozenset()
    original: Any = None
    written: dict[str, Any] = {}

    @property
    def judged(self) -> dict[str, Any]:
        """What is validated: what is written, so that None is not judged where it says nothing."""
        return {name: value for name, value in self.values.items() if value is not UNSET}

    @property
    def kept(self) -> Collection[str]:
        """The attributes that stay as they are stored."""
        return () if self.original is None else self.values.keys() - self.changed


class Drafts(Generic[R]):
    """Drafts what is to be written of the rows of one model."""

    def __init__(self, repository: Repository[R]) -> None:
        self._repository, self._definition = repository, repository.definition
        self._layout, self._rows = repository.layout, repository.rows
        self._stored, self._hooks = repository.stored, repository.hooks
        self._validator = validator_of(repository.definition, repository.connection)
        self._settled = [(n, one) for n, one in self._layout.fields.items() if one.settles]
        self._immutable = frozenset(
            one.name
            for one in repository.definition.attributes
            if any(rule.name == "immutable" for rule in one.rules)
        )

    # --- saving ---

    def save(self, record: R) -> Pending | None:
        """What a save writes; None where nothing has changed. Raises as `Repository.save`, but for
        what only DynamoDB knows."""
        draft = self._drafted(record)
        if draft is None:
            return None
        self._validator.validate(draft.judged, but_not=self._but_not(record), kept=draft.kept)
        return self._pending(record, draft)

    async def save_async(self, record: R) -> Pending | None:
        """The same, with rules that have to be awaited."""
        draft = self._drafted(record)
        if draft is None:
            return None
        connection = self._repository.connection
        await self._validator.validate_async(
            draft.judged,
            but_not=self._but_not(record),
            kept=draft.kept,
            limit=connection.rules_at_once,
            timeout_seconds=connection.rule_timeout_seconds,
        )
        return self._pending(record, draft)

    def _drafted(self, record: R) -> _Draft | None:
        self._repository.check_own(record)
        if not is_stored(record):
            self._complete(record)
            self._hooks.run(record, "before_save", "before_create")
            return _Draft(self._stored.values(record))
        original = self._stored.original(record)
        changed = self._stored.differing(record, original)
        if not changed:
            return None
        if self._hooks.run(record, "before_save", "before_update"):
            changed = self._stored.differing(record, original)
        self._check_immutable(changed)
        written = self._written(original)
        values = {**self._stored.values(record), **written}
        return _Draft(values, frozenset(changed | written.keys()), original, written)

    def _complete(self, record: R) -> None:
        """Give a new row what it is made up of."""
        traits, now, identity = self._definition.traits, self._now(), self._repository.plan.identity
        if len(identity) == 1 and self._layout.is_text(identity[0]):
            _set_absent(record, identity[0], new_id)
        for name in traits.timestamps or ():
            _set_absent(record, name, lambda: now)
        if traits.version:
            setattr(record, traits.version, 1)
        if traits.uuid:
            _set_absent(record, traits.uuid, new_id)

    def _written(self, original: R) -> dict[str, Any]:
        """What traits write at each change."""
        traits = self._definition.traits
        written: dict[str, Any] = {}
        if traits.timestamps:
            written[traits.timestamps[1]] = self._now()
        if traits.version:
            written[traits.version] = (getattr(original, traits.version) or 0) + 1
        return written

    def _check_immutable(self, changed: set[str]) -> None:
        for name in sorted(changed):
            if name in self._layout.key_fields or name in self._repository.plan.identity:
                reason = "identifies the row and cannot change"
                raise ImmutableAttributeError(self._definition.name, name, reason)
            if name in self._immutable:
                reason = "is declared immutable"
                raise ImmutableAttributeError(self._definition.name, name, reason)

    def _but_not(self, record: R) -> Any:
        return getattr(record, self._repository.plan.identity[0]) if is_stored(record) else None

    def _settle(self, record: R, values: dict[str, Any]) -> None:
        """Let values that passed be of their fields' types: 0.5 a decimal, a text a date."""
        for name, field in self._settled:
            value = values[name]
            if (plain := field.settled(value)) is not value:
                values[name] = plain
                setattr(record, name, plain)

    def _pending(self, record: R, draft: _Draft) -> Pending:
        self._settle(record, draft.values)
        if draft.original is not None:
            new = {name: draft.values[name] for name in draft.changed}
            pending = self._change(record, draft.original, new, draft.written, draft.values)
            return pending.then(*self._hooks.later(record, "after_update", "after_save"))
        insert = Insert(self._rows, draft.values, self._repository.second())
        pending = Pending(insert, lambda: self._stored.keep(record, insert.item))
        return pending.then(*self._hooks.later(record, "after_create", "after_save"))

    def _change(
        self,
        record: R,
        original: R,
        new: Mapping[str, Any],
        written: Mapping[str, Any],
        values: Mapping[str, Any] | None = None,
    ) -> Pending:
        second = self._repository.second()
        change = Change(self._rows, self._stored.known(record), new, second, values)

        def done() -> None:
            for name, value in written.items():
                setattr(record, name, value)
            if change.anew:
                self._take_over(record, original, change)
            self._stored.keep(record, change.item)

        return Pending(change, done)

    def _take_over(self, record: R, original: R, change: Change) -> None:
        """Take what others have changed of a row meanwhile, where nothing else was set here: else
        it would differ from what is stored, and the next save would undo their change."""
        found, values = self._layout.row(change.item), self._stored.values(record)
        known = {**self._stored.values(original), **change.new}
        for name in self._layout.fields:
            if self._stored.same(name, values[name], known[name]):
                setattr(record, name, getattr(found, name))

    def _now(self) -> dt.datetime:
        return _EPOCH + dt.timedelta(microseconds=self._repository.connection.clock.now_micros())

    # --- the bin, deletion, and what hangs on another row ---

    def delete(self, record: R) -> Pending | None:
        """What puts a row into the bin; None where it is in there already."""
        return self._binned(record, self._now())

    def restore(self, record: R) -> Pending | None:
        """What takes a row out of the bin; None where it is not in there."""
        return self._binned(record, None)

    def _binned(self, record: R, when: dt.datetime | None) -> Pending | None:
        """Nothing else that was set is written."""
        bin_, original = self._definition.traits.soft_deletes, self._stored.original(record)
        assert bin_ is not None, "the model has a bin"
        if (getattr(original, bin_) is None) == (when is None):
            return None
        event = "restore" if when is None else "delete"
        self._hooks.run(record, f"before_{event}")
        pending = self._set(record, original, {bin_: when})
        return pending.then(*self._hooks.later(record, f"after_{event}"))

    def emptied(self, record: R, names: Iterable[str]) -> Pending:
        """What empties a row of these attributes, by which it hung on another that goes. What it
        may be empty of was looked at when its model was registered; what else may be wrong with it
        keeps no other row from going, and hooks are not asked."""
        return self._set(record, self._stored.original(record), dict.fromkeys(names))

    def _set(self, record: R, original: R, values: Mapping[str, Any]) -> Pending:
        """What writes these values, and what traits do, and nothing else."""
        written = {**self._written(original), **values}
        return self._change(record, original, self._stored.as_written(dict(written)), written)

    def removal(self, record: R) -> Pending:
        """The deletion of a row alone, with its claims."""
        self._hooks.run(record, "before_delete")
        write = Removal(self._rows, self._stored.known(record))
        pending = Pending(write, lambda: record.__dict__.update(_stored=None))
        return pending.then(*self._hooks.later(record, "after_delete"))


def _set_absent(record: DynamoDBModel, name: str, make: Callable[[], object]) -> None:
    if getattr(record, name) in (None, UNSET):
        setattr(record, name, make())


def validator_of(definition: EntityDefinition, connection: Connection) -> Validator:
    """What judges the rows of a model.

    Raises:
        InvalidRuleError: a rule does not exist, or takes other arguments.
        DefinitionError: it says what cannot be kept.
    """
    validator = Validator.of(
        without_claims(definition),
        clock=connection.clock,
        skip=("immutable",),
        rules=connection.rules,
        lookup=connection,
    )
    check_registrable(definition, validator)
    return validator
