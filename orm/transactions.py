"""Transactions: several writes together or none, checked before the call."""

from __future__ import annotations

from collections.abc import Sequence

from orm.codec import item_size_bytes
from orm.config import SingleTableConfig
from orm.driver.protocol import Driver
from orm.errors import ConfigurationError, RepeatedItemError, TransactionTooLargeError
from orm.limits import TRANSACTION_ACTIONS_MAX, TRANSACTION_BYTES_MAX
from orm.requests import Action, Item, Transacted, TransactWriteItems


def transact(
    driver: Driver,
    actions: Sequence[Action],
    *configs: SingleTableConfig,
    token: str | None = None,
) -> Transacted:
    """Carry out 1 to 100 actions together, or none.

    Args:
        driver: what carries the call.
        actions: puts, updates, deletes and condition checks, each on another item.
        configs: the tables that the actions are on.
        token: at most 36 characters; makes repeating the identical call harmless for ten minutes.

    Raises:
        TransactionTooLargeError: over 100 actions or 4 MB; nothing was sent.
        RepeatedItemError: two actions on one item; nothing was sent.
        TransactionCanceledError: nothing was written; one reason for each action, in order.
    """
    check_transaction(actions, *configs)
    return driver.send(TransactWriteItems(transact_items=list(actions), client_request_token=token))


def check_transaction(actions: Sequence[Action], *configs: SingleTableConfig) -> None:
    """Refuse what DynamoDB would refuse; see `transact`."""
    if not actions:
        raise ConfigurationError("transaction", "is without actions")
    if len(actions) > TRANSACTION_ACTIONS_MAX:
        raise TransactionTooLargeError("actions", len(actions), TRANSACTION_ACTIONS_MAX)
    tables = {config.table: config for config in configs}
    seen: dict[tuple[str, str, str], int] = {}
    size = 0
    for number, action in enumerate(actions):
        table, item = _subject(action)
        if table not in tables:
            raise ConfigurationError("transaction", f"action {number} is on {table}, not given")
        key = tables[table].place(item)
        first = seen.setdefault((table, *key), number)
        if first != number:
            raise RepeatedItemError(table, tables[table].key(*key), (first, number))
        size += action_size_bytes(action)
    if size > TRANSACTION_BYTES_MAX:
        raise TransactionTooLargeError("bytes", size, TRANSACTION_BYTES_MAX)


def action_size_bytes(action: Action) -> int:
    """What an action counts of the 4 MB, as far as it says: its item, or its key and values."""
    return item_size_bytes(_subject(action)[1]) + _values_size(action)


def _subject(action: Action) -> tuple[str, Item]:
    if action.put is not None:
        return action.put.table_name, action.put.item
    keyed = action.update or action.delete or action.condition_check
    if keyed is None:
        raise ConfigurationError("transaction", "an action without put, update, delete or check")
    return keyed.table_name, keyed.key


def _values_size(action: Action) -> int:
    """What an update brings with it; the item it changes may be larger and is not known here."""
    if action.update is None or action.update.expression_attribute_values is None:
        return 0
    return item_size_bytes(action.update.expression_attribute_values)
