"""What `Aggregate` promises: commands decide, appliers fold, and a wrong declaration is told."""

from __future__ import annotations

import pickle

import pytest

from eventstore import Aggregate, Event, Rejected, applies, command, invariant
from eventstore.aggregate import category_of, commands_of, decider_of, invariants_of
from eventstore.errors import DefinitionError


class Deposited(Event, tag="deposited"):
    pence: int


class Withdrawn(Event, tag="withdrawn"):
    pence: int


class Frozen(Event, tag="frozen"):
    pass


class Unfolded(Event, tag="unfolded"):
    pass


class Account(Aggregate):
    """An account."""

    pence: int = 0
    history: list[int] = []
    frozen: bool = False

    @command
    def deposit(self, pence: int, *, twice: bool = False) -> list[Deposited]:
        """Bring money."""
        return [Deposited(pence)] * (2 if twice else 1)

    @command
    def withdraw(self, pence: int) -> Withdrawn | Frozen | None:
        if self.frozen:
            raise Rejected("frozen")
        if pence > self.pence:
            return Frozen()
        return Withdrawn(pence) if pence else None

    @applies
    def moved(self, event: Deposited | Withdrawn) -> None:
        self.pence += event.pence if isinstance(event, Deposited) else -event.pence
        self.history.append(event.pence)

    @applies
    def was_frozen(self, event: Frozen) -> None:
        self.frozen = True

    @invariant
    def never_overdrawn(self) -> bool:
        return self.pence >= 0


class Savings(Account, category="SAVE"):
    """An account that gives nothing back."""

    @command
    def withdraw(self, pence: int) -> None:
        raise Rejected("it is for later")


def test_on_an_instance_a_command_is_a_method():
    """It decides and changes nothing."""
    account = Account(pence=5)
    assert account.withdraw(3) == Withdrawn(3)
    assert account == Account(pence=5)


def test_on_the_class_a_command_makes_a_message():
    """A value that names it with its arguments."""
    message = Account.deposit(5, twice=True)
    assert repr(message) == "Account.deposit(5, twice=True)"
    assert message == Account.deposit(5, twice=True)
    assert message != Account.deposit(5)
    assert message.decide(Account()) == (Deposited(5), Deposited(5))


def test_a_command_keeps_its_docstring_and_says_what_it_is():
    """For those who look."""
    assert Account.deposit.__doc__ == "Bring money."
    assert repr(Account.deposit) == "<command Account.deposit>"


def test_it_compiles_to_a_decider():
    """Once; both styles are one engine."""
    decider = decider_of(Account)
    assert decider is decider_of(Account)
    assert (decider.category, decider.initial()) == ("ACCOUNT", Account())
    assert set(decider.events) == {Deposited, Withdrawn, Frozen}
    assert decider.name_of(Account.deposit(1)) == "Account.deposit"


def test_deciding_and_folding_make_a_history():
    """The state is what its events make of it."""
    decider = decider_of(Account)
    state = decider.initial()
    for message in (Account.deposit(5), Account.withdraw(2), Account.withdraw(0)):
        state = decider.fold(state, decider.decide(message, state))
    assert state == Account(pence=3, history=[5, 2])


def test_instances_share_no_default():
    """A list as a default is each one's own."""
    decider = decider_of(Account)
    decider.fold(decider.initial(), [Deposited(1)])
    assert decider.initial().history == []


def test_a_rejection_comes_through():
    """From the method and from the message."""
    for refuse in (
        lambda: Account(frozen=True).withdraw(1),
        lambda: decider_of(Account).decide(Account.withdraw(1), Account(frozen=True)),
    ):
        with pytest.raises(Rejected, match="frozen"):
            refuse()


def test_a_subclass_inherits_and_overrides():
    """Commands, appliers and invariants; the category is its own."""
    assert category_of(Savings) == "SAVE"
    assert set(commands_of(Savings)) == {"deposit", "withdraw"}
    assert commands_of(Savings)["withdraw"] is not commands_of(Account)["withdraw"]
    assert set(invariants_of(Savings)) == {"never_overdrawn"}
    assert decider_of(Savings).fold(Savings(), [Deposited(5)]) == Savings(pence=5, history=[5])
    with pytest.raises(Rejected, match="for later"):
        decider_of(Savings).decide(Savings.withdraw(1), Savings(pence=5))


def test_the_category_is_the_name_in_capitals_unless_given():
    """It leads the keys of every stream."""
    assert category_of(Account) == "ACCOUNT"


def test_a_message_of_another_kind_is_refused():
    """With how to write one."""
    with pytest.raises(DefinitionError, match=r"write Account.method"):
        decider_of(Account).decide("deposit", Account())


def test_an_event_that_nothing_folds_is_named_when_folded():
    """With the line to write."""
    with pytest.raises(DefinitionError, match=r"@applies def …\(self, event: Unfolded\) -> None"):
        decider_of(Account).fold(Account(), [Unfolded()])


def test_an_event_that_a_command_returns_and_nothing_folds_is_named_at_once():
    """Before the first one is stored."""

    class Forgetful(Aggregate):
        @command
        def go(self) -> list[Unfolded] | None:
            return None

    with pytest.raises(DefinitionError, match=r"Forgetful.go returns Unfolded and nothing folds"):
        decider_of(Forgetful)


def test_two_appliers_of_one_event_are_refused():
    """Their order would decide the state."""

    class Twice(Aggregate):
        @applies
        def one(self, event: Frozen) -> None: ...

        @applies
        def two(self, event: Frozen) -> None: ...

    with pytest.raises(DefinitionError, match=r"two is the second to fold .*Frozen"):
        decider_of(Twice)


def test_every_field_needs_a_default():
    """The state before the first event is made of them."""

    class Needy(Aggregate):
        owner: str

    with pytest.raises(DefinitionError, match=r"Needy: every field needs a default: .*owner"):
        decider_of(Needy)


def test_an_applier_says_which_event_it_folds():
    """By its annotation."""

    class Vague(Aggregate):
        @applies
        def some(self, event) -> None: ...

    with pytest.raises(DefinitionError, match="annotate 'event'"):
        decider_of(Vague)


def test_a_class_that_cannot_be_found_is_told():
    """Annotations are looked up by name, so classes within functions are out of reach."""

    class Local(Event, tag="local"):
        pass

    class Inner(Aggregate):
        @command
        def go(self) -> Local:
            return Local()

    with pytest.raises(DefinitionError, match=r"'Local'.*at the top of a module"):
        decider_of(Inner)


def test_a_rejection_pickles():
    """Test runners carry it between processes."""
    error = pickle.loads(pickle.dumps(Rejected("no")))
    assert (type(error), error.reason, str(error)) == (Rejected, "no", "no")


def test_an_applier_that_would_fold_nothing_is_refused():
    """A coroutine or a generator is made and thrown away: nothing in it ever runs."""

    async def waits(self, event: Event) -> None: ...

    def yields(self, event: Event):
        yield event

    for method in (waits, yields):
        with pytest.raises(DefinitionError, match="write a plain def"):
            applies(method)
