"""The flags that every command on a store takes, and the way from them to a driver."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, Literal

from cyclopts import Group, Parameter

from orm.cli.output import AsJson, Output
from orm.settings import Project, load_project, open_driver

if TYPE_CHECKING:
    from orm.driver.protocol import Driver

FORGETFUL: Final = "the memory engine forgets everything when this command ends"
_ATTEMPTS_MAX: Final = 4
"""A person waits: a quarter of a second of repeating, not the seconds that a worker has."""

_GROUP: Final = Group("Store", help="Which store; settings and environment hold unless given.")


@Parameter(name="*", group=_GROUP)
@dataclass(frozen=True, kw_only=True)
class Target:
    """Which store a command is about."""

    engine: Annotated[
        Literal["local", "aws", "memory"] | None, Parameter(help="The engine to use.")
    ] = None
    endpoint: Annotated[str | None, Parameter(help="URL where DynamoDB answers.")] = None
    region: Annotated[str | None, Parameter(help="AWS region.")] = None
    events_table: Annotated[str | None, Parameter(help="Name of the event table.")] = None
    read_models_table: Annotated[str | None, Parameter(help="Name of the read-model table.")] = None
    settings: Annotated[Path | None, Parameter(help="Read settings from this file.")] = None
    json: AsJson = False

    @property
    def output(self) -> Output:
        """Where the command prints."""
        return Output(self.json)

    def project(self) -> Project:
        """The project of the current folder, with the flags that were given."""
        return load_project(
            file=self.settings,
            engine=self.engine,
            endpoint=self.endpoint,
            region=self.region,
            events_table=self.events_table,
            read_models_table=self.read_models_table,
        )

    def driver(self, project: Project) -> Driver:
        """The driver for the project's engine."""
        from orm.driver.retry import RetryPolicy

        if project.settings.engine == "memory":
            self.output.note(FORGETFUL)
        policy = RetryPolicy(attempts_max=_ATTEMPTS_MAX, deadline_seconds=5.0)
        return open_driver(project.settings, os.environ, policy)


NOWHERE: Final = Target()
"""What holds where no flag is given."""
