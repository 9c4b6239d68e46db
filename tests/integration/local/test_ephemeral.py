"""Private engines: apart from each other, and gone with their owner."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pytest

from orm.local import processes
from orm.local.artifacts import pinned_manifest, platform_name
from orm.local.ephemeral import ephemeral_engine
from tests.needs import LOCAL

pytestmark = [
    pytest.mark.needs(LOCAL),
    pytest.mark.skipif(
        platform_name() not in pinned_manifest().native,
        reason=f"DynamoDB Local has no native library for {platform_name()}",
    ),
]


def test_engine_is_gone_after_its_block() -> None:
    """It answers inside, and its process is gone outside."""
    with ephemeral_engine() as engine:
        assert engine.answers()
        pid, port = engine.pid, engine.port
    assert not engine.running
    assert not processes.listens_on(pid, port)


def test_two_at_once_are_apart() -> None:
    """Other port, other process, other key; killing one leaves the other."""
    with ephemeral_engine() as one, ephemeral_engine() as other:
        assert len({one.endpoint_url, other.endpoint_url}) == 2
        assert len({one.access_key, other.access_key}) == 2
        one.kill()
        assert not one.running
        assert not one.answers()
        assert other.answers()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no kill -9")
def test_engine_ends_with_its_owner() -> None:
    """kill -9 of the owner, which can clean up nothing: the engine ends all the same."""
    owner = subprocess.Popen(
        [sys.executable, "-c", OWNER],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert owner.stdout
    pid, port = (int(word) for word in owner.stdout.readline().split())
    assert processes.listens_on(pid, port)
    owner.send_signal(signal.SIGKILL)
    owner.communicate()
    deadline = time.monotonic() + 10
    while processes.listens_on(pid, port):
        assert time.monotonic() < deadline, "the engine outlived its owner"
        time.sleep(0.02)


OWNER = """
import time
from orm.local.ephemeral import ephemeral_engine
with ephemeral_engine() as engine:
    print(engine.pid, engine.port, flush=True)
    time.sleep(60)
"""
