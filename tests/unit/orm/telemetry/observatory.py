"""Providers of a test's own that keep what they are told, and nothing of them is global."""

from __future__ import annotations

from typing import Any

from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.sampling import Sampler

from orm.clock import Clock
from orm.driver import Driver, RetryingDriver, RetryPolicy, WireDriver
from orm.driver.telemetry import traced, traced_attempts
from tests.unit.orm.fakes import ScriptedTransport


class Observatory:
    """A tracer provider and a meter provider whose exports stay in memory."""

    def __init__(self, sampler: Sampler | None = None) -> None:
        self._exporter, self._reader = InMemorySpanExporter(), InMemoryMetricReader()
        self.tracer_provider = TracerProvider(sampler=sampler, shutdown_on_exit=False)
        self.tracer_provider.add_span_processor(SimpleSpanProcessor(self._exporter))
        self.meter_provider = MeterProvider([self._reader], shutdown_on_exit=False)

    def traced(self, driver: Driver, **options: Any) -> Driver:
        return traced(
            driver,
            tracer_provider=self.tracer_provider,
            meter_provider=self.meter_provider,
            **options,
        )

    def over(
        self, *script: Any, clock: Clock | None = None, policy: RetryPolicy | None = None
    ) -> Driver:
        """The whole stack as it should be, over a transport that follows a script."""
        attempts = traced_attempts(WireDriver(ScriptedTransport(*script)))
        return self.traced(RetryingDriver(attempts, policy, clock), clock=clock)

    def spans(self) -> list[ReadableSpan]:
        return list(self._exporter.get_finished_spans())

    def span(self) -> ReadableSpan:
        (only,) = self.spans()
        return only

    def points(self, metric: str) -> list[Any]:
        """The data points of one metric so far."""
        return [
            point
            for found in self._metrics()
            if found.name == metric
            for point in found.data.data_points
        ]

    def units(self) -> dict[str, str]:
        return {found.name: found.unit for found in self._metrics()}

    def _metrics(self) -> list[Any]:
        data = self._reader.get_metrics_data()
        return [
            metric
            for resource in (data.resource_metrics if data else ())
            for scope in resource.scope_metrics
            for metric in scope.metrics
        ]

    def everything(self) -> str:
        """All that was exported, as text."""
        data = self._reader.get_metrics_data()
        return "\n".join(
            [*(span.to_json() for span in self.spans()), data.to_json() if data else ""]
        )
