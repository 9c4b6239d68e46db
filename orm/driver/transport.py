"""The wire: what carries one operation to DynamoDB, or to something that behaves like it.

A transport moves DynamoDB's own JSON and knows nothing of typed requests. Two exist: `boto`
(botocore over HTTP) and `orm.memory` (the reference implementation of the same semantics).
"""

from __future__ import annotations

from typing import Any, Protocol


class Transport(Protocol):
    """Carries one operation and brings back the body of a successful answer."""

    def call(self, operation: str, params: dict[str, Any], /) -> bytes:
        """Perform `operation` and return the answer's JSON.

        Args:
            operation: the API's name, e.g. `PutItem`, or `GetRecords` for the streams API.
            params: the API's parameters in wire shape; binary values (`B`, `BS`) as raw `bytes`.

        Returns:
            The body of a 200 answer, checked to be whole: JSON as DynamoDB sends it, binary
            values in base64.

        Raises:
            ServiceError: the service answered with an error.
            TransportError: no usable answer came.
        """
        ...


class ServiceError(Exception):
    """The service's own error, before it becomes one of ours.

    Args:
        code: e.g. `ConditionalCheckFailedException`, without any namespace.
        message: the service's text.
        status: the HTTP status.
        fields: what else stands in the body, e.g. `Item` or `CancellationReasons`, as DynamoDB
            JSON with binary values in base64.
    """

    def __init__(
        self, code: str, message: str, status: int = 400, fields: dict[str, Any] | None = None
    ) -> None:
        super().__init__(code, message, status, fields)
        self.code, self.message, self.status = code, message, status
        self.fields = fields or {}

    def __str__(self) -> str:
        """Without `fields`, which hold whole items: a traceback is read by many."""
        return f"{self.code}: {self.message}"

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.code!r}, {self.message!r}, {self.status})"


class TransportError(Exception):
    """No usable answer came.

    Args:
        kind: `unreachable` (nothing was sent), `lost` (sent, no answer), `corrupt` (a damaged
            answer) or `credentials` (nothing to sign with, so nothing was sent).
        detail: what happened, in words.
    """

    def __init__(self, kind: str, detail: str) -> None:
        super().__init__(kind, detail)
        self.kind, self.detail = kind, detail
