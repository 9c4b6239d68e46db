"""How streams are named, shown and followed, on a log in memory."""

from __future__ import annotations

import json

import pytest

from eventstore import NO_STREAM, EventStore, MemoryLog, Metadata, StreamId
from eventstore.cli.names import UsageError, stream_named
from eventstore.cli.streams import as_facts, following, show
from orm.cli.output import Output
from orm.clock import ManualClock
from tests.unit.cli.bank import Account, Moved
from tests.unit.cli.command import run

ALICE = StreamId("ACCOUNT", "alice")


@pytest.fixture
def store() -> EventStore:
    return EventStore(MemoryLog(ManualClock()), [Account])


def test_a_stream_is_named_in_one_word_or_two() -> None:
    assert stream_named("ORDER#42", None, None) == StreamId("ORDER", "42")
    assert stream_named("ORDER", "42", "acme") == StreamId("ORDER", "42", "acme")


def test_an_id_may_hold_the_mark() -> None:
    """The first `#` ends the category; ids are the users' own."""
    assert stream_named("ORDER#4#2", None, None) == StreamId("ORDER", "4#2")
    assert stream_named("ORDER", "#", None) == StreamId("ORDER", "#")


@pytest.mark.parametrize("name", ["", "ORDER", "#42", "ORDER#"])
def test_a_half_name_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match="CATEGORY#ID"):
        stream_named(name, None, None)


def test_a_commit_is_shown_with_all_that_is_stored(store: EventStore) -> None:
    store.append(ALICE, [Moved(5)], expected=NO_STREAM)
    token = store.log.head(ALICE)
    metadata = Metadata(command="Account.move", actor="bob")
    store.append(ALICE, [Moved(1), Moved(2)], expected=token, metadata=metadata)
    last = list(store.log.read(ALICE))[-1]
    facts = as_facts(last)
    assert (facts["commit"], facts["first"], facts["last"]) == (2, 2, 3)
    assert facts["events"] == [
        {"number": 2, "tag": "moved", "version": 1, "body": {"pence": 1}},
        {"number": 3, "tag": "moved", "version": 1, "body": {"pence": 2}},
    ]
    assert facts["metadata"] == {"command": "Account.move", "actor": "bob"}
    assert facts["recorded_at"].isoformat() == "2023-11-14T22:13:20+00:00"
    assert facts["commit_id"] == last.id.hex()


def test_text_has_a_line_for_the_commit_each_event_and_the_metadata(
    store: EventStore, capsys: pytest.CaptureFixture[str]
) -> None:
    store.append(
        ALICE, [Moved(5), Moved(-5)], expected=NO_STREAM, metadata=Metadata(command="Account.move")
    )
    show(Output(), next(iter(store.log.read(ALICE))))
    assert capsys.readouterr().out.splitlines() == [
        "commit 1  events 1-2  2023-11-14T22:13:20.000000Z",
        '  moved {"pence":5}',
        '  moved {"pence":-5}',
        '  metadata {"command":"Account.move"}',
    ]


def test_json_is_a_line_a_commit(store: EventStore, capsys: pytest.CaptureFixture[str]) -> None:
    store.append(ALICE, [Moved(5)], expected=NO_STREAM)
    show(Output(json=True), next(iter(store.log.read(ALICE))))
    shown = json.loads(capsys.readouterr().out)
    assert shown["stream"] == "ACCOUNT#alice"
    assert shown["events"][0]["body"] == {"pence": 5}


def test_following_begins_with_the_last_lines_and_goes_on_with_new_ones(store: EventStore) -> None:
    """Each commit once, in order, whenever it comes."""
    accounts = store.of(Account)
    for pence in (1, 2, 3):
        accounts.execute("alice", Account.move(pence))
    arrivals = iter([4, 5])

    class Busy(ManualClock):
        """While the follower sleeps, somebody appends."""

        def sleep(self, seconds: float, /) -> None:
            super().sleep(seconds)
            if (pence := next(arrivals, None)) is not None:
                accounts.execute("alice", Account.move(pence))

    looks = iter([True] * 3)
    seen = following(store.log, ALICE, 2, 1.0, Busy(), wanted=lambda: next(looks, False))
    assert [commit.number for commit in seen] == [2, 3, 4, 5]


def test_following_can_begin_with_nothing(store: EventStore) -> None:
    """Of a stream that is not there yet, and with `--lines 0`."""
    clock = ManualClock()
    assert list(following(store.log, ALICE, 10, 1.0, clock, forever=False)) == []
    store.of(Account).execute("alice", Account.move(1))
    assert list(following(store.log, ALICE, 0, 1.0, clock, forever=False)) == []


def test_a_missing_table_names_the_command_that_makes_it() -> None:
    ended = run("stream", "ls", "A", "--engine", "memory", "--json")
    assert ended.code == 1
    assert ended.error()["type"] == "TableNotFoundError"
    assert ended.error()["next"] == "keyfold tables create"
