"""Drivers that tell OpenTelemetry of every call, and of every attempt that failed.

`traced` stands outside of a `RetryingDriver` and sees operations as their callers do, all retries
included: that is what the conventions ask for. `traced_attempts` stands inside of it and tells the
operation's span what was repeated, and why.

Telemetry never decides a call. What goes wrong in it (an exporter, a sampler of somebody's) is
logged by its class alone, and the call's own answer or error is what the caller gets: a write that
was applied must not look like one that failed.
"""

from __future__ import annotations

import logging
from contextvars import Token
from typing import Any, Final, TypeVar

import msgspec
from opentelemetry import context, metrics, trace

from orm.clock import Clock, SystemClock
from orm.driver.protocol import Driver
from orm.driver.telemetry.attributes import (
    ERROR_TYPE,
    Subject,
    Subjects,
    known_code,
    of_error,
    said_by,
)
from orm.driver.telemetry.listeners import Listeners
from orm.errors import DriverError, TransactionCanceledError
from orm.requests import Request

R = TypeVar("R")

LOOK_SECONDS: Final = 1.0
"""How often the program's providers are looked for while there are none.

Asking OpenTelemetry takes most of a microsecond for each of them, the clock a tenth of one.
"""

_LOG: Final = logging.getLogger("keyfold.telemetry")


def traced(
    driver: Driver,
    *,
    tracer_provider: trace.TracerProvider | None = None,
    meter_provider: metrics.MeterProvider | None = None,
    endpoint_url: str | None = None,
    region: str | None = None,
    clock: Clock | None = None,
) -> Driver:
    """A driver that tells OpenTelemetry of every call: a span, a duration, what it consumed.

    While the program has no provider it costs the time of reading a clock; one that is set later
    is noticed within `LOOK_SECONDS`. No key, value or expression leaves through here.

    Args:
        driver: what carries out the calls, retries included.
        tracer_provider: where spans go; None takes the program's.
        meter_provider: where metrics go; None takes the program's.
        endpoint_url: where DynamoDB answers, if that is known; its host and port are told.
        region: the AWS region, if that is known.
        clock: tells when calls begin and how long they take.
    """
    listeners = Listeners(tracer_provider, meter_provider)
    return _Traced(driver, listeners, Subjects(endpoint_url, region), clock or SystemClock())


def traced_attempts(driver: Driver) -> Driver:
    """A driver that tells the operation that is traced around it of attempts that failed.

    Each becomes an event of the operation's span and is counted; the span says how many attempts
    there were. What succeeds at once costs nothing. Put it inside of a `RetryingDriver`.
    """
    return _TracedAttempts(driver)


class _Call(msgspec.Struct):
    """A call under way."""

    subject: Subject
    listeners: Listeners
    started_nanos: int
    began: float
    span: trace.Span = trace.INVALID_SPAN
    token: Token[context.Context] | None = None
    failed_attempts: int = 0


_CURRENT: Final = context.create_key("keyfold-call")
"""The place of the call under way in OpenTelemetry's context."""


class _Traced:
    """See `traced`."""

    def __init__(
        self, driver: Driver, listeners: Listeners, subjects: Subjects, clock: Clock
    ) -> None:
        self._driver, self._listeners = driver, listeners
        self._subjects, self._clock = subjects, clock
        self._settle()

    def _settle(self) -> None:
        self._look_at = self._clock.monotonic() + LOOK_SECONDS
        self._looking, self._on = not self._listeners.settled, self._listeners.anyone

    def send(self, request: Request[R], /) -> R:
        """See `Driver.send`."""
        if self._looking and self._clock.monotonic() >= self._look_at:
            self._look()
        if not self._on:
            return self._driver.send(request)
        call = self._begin(request)
        try:
            answer = self._driver.send(request)
        except BaseException as error:
            self._end(call, request, None, error)
            raise
        self._end(call, request, answer, None)
        return answer

    def _look(self) -> None:
        try:
            self._listeners.look()
        except Exception as trouble:
            _log(trouble)
        self._settle()

    def _begin(self, request: Request[Any]) -> _Call | None:
        try:
            subject, clock = self._subjects.of(request), self._clock
            call = _Call(subject, self._listeners, 1_000 * clock.now_micros(), clock.monotonic())
            _enter(call, self._listeners.tracer)
        except Exception as trouble:
            _log(trouble)
            return None
        return call

    def _end(
        self, call: _Call | None, request: Request[Any], answer: object, error: BaseException | None
    ) -> None:
        if call is None:
            return
        try:
            seconds = self._clock.monotonic() - call.began
            try:
                answer = getattr(error, "answer", answer)  # what an error brought counts as well
                _tell(call, request, seconds, answer, error)
            finally:
                call.span.end(call.started_nanos + round(seconds * 1e9))
        except Exception as trouble:
            _log(trouble)
        finally:
            if call.token is not None:
                context.detach(call.token)


def _enter(call: _Call, tracer: trace.Tracer | None) -> None:
    """Begin the span, and make it and the call the current ones."""
    within = context.set_value(_CURRENT, call)
    if tracer is not None:
        call.span = tracer.start_span(
            call.subject.span_name,
            kind=trace.SpanKind.CLIENT,
            attributes=call.subject.of_spans,
            start_time=call.started_nanos,
        )
        # Current even if it is sampled out, so that what happens within is sampled out with it.
        within = trace.set_span_in_context(call.span, within)
    call.token = context.attach(within)


def _tell(
    call: _Call,
    request: Request[Any],
    seconds: float,
    answer: object,
    error: BaseException | None,
) -> None:
    """While the span is still current, so that an exemplar of a metric leads to it."""
    failure = {} if error is None else of_error(error)
    if (instruments := call.listeners.instruments) is not None:
        index = getattr(request, "index_name", None)
        instruments.record(call.subject, index, seconds, answer, failure)
    if not call.span.is_recording():
        return
    said = said_by(request) | said_by(answer) | failure
    if (attempts := _attempts(call, error)) > 1:
        said["keyfold.dynamodb.attempts"] = attempts
    if isinstance(error, TransactionCanceledError):
        codes = [known_code(reason.code) for reason in error.reasons]
        said["keyfold.dynamodb.cancellation_reasons"] = codes
    call.span.set_attributes(said)
    if ERROR_TYPE in failure:
        call.span.set_status(trace.StatusCode.ERROR)  # no text: an error's may hold keys


def _attempts(call: _Call, error: BaseException | None) -> int:
    """Those that failed, and the last one if it was none of them."""
    if isinstance(error, DriverError):
        return max(error.attempts, call.failed_attempts + (not error.retry))
    return call.failed_attempts + 1


class _TracedAttempts:
    """See `traced_attempts`."""

    def __init__(self, driver: Driver) -> None:
        self._driver = driver

    def send(self, request: Request[R], /) -> R:
        """See `Driver.send`."""
        try:
            return self._driver.send(request)
        except DriverError as error:
            call = context.get_value(_CURRENT) if error.retry else None
            if isinstance(call, _Call):
                _note(call, error)
            raise


def _note(call: _Call, error: DriverError) -> None:
    call.failed_attempts += 1
    try:
        failure = of_error(error)
        call.span.add_event("keyfold.dynamodb.attempt_failed", failure)
        if call.listeners.instruments is not None:
            call.listeners.instruments.record_failed_attempt(call.subject, failure)
    except Exception as trouble:
        _log(trouble)


def _log(trouble: Exception) -> None:
    """By its class alone: its text, and what it was raised from, may hold keys."""
    _LOG.warning("telemetry of a call failed: %s", type(trouble).__qualname__)
