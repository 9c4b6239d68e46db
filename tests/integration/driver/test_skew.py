"""A machine whose clock is wrong gets through all the same, and one whose key is wrong is told."""

from __future__ import annotations

import datetime as dt
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from orm.clock import ManualClock
from orm.driver import WireDriver
from orm.driver.boto import BotoTransport
from orm.errors import ClockSkewError
from orm.tables import table_names
from tests.support.wire_server import Asked, WireServer, no_tables, wire_server

TOLERATED = dt.timedelta(minutes=15)
REFUSED = (
    b'{"__type":"com.amazon.coral.service#InvalidSignatureException",'
    b'"message":"Signature expired: it is earlier than the service allows"}'
)


def signed_at(asked: Asked) -> dt.datetime:
    stamp = asked.headers["X-Amz-Date"]
    return dt.datetime.strptime(stamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=dt.UTC)


def strict(asked: Asked) -> tuple[bytes, dict[str, str]]:
    """DynamoDB, as far as signatures have a time."""
    away = abs(dt.datetime.now(dt.UTC) - signed_at(asked))
    return (REFUSED, {}) if away > TOLERATED else no_tables(asked)


@pytest.fixture
def server() -> Iterator[WireServer]:
    with wire_server(strict) as server:
        yield server


def driver_to(server: WireServer, clock: ManualClock | None = None) -> WireDriver:
    return WireDriver(
        BotoTransport(
            region="eu-west-1",
            endpoint_url=server.url,
            access_key="key",
            secret_key="secret",
            clock=clock,
        )
    )


def off_by(hours: float) -> ManualClock:
    return ManualClock(round((time.time() + hours * 3_600) * 1e6))


@pytest.mark.parametrize("hours", [-0.5, 2.0, -48.0])
def test_a_clock_that_is_off_is_corrected_once(server: WireServer, hours: float) -> None:
    """One request is signed twice; those after it are signed at the service's time at once."""
    driver = driver_to(server, off_by(hours))
    for _ in range(3):
        assert list(table_names(driver)) == []
    assert len(server.asked) == 4


def test_a_clock_that_is_set_right_is_followed(server: WireServer) -> None:
    clock = off_by(-2.0)
    driver = driver_to(server, clock)
    assert list(table_names(driver)) == []
    clock.sleep(2 * 3_600)
    assert list(table_names(driver)) == []
    assert len(server.asked) == 4


def test_requests_that_are_refused_at_once_all_get_through() -> None:
    """The first of them that is told the time leaves the others no worse off."""
    together = threading.Barrier(4, timeout=10)

    def all_sent_before_any_answer(asked: Asked) -> tuple[bytes, dict[str, str]]:
        answer = strict(asked)
        if answer[0] is REFUSED:
            together.wait()
        return answer

    with wire_server(all_sent_before_any_answer) as server, ThreadPoolExecutor(4) as threads:
        driver = driver_to(server, off_by(-2))
        found = [threads.submit(lambda: list(table_names(driver))) for _ in range(4)]
        assert [one.result() for one in found] == [[]] * 4


_LATE = "Wed, 25 Nov 2026 99999999999999999999:00:00 GMT"


@pytest.mark.parametrize("date", ["", "yesterday", "Thu, 99 Foo 2026 00:00:00 GMT", _LATE])
def test_a_refusal_that_tells_no_time_is_the_answer(date: str) -> None:
    with wire_server(lambda _: (REFUSED, {"Date": date})) as server:
        with pytest.raises(ClockSkewError):
            list(table_names(driver_to(server)))
        assert len(server.asked) == 1


def test_a_wrong_key_is_no_matter_of_time() -> None:
    """Refused at the right time: signing again would be refused again."""
    with wire_server(lambda _: (REFUSED, {})) as server:
        with pytest.raises(ClockSkewError, match="Signature expired"):
            list(table_names(driver_to(server)))
        assert len(server.asked) == 1


def test_a_service_that_goes_on_refusing_is_asked_twice() -> None:
    with wire_server(lambda _: (REFUSED, {})) as refusing:
        with pytest.raises(ClockSkewError):
            list(table_names(driver_to(refusing, off_by(3))))
        assert len(refusing.asked) == 2
