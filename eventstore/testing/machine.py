"""State machines: an aggregate's declaration as a Hypothesis test of its laws.

    TestOrder = state_machine(Order).TestCase

Every command is a rule, its arguments come from its type hints, `Rejected` is a legal outcome.
After each step, beside the aggregate's invariants and the laws of `eventstore.testing.laws`:

- commit and event numbers in a real `EventStore` are dense;
- the same command id a second time changes nothing;
- what the store reads back is what was decided;
- the state replayed from the store, whole and half-way, is the state that was lived through.
"""

from __future__ import annotations

import copy
import itertools
import types
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, TypeVar

import hypothesis
from hypothesis.stateful import RuleBasedStateMachine, rule
from hypothesis.strategies import SearchStrategy

from eventstore.aggregate import Aggregate, commands_of
from eventstore.decider import Decider
from eventstore.errors import DefinitionError, Rejected
from eventstore.event import Event
from eventstore.log import Log
from eventstore.memory import MemoryLog
from eventstore.store import EventStore, Loaded, Repository, Result
from eventstore.testing import laws
from eventstore.testing.arguments import Arguments
from eventstore.testing.laws import BrokenLawError
from eventstore.testing.rendering import changes
from eventstore.testing.sameness import same
from eventstore.testing.subject import Subject
from eventstore.token import NO_STREAM
from orm.clock import ManualClock

S = TypeVar("S")

_ID = "1"


def state_machine(
    target: type[Aggregate] | Decider[S],
    *,
    strategies: Mapping[Any, SearchStrategy[Any]] | None = None,
    invariants: Mapping[str, Callable[[Any], bool | None]] | None = None,
    given: Sequence[Event] = (),
    log: Callable[[], Log] = MemoryLog,
    settings: hypothesis.settings | None = None,
) -> type[AggregateMachine]:
    """A Hypothesis state machine of an aggregate's commands, or of a decider's.

    Args:
        target: the aggregate class or the decider.
        strategies: argument strategies of one's own, by type or NewType, by parameter name
            (`"sku"`), or by command and parameter (`"add_line.sku"`).
        invariants: laws of the state beside those of the class; they return false, or raise
            AssertionError, where broken.
        given: events that every run begins with.
        log: makes the empty log of each run.
        settings: Hypothesis settings of its `TestCase`; the profile's otherwise.

    Raises:
        DefinitionError: no commands, or a parameter whose type says too little to draw values.
    """
    subject: Subject[Any] = Subject(target, invariants)
    rules = {
        f"rule_{name}": _rule(name, calls)
        for name, calls in _calls(subject, Arguments(strategies)).items()
    }
    if not rules:
        raise DefinitionError(f"{subject.name} has no commands, so there is nothing to run")
    namespace = {
        "__doc__": f"The laws of {subject.name}, whatever is called in whatever order.",
        "__module__": getattr(target, "__module__", __name__),
        "subject": subject,
        "given_events": tuple(given),
        "make_log": staticmethod(log),
        **rules,
    }
    machine: type[AggregateMachine] = types.new_class(
        f"{subject.name}Machine", (AggregateMachine,), exec_body=lambda body: body.update(namespace)
    )
    if settings is not None:
        machine.TestCase.settings = settings
    return machine


def _calls(subject: Subject[Any], arguments: Arguments) -> dict[str, SearchStrategy[Any]]:
    """What each command is drawn from, by the command's name."""
    if subject.aggregate is not None:
        commands = commands_of(subject.aggregate)
        return {name: arguments.call(name, command) for name, command in commands.items()}
    return {
        cls.__name__: arguments.named(subject.name, cls.__name__, cls)
        for cls in subject.decider.commands
    }


def _rule(name: str, calls: SearchStrategy[Any]) -> Any:
    def step(self: AggregateMachine, call: Any) -> None:
        self.step(call)

    step.__name__ = step.__qualname__ = name
    return rule(call=calls)(step)


class AggregateMachine(RuleBasedStateMachine):
    """One run: one stream in a store in memory, and the laws after each step.

    Subclass what `state_machine` returns to add rules or invariants of one's own; `state` is the
    present state.
    """

    subject: ClassVar[Subject[Any]]
    given_events: ClassVar[tuple[Event, ...]]
    make_log: ClassVar[Callable[[], Log]]

    def __init__(self) -> None:
        super().__init__()
        self.pools: dict[Any, list[Any]] = {}
        self._script: list[str] = []
        self._run = Run(self.subject, type(self).make_log())
        self._run.begin(self.given_events)

    @property
    def state(self) -> Any:
        """The present state; do not change it."""
        return self._run.live.state

    def step(self, command: Any) -> None:
        """Carry out one command and check every law; a failure brings the script so far along."""
        __tracebackhide__ = True
        line = self.subject.script(command)
        try:
            told = self._run.carry_out(command)
        except Exception as error:
            error.add_note("\n".join(["The calls that led here:", *self._script, f"    {line}"]))
            raise
        self._script.append(f"    {line}  # {told}")


