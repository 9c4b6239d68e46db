"""The run itself, as an aggregate: its stream tells a later start where this one got to.

Every writer signs on in it, and all at once, so that all but one lose a race and decide again.
"""

from __future__ import annotations

from typing import Final

import msgspec

from eventstore import Aggregate, Event, Rejected, applies, command, invariant

RUN_ID: Final = "demo"


class RunBegun(Event, tag="run-begun"):
    """A run of this size began on empty tables."""

    size: str


class WriterSignedOn(Event, tag="writer-signed-on"):
    """A writer takes part."""

    writer: str


class RunFinished(Event, tag="run-finished"):
    """Everything was written, projected and checked."""


class Run(Aggregate, category="RUN"):
    """One run of a demo, however many starts it takes."""

    size: str = ""
    writers: list[str] = msgspec.field(default_factory=list)
    finished: bool = False

    @command
    def begin(self, size: str) -> RunBegun:
        """Begin on empty tables."""
        if self.size or not size:
            raise Rejected(f"a run of {self.size or 'no size'} has begun already")
        return RunBegun(size)

    @command
    def sign_on(self, writer: str) -> WriterSignedOn:
        """Take part as a writer."""
        if not self.size or self.finished:
            raise Rejected("no run is under way")
        return WriterSignedOn(writer)

    @command
    def finish(self) -> RunFinished:
        """End it, everything having been checked."""
        if not self.size or self.finished:
            raise Rejected("no run is under way")
        return RunFinished()

    @applies
    def begun(self, event: RunBegun) -> None:
        self.size = event.size

    @applies
    def signed_on(self, event: WriterSignedOn) -> None:
        self.writers.append(event.writer)

    @applies
    def ended(self, event: RunFinished) -> None:
        self.finished = True

    @invariant
    def nothing_happens_before_it_begins(self) -> bool:
        return bool(self.size) or not (self.writers or self.finished)
