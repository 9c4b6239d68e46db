"""kill -9 in the middle of a writer, again and again: nothing lost, nothing doubled."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from eventstore import DynamoDBLog, EventStore
from orm.config import SingleTableConfig
from orm.driver import Transport, WireDriver
from tests.conftest import fresh_config
from tests.counts import count
from tests.support.region import Region
from tests.support.tally import Tally

ROOT = Path(__file__).parents[3]
COMMANDS = 60
KILLS = count(3, 60)


def start_writer(region: Region, config: SingleTableConfig) -> subprocess.Popen[str]:
    settings = {
        "transport": region.options,
        "table": config.table,
        "commands": COMMANDS,
    }
    return subprocess.Popen(
        [sys.executable, "-m", "tests.support.command_writer", json.dumps(settings)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )


def kill_in_the_middle(writer: subprocess.Popen[str], rng: random.Random) -> None:
    """After some lines and a moment more, so that it dies anywhere in a command."""
    assert writer.stdout
    for _ in range(rng.randint(1, COMMANDS // 2)):
        writer.stdout.readline()
    time.sleep(rng.random() * 0.02)
    writer.kill()
    writer.wait()
    writer.stdout.close()


def test_a_killed_writer_starts_again_where_it_was(
    region: Region, local_transport: Transport, capsys: pytest.CaptureFixture[str]
):
    """The same commands under the same ids, each time from the first, and each is there once."""
    config = fresh_config()
    log = DynamoDBLog(WireDriver(local_transport), config)
    log.create()
    rng = random.Random(KILLS)
    for _ in range(KILLS):
        kill_in_the_middle(start_writer(region, config), rng)
    with start_writer(region, config) as last:
        assert last.stdout
        said = Counter(last.stdout.read().split())
    assert last.returncode == 0
    assert said.total() == COMMANDS

    store = EventStore(log, [Tally])
    tallies = store.of(Tally)
    for id, expected in (("a", range(COMMANDS)), ("b", range(2, COMMANDS, 3))):
        found = [one.metadata.command_id for one in store.read(tallies.stream(id))]
        assert found == [f"command-{n}" for n in expected]
    assert tallies.load("a").state.total == COMMANDS * 2 // 3 - COMMANDS // 3
    assert tallies.load("b").state.total == COMMANDS // 3
    with capsys.disabled():
        print(f"\n{KILLS} kills; the last run skipped {said['skipped']} as done of {COMMANDS}")
