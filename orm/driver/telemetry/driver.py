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
from contextvars import ContextVar, Token
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
    span_token: Token[context.Context] | None = None
    token: Token[_Call | None] | None = None
    failed_attempts: int = 0


_CURRENT: ContextVar[_Call | None] = ContextVar("keyfold.telemetry.call", default=None)


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
            self._listeners.look()
            self._settle()
        if not self._on:
            return self._driver.send(request)
        call = self._begin(request)
        try:
            answer = self._driver.send(request)
        except BaseException as error:
            self._end(call, request, getattr(error, "answer", None), error)
            raise
        self._end(call, request, answer)
        return answer

    def _begin(self, request: Request[Any]) -> _Call | None:
        try:
            subject, clock = self._subjects.of(request), self._clock
            call = _Call(subject, self._listeners, 1_000 * clock.now_micros(), clock.monotonic())
            if self._listeners.tracer is not None:
                _begin_span(call, self._listeners.tracer)
            call.token = _CURRENT.set(call)
        except Exception as trouble:
            _log(trouble)
            return None
        return call

    def _end(
        self,
        call: _Call | None,
        request: Request[Any],
        answer: object,
        error: BaseException | None = None,
    ) -> None:
        if call is None:
            return
        try:
            seconds = self._clock.monotonic() - call.began
            _leave(call)
            failure = {} if error is None else of_error(error)
            if (instruments := self._listeners.instruments) is not None:
                index = getattr(request, "index_name", None)
                instruments.record(call.subject, index, seconds, answer, failure)
            if call.span.is_recording():
                call.span.set_attributes(said_by(request) | said_by(answer) | failure)
                _tell_trouble(call, error, failed=ERROR_TYPE in failure)
            call.span.end(call.started_nanos + round(seconds * 1e9))
        except Exception as trouble:
            _log(trouble)


def _begin_span(call: _Call, tracer: trace.Tracer) -> None:
    call.span = tracer.start_span(
        call.subject.span_name,
        kind=trace.SpanKind.CLIENT,
        attributes=call.subject.of_spans,
        start_time=call.started_nanos,
    )
    # Attached even if it is sampled out, so that what happens within is sampled out with it.
    call.span_token = context.attach(trace.set_span_in_context(call.span))


def _leave(call: _Call) -> None:
    """What was current before the call is so again."""
    if call.token is not None:
        _CURRENT.reset(call.token)
    if call.span_token is not None:
        context.detach(call.span_token)


def _tell_trouble(call: _Call, error: BaseException | None, *, failed: bool) -> None:
    """What only some spans have: repeated attempts, reasons of a cancellation, a failure."""
    attempts = call.failed_attempts + 1
    if isinstance(error, DriverError):
        attempts = max(error.attempts, call.failed_attempts + (not error.retry))
    if attempts > 1:
        call.span.set_attribute("keyfold.dynamodb.attempts", attempts)
    if isinstance(error, TransactionCanceledError):
        codes = [known_code(reason.code) for reason in error.reasons]
        call.span.set_attribute("keyfold.dynamodb.cancellation_reasons", codes)
    if failed:
        call.span.set_status(trace.StatusCode.ERROR)  # no text: an error's may hold keys


class _TracedAttempts:
    """See `traced_attempts`."""

    def __init__(self, driver: Driver) -> None:
        self._driver = driver

    def send(self, request: Request[R], /) -> R:
        """See `Driver.send`."""
        try:
            return self._driver.send(request)
        except DriverError as error:
            if error.retry and (call := _CURRENT.get()) is not None:
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
