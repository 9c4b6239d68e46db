"""The store's commands on DynamoDB Local: what they print, and how they fail."""

from __future__ import annotations

import json
import os
import secrets
import socket
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from eventstore import NO_STREAM, Draft, DynamoDBLog, EventStore, Metadata, StreamId
from eventstore.codec import RawEvent
from eventstore.layout import EventLayout
from orm.clock import SystemClock
from orm.driver import RetryingDriver, Transport, WireDriver
from orm.settings import load_project
from orm.tables import create_table, table_names
from tests.support.region import Region
from tests.unit.cli.bank import Account, Moved, counter
from tests.unit.cli.command import Ended, run, standing_in

SETTINGS = """
events_table = "{0}-events"
read_models_table = "{0}-rows"
aggregates = ["tests.unit.cli.bank:Account", "tests.unit.cli.bank:counter"]
"""


@pytest.fixture
def folder(tmp_path: Path, region: Region) -> Iterator[Path]:
    """A project with table names of its own, in the region of this module."""
    (tmp_path / "keyfold.toml").write_text(SETTINGS.format(f"t{secrets.token_hex(4)}"))
    with standing_in(tmp_path, **region.environ):
        yield tmp_path


@pytest.fixture
def store(folder: Path, local_transport: Transport) -> EventStore:
    """The project's store, its tables made by the command."""
    assert run("tables", "create").code == 0
    driver = RetryingDriver(WireDriver(local_transport))
    log = DynamoDBLog(driver, load_project(folder).settings.events_config)
    return EventStore(log, [Account, counter])


@pytest.fixture
def alice(store: EventStore) -> EventStore:
    """With three commits of four events in one stream."""
    accounts = store.of(Account)
    accounts.execute("alice", Account.move(500), metadata=Metadata(actor="bob"))
    accounts.execute("alice", Account.move(-700))
    token = store.log.head(accounts.stream("alice"))
    store.append(accounts.stream("alice"), [Moved(300), Moved(1)], expected=token)
    return store


# --- tables ---------------------------------------------------------------------------------


def test_tables_are_made_once_and_then_left_alone(folder: Path) -> None:
    outcomes = [[row["outcome"] for row in run("tables", "create", "--json").json()] for _ in "ab"]
    assert outcomes == [["created", "created"], ["was there", "was there"]]


def test_describe_tells_of_missing_tables_with_exit_code_3(folder: Path) -> None:
    ended = run("tables", "describe")
    assert ended.code == 3
    assert [line.split("\t")[2] for line in ended.lines()] == ["missing", "missing"]
    assert "next: keyfold tables create" in ended.err


def test_describe_shows_indexes_stream_and_epoch(store: EventStore) -> None:
    ended = run("tables", "describe", "--json")
    assert ended.code == 0
    events, rows = ended.json()
    assert (events["status"], events["stream"]) == ("ACTIVE", "NEW_IMAGE")
    assert events["indexes"] == ["GSI1"]
    assert events["epoch"] == store.log.epoch
    assert events["items"] == 1
    assert rows["indexes"] == ["GSI1", "GSI2", "GSI3", "GSI4"]
    assert (rows["stream"], rows["epoch"]) == (None, None)


def test_one_shared_table_has_the_stream_and_all_indexes(folder: Path) -> None:
    """Both names alike: one table that serves as both."""
    name = f"t{secrets.token_hex(4)}"
    flags = ("--events-table", name, "--read-models-table", name)
    assert len(run("tables", "create", *flags, "--json").json()) == 1
    [shared] = run("tables", "describe", *flags, "--json").json()
    assert (shared["stream"], len(shared["indexes"])) == ("NEW_IMAGE", 4)
    assert shared["epoch"]


def test_a_table_without_its_store_wants_attention(
    folder: Path, local_transport: Transport
) -> None:
    """As after an interrupted create; the same command mends it."""
    driver = WireDriver(local_transport)
    create_table(
        driver, EventLayout(load_project(folder).settings.events_config).shape(), SystemClock()
    )
    assert run("tables", "describe", "events").code == 3
    assert run("stream", "ls", "ACCOUNT").code == 0  # a list needs no epoch
    ended = run("aggregate", "show", "ACCOUNT#a", "--json")
    assert ended.error()["next"] == "keyfold tables create"
    run("tables", "create", "events")
    assert run("tables", "describe", "events").code == 0


def test_a_table_that_looks_different_is_refused(store: EventStore, folder: Path) -> None:
    """Other key names in the settings than in the table: nothing is changed."""
    settings = folder / "keyfold.toml"
    settings.write_text(settings.read_text() + '\n[events]\npk = "hash"\n')
    ended = run("tables", "create", "events")
    assert ended.code == 1
    assert "key attributes are others" in ended.err


