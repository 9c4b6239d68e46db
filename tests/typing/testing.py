"""What a user of the testing kit sees through a type checker: checked, never run."""

import re
from typing import Any, assert_type

from hypothesis import settings
from hypothesis import strategies as st

from eventstore import Call, Event, MemoryLog, Rejected
from eventstore.testing import AggregateMachine, Given, Outcome, given, state_machine
from tests.typing.domain import Account, Deposit, Deposited, Purse, Safe, purses


def a_scenario_of_an_aggregate_takes_its_commands() -> None:
    begun = given(Account, Deposited(5))
    assert_type(begun, Given[Account, Call[Account]])
    assert_type(begun.state, Account)
    outcome = begun.when(Account.deposit(5), Account.close(force=True))
    assert_type(outcome, Outcome[Account, Call[Account]])
    assert_type(outcome.events, tuple[Event, ...])
    assert_type(outcome.rejection, Rejected | None)
    assert_type(outcome.then(Deposited(5)).then_state(balance=10).state.balance, int)
    given(Account, Account.deposit(5))  # type: ignore[call-overload]
    given(Purse)  # type: ignore[type-var]
    begun.when(Deposit(5))  # type: ignore[arg-type]
    begun.when(Safe.shut())  # type: ignore[arg-type]
    outcome.then(5)  # type: ignore[arg-type]
    outcome.then_state(Purse())  # type: ignore[arg-type]


def a_rejection_is_asked_for_in_three_ways() -> None:
    outcome = given(Account, Deposited(5)).when(Account.close())
    assert_type(outcome.rejected(), Outcome[Account, Call[Account]])
    outcome.rejected("money left").when(Account.settle()).then_nothing()
    outcome.rejected(re.compile("money .*"))
    outcome.rejected(Rejected)
    outcome.rejected(ValueError)  # type: ignore[arg-type]


def a_scenario_of_a_decider_has_its_state() -> None:
    begun = given(purses, Deposited(5))
    assert_type(begun, Given[Purse, Any])
    assert_type(begun.when(Deposit(5)).state, Purse)


def a_state_machine_is_a_class_with_a_test_case() -> None:
    machine = state_machine(
        Account,
        strategies={"pence": st.integers(1, 9), int: st.just(1)},
        invariants={"few": lambda account: account.balance < 100},
        given=[Deposited(5)],
        log=MemoryLog,
        settings=settings(max_examples=5),
    )
    assert_type(machine, type[AggregateMachine])
    assert_type(state_machine(purses), type[AggregateMachine])
    assert_type(machine.TestCase.settings, settings)
    state_machine(Purse)  # type: ignore[arg-type]
    state_machine(Account, given=[Deposit(5)])  # type: ignore[list-item]
    state_machine(Account, log=MemoryLog())  # type: ignore[arg-type]
