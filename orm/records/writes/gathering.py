"""Gathering: what a transaction writes, one write for each row.

What is said of a row more than once becomes one write. The last save counts; a save and a move into
the bin are one change; a check is demanded by the row's write; and a deletion wins over what was
saved, however often it is said. What cannot be one write is refused where it is said.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from orm.clock import Clock
from orm.config import SingleTableConfig
from orm.errors import CancellationReason, ConfigurationError, OrmError, RowExistsError
from orm.records.model import is_stored
from orm.records.queries.clauses import Clause, holds
from orm.records.writes.committing import REFUSED, Refusal, Write
from orm.records.writes.merging import also
from orm.records.writes.pending import Pending
from orm.records.writes.saving import Change, Check, Insert, Removal, RowWrite
from orm.requests import Action, Item

if TYPE_CHECKING:
    from orm.records.repository import Repository

Place = tuple[str, str]


class Demand(msgspec.Struct, frozen=True):
    """A check of a row.

    Args:
        check: what is sent.
        repository: the row's.
        clauses: what must hold, of what is stored.
        now: the second that it is.
    """

    check: Check
    repository: Any
    clauses: Sequence[Clause]
    now: int

    def holds(self, stored: Item | None) -> bool:
        """Whether a stored row is as demanded; that its version is, any write of it demands."""
        if stored is None or self.repository.rows.has_expired(stored, self.now):
            return False
        fields = self.repository.layout.fields
        return all(holds(one, stored.get(fields[one.attribute].attribute)) for one in self.clauses)


class _Checked(Write):
    """A write of a row of which more is demanded."""

    def __init__(self, write: Write, demands: Sequence[Demand]) -> None:
        self.write, self._demands = write, demands

    def actions(self) -> list[Action]:
        checks = [action for one in self._demands for action in one.check.actions()]
        actions = self.write.actions()
        if not actions:  # it is gone, which a check does not bear
            actions, checks = checks[:1], checks[1:]
        own, *claims = actions
        joined = also(own, checks)
        if joined.delete is not None:
            told = msgspec.structs.replace(
                joined.delete, return_values_on_condition_check_failure="ALL_OLD"
            )
            joined = msgspec.structs.replace(joined, delete=told)
        return [joined, *claims]

    def refused(self, reasons: Sequence[CancellationReason], error: Refusal) -> bool:
        if reasons[0].code == REFUSED:
            for one in self._demands:
                if not one.holds(reasons[0].item):
                    one.check.refused(reasons[:1], error)
        return self.write.refused(reasons, error)

    @property
    def is_left(self) -> bool:
        return self.write.is_left

    def recognises(self, stored: Item) -> bool:
        return self.write.recognises(stored)

    def contended(self) -> OrmError:
        return self.write.contended()

    def subject(self) -> str:
        return self.write.subject()


class _Row:
    """What is written of one row."""

    def __init__(self, now: int) -> None:
        self.now = now
        self.record: Any = None
        self.saved: Pending | None = None
        self.binned: Pending | None = None
        self.emptied: list[Pending] = []
        self.gone: list[Pending] = []
        self.demands: list[Demand] = []

    def pending(self) -> Pending | None:
        """All of it as one write; None where nothing is left of it."""
        pending = self._written()
        if not self.demands:
            return pending
        if pending is not None:
            checked = _Checked(pending.write, self.demands)
            return msgspec.structs.replace(pending, write=checked)
        first, *others = self.demands
        return Pending(_Checked(first.check, others), lambda: None)

    def _written(self) -> Pending | None:
        if self.gone:
            return msgspec.structs.replace(self.gone[0], done=_each(self.gone))
        if self.binned is not None:
            return self.binned if self.saved is None else self._saved_and_binned()
        if len(self.emptied) > 1:
            return self._emptied()
        return next(iter(self.emptied), self.saved)

    def _saved_and_binned(self) -> Pending:
        assert self.saved is not None, "it is saved"
        assert self.binned is not None, "it goes into the bin"
        saved, binned = _change(self.saved), _change(self.binned)
        binned.new = {**saved.new, **binned.new}
        return msgspec.structs.replace(self.binned, after=(*self.saved.after, *self.binned.after))

    def _emptied(self) -> Pending:
        """One change for all reasons, each as long as it holds."""
        changes = [_change(one) for one in self.emptied]
        new = {name: value for one in changes for name, value in one.new.items()}
        first = changes[0]
        change = Change(first.rows, first.before, new, self.now)
        change.only_while(hold for one in changes for hold in one.holds)
        return Pending(change, lambda: None)


class Gathering:
    """What one transaction writes.

    Args:
        config: the names of the table.
        clock: says which rows have expired.
    """

    def __init__(self, config: SingleTableConfig, clock: Clock) -> None:
        self._config, self._clock = config, clock
        self._rows: dict[Place, _Row] = {}

    def pending(self) -> list[Pending]:
        """The writes, in the order in which their rows were first said."""
        made = [row.pending() for row in self._rows.values()]
        return [one for one in made if one is not None]

    @property
    def now(self) -> int:
        """The second that it is."""
        return self._clock.now_micros() // 1_000_000

    def _row(self, key: Item) -> _Row:
        return self._rows.setdefault(self._config.place(key), _Row(self.now))

    def save(self, repository: Repository[Any], record: Any, pending: Pending | None) -> None:
        """Take the save of a row, of which nothing is left where it is None.

        Raises:
            RowExistsError: another new row has the same key.
            ConfigurationError: it is deleted here, or written through another object.
        """
        known = pending.write.item if pending and isinstance(pending.write, Insert) else None
        row = self._row(repository.rows.key(known or repository.stored.known(record)))
        if known is not None and isinstance(row.record, type(record)) and row.record is not record:
            told = repository.rows.told(repository.layout.values(record))
            raise RowExistsError(repository.definition.name, told)
        self._check_free(repository, record, row)
        row.record, row.saved = record, pending

    def drop(self, record: Any) -> bool:
        """Forget a new row, which was to be created here; whether it was."""
        for row in self._rows.values():
            if row.record is record and row.saved is not None and not is_stored(record):
                row.record, row.saved = None, None
                return True
        return False

    def delete(self, repository: Repository[Any], record: Any, pending: Sequence[Pending]) -> None:
        """Take the deletion of a row and what goes with it.

        Raises:
            ConfigurationError: what goes with it is saved here, it leaves the bin here, or it is
                written through another object.
        """
        own = repository.rows.key(repository.stored.known(record))
        if not pending and self._row(own).binned is not None:
            told = f"{repository.definition.name} {_told(repository, record)}"
            raise _refusal(told, "is taken out of the bin here", "say one of both")
        for one in pending:
            assert isinstance(one.write, RowWrite), "what is deleted was stored"
            key = one.write.rows.key(one.write.before)
            row = self._row(key)
            if key != own and (row.saved or (row.binned and isinstance(one.write, Change))):
                raise _refusal(
                    one.write.subject(),
                    f"is saved here and hangs on {repository.definition.name}, which is deleted",
                    "save it before, in a transaction of its own",
                )
            if isinstance(one.write, Removal):
                # the row that is meant goes whatever it hangs on
                row.gone.insert(0 if key == own else len(row.gone), one)
            elif key != own:
                row.emptied.append(one)
            elif not row.gone:
                self._check_free(repository, record, row)
                row.record, row.binned = record, one

    def restore(self, repository: Repository[Any], record: Any, pending: Pending | None) -> None:
        """Take the way of a row out of the bin, of which nothing is left where it is None.

        Raises:
            ConfigurationError: it is deleted here, or written through another object.
        """
        row = self._row(repository.rows.key(repository.stored.known(record)))
        if pending is None and row.binned is not None:
            told = f"{repository.definition.name} {_told(repository, record)}"
            raise _refusal(told, "goes into the bin here", "say one of both")
        self._check_free(repository, record, row)
        if pending is not None:
            row.record, row.binned = record, pending

    def check(self, demand: Demand) -> None:
        """Take the check of a row."""
        self._row(demand.repository.rows.key(demand.check.before)).demands.append(demand)

    def _check_free(self, repository: Repository[Any], record: Any, row: _Row) -> None:
        subject = f"{repository.definition.name} {_told(repository, record)}"
        if row.gone or row.emptied:
            raise _refusal(subject, "is deleted or emptied here", "say one of both")
        if row.record is not None and row.record is not record:
            raise _refusal(subject, "is written here through two objects", "save one of them")


def known_of(write: Write) -> Item:
    """The item that a write changes or deletes, as it is known; empty of a new row."""
    if isinstance(write, _Checked):
        return known_of(write.write)
    return write.before if isinstance(write, RowWrite) else {}


def _told(repository: Repository[Any], record: Any) -> dict[str, Any]:
    told: dict[str, Any] = repository.rows.told(repository.layout.values(record))
    return told


def _refusal(subject: str, reason: str, hint: str) -> ConfigurationError:
    return ConfigurationError("transaction", f"{subject} {reason}", hint)


def _change(pending: Pending) -> Change:
    assert isinstance(pending.write, Change), "a stored row is changed"
    return pending.write


def _each(pending: Sequence[Pending]) -> Callable[[], object]:
    """Tells all records of one row."""
    return lambda: [one.done() for one in pending]
