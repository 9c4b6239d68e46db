"""`keyfold stream tail` in a process of its own: what comes in, Ctrl-C, and an engine that dies."""

from __future__ import annotations

import json
import os
import secrets
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from eventstore import DynamoDBLog, EventStore
from orm.config import SingleTableConfig
from orm.driver import RetryingDriver, WireDriver
from orm.local.ephemeral import EphemeralEngine
from tests.support.region import Region
from tests.unit.cli.bank import Account
from tests.unit.cli.command import GROUPS, installed

ROOT = Path(__file__).parents[3]
# As in the foreground of a terminal: what a shell starts with `&` inherits that SIGINT is ignored.
SCRIPT = (
    "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler); "
    "from orm.cli import main; sys.exit(main())"
)

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT to send")


def store_in(region: Region, table: str) -> EventStore:
    log = DynamoDBLog(
        RetryingDriver(WireDriver(region.transport())), SingleTableConfig(table=table)
    )
    log.create()
    return EventStore(log, [Account])


@contextmanager
def tailing(region: Region, folder: Path, table: str) -> Iterator[subprocess.Popen[str]]:
    """`keyfold stream tail ACCOUNT#alice --json`, following."""
    installed(folder, "groups-of-the-tests", {group.name: group.value for group in GROUPS})
    words = ("stream", "tail", "ACCOUNT#alice", "--json", "--interval", "0.1")
    store = ("--events-table", table)
    child = subprocess.Popen(
        [sys.executable, "-c", SCRIPT, *words, *store],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=folder,
        env={
            **os.environ,
            **region.environ,
            "PYTHONPATH": os.pathsep.join([str(folder), str(ROOT)]),
        },
    )
    try:
        yield child
    finally:
        child.kill()
        child.communicate()


def line(child: subprocess.Popen[str]) -> dict[str, Any]:
    assert child.stdout
    read: dict[str, Any] = json.loads(child.stdout.readline())
    return read


def test_what_comes_in_is_printed_and_ctrl_c_is_no_failure(region: Region, tmp_path: Path) -> None:
    table = f"t-{secrets.token_hex(4)}"
    accounts = store_in(region, table).of(Account)
    accounts.execute("alice", Account.move(1))
    with tailing(region, tmp_path, table) as child:
        assert line(child)["commit"] == 1
        accounts.execute("alice", Account.move(2))
        assert line(child)["events"][0]["body"] == {"pence": 2}
        child.send_signal(signal.SIGINT)
        out, err = child.communicate(timeout=30)
    assert (child.returncode, out, err) == (0, "", "")


def test_an_engine_that_dies_meanwhile_is_told(
    mortal_engine: EphemeralEngine, tmp_path: Path
) -> None:
    """One clear error with the next command, and exit code 1."""
    region = Region.fresh(mortal_engine)
    store_in(region, "dies").of(Account).execute("alice", Account.move(1))
    with tailing(region, tmp_path, "dies") as child:
        assert line(child)["commit"] == 1
        mortal_engine.kill()
        _, err = child.communicate(timeout=60)
    told = json.loads(err.splitlines()[-1])["error"]
    assert child.returncode == told["exit_code"] == 1
    assert told["retry"] is True
    assert "keyfold local start" in told["next"]
