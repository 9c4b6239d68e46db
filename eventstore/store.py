"""The event store as its users meet it: append and read events, execute commands.

    store = EventStore(log, [Account])
    accounts = store.of(Account)
    result = accounts.execute("alice", Account.deposit(500), command_id="c-1")

Executing is load, decide, append. After a conflict it is all three again, under a new commit id,
with jitter and bounded: deciding is pure, so a retry is a plain re-run.
"""

from __future__ import annotations

import secrets
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain
from typing import Any, Final, Generic, TypeVar

import msgspec

from eventstore.aggregate import Aggregate, decider_of
from eventstore.codec import EventCodec
from eventstore.decider import Decider
from eventstore.errors import (
    DefinitionError,
    EventError,
    VersionConflictError,
    WrongTokenError,
)
from eventstore.event import Event
from eventstore.log import Commit, Draft, Log, Payloads
from eventstore.metadata import Metadata
from eventstore.stream import StreamId
from eventstore.token import Expected, Token
from orm.clock import Clock, SystemClock
from orm.driver.retry import RetryPolicy

S = TypeVar("S")
A = TypeVar("A", bound=Aggregate)

SEEN_COMMITS_MAX: Final = 4_096
"""How many of a stream's last commits are searched for a command id."""

_READ_AT_ONCE: Final = 64
"""Commits decoded in one call. Their lists live until they are folded, and 700 more objects alive
start Python's garbage collector."""

CONFLICT_POLICY: Final = RetryPolicy(
    attempts_max=24, deadline_seconds=30.0, wait_first_seconds=0.01, wait_max_seconds=0.5
)


class Recorded(msgspec.Struct, frozen=True):
    """One commit with its events and metadata read.

    Args:
        stream: its stream.
        commit: its number in the stream, dense from 1.
        first: the number of its first event, dense from 1.
        events: its events.
        metadata: who caused it.
        recorded_at: microseconds since 1970-01-01 UTC.
    """

    stream: StreamId
    commit: int
    first: int
    events: tuple[Event, ...]
    metadata: Metadata
    recorded_at: int


class Loaded(msgspec.Struct, Generic[S]):
    """A state and the place in its stream that it was read at.

    Executing on it uses it up, also where that fails: the result brings the next one, and after an
    error it is loaded again.
    """

    state: S
    token: Token
    seen: deque[bytes]

    def has_command(self, command_id: str) -> bool:
        """Whether one of the last 4,096 commits was caused by this command."""
        needle = command_id.encode()
        return any(
            needle in metadata and Metadata.decode(metadata).command_id == command_id
            for metadata in self.seen
        )


class Result(msgspec.Struct, Generic[S]):
    """What executing a command did.

    Args:
        loaded: the state and place afterwards.
        events: what was appended; empty where the command decided nothing or was done before.
        skipped: whether this command id had been carried out before.
        conflicts: how many races were lost before it went through.
    """

    loaded: Loaded[S]
    events: tuple[Event, ...]
    skipped: bool = False
    conflicts: int = 0

    @property
    def token(self) -> Token:
        return self.loaded.token

    @property
    def state(self) -> S:
        return self.loaded.state


