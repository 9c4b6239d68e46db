"""The service's errors, as the memory engine raises them."""

from __future__ import annotations

from typing import Any

from orm.driver.transport import ServiceError

CONDITION_FAILED = "The conditional request failed"


class Invalid(ServiceError):  # noqa: N818 - named for what the request is
    """`ValidationException`: the request as written can never succeed."""

    def __init__(self, message: str) -> None:
        super().__init__("ValidationException", message)
        self.args = (message,)


class Unfit(Invalid):
    """The request does not fit the keys of the table or the item that is stored.

    In a transaction that is a reason of the one action, not an error of the whole request.
    """


def condition_failed(item: dict[str, Any] | None) -> ServiceError:
    """The condition was false; `item` is what was there, where the request asked for it."""
    fields = {} if item is None else {"Item": item}
    return ServiceError("ConditionalCheckFailedException", CONDITION_FAILED, 400, fields)


def not_found(what: str) -> ServiceError:
    """No such table, index, stream or shard."""
    message = f"Requested resource not found: {what} not found"
    return ServiceError("ResourceNotFoundException", message)
