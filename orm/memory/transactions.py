"""Transactions: up to 100 actions on different items, all or nothing.

A client request token makes a repeated request harmless for ten minutes: the same request is
answered without a second effect, another one under the same token is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, TypeVar

import msgspec

from orm.driver.transport import ServiceError
from orm.memory.account import Account, TokenUse
from orm.memory.capacity import Bill, read_units
from orm.memory.keyspace import Row
from orm.memory.limits import (
    CLIENT_TOKEN_LENGTH_MAX,
    CLIENT_TOKEN_SECONDS,
    TRANSACTION_ACTIONS_MAX,
    TRANSACTION_SIZE_BYTES_MAX,
)
from orm.memory.reading import read_projection, shown
from orm.memory.refusals import Invalid, Unfit
from orm.memory.schema import NOT_THE_KEY, Key
from orm.memory.table import Table
from orm.memory.writing import Action, read_check, read_delete, read_put, read_update

T = TypeVar("T")
R = TypeVar("R")
Reason = dict[str, Any]

_READERS = {
    "Put": read_put,
    "Update": read_update,
    "Delete": read_delete,
    "ConditionCheck": read_check,
}
_NO_FAULT: Reason = {"Code": "None"}


def transact_write_items(account: Account, params: dict[str, Any]) -> dict[str, Any]:
    bill = Bill(params)
    token = _token(params)
    fingerprint = _fingerprint(params)
    _forget_old_tokens(account)
    actions = _actions(account, params)
    known = account.tokens.get(token) if token else None
    if known is not None:
        return _repeated(known, fingerprint, bill, actions)
    rows = _decide(actions)
    for action, row in zip(actions, rows, strict=True):
        change = action.commit(row, account.now())
        bill.charge_write(action.table, change, factor=2)
    if token:
        account.tokens[token] = TokenUse(fingerprint, account.now())
    return bill.all("WriteCapacityUnits")


def transact_get_items(account: Account, params: dict[str, Any]) -> dict[str, Any]:
    """Read up to 100 items as of one moment."""
    bill = Bill(params)
    gets = [_one(element, ("Get",))[1] for element in _elements(params)]
    found, reasons = _each(gets, lambda get: _found(account, get))
    _refuse_faults(reasons)
    total = sum(one.size for one in found)
    _check_size_and_places(total, len({one.place for one in found}), len(gets))
    for one in found:
        bill.charge(one.table, 2 * read_units(one.size, consistent=True))
    return {"Responses": [one.answer for one in found], **bill.all("ReadCapacityUnits")}


@dataclass(frozen=True, slots=True)
class _Found:
    """What one Get of a transaction reads."""

    table: Table
    place: tuple[str, Key, Key]
    size: int
    answer: dict[str, Any]


def _found(account: Account, get: dict[str, Any]) -> _Found:
    table = account.table(get)
    projection = read_projection(get)
    raw = get.get("Key")
    if not isinstance(raw, dict) or raw.keys() != set(table.key.names):
        raise Unfit(NOT_THE_KEY)
    hash_key, sort_key, _ = table.key.of_key(raw)
    row = table.rows.get(hash_key, sort_key)
    answer = {} if row is None else {"Item": shown(row.item, projection)}
    return _Found(table, (table.name, hash_key, sort_key), row.size if row else 0, answer)


def _actions(account: Account, params: dict[str, Any]) -> list[Action]:
    read = [_one(element, _READERS) for element in _elements(params)]
    actions, reasons = _each(read, lambda one: _READERS[one[0]](account, one[1]))
    _refuse_faults(reasons)
    _check_size_and_places(0, len({action.place for action in actions}), len(actions))
    return actions


def _decide(actions: list[Action]) -> list[Row | None]:
    rows, reasons = _each(actions, lambda action: action.decide(action.current()))
    _refuse_faults(reasons)
    total = sum(row.size for row in rows if row is not None)
    _check_size_and_places(total, len(actions), len(actions))
    return rows


def _each(things: Sequence[T], do: Callable[[T], R]) -> tuple[list[R], list[Reason]]:
    """Do it to each; return results, and what was wrong with each in order."""
    results: list[R] = []
    reasons: list[Reason] = []
    for thing in things:
        try:
            results.append(do(thing))
            reasons.append(_NO_FAULT)
        except ServiceError as error:
            reasons.append(_reason(error))
    return results, reasons


def _refuse_faults(reasons: list[Reason]) -> None:
    if any(reason is not _NO_FAULT for reason in reasons):
        raise _canceled(reasons)


def _reason(error: ServiceError) -> Reason:
    """Return the reason that one action's error is; an error of the whole request goes on."""
    if isinstance(error, Unfit):
        code = "ValidationError"
    elif error.code == "ConditionalCheckFailedException":
        code = "ConditionalCheckFailed"
    else:
        raise error
    return {"Code": code, "Message": error.message, **error.fields}


def _canceled(reasons: list[Reason]) -> ServiceError:
    codes = ", ".join(reason["Code"] for reason in reasons)
    message = (
        f"Transaction cancelled, please refer cancellation reasons for specific reasons [{codes}]"
    )
    fields = {"CancellationReasons": reasons}
    return ServiceError("TransactionCanceledException", message, 400, fields)


def _elements(params: dict[str, Any]) -> list[dict[str, Any]]:
    elements = params.get("TransactItems")
    if not elements or len(elements) > TRANSACTION_ACTIONS_MAX:
        raise Invalid(f"TransactItems must have between 1 and {TRANSACTION_ACTIONS_MAX} members")
    return list(elements)


def _one(element: dict[str, Any], kinds: Collection[str]) -> tuple[str, dict[str, Any]]:
    if len(element) != 1 or not element.keys() <= set(kinds):
        raise Invalid(f"TransactItems can only contain one of {', '.join(kinds)}")
    return next(iter(element.items()))


def _check_size_and_places(total: int, places: int, actions: int) -> None:
    if places < actions:
        raise Invalid("Transaction request cannot include multiple operations on one item")
    if total > TRANSACTION_SIZE_BYTES_MAX:
        raise Invalid("Aggregated size of all range keys and items has exceeded 4 MB")


def _token(params: dict[str, Any]) -> str:
    token = params.get("ClientRequestToken")
    if token is not None and not 1 <= len(token) <= CLIENT_TOKEN_LENGTH_MAX:
        raise Invalid("clientRequestToken must have between 1 and 36 characters")
    return token or ""


def _fingerprint(params: dict[str, Any]) -> bytes:
    body = msgspec.json.encode(params.get("TransactItems"), order="deterministic")
    return sha256(body).digest()


def _forget_old_tokens(account: Account) -> None:
    horizon = account.now() - CLIENT_TOKEN_SECONDS
    for token, use in list(account.tokens.items()):  # in order of use
        if use.used_at > horizon:
            return
        del account.tokens[token]


def _repeated(
    known: TokenUse, fingerprint: bytes, bill: Bill, actions: list[Action]
) -> dict[str, Any]:
    if known.fingerprint != fingerprint:
        raise ServiceError(
            "IdempotentParameterMismatchException",
            "A request with the same client token was sent with other parameters",
        )
    for action in actions:  # a repetition is billed as a read of the items
        row = action.current()
        units = 2 * read_units(row.size if row else 0, consistent=True)
        bill.charge(action.table, units)
    return bill.all("ReadCapacityUnits")
