"""What telemetry costs a call: off, with OpenTelemetry's stand-ins, and with the SDK listening.

    python -m benchmarks.telemetry

The driver within answers at once, so what is left is the wrappers' own CPU time. The peer is a
wrapper that asks OpenTelemetry for a span at each call, whoever listens; where nobody does it shows
what is saved by finding that out beforehand. Exporters are left out: they run elsewhere.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Final

from opentelemetry.metrics import NoOpMeterProvider
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF
from opentelemetry.trace import NoOpTracerProvider, Tracer

from benchmarks.measure import Measured, measure
from orm.driver import Driver, RetryingDriver
from orm.driver.telemetry import traced, traced_attempts
from orm.requests import Capacity, PutItem, Written

BARE: Final = "no wrapper at all"
RETRIES: Final = "retry wrapper"
OFF: Final = "retry wrapper, telemetry off (no provider is set)"
NO_OP: Final = "retry wrapper, telemetry with no-op providers"
PEER: Final = "a span of the no-op tracer at each call"
SAMPLED_OUT: Final = "SDK, sampled out, no metrics"
METRICS: Final = "SDK, metrics"
SPANS: Final = "SDK, spans"
BOTH: Final = "SDK, spans and metrics"

ROUNDS: Final = 11
REQUEST: Final = PutItem(table_name="orders", item={"pk": {"S": "A"}})
ANSWER: Final = Written(consumed_capacity=Capacity(table_name="orders", capacity_units=1.0))


class _Answering:
    """A `Driver` that answers at once."""

    def send(self, _request: Any, /) -> Any:
        return ANSWER


class _Asking:
    """A `Driver` that begins a span for each call, whether anybody listens or not."""

    def __init__(self, driver: Driver, tracer: Tracer) -> None:
        self._driver, self._tracer = driver, tracer

    def send(self, request: Any, /) -> Any:
        attributes = {"db.system.name": "aws.dynamodb", "db.operation.name": request.operation}
        with self._tracer.start_as_current_span(request.operation, attributes=attributes):
            return self._driver.send(request)


def drivers() -> dict[str, Driver]:
    """The variants. A wrapper's own cost is what it takes more than `BARE`."""
    bare = _Answering()
    stack = RetryingDriver(traced_attempts(bare))
    silent, mute = NoOpTracerProvider(), NoOpMeterProvider()
    spans = TracerProvider(shutdown_on_exit=False)
    dropped = TracerProvider(sampler=ALWAYS_OFF, shutdown_on_exit=False)
    counts = MeterProvider([InMemoryMetricReader()], shutdown_on_exit=False)
    return {
        BARE: bare,
        RETRIES: RetryingDriver(bare),
        OFF: traced(stack),
        NO_OP: traced(stack, tracer_provider=silent, meter_provider=mute),
        PEER: _Asking(bare, silent.get_tracer("keyfold")),
        SAMPLED_OUT: traced(stack, tracer_provider=dropped, meter_provider=mute),
        METRICS: traced(stack, tracer_provider=silent, meter_provider=counts),
        SPANS: traced(stack, tracer_provider=spans, meter_provider=mute),
        BOTH: traced(stack, tracer_provider=spans, meter_provider=counts),
    }


def run(rounds: int = ROUNDS) -> Measured:
    """Time all of them, by the CPU time of the process."""
    works: dict[str, Callable[[], object]] = {
        name: lambda send=driver.send: send(REQUEST)  # type: ignore[misc]
        for name, driver in drivers().items()
    }
    return measure(works, rounds, clock=time.process_time)


def main() -> None:
    measured = run()
    bare = measured.cpu_micros(BARE)
    print(f"{BARE}: {bare:.2f} µs of CPU; what the rest take more than that, in µs:")
    for name in list(measured.samples)[1:]:
        print(f"{measured.cpu_micros(name) - bare:8.2f}  {name}")
    print(f"goal: {OFF} <= 5 µs")


if __name__ == "__main__":
    main()
