"""Where a run's tables are: on the local engine, at a given endpoint, or in memory.

On the local engine every run that begins anew has a region of its own. The engine keeps regions
apart, and at each write looks through the change records of every older table of the same region,
dropped ones too: the second run would take many times as long as the first. Which region it is
stands in a settings file in Keyfold's state folder, which `keyfold stream` and the others can be
given afterwards.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final, Literal, Protocol

import msgspec

from examples.demo.site import Site
from orm.settings import Settings, load_project

Engine = Literal["local", "memory"]
Say = Callable[[str], None]

NOT_SHOWN: Final = (
    "the memory engine is an imitation of DynamoDB inside this process: this run does not show the "
    "real engine's answers, processes of their own, or going on after a kill -9"
)


class Example(msgspec.Struct, frozen=True):
    """What a settings file says of an example.

    Args:
        name: what its tables' names begin with.
        aggregates: import strings.
        projections: import strings.
    """

    name: str
    aggregates: tuple[str, ...]
    projections: tuple[str, ...]

    def settings(self, engine: Engine) -> Settings:
        """The settings of its tables."""
        return Settings(
            engine=engine,
            events_table=f"{self.name}-events",
            read_models_table=f"{self.name}-read-models",
            aggregates=self.aggregates,
            projections=self.projections,
        )


class Ground(Protocol):
    """What a run's tables stand on."""

    def found(self) -> Site:
        """The tables as the last start left them, or where they would be."""
        ...

    def anew(self) -> Site:
        """Where tables are to be made; nothing is remembered of the last ones."""
        ...

    @property
    def settings_file(self) -> Path | None:
        """Names the tables to the other commands; None where they are gone with this process."""
        ...


class OneSite:
    """Tables that always stand at the same place: in memory, or at a given endpoint."""

    settings_file: Path | None = None

    def __init__(self, settings: Settings) -> None:
        self._site = Site(settings)

    def found(self) -> Site:
        """See `Ground`."""
        return self._site

    def anew(self) -> Site:
        """See `Ground`."""
        return self._site


class LocalGround:
    """Tables on the local engine, in a region of the run's own.

    Args:
        example: whose.
        file: where its settings are kept.
    """

    def __init__(self, example: Example, file: Path) -> None:
        self._example, self._file = example, file

    @property
    def settings_file(self) -> Path | None:
        return self._file

    def found(self) -> Site:
        """See `Ground`."""
        if not self._file.is_file():
            return self.anew()
        return Site(load_project(environ={}, file=self._file).settings)

    def anew(self) -> Site:
        """See `Ground`."""
        region = f"{self._example.name}-{secrets.token_hex(3)}"
        settings = msgspec.structs.replace(self._example.settings("local"), local_region=region)
        write_settings(self._file, settings)
        return Site(settings)


def write_settings(file: Path, settings: Settings) -> None:
    """Write a file that `--settings` takes; a killed run leaves the old one or the new one."""
    names = ("engine", "local_region", "events_table", "read_models_table")
    lists = ("aggregates", "projections")
    lines = [f'{name} = "{getattr(settings, name)}"' for name in names]
    lines += [f"{name} = {list(getattr(settings, name))}".replace("'", '"') for name in lists]
    file.parent.mkdir(parents=True, exist_ok=True)
    partial = file.with_suffix(f".{os.getpid()}.part")
    partial.write_text("\n".join(["# the last run of keyfold demo", *lines, ""]))
    partial.replace(file)


def ground(
    engine: Engine,
    endpoint: str | None,
    example: Example,
    say: Say,
    environ: Mapping[str, str] = os.environ,
) -> Ground:
    """What a run's tables stand on; the local engine is started unless it runs.

    Args:
        engine: `local` or `memory`.
        endpoint: where DynamoDB answers, if not where the local engine does; credentials and region
            come from AWS's own variables and files.
        example: whose tables.
        say: takes lines for the user.
        environ: the environment.

    Raises:
        EngineError: it cannot be started.
    """
    settings = example.settings(engine)
    if engine == "memory":
        say(NOT_SHOWN)
        return OneSite(settings)
    if endpoint is not None:
        region = environ.get("AWS_REGION")
        return OneSite(msgspec.structs.replace(settings, endpoint=endpoint, region=region))
    from orm.local.folders import state_folder

    _start(say)
    return LocalGround(example, state_folder(environ) / f"demo-{example.name}.toml")


def _start(say: Say) -> None:
    from orm.local import LocalEngine

    started = LocalEngine(report=say).start()
    for note in started.notes:
        say(f"note: {note}")
    how = "runs already" if started.already_running else "started"
    say(f"DynamoDB Local {how} at {started.state.endpoint_url}")
