"""Projections: read models that stream-driven projectors make of events, and their worker."""

from eventstore.stream import StreamId
from projections.dispatch import Dispatcher
from projections.effects import Effects
from projections.errors import (
    HandlerError,
    LeaseLostError,
    NotParkedError,
    ProjectionDefinitionError,
    ProjectionError,
)
from projections.handlers import handles
from projections.lag import Lag, measure_lag
from projections.open import open_worker
from projections.parking import Parked, Parking
from projections.projection import Projection, Projector, ReadModel, projection_of
from projections.worker import Report, Worker, WorkerOptions

__all__ = [
    "Dispatcher",
    "Effects",
    "HandlerError",
    "Lag",
    "LeaseLostError",
    "NotParkedError",
    "Parked",
    "Parking",
    "Projection",
    "ProjectionDefinitionError",
    "ProjectionError",
    "Projector",
    "ReadModel",
    "Report",
    "StreamId",
    "Worker",
    "WorkerOptions",
    "handles",
    "measure_lag",
    "open_worker",
    "projection_of",
]
