"""Where credentials come from: botocore's own chain, whatever else of its session is left out."""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Iterator
from email.message import Message
from pathlib import Path

import pytest

from orm.driver import WireDriver
from orm.driver.boto import BotoTransport
from orm.errors import CredentialsError
from orm.tables import table_names
from tests.support.wire_server import Asked, WireServer, no_tables, wire_server

ROLE = """<AssumeRoleWithWebIdentityResponse>
  <AssumeRoleWithWebIdentityResult>
    <Credentials>
      <AccessKeyId>KEYOFTHEROLE</AccessKeyId>
      <SecretAccessKey>secret</SecretAccessKey>
      <SessionToken>token-of-the-role</SessionToken>
      <Expiration>2099-01-01T00:00:00Z</Expiration>
    </Credentials>
    <AssumedRoleUser>
      <Arn>arn:aws:sts::123456789012:assumed-role/writer/tests</Arn>
      <AssumedRoleId>AROA:tests</AssumedRoleId>
    </AssumedRoleUser>
  </AssumeRoleWithWebIdentityResult>
</AssumeRoleWithWebIdentityResponse>"""

FETCH = """import json, pathlib
count = pathlib.Path({count!r})
number = len(count.read_text()) if count.exists() else 0
count.write_text("x" * (number + 1))
print(json.dumps({{
    "Version": 1,
    "AccessKeyId": f"KEY{{number}}",
    "SecretAccessKey": "secret",
    "Expiration": {soon!r},
}}))
"""


def answer(asked: Asked) -> tuple[bytes, dict[str, str]]:
    """A token service and DynamoDB at one address."""
    return (ROLE.encode(), {}) if of_tokens(asked) else no_tables(asked)


def of_tokens(asked: Asked) -> bool:
    return b"Action=AssumeRoleWithWebIdentity" in asked.body


@pytest.fixture
def services() -> Iterator[WireServer]:
    with wire_server(answer) as server:
        yield server


@pytest.fixture(params=[False, True], ids=["lean", "stock"])
def stock(request: pytest.FixtureRequest) -> bool:
    """Which path requests take."""
    chosen: bool = request.param
    return chosen


@pytest.fixture
def nothing_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    """An environment with no credentials, profile or file of them."""
    for name in ("ACCESS_KEY_ID", "SECRET_ACCESS_KEY", "SESSION_TOKEN", "PROFILE", "ROLE_ARN"):
        monkeypatch.delenv(f"AWS_{name}", raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    return monkeypatch


def transport_to(services: WireServer, stock: bool) -> BotoTransport:
    return BotoTransport(region="eu-west-1", endpoint_url=services.url, stock=stock)


def signed_by(services: WireServer, transport: BotoTransport) -> Message:
    """Ask DynamoDB for its tables; the headers that it was asked with."""
    assert list(table_names(WireDriver(transport))) == []
    last = [asked for asked in services.asked if not of_tokens(asked)][-1]
    return last.headers


def test_keys_of_the_environment(
    services: WireServer, nothing_set: pytest.MonkeyPatch, stock: bool
) -> None:
    nothing_set.setenv("AWS_ACCESS_KEY_ID", "KEYOFTHEENVIRONMENT")
    nothing_set.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    headers = signed_by(services, transport_to(services, stock))
    assert "Credential=KEYOFTHEENVIRONMENT/" in headers["Authorization"]


def test_keys_of_a_profile(
    services: WireServer, nothing_set: pytest.MonkeyPatch, tmp_path: Path, stock: bool
) -> None:
    keys = "aws_access_key_id = KEYOFTHEPROFILE\naws_secret_access_key = secret\n"
    (tmp_path / "credentials").write_text(f"[tests]\n{keys}")
    nothing_set.setenv("AWS_PROFILE", "tests")
    headers = signed_by(services, transport_to(services, stock))
    assert "Credential=KEYOFTHEPROFILE/" in headers["Authorization"]


def test_a_role_by_web_identity(
    services: WireServer, nothing_set: pytest.MonkeyPatch, tmp_path: Path, stock: bool
) -> None:
    """As in a Kubernetes pod: the token service is asked unsigned, DynamoDB with what it gave."""
    (tmp_path / "token").write_text("a token of the pod")
    nothing_set.setenv("AWS_WEB_IDENTITY_TOKEN_FILE", str(tmp_path / "token"))
    nothing_set.setenv("AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/writer")
    nothing_set.setenv("AWS_ENDPOINT_URL_STS", services.url)
    nothing_set.setenv("AWS_REGION", "eu-west-1")
    nothing_set.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    headers = signed_by(services, transport_to(services, stock))
    assert "Credential=KEYOFTHEROLE/" in headers["Authorization"]
    assert headers["X-Amz-Security-Token"] == "token-of-the-role"
    [asked] = filter(of_tokens, services.asked)
    assert "Authorization" not in asked.headers


def test_credentials_that_expire_are_fetched_anew(
    services: WireServer, nothing_set: pytest.MonkeyPatch, tmp_path: Path, stock: bool
) -> None:
    """A running transport goes over to the next ones, a while before the old ones end."""
    soon = (dt.datetime.now(dt.UTC) + dt.timedelta(minutes=5)).isoformat()
    (tmp_path / "fetch.py").write_text(FETCH.format(count=str(tmp_path / "count"), soon=soon))
    process = f"{sys.executable} {tmp_path / 'fetch.py'}"
    (tmp_path / "config").write_text(f"[default]\ncredential_process = {process}\n")
    transport = transport_to(services, stock)
    keys = {signed_by(services, transport)["Authorization"].split("/")[0] for _ in range(3)}
    assert len(keys) > 1
    assert all(key.startswith("AWS4-HMAC-SHA256 Credential=KEY") for key in keys)


def test_none_at_all_is_said(
    services: WireServer, nothing_set: pytest.MonkeyPatch, stock: bool
) -> None:
    with pytest.raises(CredentialsError):
        signed_by(services, transport_to(services, stock))
    assert services.asked == []


@pytest.mark.parametrize("name", ["AWS_ACCESS_KEY_ID", "AWS_SESSION_TOKEN"])
def test_a_key_with_a_line_break_is_refused(
    services: WireServer, nothing_set: pytest.MonkeyPatch, name: str
) -> None:
    """Copied with the end of its line, as happens; it would break the request in two."""
    nothing_set.setenv("AWS_ACCESS_KEY_ID", "KEY")
    nothing_set.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    nothing_set.setenv(name, "KEY\nhost: elsewhere")
    with pytest.raises(CredentialsError, match="no visible ASCII"):
        signed_by(services, transport_to(services, stock=False))
    assert services.asked == []