def test_delete_asks_and_a_script_that_says_nothing_deletes_nothing(store: EventStore) -> None:
    ended = run("tables", "delete", "events")
    assert ended.code == 2
    assert "nothing was deleted" in ended.err
    assert "--yes" in ended.err
    assert run("tables", "describe").code == 0


def test_delete_with_yes_takes_the_tables_away(
    store: EventStore, local_transport: Transport
) -> None:
    ended = run("tables", "delete", "all", "--yes", "--json")
    assert [row["outcome"] for row in ended.json()] == ["deleted", "deleted"]
    left = set(table_names(WireDriver(local_transport)))
    assert left.isdisjoint(row["table"] for row in ended.json())
    again = run("tables", "delete", "all", "--yes", "--json")
    assert [row["outcome"] for row in again.json()] == ["was not there"] * 2


# --- stream ---------------------------------------------------------------------------------


def test_ls_lists_the_streams_of_a_category(alice: EventStore) -> None:
    for name in ("bob", "a#b"):
        alice.of(Account).execute(name, Account.move(1))
    alice.of(Account, tenant="acme").execute("carol", Account.move(1))
    listed = {row["stream"] for row in run("stream", "ls", "ACCOUNT", "--json").json()}
    assert listed == {"ACCOUNT#alice", "ACCOUNT#bob", "ACCOUNT#a#b"}
    [carol] = run("stream", "ls", "ACCOUNT", "--tenant", "acme", "--json").json()
    assert (carol["id"], carol["tenant"]) == ("carol", "acme")
    assert run("stream", "ls", "ORDER").out == ""


def test_ls_long_has_the_last_commit_and_event(alice: EventStore) -> None:
    assert (
        run("stream", "ls", "ACCOUNT", "--long").out == "ACCOUNT#alice\tACCOUNT\talice\t-\t3\t4\n"
    )


def test_ls_stops_at_its_limit_and_says_so(alice: EventStore) -> None:
    alice.of(Account).execute("bob", Account.move(1))
    ended = run("stream", "ls", "ACCOUNT", "--limit", "1")
    assert len(ended.lines()) == 1
    assert "more than 1" in ended.err
    assert len(run("stream", "ls", "ACCOUNT", "--limit", "0").lines()) == 2


def test_cat_prints_every_commit_with_its_events(alice: EventStore) -> None:
    ended = run("stream", "cat", "ACCOUNT#alice")
    assert [line for line in ended.lines() if not line.startswith("commit")] == [
        '  moved {"pence":500}',
        '  metadata {"command":"Account.move","actor":"bob"}',
        '  moved {"pence":-700}',
        '  metadata {"command":"Account.move"}',
        '  moved {"pence":300}',
        '  moved {"pence":1}',
    ]


def test_cat_as_json_is_a_line_a_commit(alice: EventStore) -> None:
    commits = [
        json.loads(line) for line in run("stream", "cat", "ACCOUNT", "alice", "--json").lines()
    ]
    assert [commit["commit"] for commit in commits] == [1, 2, 3]
    assert [(commit["first"], commit["last"]) for commit in commits] == [(1, 1), (2, 2), (3, 4)]
    assert commits[2]["events"][1] == {
        "number": 4,
        "tag": "moved",
        "version": 1,
        "body": {"pence": 1},
    }


@pytest.mark.parametrize(
    ("flags", "numbers"),
    [
        (("--from", "2"), [2, 3]),
        (("--to", "2"), [1, 2]),
        (("--from", "2", "--to", "2"), [2]),
        (("--limit", "1"), [1]),
        (("--from", "4"), []),
    ],
)
def test_cat_takes_a_range(alice: EventStore, flags: tuple[str, ...], numbers: list[int]) -> None:
    ended = run("stream", "cat", "ACCOUNT#alice", "--json", *flags)
    assert [json.loads(line)["commit"] for line in ended.lines()] == numbers
    assert ended.code == 0


def test_cat_needs_no_class(store: EventStore) -> None:
    """An event whose class nobody here has is shown by its tag."""

    data = msgspec.msgpack.encode([RawEvent("from-the-future", 7, {"x": [1, None]})])
    store.log.append([Draft(StreamId("LATER", "1"), NO_STREAM, data, 1)], commit_id=b"x" * 16)
    assert '  from-the-future v7 {"x":[1,null]}' in run("stream", "cat", "LATER#1").lines()


