"""AWS Signature Version 4 for requests that post a body to a fixed path.

The form is that of "Create a signed AWS API request" in the IAM user guide. A signing key holds
for a day, a region and a service, so it is derived once and kept: what is left of signing is two
digests and one HMAC. `tests/properties/orm/test_sigv4.py` compares signatures with botocore's.
"""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Mapping
from typing import Final, NamedTuple

_ALGORITHM: Final = "AWS4-HMAC-SHA256"
_UNSIGNED: Final = frozenset({"expect", "transfer-encoding", "user-agent", "x-amzn-trace-id"})
"""Headers that a proxy may change on the way."""


class Credentials(NamedTuple):
    """What a request is signed with; `token` belongs to credentials of a role."""

    access_key: str
    secret_key: str
    token: str | None = None


class Signer:
    """Signs for one service in one region. Thread-safe."""

    def __init__(self, service: str, region: str) -> None:
        self._scope = f"{region}/{service}/aws4_request"
        self._region, self._service = region, service
        self._key: tuple[str, str, bytes] = ("", "", b"")

    def signed(
        self,
        headers: Mapping[str, str],
        path: str,
        body: bytes,
        credentials: Credentials,
        micros: int,
    ) -> dict[str, str]:
        """`headers` with those that sign a POST of `body` to `path`.

        Args:
            headers: all that are sent, `host` among them, names in lower case.
            path: encoded as it is sent.
            body: what is posted.
            credentials: whose signature.
            micros: when, in microseconds since 1970-01-01 UTC.
        """
        stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(micros // 1_000_000))
        sent = {**headers, "x-amz-date": stamp}
        if credentials.token:
            sent["x-amz-security-token"] = credentials.token
        names = sorted(name for name in sent if name not in _UNSIGNED)
        listed = ";".join(names)
        lines = "".join([f"{name}:{' '.join(sent[name].split())}\n" for name in names])
        digest = hashlib.sha256(body).hexdigest()
        canonical = f"POST\n{path}\n\n{lines}\n{listed}\n{digest}"
        scope = f"{stamp[:8]}/{self._scope}"
        hashed = hashlib.sha256(canonical.encode()).hexdigest()
        text = f"{_ALGORITHM}\n{stamp}\n{scope}\n{hashed}"
        signature = hmac.digest(
            self._signing_key(credentials.secret_key, stamp[:8]), text.encode(), "sha256"
        ).hex()
        sent["authorization"] = (
            f"{_ALGORITHM} Credential={credentials.access_key}/{scope}, "
            f"SignedHeaders={listed}, Signature={signature}"
        )
        return sent

    def _signing_key(self, secret: str, day: str) -> bytes:
        kept_secret, kept_day, key = self._key
        if kept_secret != secret or kept_day != day:
            key = f"AWS4{secret}".encode()
            for part in (day, self._region, self._service, "aws4_request"):
                key = hmac.digest(key, part.encode(), "sha256")
            self._key = (secret, day, key)
        return key
