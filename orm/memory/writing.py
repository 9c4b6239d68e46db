"""Writes of one item: put, update, delete, check; and batches of them.

Each is read into an `Action` first, which refuses what can never succeed. `decide` then says what
the item becomes, without touching anything; `Table.change` does it. A transaction decides all its
actions before it does any.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from orm.codec import item_size_bytes
from orm.memory.account import Account
from orm.memory.capacity import Bill
from orm.memory.expressions import Projection, Scope, Test, Update, parse_condition, parse_update
from orm.memory.keyspace import Row
from orm.memory.limits import BATCH_WRITE_REQUESTS_MAX, ITEM_SIZE_BYTES_MAX
from orm.memory.refusals import Invalid, Unfit, condition_failed
from orm.memory.schema import Key
from orm.memory.table import Change, Table
from orm.memory.values import Item, read_item

LEGACY = (
    "AttributesToGet",
    "AttributeUpdates",
    "ConditionalOperator",
    "Expected",
    "KeyConditions",
    "QueryFilter",
    "ScanFilter",
)
RETURN_VALUES = {
    "PutItem": ("NONE", "ALL_OLD"),
    "DeleteItem": ("NONE", "ALL_OLD"),
    "UpdateItem": ("NONE", "ALL_OLD", "UPDATED_OLD", "ALL_NEW", "UPDATED_NEW"),
}


@dataclass(slots=True)
class Action:
    """One write of one item, read and found possible."""

    table: Table
    hash_key: Key
    sort_key: Key
    test: Test | None
    become: Callable[[Row | None], Row | None]
    returns_old: bool
    update: Update | None = None

    @property
    def place(self) -> tuple[str, Key, Key]:
        return self.table.name, self.hash_key, self.sort_key

    def current(self) -> Row | None:
        return self.table.rows.get(self.hash_key, self.sort_key)

    def decide(self, old: Row | None) -> Row | None:
        """Return what the row becomes.

        Raises:
            ServiceError: the condition is false; or an operand does not fit the item.
        """
        if self.test is not None and not self.test(old.item if old else {}):
            raise condition_failed(old.item if old and self.returns_old else None)
        return self.become(old)

    def commit(self, new: Row | None, now: float) -> Change:
        return self.table.change(self.hash_key, self.sort_key, new, now)


def put_item(account: Account, params: dict[str, Any]) -> dict[str, Any]:
    return _write("PutItem", read_put, account, params)


def delete_item(account: Account, params: dict[str, Any]) -> dict[str, Any]:
    return _write("DeleteItem", read_delete, account, params)


def update_item(account: Account, params: dict[str, Any]) -> dict[str, Any]:
    return _write("UpdateItem", read_update, account, params)


def batch_write_item(account: Account, params: dict[str, Any]) -> dict[str, Any]:
    """Perform up to 25 puts and deletes, each on its own."""
    bill = Bill(params)
    actions = [
        _batch_action(account, name, request)
        for name, requests in _request_items(params).items()
        for request in requests
    ]
    if len(actions) > BATCH_WRITE_REQUESTS_MAX:
        raise Invalid("Too many items requested for the BatchWriteItem call")
    if len({action.place for action in actions}) < len(actions):
        raise Invalid("Provided list of item keys contains duplicates")
    rows = [action.decide(action.current()) for action in actions]
    for action, row in zip(actions, rows, strict=True):
        bill.charge_write(action.table, action.commit(row, account.now()))
    return {"UnprocessedItems": {}, **bill.all()}


def read_put(account: Account, params: dict[str, Any]) -> Action:
    """Read a put, of PutItem, BatchWriteItem or a transaction."""
    table = account.table(params)
    scope, test = _condition(params)
    scope.finish()
    item, size = read_item(params.get("Item"))
    hash_key, sort_key = table.key.of_item(item)
    row = table.row(item, size)
    return Action(table, hash_key, sort_key, test, lambda old: row, _returns_old(params))


def read_delete(account: Account, params: dict[str, Any]) -> Action:
    """Read a delete."""
    table = account.table(params)
    scope, test = _condition(params)
    scope.finish()
    hash_key, sort_key, _ = table.key.of_key(params.get("Key"))
    return Action(table, hash_key, sort_key, test, lambda old: None, _returns_old(params))


def read_check(account: Account, params: dict[str, Any]) -> Action:
    """Read a transaction's condition check."""
    if "ConditionExpression" not in params:
        raise Invalid("The ConditionExpression of a ConditionCheck must not be null")
    action = read_delete(account, params)
    action.become = lambda old: old
    return action


