"""Attempts: the operation's span tells what was repeated, and why."""

from __future__ import annotations

from typing import Any

import pytest
from opentelemetry.trace import StatusCode

from orm.clock import ManualClock
from orm.driver import RetryingDriver, RetryPolicy, ServiceError, TransportError, WireDriver
from orm.driver.telemetry import traced_attempts
from orm.errors import ConditionFailedError, ThrottledError
from orm.requests import PutItem
from tests.unit.orm.fakes import ScriptedTransport
from tests.unit.orm.telemetry.calls import KEY, ONE
from tests.unit.orm.telemetry.observatory import Observatory

PUT = PutItem(table_name="orders", item=KEY)
THROTTLED = ServiceError("ThrottlingException", "slow down")
LOST = TransportError("lost", "reset")
REFUSED = ServiceError("ConditionalCheckFailedException", "no")
ATTEMPTS = "keyfold.dynamodb.attempts"


def events(observatory: Observatory) -> list[tuple[str, Any]]:
    return [(e.name, (e.attributes or {})["error.type"]) for e in observatory.span().events]


def test_an_operation_that_succeeds_in_the_end_is_one_span_without_error(
    observatory: Observatory,
) -> None:
    """Its failed attempts are events, its duration includes the waits."""
    clock = ManualClock()
    observatory.over(THROTTLED, LOST, ONE, clock=clock).send(PUT)
    span = observatory.span()
    assert span.status.status_code is StatusCode.UNSET
    assert "error.type" not in (span.attributes or {})
    assert (span.attributes or {})[ATTEMPTS] == 3
    assert events(observatory) == [
        ("keyfold.dynamodb.attempt_failed", "ThrottlingException"),
        ("keyfold.dynamodb.attempt_failed", "AnswerLostError"),
    ]
    (point,) = observatory.points("db.client.operation.duration")
    assert (point.count, point.sum) == (1, pytest.approx(clock.monotonic()))


def test_an_operation_that_fails_in_the_end_has_all_its_attempts(observatory: Observatory) -> None:
    policy = RetryPolicy(attempts_max=4)
    with pytest.raises(ThrottledError):
        observatory.over(*[THROTTLED] * 4, clock=ManualClock(), policy=policy).send(PUT)
    span = observatory.span()
    assert (span.attributes or {})[ATTEMPTS] == len(span.events) == 4
    assert (span.attributes or {})["error.type"] == "ThrottlingException"


def test_the_last_attempt_counts_though_it_is_not_repeatable(observatory: Observatory) -> None:
    with pytest.raises(ConditionFailedError):
        observatory.over(LOST, REFUSED, clock=ManualClock()).send(PUT)
    assert (observatory.span().attributes or {})[ATTEMPTS] == 2
    assert events(observatory) == [("keyfold.dynamodb.attempt_failed", "AnswerLostError")]


def test_one_attempt_goes_without_saying(observatory: Observatory) -> None:
    observatory.over(ONE).send(PUT)
    assert ATTEMPTS not in (observatory.span().attributes or {})
    assert observatory.points("keyfold.dynamodb.failed_attempts") == []


def test_failed_attempts_are_counted_by_their_code(observatory: Observatory) -> None:
    """What throttles shows, even where every operation succeeds in the end."""
    observatory.over(THROTTLED, THROTTLED, LOST, ONE, clock=ManualClock()).send(PUT)
    counts = {
        point.attributes["error.type"]: point.value
        for point in observatory.points("keyfold.dynamodb.failed_attempts")
    }
    assert counts == {"ThrottlingException": 2, "AnswerLostError": 1}


def test_without_an_operation_around_them_attempts_are_noted_nowhere(
    observatory: Observatory,
) -> None:
    """A span of the program's own is left alone."""
    driver = traced_attempts(WireDriver(ScriptedTransport(THROTTLED)))
    tracer = observatory.tracer_provider.get_tracer("test")
    with pytest.raises(ThrottledError), tracer.start_as_current_span("own", record_exception=False):
        driver.send(PUT)
    assert observatory.span().events == ()


def test_without_noted_attempts_a_failure_still_says_how_many_there_were(
    observatory: Observatory,
) -> None:
    plain = RetryingDriver(
        WireDriver(ScriptedTransport(*[THROTTLED] * 3)), RetryPolicy(attempts_max=3), ManualClock()
    )
    with pytest.raises(ThrottledError):
        observatory.traced(plain).send(PUT)
    assert (observatory.span().attributes or {})[ATTEMPTS] == 3


def test_inside_of_the_retries_each_attempt_is_a_span(observatory: Observatory) -> None:
    """The other order works as well, and misses what the operation took."""
    script = ScriptedTransport(THROTTLED, ONE)
    RetryingDriver(observatory.traced(WireDriver(script)), clock=ManualClock()).send(PUT)
    statuses = [span.status.status_code for span in observatory.spans()]
    assert statuses == [StatusCode.ERROR, StatusCode.UNSET]
