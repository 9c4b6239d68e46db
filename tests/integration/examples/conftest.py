"""Runs of the demo in a region of each test's own on the real engine."""

from __future__ import annotations

import contextlib
import json
import os
import random
import subprocess
import sys
import time
from typing import Any

import psutil  # type: ignore[import-untyped]
import pytest

from orm.driver import Transport
from orm.local.ephemeral import EphemeralEngine
from orm.settings import Settings
from tests.support.region import Region

RUN_SECONDS_MAX = 240
CUT_OFF_SECONDS_MAX = (4.0, 2.0, 1.0, 0.5)
"""How long after its actors began a run is killed at the latest, try by try."""


class Place:
    """Where a demo runs: an engine, a region, and the environment that leads there."""

    def __init__(self, engine: EphemeralEngine) -> None:
        self.region = Region.fresh(engine)
        self.endpoint = engine.endpoint_url
        self.environ = os.environ | self.region.environ

    def start(self, *words: str) -> subprocess.Popen[bytes]:
        """A demo that runs: `python -m` these words."""
        return subprocess.Popen(
            [sys.executable, "-m", *words],
            env=self.environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def run(self, *words: str) -> tuple[int, Any, str]:
        """Its exit code, what it said as JSON (None where it said nothing), and its errors."""
        process = self.start(*words)
        out, err = process.communicate(timeout=RUN_SECONDS_MAX)
        return process.returncode, json.loads(out) if out.strip() else None, err.decode()

    def demo(self, *words: str) -> tuple[int, Any, str]:
        """`keyfold demo` here."""
        return self.run("examples.demo", *words, "--endpoint", self.endpoint, "--json")

    def cut_off(self, chance: random.Random, children: int, *words: str) -> None:
        """Start a demo and kill one of its processes with -9, so that the run does not end well.

        One that ended before the kill came does not count: then again, and sooner.
        """
        for latest in CUT_OFF_SECONDS_MAX:
            if self._kill_one(chance, children, latest, *words) != 0:
                return
        pytest.fail("each run had ended before one of its processes could be killed")

    def _kill_one(
        self, chance: random.Random, children: int, latest: float, *words: str
    ) -> int | None:
        """The exit code of a run after the kill; when it returns, all of its processes are gone."""
        process = self.start(*words)
        run = psutil.Process(process.pid)
        while process.poll() is None and len(family_of(run)) <= children:
            time.sleep(0.05)
        time.sleep(chance.uniform(0.2, latest))
        family = family_of(run)
        if family:
            with contextlib.suppress(psutil.NoSuchProcess):  # it had just ended by itself
                chance.choice(family).kill()
        process.communicate(timeout=RUN_SECONDS_MAX)
        _, alive = psutil.wait_procs(family, timeout=30)
        assert not alive, "a process outlived its run"
        return process.returncode

    def transport(self) -> Transport:
        return self.region.transport()

    def settings(self, example: Any) -> Settings:
        """The settings of an example's tables."""
        found: Settings = example.settings("local")
        return found


def family_of(run: psutil.Process) -> list[psutil.Process]:
    """A run and its actors; none where it has ended."""
    try:
        return [run, *run.children()]
    except psutil.NoSuchProcess:
        return []


@pytest.fixture
def place(local_engine: EphemeralEngine) -> Place:
    return Place(local_engine)
