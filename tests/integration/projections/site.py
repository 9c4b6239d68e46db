"""A scratch project on an engine: its folder, its tables, and worker processes on it."""

from __future__ import annotations

import json
import os
import queue
import secrets
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from eventstore import DynamoDBLog, EventStore
from orm import Table
from orm.driver import RetryingDriver, WireDriver
from orm.settings import load_project
from tests.integration.projections.app import Account, Balance, Total
from tests.integration.projections.command import GROUPS
from tests.support.region import Region
from tests.unit.cli.command import Ended, run

ROOT = Path(__file__).parents[3]
SETTINGS = """
events_table = "{0}-events"
read_models_table = "{0}-rows"
aggregates = ["tests.integration.projections.app:Account"]
projections = [
    "tests.integration.projections.app:Balance",
    "tests.integration.projections.app:Totals",
]
"""
START_SECONDS_MAX = 60.0
END_SECONDS_MAX = 60.0


class Site:
    """A project folder and what its tables hold.

    Args:
        folder: where its settings are written.
        region: where its tables are.
    """

    def __init__(self, folder: Path, region: Region) -> None:
        self.folder = folder
        (folder / "keyfold.toml").write_text(SETTINGS.format(f"t{secrets.token_hex(4)}"))
        self.environ = region.environ
        self.transport = region.transport()
        self.driver = RetryingDriver(WireDriver(self.transport))
        self.settings = load_project(folder, {}).settings
        self.written: dict[str, list[int]] = {}

    def keyfold(self, *words: str) -> Ended:
        """Type the command, in this process."""
        return run(*words, groups=GROUPS)

    @property
    def store(self) -> EventStore:
        return EventStore(DynamoDBLog(self.driver, self.settings.events_config), [Account])

    def move(self, account: str, *pence: int) -> None:
        """Append, and remember what the rows must say."""
        accounts = self.store.of(Account)
        for amount in pence:
            accounts.execute(account, Account.move(amount))
            self.written.setdefault(account, []).append(amount)

    def difference(self) -> str:
        """Where the rows are not what was written; empty where they are."""
        table = Table(self.driver, self.settings.read_models_config).consistent()
        for account, moves in self.written.items():
            row = table.get(Balance, account=account)
            if (row.moves if row else []) != moves:
                return f"{account}: wrote {moves}, found {row}"
        amounts = [pence for moves in self.written.values() for pence in moves]
        wanted = Total(what="all", pence=sum(amounts), moves=len(amounts))
        total = table.get(Total, what="all") or Total(what="all")
        return "" if total == wanted else f"wrote {wanted}, found {total}"

    def wait_until_exact(self, seconds_max: float) -> float:
        """How long it took until every row was what it must be."""
        return waited(lambda: not self.difference(), seconds_max, self.difference)

    def worker(self, *words: str, **environ: str) -> WorkerProcess:
        return WorkerProcess(self, words, environ)


def waited(
    is_so: Callable[[], bool], seconds_max: float, told: Callable[[], object] = lambda: ""
) -> float:
    """How many seconds it took until something was so."""
    started = time.monotonic()
    while not is_so():
        took = time.monotonic() - started
        assert took < seconds_max, f"not within {seconds_max} s: {told()}"
        time.sleep(0.05)
    return time.monotonic() - started


class WorkerProcess:
    """`keyfold worker run` as a process of its own, ended with the block."""

    def __init__(self, site: Site, words: tuple[str, ...], environ: dict[str, str]) -> None:
        command = [sys.executable, "-m", "tests.integration.projections.command"]
        self.process = subprocess.Popen(
            [*command, "worker", "run", "--json", *words],
            cwd=site.folder,
            env={**os.environ, **site.environ, **environ, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.said: list[str] = []
        self._lines: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stderr
        for line in self.process.stderr:
            self.said.append(line)
            self._lines.put(line)

    def __enter__(self) -> WorkerProcess:
        """Wait until it has said who it is."""
        self.wait_for("keeps")
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
            self.process.kill()
        self.process.wait(END_SECONDS_MAX)
        self._reader.join(END_SECONDS_MAX)
        for pipe in (self.process.stdout, self.process.stderr):
            assert pipe
            pipe.close()

    def wait_for(self, text: str) -> None:
        """Wait until it says a line with this in it."""
        deadline = time.monotonic() + START_SECONDS_MAX
        while time.monotonic() < deadline:
            try:
                if text in self._lines.get(timeout=1):
                    return
            except queue.Empty:
                assert self.process.poll() is None, "".join(self.said)
        raise AssertionError(f"it never said {text!r}: {''.join(self.said)}")

    def send(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def end(self, number: signal.Signals = signal.SIGTERM) -> tuple[int, dict[str, Any]]:
        """Tell it to stop; its exit code and its report."""
        self.process.send_signal(number)
        assert self.process.stdout
        out = self.process.stdout.read()
        code = self.process.wait(END_SECONDS_MAX)
        self._reader.join(END_SECONDS_MAX)
        return code, json.loads(out) if out else {}


def applied(*reports: dict[str, Any]) -> Counter[str]:
    """How many commits each projection applied, over several workers."""
    found: Counter[str] = Counter()
    for report in reports:
        for name in ("Balance@1", "Totals@1"):
            found[name] += report.get(name, {}).get("applied", 0)
    return found
