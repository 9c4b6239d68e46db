"""From a project's settings to its projections and what watches over them."""

from __future__ import annotations

from functools import cached_property

from eventstore.cli.aggregates import configured
from eventstore.dynamodb import DynamoDBLog
from eventstore.layout import EventLayout
from eventstore.store import EventStore
from orm.cli.target import Target
from orm.clock import SystemClock
from orm.driver.protocol import Driver
from orm.errors import ConfigurationError
from projections.dispatch import Dispatcher
from projections.leases import Leases
from projections.parking import Parking
from projections.projection import Declared, Projection, Projector, ReadModel, projection_of
from projections.shards import ChangeStream


class UnknownProjectionError(ConfigurationError):
    """No configured projection has this name."""

    exit_code = 2

    def __init__(self, name: str, known: tuple[str, ...]) -> None:
        super().__init__(
            "projections",
            f"none is named {name!r}; there are {', '.join(known) or 'none'}",
            'add it to the settings, as in projections = ["package.module:Balances"]',
        )
        self.args = (name, known)
        self.name, self.known = name, known


class Watched:
    """The projections of the project that a command is about."""

    def __init__(self, target: Target, group: str = "main") -> None:
        self._target, self._group = target, group
        self._project = target.project()
        self.clock = SystemClock()

    @cached_property
    def driver(self) -> Driver:
        return self._target.driver(self._project)

    @cached_property
    def declared(self) -> tuple[Declared, ...]:
        """The read models and projectors that the settings list.

        Raises:
            ConfigurationError: an entry is neither, or none is listed.
        """
        names = self._project.settings.projections
        found = tuple(map(_declared, names, self._project.projections()))
        if not found:
            raise ConfigurationError(
                "projections",
                "the settings list none",
                'add projections = ["package.module:Balances"] to them',
            )
        return found

    @property
    def projections(self) -> list[Projection]:
        return [projection_of(declared) for declared in self.declared]

    def named(self, name: str) -> Projection:
        """The projection that `name` or `name@version` means."""
        for projection in self.projections:
            if name in (projection.name, projection.id):
                return projection
        raise UnknownProjectionError(name, tuple(p.id for p in self.projections))

    @cached_property
    def store(self) -> EventStore:
        """The event store, with the events of the configured aggregates."""
        log = DynamoDBLog(self.driver, self._project.settings.events_config)
        return EventStore(log, configured(self._project).values())

    @cached_property
    def parking(self) -> Parking:
        return Parking(self.driver, self._project.settings.read_models_config, self.clock)

    @cached_property
    def changes(self) -> ChangeStream:
        return ChangeStream(self.driver, EventLayout(self._project.settings.events_config))

    def leases(self, worker: str = "keyfold") -> Leases:
        config = self._project.settings.read_models_config
        return Leases(self.driver, config, self._group, worker, self.clock)

    def dispatcher(self) -> Dispatcher:
        config = self._project.settings.read_models_config
        return Dispatcher(self.store, self.declared, self.driver, config, self.clock)


def _declared(name: str, found: object) -> Declared:
    if isinstance(found, Projector):
        return found
    if isinstance(found, type) and issubclass(found, ReadModel):
        return found
    if isinstance(found, type) and issubclass(found, Projector):
        return found()
    raise ConfigurationError("projections", f"{name!r} is neither a ReadModel nor a Projector")
