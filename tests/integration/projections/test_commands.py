"""`keyfold projection`, `parked` and `worker` on DynamoDB Local: output and exit codes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from orm.clock import SystemClock
from projections import open_worker
from tests.integration.projections.app import BROKEN, Account, Balance, Totals
from tests.integration.projections.site import Site, waited
from tests.unit.cli.command import standing_in

PROJECTIONS = (Balance, Totals())


def work(site: Site, rounds: int = 3) -> None:
    """Let a worker catch up, and release its shards."""
    settings = site.settings
    worker = open_worker(
        site.store,
        PROJECTIONS,
        site.driver,
        events=settings.events_config,
        read_models=settings.read_models_config,
        clock=SystemClock(),
    )
    left = iter([False] * rounds)
    worker.run(lambda: next(left, True))


@contextmanager
def broken(site: Site) -> Iterator[None]:
    with standing_in(site.folder, **site.environ, **{BROKEN: "1"}):
        yield


@pytest.fixture
def parked(site: Site) -> Site:
    """With two streams parked for Balance, one of them of a tenant."""
    site.move("alice", 1, 13, 3)
    site.move("bob", 4)
    site.store.of(Account, tenant="acme").execute("carol", Account.move(13))
    with broken(site):
        work(site)
    return site


# --- projection -------------------------------------------------------------------------------


def test_ls_shows_what_the_settings_list(site: Site) -> None:
    ended = site.keyfold("projection", "ls", "--json")
    assert ended.code == 0
    assert ended.json() == [
        {
            "projection": name,
            "version": 1,
            "source": "ACCOUNT",
            "events": ["Moved"],
            "shards": "0 of 0",
            "parked": 0,
        }
        for name in ("Balance", "Totals")
    ]
    work(site)
    assert {row["shards"] for row in site.keyfold("projection", "ls", "--json").json()} == {
        "1 of 1"
    }


def test_ls_ends_with_3_where_streams_are_parked(parked: Site) -> None:
    ended = parked.keyfold("projection", "ls")
    assert ended.code == 3
    assert [line.split("\t")[-1] for line in ended.lines()] == ["2", "0"]


def test_lag_before_any_worker_asks_for_one(site: Site) -> None:
    """Three commits wait and nobody reads: attention, and the command to type."""
    site.move("alice", 1, 2, 3)
    ended = site.keyfold("projection", "lag", "--json")
    assert ended.code == 3
    for row in ended.json():
        assert (row["behind"], row["shards"], row["unowned"]) == (3, 1, 1)
        assert "keyfold worker run" in row["state"]


def test_lag_is_none_once_a_worker_has_caught_up(site: Site) -> None:
    """A worker that ended cleanly leaves nothing behind; nobody reading is no alarm by itself."""
    site.move("alice", 1, 2, 3)
    work(site)
    ended = site.keyfold("projection", "lag", "--json")
    assert ended.code == 0
    assert [(row["behind"], row["seconds"], row["state"]) for row in ended.json()] == [
        (0, 0.0, "caught up")
    ] * 2
    site.move("alice", 4)
    ended = site.keyfold("projection", "lag")
    assert ended.code == 3
    assert all("no worker reads it" in line for line in ended.lines())


def test_lag_asks_about_a_stream_that_is_switched_off(site: Site) -> None:
    """Everything that can be read is read, and nobody sees what is written now."""
    site.move("alice", 1)
    work(site)
    table = site.settings.events_config.table
    site.transport.call(
        "UpdateTable", {"TableName": table, "StreamSpecification": {"StreamEnabled": False}}
    )
    work(site, 8)
    ended = site.keyfold("projection", "lag", "--json")
    assert ended.code == 3
    assert [row["shards"] for row in ended.json()] == [0, 0]
    assert all("is the change stream on?" in row["state"] for row in ended.json())


def test_lag_tells_of_parked_streams(parked: Site) -> None:
    ended = parked.keyfold("projection", "lag", "--json")
    assert ended.code == 3
    assert [row["state"] for row in ended.json()] == [
        "streams are parked: keyfold parked ls",
        "caught up",
    ]


def test_lag_of_another_group_is_its_own(site: Site) -> None:
    site.move("alice", 1)
    work(site)
    ended = site.keyfold("projection", "lag", "--group", "other", "--json")
    assert ended.code == 3
    assert {row["state"] for row in ended.json()} == {
        "never brought up to date: keyfold worker run"
    }


# --- parked -----------------------------------------------------------------------------------


def test_nothing_parked_is_nothing_to_do(site: Site) -> None:
    ended = site.keyfold("parked", "ls")
    assert (ended.code, ended.out) == (0, "")
    assert "no stream is parked" in ended.err
    assert site.keyfold("parked", "ls", "--json").json() == []


def test_ls_names_stream_event_and_error(parked: Site) -> None:
    ended = parked.keyfold("parked", "ls", "--json")
    assert ended.code == 3
    rows = {row["stream"]: row for row in ended.json()}
    assert set(rows) == {"ACCOUNT#alice", "ACCOUNT#carol"}
    alice = rows["ACCOUNT#alice"]
    assert (alice["projection"], alice["commit"], alice["event"]) == ("Balance@1", 2, "moved")
    assert (alice["attempts"], alice["error"]) == (5, "ValueError: thirteen is bad luck")
    assert (alice["tenant"], rows["ACCOUNT#carol"]["tenant"]) == (None, "acme")
    parked_at = dt.datetime.fromisoformat(alice["parked_at"])
    assert abs(dt.datetime.now(dt.UTC) - parked_at) < dt.timedelta(minutes=5)


def test_ls_of_one_projection_lists_its_own(parked: Site) -> None:
    assert parked.keyfold("parked", "ls", "Totals").code == 0
    assert len(parked.keyfold("parked", "ls", "Balance@1").lines()) == 2


def test_show_tells_of_one_stream(parked: Site) -> None:
    ended = parked.keyfold("parked", "show", "Balance", "ACCOUNT#alice", "--json")
    assert ended.code == 3
    assert (ended.json()["commit"], ended.json()["attempts"]) == (2, 5)
    same = parked.keyfold("parked", "show", "Balance", "ACCOUNT", "carol", "--tenant", "acme")
    assert same.code == 3
    assert "tenant\tacme" in same.lines()


def test_show_of_a_stream_that_goes_on_is_an_error(parked: Site) -> None:
    ended = parked.keyfold("parked", "show", "Balance", "ACCOUNT#bob", "--json")
    assert ended.code == 1
    assert ended.error()["type"] == "NotParkedError"
    assert ended.error()["next"] == "keyfold parked ls"


def test_retry_before_mending_fails_again(parked: Site) -> None:
    with broken(parked):
        ended = parked.keyfold("parked", "retry", "Balance", "ACCOUNT#alice")
    assert ended.code == 3
    assert "fails again: ValueError" in ended.out
    [shown] = [
        row
        for row in parked.keyfold("parked", "ls", "--json").json()
        if row["stream"] == "ACCOUNT#alice"
    ]
    assert shown["attempts"] == 10


def test_retry_after_mending_applies_everything(parked: Site) -> None:
    """Also what came while it was parked, and for one stream only."""
    parked.move("alice", 5)
    work(parked)
    ended = parked.keyfold("parked", "retry", "Balance", "ACCOUNT#alice", "--json")
    assert ended.code == 0
    assert ended.json() == {"stream": "ACCOUNT#alice", "parked": False}
    assert [row["stream"] for row in parked.keyfold("parked", "ls", "--json").json()] == [
        "ACCOUNT#carol"
    ]
    assert parked.keyfold("parked", "retry", "Balance", "ACCOUNT#alice").code == 1


def test_retry_all_lets_every_stream_go_on(parked: Site) -> None:
    ended = parked.keyfold("parked", "retry", "Balance", "--all")
    assert ended.code == 0
    assert sorted(ended.lines()) == ["ACCOUNT#alice: goes on", "acme/ACCOUNT#carol: goes on"]
    assert parked.keyfold("parked", "ls").code == 0
    assert parked.keyfold("projection", "lag").code == 0


@pytest.mark.parametrize(
    "words",
    [
        ("parked", "retry", "Balance"),
        ("parked", "retry", "Balance", "ACCOUNT#alice", "--all"),
        ("parked", "ls", "Nobody"),
        ("parked", "show", "Balance@2", "ACCOUNT#alice"),
        ("parked", "show", "Balance"),
        ("projection", "lag", "--no-such-flag"),
    ],
)
def test_wrong_usage_ends_with_2(site: Site, words: tuple[str, ...]) -> None:
    ended = site.keyfold(*words)
    assert ended.code == 2
    assert ended.err


def test_an_unknown_projection_is_told_what_there_is(site: Site) -> None:
    ended = site.keyfold("parked", "ls", "Balances", "--json")
    assert "Balance@1, Totals@1" in ended.error()["detail"]


def test_without_tables_the_next_step_is_named(site: Site) -> None:
    site.keyfold("tables", "delete", "all", "--yes")
    for words in (("projection", "ls"), ("projection", "lag"), ("parked", "ls"), ("worker", "run")):
        ended = site.keyfold(*words, "--json")
        assert ended.code == 1, words
        assert ended.error()["type"] == "TableNotFoundError"
        assert ended.error()["next"] == "keyfold tables create"


def test_settings_without_projections_say_what_to_add(site: Site) -> None:
    settings = site.folder / "keyfold.toml"
    settings.write_text(settings.read_text().partition("projections =")[0])
    ended = site.keyfold("projection", "ls", "--json")
    assert ended.code == 1
    assert "projections = [" in ended.error()["next"]


def test_what_is_no_projection_is_named(site: Site) -> None:
    settings = site.folder / "keyfold.toml"
    settings.write_text(settings.read_text().replace(":Totals", ":Moved"))
    ended = site.keyfold("projection", "ls", "--json")
    assert ended.code == 1
    assert "neither a ReadModel nor a Projector" in ended.error()["detail"]


# --- worker -----------------------------------------------------------------------------------


def test_worker_run_reports_what_it_did(site: Site) -> None:
    site.move("alice", 1, 2)
    with site.worker() as worker:
        site.wait_until_exact(30)
        code, report = worker.end()
    assert code == 0
    assert report["Balance@1"]["applied"] == 2
    assert report["records"]["commit"] == 2
    assert report["outages"] == 0


def test_worker_run_ends_with_3_where_it_parked(site: Site) -> None:
    site.move("alice", 13)
    with site.worker(**{BROKEN: "1"}) as worker:
        waited(lambda: bool(site.keyfold("parked", "ls").code), 30)
        code, report = worker.end()
    assert code == 3
    assert report["Balance@1"]["parked"] == 1
