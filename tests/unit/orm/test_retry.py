"""Retries: what may be repeated is, within bounds, and an attempt of unknown fate is remembered."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from orm.clock import ManualClock
from orm.driver import RetryingDriver, RetryPolicy, ServiceError, TransportError, WireDriver
from orm.errors import (
    AnswerLostError,
    ConditionFailedError,
    InvalidRequestError,
    ThrottledError,
)
from orm.requests import PutItem
from tests.unit.orm.fakes import CAPACITY, ScriptedTransport

PUT = PutItem(table_name="table", item={"pk": {"S": "A"}})
THROTTLED = ServiceError("ThrottlingException", "slow down")
LOST = TransportError("lost", "reset")
REFUSED = ServiceError("ConditionalCheckFailedException", "no")
INVALID = ServiceError("ValidationException", "no")


def retrying(
    *script: Any, policy: RetryPolicy | None = None
) -> tuple[RetryingDriver, ScriptedTransport, ManualClock]:
    transport, clock = ScriptedTransport(*script), ManualClock()
    return RetryingDriver(WireDriver(transport), policy, clock), transport, clock


def test_a_first_success_waits_for_nothing() -> None:
    driver, transport, clock = retrying(CAPACITY)
    driver.send(PUT)
    assert (len(transport.calls), clock.monotonic()) == (1, 0.0)


def test_the_identical_request_is_repeated_until_it_succeeds() -> None:
    driver, transport, clock = retrying(THROTTLED, LOST, CAPACITY)
    assert driver.send(PUT).capacity_units() == 1.5
    assert transport.calls == [transport.calls[0]] * 3
    assert clock.monotonic() <= 0.05 + 0.1


def test_what_cannot_be_helped_by_repeating_is_raised_at_once() -> None:
    driver, transport, _ = retrying(INVALID)
    with pytest.raises(InvalidRequestError) as caught:
        driver.send(PUT)
    assert (len(transport.calls), caught.value.attempts) == (1, 1)


def test_attempts_are_bounded_and_counted() -> None:
    driver, transport, _ = retrying(*[THROTTLED] * 9, policy=RetryPolicy(attempts_max=4))
    with pytest.raises(ThrottledError, match="4 attempts") as caught:
        driver.send(PUT)
    assert (len(transport.calls), caught.value.attempts, caught.value.applied) == (4, 4, False)


def test_no_attempt_begins_after_the_deadline() -> None:
    policy = RetryPolicy(attempts_max=1000, deadline_seconds=10.0, wait_first_seconds=4.0)
    driver, transport, clock = retrying(*[THROTTLED] * 1000, policy=policy)
    with pytest.raises(ThrottledError):
        driver.send(PUT)
    assert clock.monotonic() < 10.0 + policy.wait_max_seconds
    assert len(transport.calls) < 1000


@pytest.mark.parametrize("earlier", [[LOST], [LOST, THROTTLED], [THROTTLED, LOST]])
def test_a_refusal_after_a_lost_answer_does_not_claim_that_nothing_was_written(
    earlier: list[Exception],
) -> None:
    """The lost attempt may be the very thing that the repetition met."""
    driver, _, _ = retrying(*earlier, REFUSED)
    with pytest.raises(ConditionFailedError) as caught:
        driver.send(PUT)
    assert caught.value.applied is None
    assert caught.value.attempts == len(earlier) + 1


def test_a_refusal_after_a_throttle_says_that_nothing_was_written() -> None:
    driver, _, _ = retrying(THROTTLED, REFUSED)
    with pytest.raises(ConditionFailedError) as caught:
        driver.send(PUT)
    assert caught.value.applied is False


def test_a_throttle_after_a_lost_answer_leaves_the_fate_unknown() -> None:
    driver, _, _ = retrying(LOST, THROTTLED, policy=RetryPolicy(attempts_max=2))
    with pytest.raises(ThrottledError) as caught:
        driver.send(PUT)
    assert caught.value.applied is None


def test_a_lost_answer_to_the_end_stays_unknown() -> None:
    driver, _, _ = retrying(LOST, LOST, policy=RetryPolicy(attempts_max=2))
    with pytest.raises(AnswerLostError) as caught:
        driver.send(PUT)
    assert caught.value.applied is None


def test_waits_grow_and_are_capped_with_full_jitter() -> None:
    policy = RetryPolicy(wait_first_seconds=1.0, wait_max_seconds=3.0, deadline_seconds=1e9)
    clock, waits = ManualClock(), []
    attempts = policy.retrying(lambda error: True, clock, jitter=lambda: 1.0)

    def attempt() -> None:
        waits.append(clock.monotonic())
        raise ValueError

    with pytest.raises(ValueError):
        attempts(attempt)
    assert [b - a for a, b in itertools.pairwise(waits)] == [1, 2, 3, 3, 3, 3, 3]
