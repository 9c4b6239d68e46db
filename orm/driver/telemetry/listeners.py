"""Who listens: a tracer and instruments of the program's providers, or None where there is none.

A program that sets no provider has OpenTelemetry's stand-ins, which cost time and do nothing. They
are told by where their class stands, in the API's own package. (Of the meter's stand-in the API has
no public name.) The same holds for what the SDK hands out when `OTEL_SDK_DISABLED` is set.
"""

from __future__ import annotations

import threading
from functools import cache
from typing import Final

from opentelemetry import metrics, trace

from orm.driver.telemetry.attributes import (
    COLLECTION,
    INDEX_NAME,
    SCHEMA_URL,
    Attributes,
    Subject,
    capacities_of,
    rows_of,
)

# The bucket boundaries that the conventions advise.
DURATION_SECONDS: Final = (0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10)
RETURNED_ROWS: Final = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000)

_API: Final = (f"{trace.__name__}.", f"{metrics.__name__}.")


class Listeners:
    """The tracer and the instruments of two providers, None for the program's own."""

    def __init__(
        self,
        tracer_provider: trace.TracerProvider | None,
        meter_provider: metrics.MeterProvider | None,
    ) -> None:
        self._given = tracer_provider, meter_provider
        self._one_looks = threading.Lock()
        self.tracer: trace.Tracer | None = None
        self.instruments: Instruments | None = None
        self.look()

    def look(self) -> None:
        """Find who listens by now: a program may set a provider late, and sets it once."""
        given_spans, given_counts = self._given
        with self._one_looks:
            spans = given_spans or trace.get_tracer_provider()
            counts = given_counts or metrics.get_meter_provider()
            self.tracer = self.tracer or _tracer_of(spans)
            self.instruments = self.instruments or _instruments_of(counts)
            self.anyone = self.tracer is not None or self.instruments is not None
            self.settled = not (
                (given_spans is None and _idle(spans)) or (given_counts is None and _idle(counts))
            )


def _idle(found: object) -> bool:
    """Whether a provider, tracer or meter is one of the API's own, which do nothing."""
    return f"{type(found).__module__}.".startswith(_API)


def _tracer_of(provider: trace.TracerProvider) -> trace.Tracer | None:
    if _idle(provider):
        return None
    tracer = provider.get_tracer("keyfold", _version(), SCHEMA_URL)
    return None if _idle(tracer) else tracer


def _instruments_of(provider: metrics.MeterProvider) -> Instruments | None:
    if _idle(provider):
        return None
    meter = provider.get_meter("keyfold", _version(), SCHEMA_URL)
    return None if _idle(meter) else Instruments(meter)


@cache
def _version() -> str | None:
    # Imported when first needed: it takes longer than all of the API.
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("keyfold")
    except PackageNotFoundError:  # run from a folder, not installed
        return None


class Instruments:
    """The metrics: how long operations take, what they bring and consume, what is repeated."""

    def __init__(self, meter: metrics.Meter) -> None:
        self._durations = meter.create_histogram(
            "db.client.operation.duration",
            "s",
            "Duration of database client operations.",
            explicit_bucket_boundaries_advisory=DURATION_SECONDS,
        )
        self._rows = meter.create_histogram(
            "db.client.response.returned_rows",
            "{row}",
            "The actual number of records returned by the database operation.",
            explicit_bucket_boundaries_advisory=RETURNED_ROWS,
        )
        self._units = meter.create_counter(
            "keyfold.dynamodb.consumed_capacity", "{capacity_unit}", "What DynamoDB will bill."
        )
        self._failed_attempts = meter.create_counter(
            "keyfold.dynamodb.failed_attempts", "{attempt}", "Attempts that may be repeated."
        )

    def record(
        self, subject: Subject, index: str | None, seconds: float, answer: object, error: Attributes
    ) -> None:
        """Count one operation; `error` is what `of_error` says, or nothing."""
        about = subject.of_metrics
        of_index = {INDEX_NAME: index} if index else {}
        self._durations.record(seconds, about | error if error else about)
        if (rows := rows_of(answer)) is not None:
            self._rows.record(rows, about)
        for capacity in capacities_of(answer):
            of_table = {COLLECTION: capacity.table_name}
            self._units.add(capacity.capacity_units, about | of_table | of_index)

    def record_failed_attempt(self, subject: Subject, error: Attributes) -> None:
        """Count one attempt that failed."""
        self._failed_attempts.add(1, subject.of_metrics | error)
