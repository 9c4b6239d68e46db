"""Bad input and bad days: each ends in one clear text.

It says what was tried, whether it was applied, whether to retry, and what to type next.
"""

from __future__ import annotations

import os
import secrets
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from eventstore import (
    ANY,
    NO_STREAM,
    ClaimedToken,
    DynamoDBLog,
    Event,
    EventStore,
    MemoryLog,
    StreamId,
)
from eventstore.errors import (
    StoreEpochError,
    UnknownEventError,
    WrongTokenError,
)
from orm.cli.failure import describe
from orm.clock import SystemClock
from orm.config import SingleTableConfig
from orm.driver import Driver, RetryingDriver, RetryPolicy, WireDriver
from orm.errors import (
    InvalidKeyError,
    ItemTooLargeError,
    KeyfoldError,
    TableNotFoundError,
    UnreachableError,
)
from orm.local import LocalEngine, PortInUseError, StartOptions
from orm.local.ephemeral import EphemeralEngine
from tests.support.region import Region


class Noted(Event, tag="noted"):
    text: str


class Forgotten(Event, tag="forgotten"):
    text: str


@pytest.fixture
def store(driver: Driver, config: SingleTableConfig) -> EventStore:
    log = DynamoDBLog(driver, config)
    log.create()
    return EventStore(log, [Noted])


def told(kind: type[KeyfoldError], work: Callable[[], object]) -> str:
    """The one text that a person sees."""
    with pytest.raises(kind) as raised:
        work()
    failure = describe(raised.value)
    assert failure.expected
    return failure.text()


def stream() -> StreamId:
    return StreamId("NOTE", secrets.token_hex(4))


def test_an_unknown_event_tag(store: EventStore) -> None:
    named = stream()
    EventStore(store.log, [Forgotten]).append(named, [Forgotten("x")], expected=NO_STREAM)
    text = told(UnknownEventError, lambda: list(store.read(named)))
    assert "unknown event tag 'forgotten'; this code knows noted" in text
    assert "deploy the version that knows it" in text


def test_an_event_over_400_kb(store: EventStore) -> None:
    named = stream()
    big = Noted(secrets.token_hex(900_000))  # compresses to half, and is too large even so
    text = told(ItemTooLargeError, lambda: store.append(named, [big], expected=NO_STREAM))
    assert "409,600" in text
    assert str(named) in text
    assert "nothing was sent" in text
    assert "next: " in text
    assert store.log.head(named).commit == 0


def test_a_lone_surrogate_in_an_id(store: EventStore) -> None:
    named = StreamId("NOTE", "a\ud800b")
    text = told(InvalidKeyError, lambda: store.append(named, [Noted("x")], expected=NO_STREAM))
    assert "lone surrogate" in text
    assert "nothing was sent" in text
    text.encode()  # itself without a surrogate


def test_a_token_of_another_stream(store: EventStore) -> None:
    token = store.append(stream(), [Noted("x")], expected=NO_STREAM)
    other = stream()
    text = told(WrongTokenError, lambda: store.append(other, [Noted("y")], expected=token))
    assert str(token.stream) in text
    assert str(other) in text
    assert "nothing was sent" in text


def test_a_text_that_is_no_token() -> None:
    text = told(WrongTokenError, lambda: ClaimedToken.decode("no token"))
    assert "'no token' is no token" in text


def test_a_token_of_another_store(store: EventStore) -> None:
    named = stream()
    token = EventStore(MemoryLog(), [Noted]).append(named, [Noted("x")], expected=NO_STREAM)
    text = told(StoreEpochError, lambda: store.append(named, [Noted("y")], expected=token))
    assert token.epoch in text
    assert store.log.epoch in text
    assert "nothing was sent" in text
    assert "load again" in text


def test_a_missing_table(driver: Driver) -> None:
    store = EventStore(DynamoDBLog(driver, SingleTableConfig(table="no-such-table")), [Noted])
    text = told(
        TableNotFoundError, lambda: store.append(stream(), [Noted("x")], expected=NO_STREAM)
    )
    assert "no-such-table" in text
    assert "nothing was written" in text
    assert "keyfold tables create" in text


def test_no_credentials(tmp_path: Path) -> None:
    """The command on a machine that has none, in its environment or anywhere else."""
    environ = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_REGION": "us-east-1",
        "KEYFOLD_ENDPOINT": "http://127.0.0.1:1",
    }
    script = Path(sys.executable).with_name("keyfold")
    done = subprocess.run(
        [script, "tables", "create", "--engine", "aws"],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        env=environ,
        timeout=60,
    )
    assert done.returncode == 1
    assert "AWS_ACCESS_KEY_ID" in done.stderr
    assert "nothing was written" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_port_in_use(tmp_path: Path) -> None:
    environ = {"KEYFOLD_STATE": str(tmp_path)}
    with socket.socket() as taken:
        taken.bind(("0.0.0.0", 0))
        taken.listen()
        port = taken.getsockname()[1]
        engine = LocalEngine(environ)
        text = told(PortInUseError, lambda: engine.start(StartOptions(port=port)))
    assert str(port) in text
    assert "next: " in text


def test_an_engine_that_dies_in_mid_run(mortal_engine: EphemeralEngine) -> None:
    """Each command that was told as done is there; the one that met the death says so honestly."""
    transport = Region.fresh(mortal_engine).transport()
    policy = RetryPolicy(attempts_max=3, deadline_seconds=1.0)
    log = DynamoDBLog(
        RetryingDriver(WireDriver(transport), policy),
        SingleTableConfig(table="events"),
        SystemClock(),
    )
    log.create()
    store, named = EventStore(log, [Noted]), stream()
    store.append(named, [Noted("x")], expected=ANY)
    mortal_engine.kill()
    text = told(UnreachableError, lambda: store.append(named, [Noted("y")], expected=ANY))
    assert "events" in text
    assert "3 attempts" in text
    assert "nothing was written" in text
    assert "retry: the same command again may help" in text
    assert "keyfold local status" in text
