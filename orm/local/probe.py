"""Asking an engine whether it is ready: one ListTables call, without boto3.

DynamoDB Local checks that a request is signed in due form and not what the signature says, so a
made-up one serves. An open port would not do as a sign: the engine listens before it can answer.
"""

from __future__ import annotations

import http.client
import time
from collections.abc import Callable

import msgspec

PROBE_TIMEOUT_SECONDS = 10.0  # a loaded machine can hold the engine up for seconds
POLL_SECONDS = 0.03
NOBODY_DATE = "20120118"  # any well-formed date does; this is the day DynamoDB was announced


class _Tables(msgspec.Struct):
    names: list[str] = msgspec.field(name="TableNames")


def table_names(port: int, access_key: str, region: str) -> list[str] | None:
    """The first tables this access key sees; None while no engine answers."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PROBE_TIMEOUT_SECONDS)
    try:
        connection.request("POST", "/", "{}", _headers(access_key, region))
        response = connection.getresponse()
        body = response.read()
        return msgspec.json.decode(body, type=_Tables).names if response.status == 200 else None
    except (OSError, http.client.HTTPException, msgspec.MsgspecError):
        return None
    finally:
        connection.close()


def _headers(access_key: str, region: str) -> dict[str, str]:
    scope = f"{access_key}/{NOBODY_DATE}/{region}/dynamodb/aws4_request"
    return {
        "Content-Type": "application/x-amz-json-1.0",
        "X-Amz-Target": "DynamoDB_20120810.ListTables",
        "X-Amz-Date": f"{NOBODY_DATE}T000000Z",
        "Authorization": f"AWS4-HMAC-SHA256 Credential={scope}, "
        f"SignedHeaders=host;x-amz-date;x-amz-target, Signature={'0' * 64}",
    }


def wait_until(
    ready: Callable[[], bool], alive: Callable[[], bool], *, timeout_seconds: float
) -> str:
    """Wait until `ready`, as long as `alive`.

    Returns:
        What went wrong, in words; empty when it is ready.
    """
    deadline = time.monotonic() + timeout_seconds
    while not ready():
        if not alive():
            return "its process ended"
        if time.monotonic() > deadline:
            return f"it did not answer within {timeout_seconds:.0f} s"
        time.sleep(POLL_SECONDS)
    return ""
