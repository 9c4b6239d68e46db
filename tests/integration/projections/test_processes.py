"""Workers as real processes on DynamoDB Local: stopped, killed, suspended, and left without engine.

After each the read models are exact: every commit once, in its order.
"""

from __future__ import annotations

import signal
import sys
import time
from pathlib import Path

import pytest

from orm.local.ephemeral import EphemeralEngine
from tests.integration.projections.site import Site, WorkerProcess, applied
from tests.support.region import Region
from tests.unit.cli.command import standing_in

LEASE_SECONDS = 2.0
LEASE = ("--lease-seconds", str(LEASE_SECONDS))
ACCOUNTS = ("a", "b", "c")
# Three times what is promised, as two cores are shared with everything else that runs here.
HANDOVER_SECONDS_MAX = 3 * 3.0
TAKEOVER_SECONDS_MAX = 3 * 2 * LEASE_SECONDS

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX signals")


def busy(site: Site, rounds: int = 4) -> None:
    for number in range(rounds):
        for account in ACCOUNTS:
            site.move(account, number, -2 * number)


def test_told_to_stop_it_finishes_and_another_goes_on_at_once(site: Site) -> None:
    """SIGTERM to the one that reads, while another stands by; then Ctrl-C to that one."""
    busy(site)
    with site.worker(*LEASE) as first, site.worker(*LEASE) as second:
        site.wait_until_exact(30)
        busy(site, 2)
        code, report = first.end()
        ended = time.monotonic()
        busy(site)
        site.wait_until_exact(HANDOVER_SECONDS_MAX)
        print(f"taken over and caught up {time.monotonic() - ended:.1f} s after SIGTERM")
        second_code, second_report = second.end(signal.SIGINT)
    assert (code, second_code) == (0, 0)
    assert not any("not released" in line for line in [*first.said, *second.said])
    commits = sum(map(len, site.written.values()))
    assert applied(report, second_report) == {"Balance@1": commits, "Totals@1": commits}


def test_a_killed_worker_is_replaced_after_the_lease_time(site: Site) -> None:
    """kill -9: nothing is lost, nothing doubled, and nobody had to do anything."""
    busy(site)
    with site.worker(*LEASE) as first, site.worker(*LEASE) as second:
        site.wait_until_exact(30)
        readers = [first, second]
        reader = readers[0] if holds(site, first) else readers[1]
        reader.send(signal.SIGKILL)
        reader.process.wait(10)
        busy(site)
        took = site.wait_until_exact(TAKEOVER_SECONDS_MAX)
        print(f"taken over and caught up {took:.1f} s after kill -9")
        survivor = second if reader is first else first
        code, _ = survivor.end()
    assert code == 0
    assert site.difference() == ""


def holds(site: Site, worker: WorkerProcess) -> bool:
    """Whether this process holds the shard, as the lease says."""
    from orm.clock import SystemClock
    from projections.leases import Leases

    config = site.settings.read_models_config
    leases = Leases(site.driver, config, "main", "-", SystemClock())
    return any(f"-{worker.process.pid}-" in (lease.owner or "") for lease in leases.all())


def test_a_suspended_worker_wakes_up_to_find_itself_replaced(site: Site) -> None:
    """SIGSTOP for longer than its lease, then SIGCONT: it stops reading, and doubles nothing."""
    busy(site)
    with site.worker(*LEASE) as sleeper:
        site.wait_until_exact(30)
        assert holds(site, sleeper)
        with site.worker(*LEASE) as heir:
            sleeper.send(signal.SIGSTOP)
            busy(site)
            site.wait_until_exact(TAKEOVER_SECONDS_MAX)
            assert holds(site, heir)
            sleeper.send(signal.SIGCONT)
            sleeper.wait_for("no longer held")
            busy(site, 2)
            site.wait_until_exact(HANDOVER_SECONDS_MAX)
            assert holds(site, heir)
            assert [sleeper.end()[0], heir.end()[0]] == [0, 0]
    assert site.difference() == ""


def test_one_that_was_killed_in_the_middle_is_made_good_by_the_next(site: Site) -> None:
    """Killed at moments by chance, again and again, with commits coming in all the time."""
    for number in range(3):
        with site.worker(*LEASE) as worker:
            busy(site, 2)
            time.sleep(0.15 * number)
            worker.send(signal.SIGKILL)
    with site.worker(*LEASE) as last:
        site.wait_until_exact(30)
        assert last.end()[0] == 0
    time.sleep(0.2)
    assert site.difference() == ""


def test_without_an_engine_it_waits_and_still_ends_when_told(
    mortal_engine: EphemeralEngine, tmp_path: Path
) -> None:
    """It says what it waits for, and SIGTERM still ends it with code 0."""
    site = Site(tmp_path, Region.fresh(mortal_engine))
    with standing_in(tmp_path, **site.environ):
        assert site.keyfold("tables", "create").code == 0
        busy(site)
        with site.worker(*LEASE) as worker:
            site.wait_until_exact(30)
            mortal_engine.kill()
            worker.wait_for("waiting")
            started = time.monotonic()
            code, report = worker.end()
            print(f"ended {time.monotonic() - started:.1f} s after SIGTERM")
    assert code == 0
    assert report["outages"] >= 1
