"""What `state_machine` promises: sound domains pass, planted mistakes come out in a few calls."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, Phase, Verbosity, settings
from hypothesis import strategies as st
from hypothesis.stateful import invariant, run_state_machine_as_test

from eventstore import Aggregate, Commit, Draft, MemoryLog, StreamId, Token
from eventstore.errors import DefinitionError, VersionConflictError
from eventstore.testing import BrokenLawError, state_machine
from tests.counts import count
from tests.unit.testing import planted
from tests.unit.testing.orders import A, Course, LineAdded, Open, Opened, Order, Placed, Sku, course

QUICK = settings(
    max_examples=count(30, 500),
    deadline=None,
    suppress_health_check=list(HealthCheck),
    stateful_step_count=20,
)
SEARCH = settings(
    QUICK,
    phases=[Phase.generate, Phase.shrink],
    max_examples=500,
    database=None,
    derandomize=True,
    verbosity=Verbosity.quiet,
)

TestOrder = state_machine(Order, settings=QUICK).TestCase
TestCourse = state_machine(
    course, settings=QUICK, invariants={"never overbooked": lambda state: state.free >= 0}
).TestCase


def failure(machine: Any) -> tuple[BaseException, list[str]]:
    """The failure that a machine ends in, and its calls."""
    with pytest.raises(Exception) as caught:
        run_state_machine_as_test(machine, settings=SEARCH)
    error = caught.value
    script = next(note for note in error.__notes__ if note.startswith("The calls"))
    return error, [line.strip() for line in script.splitlines()[1:]]


def test_a_dropped_limit_is_found_and_shrunk_to_two_calls():
    """Nothing but the invariant knows of the limit; two calls on one sku pass it."""
    error, calls = failure(state_machine(planted.NoLimit))
    assert isinstance(error, BrokenLawError)
    assert error.law == "invariant lines_are_bounded"
    assert "a line is over 8" in str(error)
    assert sorted(call.partition("  #")[0] for call in calls) == [
        "no_limit.add_line('', 4)",
        "no_limit.add_line('', 5)",
    ]


@pytest.mark.parametrize(
    ("aggregate", "law", "calls_max"),
    [
        (planted.CountsGlobally, "replay equals live", 1),
        (planted.WritesWhileDeciding, "deciding changes nothing", 1),
        (planted.WritesBeforeRejecting, "deciding changes nothing", 1),
        (planted.DecidesByChance, "deciding is repeatable", 1),
        (planted.LosesTypes, "events survive storage", 1),
        (planted.Overflows, "events survive storage", 3),
        (planted.Forgets, "every event is folded", 3),
        (planted.SharesWithEvents, "recorded events do not change", 2),
    ],
)
def test_a_planted_mistake_is_found_and_shrunk(
    aggregate: type[Aggregate], law: str, calls_max: int
):
    """Each breaks one law, and the script that shows it is as short as it can be."""
    error, calls = failure(state_machine(aggregate))
    assert isinstance(error, BrokenLawError), error
    assert error.law == law
    assert len(calls) <= calls_max, calls


def test_an_exception_of_the_domain_is_a_failure_with_its_script():
    """Only `Rejected` is a legal no."""
    error, calls = failure(state_machine(planted.DividesByZero))
    assert isinstance(error, ZeroDivisionError)
    assert calls == ["divides_by_zero.share(3)"]


def test_a_planted_mistake_in_a_decider_is_found():
    """Deciders bring their invariants along."""
    machine = state_machine(course, invariants={"small": lambda state: state.free <= 10})
    error, calls = failure(machine)
    assert isinstance(error, BrokenLawError)
    assert error.law == "invariant small"
    assert len(calls) == 2
    assert all(call.startswith("Open(seats=") for call in calls)


def test_given_events_begin_every_run():
    """The search starts from a history, here one call before the end."""
    small = {"small": lambda state: state.free <= 10}
    machine = state_machine(course, given=[Opened(10)], invariants=small)
    _, calls = failure(machine)
    assert calls == ["Open(seats=1)"]


def test_given_events_that_break_a_law_are_reported():
    """A history of one's own is held against the laws as well."""
    machine = state_machine(Order, given=[LineAdded(A, 9)])
    with pytest.raises(BrokenLawError, match="invariant lines_are_bounded"):
        run_state_machine_as_test(machine, settings=SEARCH)


def test_strategies_can_be_given_by_newtype_by_name_and_by_command():
    """The closest one wins; what the hints say is not asked then."""
    drawn: list[tuple[str, int]] = []

    class Watching(
        state_machine(  # type: ignore[misc]
            Order,
            strategies={
                Sku: st.sampled_from(["X", "Y"]),
                "quantity": st.just(99),
                "add_line.quantity": st.just(1),
            },
        )
    ):
        @invariant()
        def watch(self):
            drawn.extend(self.state.lines.items())

    run_state_machine_as_test(Watching, settings=settings(QUICK, max_examples=20))
    assert {sku for sku, _ in drawn} == {"X", "Y"}
    assert {quantity for _, quantity in drawn} <= set(range(1, 9))


def test_ids_meet_again():
    """Drawn text is drawn again: a limit that needs five calls on one sku is passed."""
    machine = state_machine(
        planted.NoLimit, strategies={"quantity": st.just(2)}
    )  # the fifth makes ten
    _, calls = failure(machine)
    assert len(calls) == 5
    assert len({call.split(",")[0] for call in calls}) == 1