class Run:
    """A stream that is lived through and held against the store at every step.

    Args:
        subject: what is under test.
        log: where its stream is kept.
    """

    def __init__(self, subject: Subject[Any], log: Log) -> None:
        self.subject = subject
        numbers = itertools.count(1)
        self.store = EventStore(
            log,
            [subject.decider],
            clock=ManualClock(),  # should it wait, then not for real
            new_commit_id=lambda: next(numbers).to_bytes(16, "big"),
        )
        self.streams: Repository[Any] = self.store.of_decider(subject.decider)
        self.live: Loaded[Any] = self.streams.fresh(_ID)
        self.events: list[Event] = []
        self.lived: list[Any] = [copy.deepcopy(self.live.state)]
        """The state after each commit, from before the first."""

    def begin(self, events: Sequence[Event]) -> None:
        """Check the initial state and put the given events in place, as one commit."""
        laws.check_invariants(self.subject, self.live.state, "in the initial state")
        if not events:
            return
        laws.fold(self.subject, self.subject.decider.initial(), events)
        self.store.append(self.streams.stream(_ID), events, expected=NO_STREAM)
        self.live = self.streams.load(_ID)
        self._note(events)

    def carry_out(self, command: Any) -> str:
        """One command through the laws of deciding and through the store; says what came of it."""
        decided = laws.decide(self.subject, command, self.live.state)
        if isinstance(decided, Rejected):
            self._check_refused(command)
            return f"rejected: {decided.reason}"
        laws.check_survive(self.subject, decided)
        command_id = f"command-{len(self.lived)}"
        before = self.live.token
        result = self.streams.execute(_ID, command, command_id=command_id, at=self.live)
        self.live = result.loaded
        if not same(result.events, decided):
            raise BrokenLawError(
                "deciding is repeatable",
                f"decided {decided!r}, then in the store {result.events!r}",
            )
        if not decided:
            return "nothing"
        self._check_numbers(before.commit + 1, before.version + len(decided), result)
        laws.check_invariants(self.subject, self.live.state, f"after {decided!r}")
        self._note(result.events)
        self._check_once(command, command_id)
        self._check_replay()
        return ", ".join(map(repr, decided))

    def _note(self, events: Sequence[Event]) -> None:
        self.events += events
        self.lived.append(copy.deepcopy(self.live.state))

    def _check_refused(self, command: Any) -> None:
        """Through the store, on a state just loaded, it is refused as well and nothing is there."""
        try:
            result = self.streams.execute(_ID, command)
        except Rejected:
            pass
        else:
            raise BrokenLawError(
                "replay equals live",
                f"rejected on the state lived through, and on the same one replayed it decided "
                f"{result.events!r}",
            )
        head = self.store.log.head(self.live.token.stream)
        if head != self.live.token:
            raise BrokenLawError("rejection changes nothing", f"the stream now ends at {head}")

    def _check_numbers(self, commit: int, version: int, result: Result[Any]) -> None:
        head = self.store.log.head(result.loaded.token.stream)
        found = (result.loaded.token.commit, result.loaded.token.version, head)
        if found != (commit, version, result.loaded.token):
            raise BrokenLawError(
                "numbers are dense", f"expected commit {commit}, event {version}; found {found}"
            )

    def _check_once(self, command: Any, command_id: str) -> None:
        again = self.streams.execute(_ID, command, command_id=command_id)
        head = self.store.log.head(self.live.token.stream)
        if not again.skipped or head != self.live.token:
            raise BrokenLawError(
                "one command id, once", f"a second execution appended {again.events!r}"
            )
        self._check_lived(again.loaded.state, len(self.lived) - 1)

    def _check_replay(self) -> None:
        """What is stored is what was decided; half of it makes the state of that time."""
        stored = [
            event
            for recorded in self.store.read(self.live.token.stream)
            for event in recorded.events
        ]
        if not same(stored, self.events):
            raise BrokenLawError(
                "recorded events do not change",
                f"decided were {self.events!r}, stored are {stored!r}; copy what is taken out of "
                "an event before it is changed",
            )
        whole = self.subject.decider.fold(self.subject.decider.initial(), stored)
        self._check_lived(whole, len(self.lived) - 1)
        half = len(self.lived) // 2
        self._check_lived(self.streams.load(_ID, up_to=half).state, half)

    def _check_lived(self, replayed: Any, commit: int) -> None:
        if not same(replayed, self.lived[commit]):
            told = "; ".join(changes(self.lived[commit], replayed))
            raise BrokenLawError(
                "replay equals live",
                f"the state after commit {commit}, as lived → as replayed: {told}; folding may "
                "read nothing but the state and the event",
            )
