"""Signatures: ours are botocore's, whatever is signed."""

from __future__ import annotations

import datetime as dt
from typing import Any
from urllib.parse import urlsplit

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as BotoCredentials
from hypothesis import given
from hypothesis import strategies as st

from orm.driver.sigv4 import Credentials, Signer

VISIBLE = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=40)
VALUES = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=30)
NAMES = st.from_regex(r"x-[a-z0-9-]{1,12}", fullmatch=True) | st.sampled_from(
    ["user-agent", "content-type", "expect", "transfer-encoding", "x-amzn-trace-id"]
)
HOSTS = st.sampled_from(
    ["dynamodb.eu-west-1.amazonaws.com", "127.0.0.1:8000", "[::1]:8000", "123456789012.ddb.x.aws"]
)
MOMENTS = st.datetimes(dt.datetime(2013, 1, 1), dt.datetime(2038, 1, 1))
KEYS = st.builds(Credentials, VISIBLE, VISIBLE, st.none() | VISIBLE)


def botocores(credentials: Credentials, region: str, request: AWSRequest, stamp: str) -> str:
    """The signature that botocore gives a request at a moment."""
    auth: Any = SigV4Auth(BotoCredentials(*credentials), "dynamodb", region)
    request.context["timestamp"] = stamp
    auth._modify_request_before_signing(request)
    text = auth.string_to_sign(request, auth.canonical_request(request))
    auth._inject_signature_to_request(request, auth.signature(text, request))
    return str(request.headers["Authorization"])


@given(
    keys=st.lists(KEYS, min_size=1, max_size=3),
    region=st.sampled_from(["us-east-1", "us-gov-west-1", "local"]),
    host=HOSTS,
    headers=st.dictionaries(NAMES, VALUES, max_size=5),
    body=st.binary(max_size=200),
    moments=st.lists(MOMENTS, min_size=1, max_size=3),
)
def test_signatures_are_botocores(
    keys: list[Credentials],
    region: str,
    host: str,
    headers: dict[str, str],
    body: bytes,
    moments: list[dt.datetime],
) -> None:
    """Over headers, bodies, days and changes of credentials: one signer sees them all in turn."""
    signer = Signer("dynamodb", region)
    for credentials in keys:
        for moment in moments:
            micros = round(moment.replace(tzinfo=dt.UTC, microsecond=0).timestamp() * 1e6)
            ours = signer.signed({**headers, "host": host}, "/", body, credentials, micros)
            request = AWSRequest("POST", f"http://{host}/", headers=headers, data=body)
            assert urlsplit(request.url).netloc == host
            stamp = moment.strftime("%Y%m%dT%H%M%SZ")
            assert ours["authorization"] == botocores(credentials, region, request, stamp)
