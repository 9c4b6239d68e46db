"""Writers of many habits on a few hot streams; each reports what it was told.

Commands through aggregates with command ids, repeated while their outcome is unknown; transfers
over two streams; raw appends on tokens stale and fresh, on any place, on guessed event numbers.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import msgspec

from eventstore import (
    ANY,
    Draft,
    EventStore,
    Log,
    Metadata,
    Outcome,
    OutcomeUnknownError,
    Receipt,
    Rejected,
    Repository,
    Result,
    Step,
    StreamId,
    Token,
    VersionConflictError,
)
from orm.errors import KeyfoldError
from tests.support.histories import COMMITTED, NOT_WRITTEN, UNKNOWN, History, Reading, Report
from tests.support.tally import Added, Tally

TRIES_MAX = 25


class Habits(msgspec.Struct, frozen=True):
    """What a writer may do, by weight."""

    add: int = 4
    take: int = 3
    transfer: int = 2
    any_place: int = 2
    guess: int = 2
    old_token: int = 2
    together: int = 1

    def draw(self, rng: random.Random) -> str:
        weights = msgspec.structs.asdict(self)
        return rng.choices(list(weights), list(weights.values()))[0]


class Writer:
    """One writer with a log of its own, as a process of its own would have.

    Args:
        name: the beginning of its decisions' names.
        store: over its own log.
        ids: of the tallies that all writers share.
        history: where it reports.
        rng: decides what it does.
    """

    def __init__(
        self,
        name: str,
        store: EventStore,
        ids: Sequence[str],
        history: History,
        rng: random.Random,
        habits: Habits | None = None,
    ) -> None:
        self.name, self.store, self.ids, self.history, self.rng = name, store, ids, history, rng
        self.habits = habits or Habits()
        self.tallies: Repository[Tally] = store.of(Tally)
        self.tokens: dict[str, list[Token]] = {id: [] for id in ids}
        self.open: list[tuple[Report, list[Receipt]]] = []

    @property
    def log(self) -> Log:
        return self.store.log

    def work(self, decisions: int) -> None:
        """Take that many decisions, one after the other."""
        for n in range(decisions):
            habit = self.habits.draw(self.rng)
            getattr(self, f"_{habit}")(f"{self.name}.{n}.{habit}")

    def settle(self) -> None:
        """Ask once more for what is unknown, when nothing is on its way any more."""
        for report, receipts in self.open:
            outcomes = {self.log.resolve(receipt) for receipt in receipts}
            report.said = COMMITTED if Outcome.COMMITTED in outcomes else NOT_WRITTEN
            report.ended = self.history.tick()

    # --- habits ------------------------------------------------------------------------------

    def _add(self, name: str) -> None:
        amounts = [1] * self.rng.randint(1, 3)
        self._command(name, [(self._any_id(), Tally.add(*amounts))])

    def _take(self, name: str) -> None:
        self._command(name, [(self._any_id(), Tally.take(self.rng.randint(1, 2)))])

    def _transfer(self, name: str) -> None:
        giver, taker = self.rng.sample(self.ids, 2)
        self._command(name, [(giver, Tally.take(1)), (taker, Tally.add(1))])

    def _any_place(self, name: str) -> None:
        self._append(name, [(self._any_id(), ANY)])

    def _guess(self, name: str) -> None:
        """A raw event number: what was last seen, or near it, or in the middle of a commit."""
        id = self._any_id()
        known = self.tokens[id][-1].version if self.tokens[id] else 0
        self._append(name, [(id, max(0, known + self.rng.randint(-2, 2)))])

    def _old_token(self, name: str) -> None:
        id = self._any_id()
        if self.tokens[id]:
            self._append(name, [(id, self.rng.choice(self.tokens[id][-3:]))])

    def _together(self, name: str) -> None:
        self._append(name, [(id, ANY) for id in self.rng.sample(self.ids, 2)])

    def _any_id(self) -> str:
        return self.rng.choice(self.ids)

    # --- commands ----------------------------------------------------------------------------

    def _command(self, name: str, parts: list[tuple[str, Any]]) -> None:
        """Execute under a command id until the outcome is known, or patience ends."""
        began, receipts = self.history.tick(), list[Receipt]()
        said, detail, tries = UNKNOWN, "", 0
        while said == UNKNOWN and tries < TRIES_MAX:
            tries += 1
            try:
                results = self._execute(name, parts)
                said = COMMITTED
            except OutcomeUnknownError as error:
                receipts += error.receipts
            except KeyfoldError as error:
                detail = f"{type(error).__name__}: {error}"
                if not isinstance(error, Rejected) and error.retry and error.applied is None:
                    continue  # a read that failed
                said = NOT_WRITTEN
        if said != COMMITTED and receipts:
            # A rejection is of the last try; an earlier one may yet arrive.
            said = self._resolved(receipts)
        elif said == UNKNOWN:
            said = NOT_WRITTEN  # never sent: it was the reads that failed
        ids = [id for id, _ in parts]
        report = self._report(name, ids, said, {}, began, detail, receipts)
        if said == COMMITTED and not receipts:
            self._note(report, results)

    def _execute(self, name: str, parts: list[tuple[str, Any]]) -> tuple[Result[Any], ...]:
        metadata = Metadata(extra={"name": name})
        if len(parts) == 1:
            [(id, command)] = parts
            at = self.tallies.load(id) if self.rng.random() < 0.3 else None
            return (self.tallies.execute(id, command, command_id=name, metadata=metadata, at=at),)
        steps = [Step(self.tallies, id, command) for id, command in parts]
        return self.store.execute_together(*steps, command_id=name, metadata=metadata)

    def _note(self, report: Report, results: Sequence[Result[Any]]) -> None:
        for result in results:
            self.tokens[result.token.stream.id].append(result.token)
            if not result.skipped:
                report.numbers[self._pk(result.token.stream)] = result.token.commit

    # --- raw appends -------------------------------------------------------------------------

    def _append(self, name: str, parts: list[tuple[str, Any]]) -> None:
        """Append under a commit id; while the outcome is unknown, the same to the same place."""
        began, commit_id = self.history.tick(), self.store.new_commit_id()
        data = self.store.codec.encode([Added(1)])
        drafts = [Draft(self.tallies.stream(id), expected, data, 1) for id, expected in parts]
        said, detail, numbers = UNKNOWN, "", dict[str, int]()
        receipts: tuple[Receipt, ...] = ()
        for _ in range(TRIES_MAX):
            try:
                tokens = self.log.append(
                    drafts, commit_id=commit_id, metadata=Metadata(extra={"name": name}).encode()
                )
            except OutcomeUnknownError as error:
                receipts = error.receipts
                drafts = [Draft(r.stream, r.before, data, 1) for r in receipts]
            except KeyfoldError as error:
                detail = f"{type(error).__name__}: {error}"
                if error.applied is None or (receipts and error.retry and not _decided(error)):
                    continue  # a probe that failed, or a repetition that was not sent
                said = NOT_WRITTEN
                break
            else:
                said, numbers = COMMITTED, {self._pk(t.stream): t.commit for t in tokens}
                for token in tokens:
                    self.tokens[token.stream.id].append(token)
                break
        if said == UNKNOWN and not receipts:
            said = NOT_WRITTEN
        self._report(name, [id for id, _ in parts], said, numbers, began, detail, list(receipts))

    # --- reporting ---------------------------------------------------------------------------

    def _resolved(self, receipts: list[Receipt]) -> str:
        outcomes = {self._ask(receipt) for receipt in receipts}
        if Outcome.COMMITTED in outcomes:
            return COMMITTED
        return UNKNOWN if Outcome.UNKNOWN in outcomes else NOT_WRITTEN

    def _ask(self, receipt: Receipt) -> Outcome:
        for _ in range(TRIES_MAX):
            try:
                return self.log.resolve(receipt)
            except KeyfoldError:
                continue  # the question was lost; it changes nothing
        return Outcome.UNKNOWN

    def _report(
        self,
        name: str,
        ids: Sequence[str],
        said: str,
        numbers: dict[str, int],
        began: int,
        detail: str,
        receipts: list[Receipt],
    ) -> Report:
        pks = tuple(self._pk(self.tallies.stream(id)) for id in ids)
        report = Report(name, pks, said, numbers, began, self.history.tick(), detail)
        self.history.reports.append(report)
        if said == UNKNOWN:
            self.open.append((report, receipts))
        self._look(ids[0])
        return report

    def _look(self, id: str) -> None:
        """Load, and report how much was there."""
        began = self.history.tick()
        try:
            token = self.tallies.load(id).token
        except KeyfoldError as error:
            if error.retry:
                return  # nothing was seen
            raise
        ended = self.history.tick()
        self.history.readings.append(Reading(self._pk(token.stream), token.commit, began, ended))

    def _pk(self, stream: StreamId) -> str:
        return f"{stream.category}#{stream.id}"


def _decided(error: KeyfoldError) -> bool:
    """Whether the error is about the place, and not about this one try."""
    return isinstance(error, VersionConflictError)


Tasks = list[Callable[[], None]]


def tasks_of(writers: Sequence[Writer], decisions: int) -> Tasks:
    """The writers' work as tasks."""
    return [partial(writer.work, decisions) for writer in writers]
