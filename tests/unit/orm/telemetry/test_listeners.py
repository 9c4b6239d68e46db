"""Where nobody listens a call costs next to nothing, and a listener who comes late is found."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from opentelemetry.metrics import NoOpMeterProvider
from opentelemetry.trace import NoOpTracerProvider

from orm.driver import Driver, RetryingDriver
from orm.driver.telemetry import traced, traced_attempts
from orm.requests import Capacity, PutItem, Written
from tests.unit.orm.fakes import ScriptedDriver
from tests.unit.orm.telemetry.observatory import Observatory

ROOT = Path(__file__).parents[4]
PUT = PutItem(table_name="orders", item={"pk": {"S": "A"}})
WRITTEN = Written(consumed_capacity=Capacity(table_name="orders", capacity_units=1.0))


class Answering:
    def send(self, request: Any, /) -> Any:
        return WRITTEN


def calls_of(work: Callable[[], object]) -> int:
    """How many functions are called, Python's and C's: a cost that repeats exactly."""
    calls = 0

    def profile(_frame: FrameType, event: str, _argument: Any) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(profile)
    try:
        work()
    finally:
        sys.setprofile(before)
    return calls


def extra(driver: Driver) -> int:
    return calls_of(lambda: driver.send(PUT)) - calls_of(lambda: Answering().send(PUT))


def test_with_providers_that_do_nothing_a_call_costs_one_more_function() -> None:
    driver = traced(
        Answering(), tracer_provider=NoOpTracerProvider(), meter_provider=NoOpMeterProvider()
    )
    assert extra(driver) == 1


def test_without_any_provider_a_call_reads_a_clock_besides() -> None:
    assert extra(traced(Answering())) == 3


def test_retries_and_noted_attempts_cost_one_more_function_each() -> None:
    driver = traced(RetryingDriver(traced_attempts(Answering())))
    assert extra(driver) == 5


@pytest.mark.parametrize("spans", [True, False], ids=["spans", "metrics"])
def test_one_of_the_two_is_enough(observatory: Observatory, spans: bool) -> None:
    driver = traced(
        ScriptedDriver(lambda _: WRITTEN),
        tracer_provider=observatory.tracer_provider if spans else NoOpTracerProvider(),
        meter_provider=NoOpMeterProvider() if spans else observatory.meter_provider,
    )
    driver.send(PUT)
    assert len(observatory.spans()) == spans
    assert len(observatory.points("db.client.operation.duration")) == (not spans)


LATE = """
from opentelemetry import metrics, trace
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from orm.clock import ManualClock
from orm.driver.telemetry import traced
from tests.unit.orm.telemetry.test_listeners import PUT, Answering

clock, exporter, reader = ManualClock(), InMemorySpanExporter(), InMemoryMetricReader()
driver = traced(Answering(), clock=clock)
driver.send(PUT)
provider = TracerProvider(shutdown_on_exit=False)
provider.add_span_processor(SimpleSpanProcessor(exporter))
trace.set_tracer_provider(provider)
clock.sleep(1.0)
driver.send(PUT)
metrics.set_meter_provider(MeterProvider([reader], shutdown_on_exit=False))
clock.sleep(1.0)
driver.send(PUT)
data = reader.get_metrics_data()
counts = [
    point.count
    for resource in (data.resource_metrics if data else ())
    for scope in resource.scope_metrics
    for metric in scope.metrics
    if metric.name == "db.client.operation.duration"
    for point in metric.data.data_points
]
print(len(exporter.get_finished_spans()), counts)
"""


@pytest.mark.parametrize(("disabled", "seen"), [("false", "2 [1]"), ("true", "0 []")])
def test_providers_that_the_program_sets_later_are_found(disabled: str, seen: str) -> None:
    """In a process of its own: a program's providers can be set once."""
    done = subprocess.run(
        [sys.executable, "-c", LATE],
        cwd=ROOT,
        env={"OTEL_SDK_DISABLED": disabled, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.stdout.strip(), done.returncode) == (seen, 0), done.stderr
