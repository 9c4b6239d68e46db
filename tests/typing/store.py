"""What a user of the event store sees through a type checker: checked, never run."""

from collections.abc import Iterator
from typing import Any, assert_type

from eventstore import (
    ANY,
    NO_STREAM,
    Decider,
    DynamoDBLog,
    Event,
    EventStore,
    Loaded,
    Log,
    MemoryLog,
    Metadata,
    Recorded,
    Repository,
    Result,
    Step,
    StreamId,
    Token,
)
from orm import Key, Model
from orm.clock import ManualClock
from tests.typing.domain import Account, Deposit, Deposited, Purse, Safe, purses

STREAM = StreamId("ACCOUNT", "alice")


class Row(Model, key=Key("id")):
    id: str


def a_store_knows_events_aggregates_and_deciders(log: DynamoDBLog) -> None:
    EventStore(log, [Account, Safe])
    EventStore(MemoryLog(), [purses, Account, Deposited], clock=ManualClock())
    EventStore(log, [Row])  # type: ignore[list-item]
    EventStore({}, [Account])  # type: ignore[arg-type]


def every_log_is_a_log(dynamodb: DynamoDBLog, memory: MemoryLog) -> list[Log]:
    return [dynamodb, memory]


def streams_of_an_aggregate_have_its_state(store: EventStore) -> None:
    accounts = store.of(Account)
    assert_type(accounts, Repository[Account])
    assert_type(accounts.load("alice"), Loaded[Account])
    assert_type(accounts.load("alice").state, Account)
    assert_type(accounts.fresh("alice").state.balance, int)
    assert_type(accounts.decider, Decider[Account])
    assert_type(accounts.stream("alice"), StreamId)
    assert_type(store.of(Account, tenant="bank"), Repository[Account])
    store.of(Row)  # type: ignore[type-var]
    store.of(Account())  # type: ignore[arg-type]
    store.of(purses)  # type: ignore[arg-type]


def streams_of_a_decider_have_its_state(store: EventStore) -> None:
    repository = store.of_decider(purses)
    assert_type(repository, Repository[Purse])
    assert_type(repository.execute("1", Deposit(5)).state, Purse)
    assert_type(repository.load("1").state.pence, int)


def executing_gives_the_state_and_the_place(store: EventStore) -> None:
    accounts = store.of(Account)
    result = accounts.execute("alice", Account.deposit(5), command_id="c-1")
    assert_type(result, Result[Account])
    assert_type(result.state, Account)
    assert_type(result.loaded, Loaded[Account])
    assert_type(result.events, tuple[Event, ...])
    assert_type(result.token, Token)
    assert_type(result.skipped, bool)
    accounts.execute("alice", Account.close(), at=result.loaded, metadata=Metadata(actor="ann"))
    accounts.execute("alice")  # type: ignore[call-arg]
    accounts.execute("alice", Account.close(), "c-1")  # type: ignore[call-arg]
    accounts.execute(1, Account.close())  # type: ignore[arg-type]
    accounts.execute("alice", Account.close(), at=result)  # type: ignore[arg-type]
    accounts.execute("alice", Account.close(), at=store.of(Safe).load("1"))  # type: ignore[arg-type]


def several_streams_at_once(store: EventStore) -> None:
    accounts, safes = store.of(Account), store.of(Safe)
    steps = Step(accounts, "alice", Account.close()), Step(safes, "1", Safe.shut())
    assert_type(steps[0], Step[Account])
    assert_type(store.execute_together(*steps, command_id="c-1"), tuple[Result[Any], ...])
    store.execute_together(Account.close())  # type: ignore[arg-type]


def appending_takes_events_and_a_place(store: EventStore, token: Token) -> None:
    assert_type(store.append(STREAM, [Deposited(5)], expected=NO_STREAM), Token)
    store.append(STREAM, [Deposited(5)], expected=token, metadata=Metadata(actor="ann"))
    store.append(STREAM, [Deposited(5)], expected=7)
    together = store.append_together([(STREAM, [Deposited(5)], ANY)])
    assert_type(together, tuple[Token, ...])
    store.append(STREAM, [Deposited(5)])  # type: ignore[call-arg]
    store.append(STREAM, Deposited(5), expected=ANY)  # type: ignore[arg-type]
    store.append(STREAM, [Account.deposit(5)], expected=ANY)  # type: ignore[list-item]
    store.append("ACCOUNT#alice", [Deposited(5)], expected=ANY)  # type: ignore[arg-type]
    store.append(STREAM, [Deposited(5)], expected="any")  # type: ignore[arg-type]


def reading_gives_commits_in_order(store: EventStore) -> None:
    assert_type(store.read(STREAM, after=3), Iterator[Recorded])
    for recorded in store.read(STREAM):
        assert_type(recorded.events, tuple[Event, ...])
        assert_type(recorded.metadata, Metadata)
        assert_type(recorded.metadata.command_id, str | None)
