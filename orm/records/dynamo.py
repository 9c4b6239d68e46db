"""`dynamo`: the connection that models use unless told otherwise.

    dynamo.connection(region="us-east-1", table="MyApp")
    dynamo.register_model(User)
    dynamo.register_model({"name": "Post", "attributes": {"title": {"fillable": True}}})
    dynamo.create_item("User", {"id": "123", "name": "John"})

This is the only state that the ORM keeps for a whole process. Where that does not suit, make a
`Connection` and ask it for repositories, or `User.using(connection)`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, overload

from orm.codec import item_from_wire
from orm.config import SingleTableConfig
from orm.driver.protocol import Driver
from orm.errors import ConfigurationError
from orm.records.connection import Connection, Registrable
from orm.records.model import DynamoDBModel
from orm.records.queries.fluent import CollectionQuery, EntityQuery
from orm.records.queries.query import RecordQuery
from orm.records.repository import Repository
from orm.records.writes.batching import Batch
from orm.records.writes.transaction import Transaction
from orm.settings import load_settings, open_driver

R = TypeVar("R", bound=DynamoDBModel)


class Dynamo:
    """A default connection, and the models that use it."""

    def __init__(self) -> None:
        self._connection: Connection | None = None

    def connection(
        self,
        *,
        table: str | None = None,
        region: str | None = None,
        endpoint: str | None = None,
        engine: str | None = None,
        driver: Driver | None = None,
        config: SingleTableConfig | None = None,
        **options: Any,
    ) -> Connection:
        """Make the connection that models use from now on. It has no models yet: register them
        again.

        Args:
            table: the table's name; its attributes have the default names.
            region: of AWS; what the settings and AWS's own chain say unless given.
            endpoint: another service than AWS's, as `http://127.0.0.1:8000`.
            engine: `local`, `aws` or `memory`; what the settings say unless given.
            driver: what carries the calls, in place of one made from the settings.
            config: all names of the table, in place of `table`.
            options: as for `Connection`: tenant, options, lock, clock, policy, rules,
                rules_at_once, rule_timeout_seconds, cursor_keys.

        Raises:
            ConfigurationError: neither or both of `table` and `config` are given; or a setting
                cannot work.
        """
        if (table is None) == (config is None):
            raise ConfigurationError("connection", "takes one of table= and config=")
        named = config or SingleTableConfig(table=table or "")
        if driver is None:
            settings = load_settings(region=region, endpoint=endpoint, engine=engine)
            driver = open_driver(settings)
        self._connection = Connection(driver, named, **options)
        return self._connection

    @property
    def current(self) -> Connection:
        """The connection that models use.

        Raises:
            ConfigurationError: none was made.
        """
        if self._connection is None:
            hint = "dynamo.connection(region='us-east-1', table='MyApp')"
            raise ConfigurationError("dynamo", "has no connection yet", hint)
        return self._connection

    def register_model(self, *models: Registrable) -> None:
        """Take models into the connection, and let classes use the one that was made last, in
        which they are to be registered too.

        Raises:
            ConfigurationError, DefinitionError: see `Connection.register`.
        """
        for model in models:
            self.current.register(model)
            if isinstance(model, type):
                model.__dynamo__ = self

    def model(self, name: str) -> type[DynamoDBModel]:
        """The class of a model that was registered as a mapping; it uses the connection."""
        found = self.current.model(name)
        found.__dynamo__ = self
        return found

    def repository(self, name: str) -> Repository[Any]:
        """What reads and writes the rows of a model."""
        found: Repository[Any] = self.current.repository(name)
        return found

    def query(self, name: str) -> RecordQuery[Any]:
        """A question about the rows of a model."""
        return self.repository(name).query()

    @overload
    def entity(self, model: type[R]) -> EntityQuery[R]: ...
    @overload
    def entity(self, model: str) -> EntityQuery[Any]: ...
    def entity(self, model: type[R] | str) -> EntityQuery[Any]:
        """Ask for rows of a model by their keys; see `orm.records.queries.fluent`."""
        return self.current.entity(model)

    def collection(self, *models: type[DynamoDBModel] | str) -> CollectionQuery:
        """Ask for rows of several models in one partition; see `Connection.collection`."""
        return self.current.collection(*models)

    def create_table(self, stream: str | None = None) -> bool:
        """Make the table that the models need; see `Connection.create_table`."""
        return self.current.create_table(stream)

    def transaction(self, *, chunked: bool = False) -> Transaction:
        """Writes of several rows together or none; see `Transaction`."""
        return self.current.transaction(chunked=chunked)

    def batch(self) -> Batch:
        """Many rows put or deleted in few calls, unconditionally; see `Batch`."""
        return self.current.batch()

    def create_item(self, name: str, values: Mapping[str, Any]) -> dict[str, Any]:
        """Save a new row of a model; its item as it is stored, keys and entity among it.

        Raises:
            InvalidRowError, RowExistsError, UniqueError: see `Repository.create`.
        """
        repository = self.repository(name)
        stored = repository.stored.item(repository.create(values))
        return item_from_wire({n: value for n, value in stored.items() if not n.startswith("!")})


dynamo = Dynamo()
"""The default connection of this process."""
