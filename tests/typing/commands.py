"""What a user of aggregates sees through a type checker: checked, never run.

An ignored error is a promise too: the checker refuses that call, and complains where it does not.
"""

from typing import assert_type

from eventstore import Call, Event, Rejected, command
from eventstore.decider import Decision
from eventstore.testing import given
from tests.typing.domain import (
    Account,
    Closed,
    Deposit,
    Deposited,
    Purse,
    deposit,
    deposited,
    purses,
)


def a_command_on_the_class_is_a_message() -> None:
    assert_type(Account.deposit(5), Call[Account])
    assert_type(Account.deposit(pence=5), Call[Account])
    assert_type(Account.deposit_many(), Call[Account])
    assert_type(Account.deposit_many(1, 2, 3), Call[Account])
    assert_type(Account.close(), Call[Account])
    assert_type(Account.close("moved", force=True), Call[Account])
    assert_type(Account.settle().decide(Account()), tuple[Event, ...])


def its_arguments_are_checked() -> None:
    Account.deposit()  # type: ignore[call-arg]
    Account.deposit("5")  # type: ignore[arg-type]
    Account.deposit(5, 6)  # type: ignore[call-arg]
    Account.deposit(pounds=5)  # type: ignore[call-arg]
    Account.deposit_many(1, "2")  # type: ignore[arg-type]
    Account.close("moved", True)  # type: ignore[call-arg]
    Account.close(force="yes")  # type: ignore[arg-type]
    Account.open_again()  # type: ignore[attr-defined]


def a_command_is_inherited_and_may_be_overridden() -> None:
    class Student(Account):
        @command
        def close(self, reason: str | None = None, *, force: bool = False) -> Closed | None:
            return Closed(reason)

    inherited: Call[Student] = Student.deposit(5)
    given(Student).when(inherited, Student.deposit(5), Student.close())
    given(Account).when(Student.close())  # type: ignore[arg-type]


def a_command_on_an_instance_decides(account: Account) -> None:
    assert_type(account.deposit(5), Decision)
    assert_type(account.close(), Decision)
    account.deposit("5")  # type: ignore[arg-type]
    account.deposit()  # type: ignore[call-arg]


def state_has_the_types_of_its_fields(account: Account) -> None:
    assert_type(account.balance, int)
    assert_type(account.notes, list[str])
    assert_type(account.never_overdrawn(), bool)
    assert_type(account.closed(Closed()), None)
    Account(balance="5")  # type: ignore[arg-type]
    account.closed(Deposited(5))  # type: ignore[arg-type]


def events_are_values() -> None:
    assert_type(Deposited(5).pence, int)
    assert_type(Closed().reason, str | None)
    Deposited()  # type: ignore[call-arg]
    Deposited("5")  # type: ignore[arg-type]
    Deposited(5).pence = 6  # type: ignore[misc]


def only_what_decides_is_a_command() -> None:
    @command
    def note(account: Account, text: str) -> Deposited:
        return Deposited(len(text))

    assert_type(note("late"), Call[Account])

    @command  # type: ignore[arg-type]
    def count(account: Account) -> int:
        return account.balance

    @command  # type: ignore[type-var]
    def of_nothing(text: str) -> Deposited:
        return Deposited(len(text))


def a_decider_keeps_its_state(purse: Purse) -> None:
    assert_type(purses.initial(), Purse)
    assert_type(purses.fold(purse, [Deposited(5)]), Purse)
    assert_type(purses.decide(Deposit(5), purse), tuple[Event, ...])
    purses.fold(Account(), [])  # type: ignore[arg-type]
    purses.fold(purse, [Deposit(5)])  # type: ignore[list-item]


def what_it_decides_and_evolves_with_stays_a_function(purse: Purse) -> None:
    assert_type(deposit(Deposit(5), purse), Deposited)
    assert_type(deposited(purse, Deposited(5)), Purse)
    deposit(5, purse)  # type: ignore[arg-type]


def a_rejection_says_why() -> None:
    assert_type(Rejected("no").reason, str)
