"""Several writes together or none."""

from __future__ import annotations

from orm.requests.base import ConsumedMany, DataRequest, Item, Struct


class Put(Struct, frozen=True):
    """Write a whole item, as part of a transaction."""

    table_name: str
    item: Item
    condition_expression: str | None = None
    expression_attribute_names: dict[str, str] | None = None
    expression_attribute_values: Item | None = None
    return_values_on_condition_check_failure: str | None = None


class Update(Struct, frozen=True):
    """Change attributes of an item, as part of a transaction."""

    table_name: str
    key: Item
    update_expression: str
    condition_expression: str | None = None
    expression_attribute_names: dict[str, str] | None = None
    expression_attribute_values: Item | None = None
    return_values_on_condition_check_failure: str | None = None


class Delete(Struct, frozen=True):
    """Delete an item, as part of a transaction."""

    table_name: str
    key: Item
    condition_expression: str | None = None
    expression_attribute_names: dict[str, str] | None = None
    expression_attribute_values: Item | None = None
    return_values_on_condition_check_failure: str | None = None


class ConditionCheck(Struct, frozen=True):
    """Demand something of an item, as part of a transaction."""

    table_name: str
    key: Item
    condition_expression: str
    expression_attribute_names: dict[str, str] | None = None
    expression_attribute_values: Item | None = None
    return_values_on_condition_check_failure: str | None = None


class Action(Struct, frozen=True):
    """One action of a transaction: exactly one field is set."""

    put: Put | None = None
    update: Update | None = None
    delete: Delete | None = None
    condition_check: ConditionCheck | None = None


class Transacted(ConsumedMany, frozen=True):
    """A transaction was carried out."""


class TransactWriteItems(DataRequest[Transacted], frozen=True):
    """Carry out up to 100 actions together, or none.

    `client_request_token` makes a repetition of the identical request harmless for ten minutes.
    """

    operation = "TransactWriteItems"
    writes = True
    answer = Transacted

    transact_items: list[Action]
    client_request_token: str | None = None

    @property
    def target(self) -> str:
        tables = {
            part.table_name
            for action in self.transact_items
            for part in (action.put, action.update, action.delete, action.condition_check)
            if part is not None
        }
        return ", ".join(sorted(tables))