def test_a_command_class_of_a_decider_can_be_overridden():
    """By its class, as any other type."""
    machine = state_machine(
        course,
        strategies={Open: st.just(Open(7))},
        invariants={"not seven": lambda state: state.free != 7},
    )
    assert failure(machine)[1] == ["Open(seats=7)"]


def test_an_aggregate_without_commands_is_refused():
    """There would be nothing to run."""

    class Bare(Aggregate):
        pass

    with pytest.raises(DefinitionError, match="Bare has no commands"):
        state_machine(Bare)


def test_a_target_of_another_kind_is_refused():
    """Neither an aggregate class nor a decider."""
    with pytest.raises(DefinitionError, match="no aggregate class and no decider"):
        state_machine(Course)  # type: ignore[arg-type]


def test_the_machine_is_named_for_its_aggregate():
    """The name stands in Hypothesis's own report."""
    assert state_machine(Order).__name__ == "OrderMachine"
    assert state_machine(course).__name__ == "CourseMachine"


def test_settings_reach_the_test_case():
    """And leave other machines alone."""
    assert state_machine(Order, settings=QUICK).TestCase.settings is QUICK
    assert state_machine(Order).TestCase.settings is not QUICK


def test_a_given_history_may_end_an_aggregate():
    """Placed orders refuse every line; refusing is legal, so the run passes."""
    machine = state_machine(Order, given=[LineAdded(A, 1), Placed()])
    run_state_machine_as_test(machine, settings=settings(QUICK, max_examples=10))


class Forgetful(MemoryLog):
    """Stores no metadata, so no command id either."""

    def append(self, drafts: Sequence[Draft], *, commit_id: bytes, metadata: bytes = b"") -> Any:
        return super().append(drafts, commit_id=commit_id)


class Skipping(MemoryLog):
    """Tells a number that is not the next."""

    def append(self, drafts: Sequence[Draft], *, commit_id: bytes, metadata: bytes = b"") -> Any:
        tokens = super().append(drafts, commit_id=commit_id, metadata=metadata)
        return tuple(msgspec.structs.replace(token, commit=token.commit + 1) for token in tokens)


class Overreading(MemoryLog):
    """Reads on where it was told to end."""

    def read(
        self, stream: StreamId, *, after: int = 0, up_to: int | None = None
    ) -> Iterator[Commit]:
        return super().read(stream, after=after)


class Forking(MemoryLog):
    """Reads back the first commit only, so that every later one conflicts."""

    def read(
        self, stream: StreamId, *, after: int = 0, up_to: int | None = None
    ) -> Iterator[Commit]:
        return super().read(stream, after=after, up_to=1)


@pytest.mark.parametrize(
    ("log", "law"),
    [
        (Forgetful, "one command id, once"),
        (Skipping, "numbers are dense"),
        (Overreading, "replay equals live"),
    ],
)
def test_a_log_that_breaks_its_own_law_is_found(log: type[MemoryLog], law: str):
    """The store is part of what runs; another log can be held against the same laws."""
    error, calls = failure(state_machine(Order, log=log))
    assert isinstance(error, BrokenLawError), error
    assert error.law == law
    assert len(calls) <= 2


def test_a_rejection_that_a_replay_takes_back_is_found():
    """The state is the same; what the command read was no part of it."""
    planted.RemembersFolding.folded[0] = 0
    with pytest.raises(BrokenLawError, match=r"replay equals live: rejected on the state lived"):
        run_by_hand(planted.RemembersFolding, [planted.RemembersFolding.tick()] * 4)


def test_a_decision_that_differs_only_in_the_store_is_found():
    """Twice the same by luck, another the third time."""
    planted.DecidesByPairs.drawn = itertools.count()
    with pytest.raises(BrokenLawError, match=r"deciding is repeatable: .*then in the store"):
        run_by_hand(planted.DecidesByPairs, [planted.DecidesByPairs.draw()])


def run_by_hand(aggregate: type[Aggregate], commands: Sequence[Any]) -> None:
    """One run without Hypothesis, which would call what depends on its past flaky."""
    run = state_machine(aggregate)()
    for command in commands:
        run.step(command)


class Lying(MemoryLog):
    """Tells of a commit that nobody made."""

    def head(self, stream: StreamId) -> Token:
        return msgspec.structs.replace(super().head(stream), commit=9)


def test_a_rejection_after_which_the_stream_is_longer_is_found():
    """Nothing may be written for a no."""
    error, calls = failure(state_machine(planted.Refuses, log=Lying))
    assert isinstance(error, BrokenLawError)
    assert error.law == "rejection changes nothing"
    assert len(calls) == 1


def test_an_error_of_the_store_is_a_failure_and_nobody_waits_for_it():
    """Races are tried again on a clock that stands still, so this ends at once."""
    error, calls = failure(state_machine(Order, log=Forking))
    assert isinstance(error, VersionConflictError)
    assert len(calls) <= 3


def test_an_invariant_that_changes_the_state_is_found():
    """Asking has to leave everything as it is."""
    machine = state_machine(Order, invariants={"greedy": lambda state: state.lines.clear()})
    error, calls = failure(machine)
    assert isinstance(error, BrokenLawError)
    assert error.law == "asking changes nothing"
    assert len(calls) == 1
