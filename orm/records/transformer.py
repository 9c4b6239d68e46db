"""EntityTransformer: rows as DynamoDB's items and back.

    transformer = EntityTransformer(connection)
    item = transformer.to_item("User", {"id": "123", "name": "John"})
    → {"pk": {"S": "USER#123"}, "sk": {"S": "USER#123"}, "_et": {"S": "User"}, …}
    user = transformer.from_item(item)

What comes back equals what went in: 38-digit decimals, bytes, sets, nested maps, empty strings,
None and absent, datetimes, enums, dataclasses and Structs. What DynamoDB would refuse or change
(NaN, a 39th digit, an item over 400 KB, a 33rd level) is refused before any call.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from orm.codec import from_wire, item_from_wire, to_wire
from orm.errors import ConfigurationError, UnreadableRowError
from orm.records.errors import ForeignRowError
from orm.requests import AttributeValue, Item

if TYPE_CHECKING:
    from orm.records.connection import Connection
    from orm.records.model import DynamoDBModel
    from orm.records.repository import Repository


class EntityTransformer:
    """Turns rows of a connection's models into items and back. Sends nothing."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def to_item(
        self, model: str | type[DynamoDBModel], row: DynamoDBModel | Mapping[str, Any]
    ) -> Item:
        """The whole item of a row, as it is sent: its keys, its entity and its attributes.

        Args:
            model: the row's model.
            row: a row, or the values of one.

        Raises:
            InvalidKeyError: a part of a key is missing, or none that a key can carry.
            UnsupportedValueError: a value DynamoDB cannot hold, or that would not come back equal.
            ItemTooLargeError: over 400 KB; names the largest attribute.
            ConfigurationError: no such model is registered, or the row is of another.
        """
        repository: Repository[Any] = self._connection.repository(model)
        if not isinstance(row, Mapping | repository.model):
            label = f"to_item({repository.definition.name}, …)"
            raise ConfigurationError(label, f"was given a row of {type(row).__name__}")
        record = repository.make(row) if isinstance(row, Mapping) else row
        return repository.layout.item_of(repository.stored.values(record))

    def from_item(self, item: Item) -> Any:
        """The row of an item, of the model that the item names; it can be changed and saved.

        Raises:
            UnreadableRowError: the item names no model, or is not as that says.
            ForeignRowError: it lies at another key than its row does here.
            ConfigurationError: it names a model that is not registered.
        """
        named = item.get(self._connection.config.entity, {}).get("S")
        if named is None:
            key = {name: from_wire(wire) for name, wire in item.items() if "S" in wire}
            raise UnreadableRowError("item", key, "it does not say which entity it is of")
        repository: Repository[Any] = self._connection.repository(named)
        row, layout = repository.layout.row(item), repository.layout
        own = layout.key(layout.key_values(row))
        if any(item.get(name) != wire for name, wire in own.items()):
            raise ForeignRowError(named, "another table or tenant", str(self._connection.place))
        return repository.adopt(row, item)

    @staticmethod
    def to_wire(value: object) -> AttributeValue:
        """One value as it is sent. Raises as `to_item`."""
        return to_wire(value)

    @staticmethod
    def from_wire(item: Item) -> dict[str, Any]:
        """The attributes of any item as plain values, keys among them."""
        return item_from_wire(item)