def read_update(account: Account, params: dict[str, Any]) -> Action:
    """Read an update."""
    table = account.table(params)
    scope, test = _condition(params)
    update = _update(params, scope)
    scope.finish()
    hash_key, sort_key, key = table.key.of_key(params.get("Key"))
    _refuse_key_change(table, update)

    def become(old: Row | None) -> Row | None:
        if old is None and not update.creates:
            return None
        item = update.apply(old.item if old else key)
        return _updated_row(table, item)

    returns_old = _returns_old(params)
    return Action(table, hash_key, sort_key, test, become, returns_old, update)


def refuse_legacy(params: dict[str, Any]) -> None:
    """Refuse the parameters that expressions replaced in 2014."""
    used = [name for name in LEGACY if name in params]
    if used:
        raise Invalid(f"the memory engine takes expressions, not {', '.join(used)}")


def _write(
    operation: str,
    read: Callable[[Account, dict[str, Any]], Action],
    account: Account,
    params: dict[str, Any],
) -> dict[str, Any]:
    refuse_legacy(params)
    bill = Bill(params)
    wanted = params.get("ReturnValues", "NONE")
    if wanted not in RETURN_VALUES[operation]:
        raise Invalid(f"ReturnValues set to invalid value: {wanted}")
    action = read(account, params)
    old = action.current()
    new = action.decide(old)
    change = action.commit(new, account.now())
    bill.charge_write(action.table, change)
    return {**_returned(wanted, action, old, new), **bill.one()}


def _returned(wanted: str, action: Action, old: Row | None, new: Row | None) -> dict[str, Any]:
    if wanted == "NONE":
        return {}
    row = new if wanted.endswith("_NEW") else old
    item = row.item if row else {}
    if wanted.startswith("UPDATED_"):
        places = action.update.places if action.update else []
        item = Projection(places).apply(item)
    return {"Attributes": item} if item else {}


def _condition(params: dict[str, Any]) -> tuple[Scope, Test | None]:
    scope = Scope(params.get("ExpressionAttributeNames"), params.get("ExpressionAttributeValues"))
    text = params.get("ConditionExpression")
    return scope, None if text is None else parse_condition(text).bind(scope)


_CREATES_ONLY = Update((), creates=True)


def _update(params: dict[str, Any], scope: Scope) -> Update:
    text = params.get("UpdateExpression")
    return _CREATES_ONLY if text is None else parse_update(text).bind(scope)


def _refuse_key_change(table: Table, update: Update) -> None:
    for place in update.places:
        if place[0] in table.key.names:
            raise Unfit(
                f"One or more parameter values were invalid: Cannot update attribute {place[0]}. "
                "This attribute is part of the key"
            )


def _updated_row(table: Table, item: Item) -> Row:
    read_item(item)  # an update may nest too deep or make an invalid number
    size = item_size_bytes(item)
    if size > ITEM_SIZE_BYTES_MAX:
        raise Unfit("Item size to update has exceeded the maximum allowed size")
    return table.row(item, size)


def _returns_old(params: dict[str, Any]) -> bool:
    wanted = params.get("ReturnValuesOnConditionCheckFailure", "NONE")
    if wanted not in ("NONE", "ALL_OLD"):
        raise Invalid(f"ReturnValuesOnConditionCheckFailure set to invalid value: {wanted}")
    return bool(wanted == "ALL_OLD")


def _request_items(params: dict[str, Any]) -> dict[str, Any]:
    items = params.get("RequestItems")
    if not items or not all(items.values()):
        raise Invalid("The batch request list must have length greater than or equal to 1")
    return dict(items)


def _batch_action(account: Account, name: str, request: dict[str, Any]) -> Action:
    if len(request) != 1:
        raise Invalid("Supplied WriteRequest must contain exactly one request")
    ((kind, body),) = request.items()
    if kind == "PutRequest":
        return read_put(account, {"TableName": name, "Item": body.get("Item")})
    if kind == "DeleteRequest":
        return read_delete(account, {"TableName": name, "Key": body.get("Key")})
    raise Invalid(f"Unknown WriteRequest: {kind}")
