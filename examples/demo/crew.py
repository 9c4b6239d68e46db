"""The crew of one run: starts its actors, watches them, and leaves none behind."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Self

from examples.demo.actors import Actor, Json, ProcessActor, ThreadActor
from examples.demo.child import named
from examples.demo.site import Site

WATCH_SECONDS = 0.1


class Crew:
    """Starts actors; at the end of the block every one of them has ended.

    Args:
        site: the run's tables.
        threads: run actors as threads of this process.
    """

    def __init__(self, site: Site, *, threads: bool = False) -> None:
        self._site, self._threads = site, threads
        self._actors: list[Actor] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for actor in self._actors:
            if not actor.finished:
                actor.kill()

    def start(self, name: str, work: str, job: Json) -> Actor:
        """Start an actor.

        Args:
            name: what to call it.
            work: `module:function`.
            job: what to do.
        """
        actor: Actor
        if self._threads:
            own = Site(self._site.settings, self._site.transport)  # with a meter of its own
            actor = ThreadActor(name, named(work), own, job)
        else:
            actor = ProcessActor(name, work, self._site.settings, job)
        self._actors.append(actor)
        return actor

    def watch(
        self, actors: Sequence[Actor], needed: Sequence[Actor], show: Callable[[], None]
    ) -> None:
        """Wait until all of `actors` have ended, while those that are `needed` must not.

        Raises:
            ActorFailedError: one ended that should not have, or without a result.
        """
        while not all(actor.finished for actor in actors):
            self.check(needed)
            for actor in actors:
                if actor.finished:
                    actor.result()
            show()
            time.sleep(WATCH_SECONDS)
        show()

    def check(self, needed: Sequence[Actor]) -> None:
        """Raise what ended an actor that should still be working."""
        for actor in needed:
            if actor.finished:
                actor.result()
                raise RuntimeError(f"{actor.name} ended though nobody asked it to")
