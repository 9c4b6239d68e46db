"""Every error of the projections floor, in one tree.

KeyfoldError
└── ProjectionError
    ├── ProjectionDefinitionError   a read model or projector is declared wrongly
    ├── HandlerError                a handler failed: its stream is parked
    ├── ForeignRowError             a row that is, or would become, another stream's
    ├── EffectsError                effects that cannot be written
    ├── ContendedError              rivals kept changing what was to be written
    ├── LeaseLostError              another worker took the shard; stop reading it
    └── NotParkedError              this stream is not parked
"""

from __future__ import annotations

from eventstore.stream import StreamId
from orm.errors import KeyfoldError


class ProjectionError(KeyfoldError):
    """Anything that went wrong on the second floor."""


class ProjectionDefinitionError(ProjectionError, TypeError):
    """A read model or projector is declared wrongly; the text says what to write instead."""


class HandlerError(ProjectionError):
    """A handler failed on an event, each time it was tried. Nothing of that commit was applied."""

    hint = "keyfold parked show, mend the handler, then keyfold parked retry"

    def __init__(
        self, projection: str, stream: StreamId, commit: int, tag: str, detail: str
    ) -> None:
        super().__init__(projection, stream, commit, tag, detail)
        self.projection, self.stream, self.commit = projection, stream, commit
        self.tag, self.detail = tag, detail

    def __str__(self) -> str:
        return (
            f"{self.projection} failed on {self.tag!r} in commit {self.commit} of {self.stream}: "
            f"{self.detail}"
        )


class ForeignRowError(ProjectionError):
    """A read model's row is, or would become, another stream's; nothing was written."""

    hint = "let of() make the key from the stream's category and id, and handlers leave it alone"

    def __init__(self, model: str, detail: str) -> None:
        super().__init__(model, detail)
        self.model, self.detail = model, detail

    def __str__(self) -> str:
        return f"{self.model}: {self.detail}"


class EffectsError(ProjectionError):
    """The effects of one commit cannot be written: a field, a number or a transaction says no."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


class ContendedError(ProjectionError):
    """Rivals kept changing what was to be written; nothing is lost, a later delivery applies it."""

    retry = True

    def __init__(self, projection: str, stream: StreamId, attempts: int) -> None:
        super().__init__(projection, stream, attempts)
        self.projection, self.stream, self.attempts = projection, stream, attempts

    def __str__(self) -> str:
        return (
            f"{self.projection}: {self.attempts} attempts on {self.stream} all met a rival's write"
        )


class LeaseLostError(ProjectionError):
    """Another worker holds the lease; this one slept past its time and must stop reading."""

    def __init__(self, shard: str, owner: str) -> None:
        super().__init__(shard, owner)
        self.shard, self.owner = shard, owner

    def __str__(self) -> str:
        return f"shard {self.shard} is no longer held by {self.owner}"


class NotParkedError(ProjectionError):
    """This stream is not parked for this projection."""

    hint = "keyfold parked ls"

    def __init__(self, projection: str, stream: StreamId) -> None:
        super().__init__(projection, stream)
        self.projection, self.stream = projection, stream

    def __str__(self) -> str:
        return f"{self.stream} is not parked for {self.projection}"


def in_words(error: Exception) -> str:
    """An error's kind and text; the text is its author's code too, and may fail."""
    try:
        text = str(error)
    except Exception as failure:
        text = f"its text cannot be made: {type(failure).__name__}"
    return f"{type(error).__name__}: {text}"
