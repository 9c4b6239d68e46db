"""Where credentials come from: botocore's own chain, whatever else of its session is left out."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from orm.driver import WireDriver
from orm.driver.boto import BotoTransport
from orm.errors import CredentialsError
from orm.tables import table_names

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


class Services(ThreadingHTTPServer):
    """A token service and DynamoDB, which remember the headers of what they are asked."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.asked: list[tuple[str, dict[str, str]]] = []


class _Handler(BaseHTTPRequestHandler):
    server: Services
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        of_tokens = "Action=AssumeRoleWithWebIdentity" in body
        self.server.asked.append(("sts" if of_tokens else "dynamodb", dict(self.headers)))
        answer = (ROLE if of_tokens else '{"TableNames":["orders"]}').encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, format: str, *arguments: Any) -> None:
        """Nothing: the test reads `asked`."""


@pytest.fixture
def services() -> Iterator[Services]:
    with Services() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def nothing_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    """An environment with no credentials, profile or file of them."""
    for name in ("ACCESS_KEY_ID", "SECRET_ACCESS_KEY", "SESSION_TOKEN", "PROFILE", "ROLE_ARN"):
        monkeypatch.delenv(f"AWS_{name}", raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    return monkeypatch


def signed_by(services: Services) -> dict[str, str]:
    """Ask DynamoDB for its tables; the headers that it was asked with."""
    transport = BotoTransport(region="eu-west-1", endpoint_url=services.url)
    assert list(table_names(WireDriver(transport))) == ["orders"]
    [headers] = [headers for service, headers in services.asked if service == "dynamodb"]
    return headers


def test_keys_of_the_environment(services: Services, nothing_set: pytest.MonkeyPatch) -> None:
    nothing_set.setenv("AWS_ACCESS_KEY_ID", "KEYOFTHEENVIRONMENT")
    nothing_set.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    scope = "Credential=KEYOFTHEENVIRONMENT/"
    assert scope in signed_by(services)["Authorization"]


def test_keys_of_a_profile(
    services: Services, nothing_set: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    keys = "aws_access_key_id = KEYOFTHEPROFILE\naws_secret_access_key = secret\n"
    (tmp_path / "credentials").write_text(f"[tests]\n{keys}")
    nothing_set.setenv("AWS_PROFILE", "tests")
    assert "Credential=KEYOFTHEPROFILE/" in signed_by(services)["Authorization"]


def test_a_role_by_web_identity(
    services: Services, nothing_set: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """As in a Kubernetes pod: the token service is asked unsigned, DynamoDB with what it gave."""
    (tmp_path / "token").write_text("a token of the pod")
    nothing_set.setenv("AWS_WEB_IDENTITY_TOKEN_FILE", str(tmp_path / "token"))
    nothing_set.setenv("AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/writer")
    nothing_set.setenv("AWS_ENDPOINT_URL_STS", services.url)
    nothing_set.setenv("AWS_REGION", "eu-west-1")
    nothing_set.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    headers = signed_by(services)
    assert "Credential=KEYOFTHEROLE/" in headers["Authorization"]
    assert headers["X-Amz-Security-Token"] == "token-of-the-role"
    [asked] = [headers for service, headers in services.asked if service == "sts"]
    assert "Authorization" not in asked


def test_none_at_all_is_said(services: Services, nothing_set: pytest.MonkeyPatch) -> None:
    with pytest.raises(CredentialsError):
        signed_by(services)
    assert services.asked == []