class EventStore:
    """Events in a log, typed.

    Args:
        log: where commits are kept.
        knows: the event classes, aggregates and deciders whose events it reads and writes.
        policy: how often a command that loses a race decides again.
        clock: waits between such tries.
        new_commit_id: makes 16 bytes that no other commit has.
    """

    def __init__(
        self,
        log: Log,
        knows: Iterable[type[Event] | type[Aggregate] | Decider[Any]],
        *,
        policy: RetryPolicy = CONFLICT_POLICY,
        clock: Clock | None = None,
        new_commit_id: Callable[[], bytes] = lambda: secrets.token_bytes(16),
    ) -> None:
        self.log = log
        self.codec = EventCodec(events_of(knows))
        self.policy = policy
        self.clock = clock or SystemClock()
        self.new_commit_id = new_commit_id

    def append(
        self,
        stream: StreamId,
        events: Sequence[Event],
        *,
        expected: Expected,
        commit_id: bytes | None = None,
        metadata: Metadata | None = None,
    ) -> Token:
        """Append all of `events` as one commit, or none.

        Args:
            stream: where they go.
            events: 1 or more, together at most 400 KB encoded.
            expected: the token of the load that they were decided on; `NO_STREAM`, `ANY`,
                `EXISTS`; or an event number, which costs one more request.
            commit_id: 16 bytes; repeating a call with the same id is harmless.
            metadata: who caused it.

        Returns:
            The token after the commit.

        Raises:
            VersionConflictError: someone else committed first; nothing was written.
            OutcomeUnknownError: no answer came; repeating with the same commit id is safe.
            Others: see `Log.append`.
        """
        parts = [(stream, events, expected)]
        return self.append_together(parts, commit_id=commit_id, metadata=metadata)[0]

    def append_together(
        self,
        parts: Sequence[tuple[StreamId, Sequence[Event], Expected]],
        *,
        commit_id: bytes | None = None,
        metadata: Metadata | None = None,
    ) -> tuple[Token, ...]:
        """Append to several streams at once: all of it, or nothing. At most 100 streams.

        Errors are those of `append`.
        """
        return self.log.append(
            [self.draft(*part) for part in parts],
            commit_id=self.new_commit_id() if commit_id is None else commit_id,
            metadata=metadata.encode() if metadata else b"",
        )

    def draft(self, stream: StreamId, events: Sequence[Event], expected: Expected) -> Draft:
        """Events on their way to a stream, encoded.

        Raises:
            EventError: an event that could not be read afterwards; says where it was to go.
        """
        try:
            return Draft(stream, expected, self.codec.encode(events), len(events))
        except EventError as error:
            raise error.met_in(stream) from error.__cause__

    def read(
        self, stream: StreamId, *, after: int = 0, up_to: int | None = None
    ) -> Iterator[Recorded]:
        """The commits of a stream in order, in constant memory; bounds are commit numbers."""
        return map(self.recorded, self.log.read(stream, after=after, up_to=up_to))

    def recorded(self, commit: Commit) -> Recorded:
        """A commit with its events and metadata read.

        Raises:
            EventError: an event that this code cannot read; says where it stands.
        """
        return Recorded(
            commit.stream,
            commit.number,
            commit.first,
            tuple(self._decoded(commit.stream, commit.number, commit.data)),
            Metadata.decode(commit.metadata),
            commit.recorded_at,
        )

    def events_in(self, stream: StreamId, page: Payloads) -> Iterator[Event]:
        """The events of a page of commits, one after another; errors are those of `recorded`."""
        return chain.from_iterable(
            self._replayed(stream, page.first + start, page.data[start : start + _READ_AT_ONCE])
            for start in range(0, len(page.data), _READ_AT_ONCE)
        )

    def _replayed(self, stream: StreamId, first: int, commits: Sequence[bytes]) -> list[Event]:
        try:
            return self.codec.replay(commits)
        except EventError:  # in one of them: each by itself says in which
            return [
                event
                for number, data in enumerate(commits, first)
                for event in self._decoded(stream, number, data)
            ]

    def _decoded(self, stream: StreamId, number: int, data: bytes) -> list[Event]:
        try:
            return self.codec.decode(data)
        except EventError as error:
            raise error.met_in(stream, number) from error.__cause__

    def of(self, aggregate: type[A], *, tenant: str | None = None) -> Repository[A]:
        """The streams of an aggregate."""
        return Repository(self, decider_of(aggregate), tenant)

    def of_decider(self, decider: Decider[S], *, tenant: str | None = None) -> Repository[S]:
        """The streams of a decider."""
        return Repository(self, decider, tenant)

    def execute_together(
        self,
        *steps: Step[Any],
        command_id: str | None = None,
        metadata: Metadata | None = None,
    ) -> tuple[Result[Any], ...]:
        """Execute one command on each of several streams in one commit: all of them, or none.

        Raises:
            Rejected: one command says no; nothing was written for any.
            Others: see `Repository.execute`.
        """
        return _execute(self, steps, command_id, metadata)


class Step(msgspec.Struct, Generic[S], frozen=True):
    """One command on one stream. `at` saves the first load where the state is at hand."""

    repository: Repository[S]
    id: str
    command: Any
    at: Loaded[S] | None = None


class Repository(Generic[S]):
    """The streams of one aggregate or decider."""

    def __init__(self, store: EventStore, decider: Decider[S], tenant: str | None = None) -> None:
        self.store, self.decider, self.tenant = store, decider, tenant

    def stream(self, id: str) -> StreamId:
        """The stream of one of them."""
        return StreamId(self.decider.category, id, self.tenant)

    def fresh(self, id: str) -> Loaded[S]:
        """The state before the first event, without asking: for streams that ought to be new."""
        token = Token(self.stream(id), 0, 0, self.store.log.epoch)
        return Loaded(self.decider.initial(), token, deque(maxlen=SEEN_COMMITS_MAX))

    def load(self, id: str, *, up_to: int | None = None) -> Loaded[S]:
        """The state now, or after commit `up_to`; the initial state where there is no stream.

        Raises:
            StreamCorruptedError: the stream has a gap.
            UnknownEventError: an event that this code does not know.
        """
        loaded = self.fresh(id)
        stream, epoch = loaded.token.stream, loaded.token.epoch
        for page in self.store.log.payloads(stream, up_to=up_to):
            loaded.state = self.decider.fold(loaded.state, self.store.events_in(stream, page))
            loaded.seen.extend(page.metadata)
            loaded.token = Token(stream, page.last, page.version, epoch)
        return loaded

    def execute(
        self,
        id: str,
        command: Any,
        *,
        command_id: str | None = None,
        metadata: Metadata | None = None,
        at: Loaded[S] | None = None,
    ) -> Result[S]:
        """Decide a command on the present state and append what it decides.

        Args:
            id: which aggregate.
            command: `Account.deposit(500)`, or a message that the decider decides.
            command_id: the caller's name for this very command. A second execution under the
                same name does nothing (`skipped`), as long as the first is among the last 4,096
                commits of the stream.
            metadata: who asks; `command_id` and the command's name are added.
            at: a state that was just loaded, or the last result's; saves the first load.

        Raises:
            Rejected: the domain says no; nothing was written.
            VersionConflictError: races were lost until the policy ran out; nothing was written.
            OutcomeUnknownError: no answer came; executing again with the same `command_id` is safe.
        """
        step = Step(self, id, command, at)
        return _execute(self.store, (step,), command_id, metadata)[0]

    def __repr__(self) -> str:
        return f"<streams of {self.decider.category}>"


