"""The engine of a run: the local one, started where needed; a given endpoint; or memory."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Literal

from examples.demo.site import Site
from orm.settings import Settings

Engine = Literal["local", "memory"]

NOT_SHOWN: Final = (
    "the memory engine is an imitation of DynamoDB inside this process: this run does not show the "
    "real engine's answers, processes of their own, or going on after a kill -9"
)


def open_site(
    engine: Engine, endpoint: str | None, tables: str, say: Callable[[str], None]
) -> Site:
    """A site on the engine, which is started unless it runs.

    Args:
        engine: `local` or `memory`.
        endpoint: where DynamoDB answers, if not where the local engine does; credentials come from
            AWS's own variables and files.
        tables: what the names of the tables begin with.
        say: takes lines for the user.

    Raises:
        EngineError: it cannot be started.
    """
    settings = Settings(
        engine=engine,
        endpoint=endpoint,
        events_table=f"{tables}-events",
        read_models_table=f"{tables}-read-models",
    )
    if engine == "memory":
        say(NOT_SHOWN)
    elif endpoint is None:
        _start(say)
    return Site(settings)


def _start(say: Callable[[str], None]) -> None:
    from orm.local import LocalEngine

    started = LocalEngine(report=say).start()
    for note in started.notes:
        say(f"note: {note}")
    how = "runs already" if started.already_running else "started"
    say(f"DynamoDB Local {how} at {started.state.endpoint_url}")
