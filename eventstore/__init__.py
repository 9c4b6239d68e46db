"""The event store: append-only streams with optimistic concurrency, aggregates and deciders."""

from eventstore.aggregate import Aggregate, Call, applies, command, invariant
from eventstore.codec import EventCodec
from eventstore.decider import Decider
from eventstore.dynamodb import DynamoDBLog
from eventstore.errors import (
    CommitIdReusedError,
    EventStoreError,
    OutcomeUnknownError,
    Rejected,
    StoreEpochError,
    StreamCorruptedError,
    UnknownEventError,
    VersionConflictError,
    WrongTokenError,
)
from eventstore.event import Event
from eventstore.log import Commit, Draft, Log
from eventstore.memory import MemoryLog
from eventstore.metadata import Metadata
from eventstore.store import EventStore, Loaded, Recorded, Repository, Result, Step
from eventstore.stream import StreamId
from eventstore.token import (
    ANY,
    EXISTS,
    NO_STREAM,
    ClaimedToken,
    ExpectedVersion,
    Outcome,
    Receipt,
    Token,
)

__all__ = [
    "ANY",
    "EXISTS",
    "NO_STREAM",
    "Aggregate",
    "Call",
    "ClaimedToken",
    "Commit",
    "CommitIdReusedError",
    "Decider",
    "Draft",
    "DynamoDBLog",
    "Event",
    "EventCodec",
    "EventStore",
    "EventStoreError",
    "ExpectedVersion",
    "Loaded",
    "Log",
    "MemoryLog",
    "Metadata",
    "Outcome",
    "OutcomeUnknownError",
    "Receipt",
    "Recorded",
    "Rejected",
    "Repository",
    "Result",
    "Step",
    "StoreEpochError",
    "StreamCorruptedError",
    "StreamId",
    "Token",
    "UnknownEventError",
    "VersionConflictError",
    "WrongTokenError",
    "applies",
    "command",
    "invariant",
]
