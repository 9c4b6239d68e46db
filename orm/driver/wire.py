"""Typed requests over a transport: reads answers, and turns every failure into one of ours."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any, Final, TypeVar

import msgspec

from orm.decoding import json_decoder
from orm.driver.transport import ServiceError, Transport, TransportError
from orm.errors import (
    AccessDeniedError,
    AnswerLostError,
    CancellationReason,
    ClockSkewError,
    ConditionFailedError,
    CorruptResponseError,
    CredentialsError,
    DriverError,
    InvalidRequestError,
    IteratorExpiredError,
    ServiceFaultError,
    TableExistsError,
    TableNotFoundError,
    ThrottledError,
    TransactionCanceledError,
    TransactionConflictError,
    TransactionInProgressError,
    TrimmedError,
    UnexpectedItemError,
    UnknownServiceError,
    UnreachableError,
)
from orm.requests import Item, Request

R = TypeVar("R")


_NO_ANSWER: Final = (msgspec.MsgspecError, UnicodeDecodeError)
"""What msgspec raises of a body that is damaged: texts are read only after the JSON is."""


class WireDriver:
    """The innermost `Driver`: one request, one call on the transport, one typed answer."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def send(self, request: Request[R], /) -> R:
        """See `Driver.send`."""
        try:
            return self._send(request)
        except DriverError as error:
            if not request.writes:
                error.applied = False
            raise

    def _send(self, request: Request[R]) -> R:
        try:
            body = self._transport.call(request.operation, request.params())
        except ServiceError as error:
            raise _said(request, error) from error
        except TransportError as error:
            raise _FROM_TRANSPORT[error.kind](
                request.operation, request.target, error.detail
            ) from error
        try:
            answer: R = json_decoder(request.answer_type()).decode(body)
        except _NO_ANSWER as error:
            raise _unreadable(request, body, error) from error
        return answer


def _unreadable(request: Request[Any], body: bytes, error: Exception) -> DriverError:
    """What is wrong with an answer: it is damaged, or one of its items is another's."""
    what, where = request.operation, request.target
    if getattr(request, "read_as", None) is not None:
        plain = msgspec.structs.replace(request, read_as=None)
        with contextlib.suppress(*_NO_ANSWER):
            answer = json_decoder(plain.answer_type()).decode(body)
            return UnexpectedItemError(what, where, str(error), answer)
    return CorruptResponseError(
        what, where, f"an answer of {len(body):,} bytes is not what the API promises: {error}"
    )


_FROM_TRANSPORT: Final[dict[str, type[DriverError]]] = {
    "unreachable": UnreachableError,
    "lost": AnswerLostError,
    "corrupt": CorruptResponseError,
    "credentials": CredentialsError,
}

_FROM_CODE: Final[dict[str, type[DriverError]]] = {
    "AccessDeniedException": AccessDeniedError,
    "ExpiredIteratorException": IteratorExpiredError,
    "ExpiredTokenException": CredentialsError,
    "IdempotentParameterMismatchException": InvalidRequestError,
    "IncompleteSignatureException": CredentialsError,
    "InternalFailure": ServiceFaultError,
    "InternalServerError": ServiceFaultError,
    "InvalidSignatureException": CredentialsError,
    "ItemCollectionSizeLimitExceededException": InvalidRequestError,
    "LimitExceededException": ThrottledError,
    "MissingAuthenticationTokenException": CredentialsError,
    "ProvisionedThroughputExceededException": ThrottledError,
    "ReplicatedWriteConflictException": TransactionConflictError,
    "RequestLimitExceeded": ThrottledError,
    "SerializationException": InvalidRequestError,
    "ResourceInUseException": TableExistsError,
    "ResourceNotFoundException": TableNotFoundError,
    "ThrottlingException": ThrottledError,
    "TransactionConflictException": TransactionConflictError,
    "TransactionInProgressException": TransactionInProgressError,
    "TrimmedDataAccessException": TrimmedError,
    "UnrecognizedClientException": CredentialsError,
    "ValidationException": InvalidRequestError,
}


_ANOTHER_TIME: Final = ("Signature expired", "Signature not yet current")
"""How the service begins to say that a request was signed by a wrong clock."""


def _said(request: Request[Any], error: ServiceError) -> DriverError:
    """What the service has refused, or that nobody can read what it said of it."""
    try:
        return _from_service(request, error)
    except (*_NO_ANSWER, TypeError, AttributeError) as damage:
        reason = f"{error.code} whose fields are not what the API promises: {damage}"
        return CorruptResponseError(request.operation, request.target, reason)


def _from_service(request: Request[Any], error: ServiceError) -> DriverError:
    detail = f"{error.code}: {error.message}"
    if special := _SPECIAL.get(error.code):
        return special(request, detail, error.fields)
    kind = _FROM_CODE.get(error.code)
    if error.code == "InvalidSignatureException" and error.message.startswith(_ANOTHER_TIME):
        kind = ClockSkewError
    if kind is None:
        kind = ServiceFaultError if error.status >= 500 else UnknownServiceError
    return kind(request.operation, request.target, detail)


def _condition_failed(
    request: Request[Any], detail: str, fields: dict[str, Any]
) -> ConditionFailedError:
    item = binary(fields["Item"]) if fields.get("Item") else None
    return ConditionFailedError(request.operation, request.target, detail, item)


def _cancelled(
    request: Request[Any], detail: str, fields: dict[str, Any]
) -> TransactionCanceledError:
    reasons = [
        CancellationReason(
            reason.get("Code", "None"),
            reason.get("Message") or "",
            binary(reason["Item"]) if reason.get("Item") else None,
        )
        for reason in fields.get("CancellationReasons", ())
    ]
    return TransactionCanceledError(request.operation, request.target, detail, reasons)


_SPECIAL: Final[dict[str, Callable[[Request[Any], str, dict[str, Any]], DriverError]]] = {
    "ConditionalCheckFailedException": _condition_failed,
    "TransactionCanceledException": _cancelled,
}


def binary(item: dict[str, Any]) -> dict[str, Any]:
    """An item out of a JSON body, its binary values as `bytes` instead of base64 text."""
    plain: dict[str, Any] = msgspec.convert(item, Item)
    return plain