def _execute(
    store: EventStore,
    steps: Sequence[Step[Any]],
    command_id: str | None,
    metadata: Metadata | None,
) -> tuple[Result[Any], ...]:
    attempt = _Attempt(store, steps, command_id, metadata)
    return store.policy.retrying(attempt.lost, store.clock)(attempt)


class _Attempt:
    """One command's tries: each loads what it must, decides, and appends under a new id."""

    def __init__(
        self,
        store: EventStore,
        steps: Sequence[Step[Any]],
        command_id: str | None,
        metadata: Metadata | None,
    ) -> None:
        self._store, self._steps, self._command_id = store, steps, command_id
        self._metadata = _described(metadata, steps, command_id).encode()
        self._streams = [step.repository.stream(step.id) for step in steps]
        for stream, step in zip(self._streams, steps, strict=True):
            if step.at is not None and step.at.token.stream != stream:
                raise WrongTokenError(stream, f"the state of {step.at.token.stream}")
        self._at = [step.at for step in steps]
        self._conflicts = 0

    def lost(self, error: BaseException) -> bool:
        """Whether `error` is a lost race; if so, what was loaded is stale."""
        if not isinstance(error, VersionConflictError):
            return False
        self._conflicts += 1
        self._at = [None] * len(self._steps)
        return True

    def __call__(self) -> tuple[Result[Any], ...]:
        loaded = [
            at or step.repository.load(step.id)
            for step, at in zip(self._steps, self._at, strict=True)
        ]
        if self._command_id and any(one.has_command(self._command_id) for one in loaded):
            return tuple([Result(one, (), True, self._conflicts) for one in loaded])
        decided = [
            step.repository.decider.decide(step.command, one.state)
            for step, one in zip(self._steps, loaded, strict=True)
        ]
        self._append(loaded, decided)
        return tuple(
            [
                Result(one, events, False, self._conflicts)
                for one, events in zip(loaded, decided, strict=True)
            ]
        )

    def _append(self, loaded: Sequence[Loaded[Any]], decided: Sequence[tuple[Event, ...]]) -> None:
        """Append, and bring what was loaded up to date."""
        moved = [index for index, events in enumerate(decided) if events]
        if not moved:
            return
        drafts = [self._store.draft(self._streams[i], decided[i], loaded[i].token) for i in moved]
        for i in moved:  # before anything is sent: what cannot be folded must not be written
            decider = self._steps[i].repository.decider
            loaded[i].state = decider.fold(loaded[i].state, decided[i])
        tokens = self._store.log.append(
            drafts, commit_id=self._store.new_commit_id(), metadata=self._metadata
        )
        for i, token in zip(moved, tokens, strict=True):
            loaded[i].token = token
            loaded[i].seen.append(self._metadata)


def _described(
    metadata: Metadata | None, steps: Sequence[Step[Any]], command_id: str | None
) -> Metadata:
    names = ", ".join(step.repository.decider.name_of(step.command) for step in steps)
    return msgspec.structs.replace(metadata or Metadata(), command_id=command_id, command=names)


def events_of(
    knows: Iterable[type[Event] | type[Aggregate] | Decider[Any]],
) -> tuple[type[Event], ...]:
    """The event classes among, or folded by, what is given; each once."""
    found: dict[type[Event], None] = {}
    for one in knows:
        if isinstance(one, Decider):
            found |= dict.fromkeys(one.events)
        elif isinstance(one, type) and issubclass(one, Event):
            found[one] = None
        elif isinstance(one, type) and issubclass(one, Aggregate):
            found |= dict.fromkeys(decider_of(one).events)
        else:
            raise DefinitionError(f"{one!r} is no event class, aggregate or decider")
    return tuple(found)
