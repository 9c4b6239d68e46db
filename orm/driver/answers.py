"""Answers: what a status and a body mean, wherever they came from."""

from __future__ import annotations

import zlib
from typing import Any, Final

import msgspec

from orm.driver.transport import ServiceError, TransportError

CHECKSUM: Final = "x-amz-crc32"
"""The header with the CRC-32 of a body, as a decimal number; not every answer has it."""


def body_of(status: int, checksum: str | None, body: bytes) -> bytes:
    """The body of a good answer, compared with its checksum.

    Raises:
        ServiceError: the service's own error.
        TransportError: `corrupt`, a damaged answer; good or bad, it says nothing.
    """
    if checksum is not None and checksum != str(zlib.crc32(body)):
        raise TransportError(
            "corrupt", f"{len(body):,} bytes whose CRC-32 is not the {checksum} announced"
        )
    if status >= 300:
        raise _error_of(status, body)
    return body


def _error_of(status: int, body: bytes) -> ServiceError | TransportError:
    try:
        fields = msgspec.json.decode(body, type=dict[str, Any])
    except (msgspec.DecodeError, UnicodeDecodeError):
        fields = {}  # a proxy's HTML page, or nothing
    if "__type" not in fields and status < 500:
        # A refusal that does not say what it refuses is no word of DynamoDB's: ask again.
        return TransportError(
            "corrupt", f"HTTP {status} with {len(body):,} bytes that name no error"
        )
    # DynamoDB Local leaves out `message` and some SDK answers spell it with a capital.
    message = fields.pop("message", None) or fields.pop("Message", None) or f"HTTP {status}"
    code = str(fields.pop("__type", f"Http{status}")).rpartition("#")[2]
    return ServiceError(code, message, status, fields)