def test_a_stream_that_is_not_there_is_an_error(store: EventStore) -> None:
    ended = run("stream", "cat", "ACCOUNT#nobody", "--json")
    assert (ended.code, ended.out) == (1, "")
    assert ended.error()["type"] == "StreamNotFoundError"


def test_tail_without_following_prints_the_last_commits(alice: EventStore) -> None:
    ended = run("stream", "tail", "ACCOUNT#alice", "-n", "2", "--no-follow", "--json")
    assert [json.loads(line)["commit"] for line in ended.lines()] == [2, 3]
    assert ended.code == 0


# --- aggregate ------------------------------------------------------------------------------


def test_show_folds_up_to_a_commit(alice: EventStore) -> None:
    now = run("aggregate", "show", "ACCOUNT#alice", "--json").json()
    assert (now["commit"], now["version"], now["state"]) == (3, 4, {"balance": 101})
    then = run("aggregate", "show", "ACCOUNT#alice", "--at", "1", "--json").json()
    assert (then["commit"], then["state"]) == (1, {"balance": 500})
    assert then["invariants"] == {"never_overdrawn": "holds", "below_a_million": "holds"}


def test_a_broken_invariant_ends_with_3(alice: EventStore) -> None:
    ended = run("aggregate", "show", "ACCOUNT#alice", "--at", "2")
    assert ended.code == 3
    assert "invariant.never_overdrawn\tbroken" in ended.lines()


def test_show_at_0_is_the_state_before_the_first_event(alice: EventStore) -> None:
    assert run("aggregate", "show", "ACCOUNT#alice", "--at", "0", "--json").json()["state"] == {
        "balance": 0
    }


def test_show_beyond_the_end_says_where_it_ends(alice: EventStore) -> None:
    ended = run("aggregate", "show", "ACCOUNT#alice", "--at", "9")
    assert ended.code == 0
    assert "ends with commit 3" in ended.err


def test_show_works_for_a_decider(store: EventStore) -> None:
    store.append(StreamId("COUNTER", "c"), [Moved(2), Moved(3)], expected=NO_STREAM)
    ended = run("aggregate", "show", "COUNTER#c")
    assert "state\t5" in ended.lines()


def test_show_of_nobody_is_an_error(store: EventStore) -> None:
    ended = run("aggregate", "show", "ACCOUNT#nobody", "--json")
    assert ended.code == 1
    assert ended.error()["type"] == "StreamNotFoundError"


def test_an_event_that_the_code_does_not_know_is_named(store: EventStore) -> None:

    data = msgspec.msgpack.encode([RawEvent("from-the-future", 1, {})])
    store.log.append([Draft(StreamId("ACCOUNT", "z"), NO_STREAM, data, 1)], commit_id=b"x" * 16)
    ended = run("aggregate", "show", "ACCOUNT#z", "--json")
    assert ended.code == 1
    assert "from-the-future" in ended.error()["detail"]


# --- failing --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "words",
    [
        ("stream", "ls", "ACCOUNT"),
        ("stream", "cat", "ACCOUNT#a"),
        ("stream", "tail", "ACCOUNT#a", "--no-follow"),
        ("aggregate", "show", "ACCOUNT#a"),
    ],
)
def test_without_tables_every_command_names_the_one_that_makes_them(
    folder: Path, words: tuple[str, ...]
) -> None:
    ended = run(*words, "--json")
    assert ended.code == 1
    assert ended.error()["type"] == "TableNotFoundError"
    assert ended.error()["applied"] is False
    assert ended.error()["next"] == "keyfold tables create"


def test_refused_credentials_are_told_as_such(folder: Path) -> None:
    """The engine refuses an access key with a dash."""
    endpoint = os.environ["KEYFOLD_ENDPOINT"]
    with standing_in(folder, AWS_ACCESS_KEY_ID="not-a-key", KEYFOLD_ENDPOINT=endpoint):
        ended = run("stream", "ls", "ACCOUNT", "--json")
    assert ended.code == 1
    assert ended.error()["type"] == "CredentialsError"
    assert "AWS_ACCESS_KEY_ID" in ended.error()["next"]


def test_an_engine_that_is_gone_is_told_at_once(folder: Path) -> None:
    """A port that nobody listens on: nothing was written, repeating may help, what to type."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        endpoint = f"http://127.0.0.1:{taken.getsockname()[1]}"
        ended: Ended = run("tables", "create", "--endpoint", endpoint, "--json")
    assert ended.code == 1
    told = ended.error()
    assert (told["type"], told["applied"], told["retry"]) == ("UnreachableError", False, True)
    assert "keyfold local start" in told["next"]
