"""The wire to DynamoDB: botocore knows where and who, msgspec and the standard library do the rest.

botocore finds credentials, regions and endpoints; nobody should do that again. What it does with a
request after that is most of a client's CPU time: it builds, signs and sends it in forty layers,
and its parser walks every answer shape by shape, reading a damaged 200 answer as an empty one. So
it is asked once for every table and operation where a request goes and which headers it has, in its
`before-call` event, which may answer a call itself. From then on requests take the *lean* path:
msgspec writes the body, `orm.driver.sigv4` signs it with credentials that botocore keeps fresh, and
`orm.driver.connections` sends it.

The *stock* path is botocore's own, with our body put in and the answer's bytes taken out. It serves
where a proxy stands between, where a request is not signed with SigV4, and where it is asked for.
On neither path is anything repeated: a repeated conditional put whose first answer was lost reports
a conflict with oneself.

boto3 and botocore are imported in this module and nowhere else.
"""

from __future__ import annotations

import os
import ssl
import threading
from typing import Any, Final, NamedTuple
from urllib.parse import urlsplit

import boto3
import botocore.session
import msgspec
from botocore import exceptions as boto_errors
from botocore.awsrequest import AWSResponse
from botocore.config import Config
from botocore.httpsession import get_cert_path
from botocore.utils import get_environ_proxies

from orm.clock import Clock, SystemClock
from orm.driver.answers import CHECKSUM, body_of
from orm.driver.connections import Connections, Place
from orm.driver.receiving import Answer
from orm.driver.sigv4 import Credentials, Signer
from orm.driver.skew import Skew
from orm.driver.transport import ServiceError, TransportError
from orm.errors import ConfigurationError

STREAM_OPERATIONS: Final = frozenset(
    {"ListStreams", "DescribeStream", "GetShardIterator", "GetRecords"}
)

_CONFIG: Final[dict[str, Any]] = {
    # Each line is botocore's documented configuration; together they are a fifth of a put's CPU.
    "parameter_validation": False,
    "user_agent": f"keyfold boto3/{boto3.__version__}",
    "retries": {"total_max_attempts": 1, "mode": "standard"},
    "tcp_keepalive": True,
}

_NOT_SENT: Final = (
    boto_errors.EndpointConnectionError,
    boto_errors.ConnectTimeoutError,
    boto_errors.ProxyConnectionError,
)
_NO_CREDENTIALS: Final = (
    boto_errors.NoCredentialsError,
    boto_errors.PartialCredentialsError,
    boto_errors.CredentialRetrievalError,
    boto_errors.ProfileNotFound,
    boto_errors.TokenRetrievalError,
    boto_errors.SSOError,
)


class BotoTransport:
    """A `Transport` over HTTP. Thread-safe; one instance serves a whole process, and after a fork
    each child on connections of its own.

    Args:
        region: AWS region; None takes it from the environment or the profile.
        endpoint_url: where DynamoDB answers when it is not AWS, e.g. `http://127.0.0.1:8000`.
        access_key: credentials; None uses botocore's own chain (environment, profile, role).
        secret_key: the secret that belongs to `access_key`.
        connect_timeout_seconds: how long making a connection may take.
        read_timeout_seconds: how long an answer may take before it counts as lost.
        connections_max: connections kept open while nobody uses them.
        stock: send everything through botocore, as it comes.
        clock: tells what time a request is signed at.
    """

    def __init__(
        self,
        *,
        region: str | None = None,
        endpoint_url: str | None = None,
        access_key: str | None = None,
        secret_key: str | None = None,
        connect_timeout_seconds: float = 3.0,
        read_timeout_seconds: float = 12.0,
        connections_max: int = 64,
        stock: bool = False,
        clock: Clock | None = None,
    ) -> None:
        self.stock, self._clock = stock, clock or SystemClock()
        self._options: dict[str, Any] = {
            "region_name": region,
            "endpoint_url": endpoint_url,
            "aws_access_key_id": access_key,
            "aws_secret_access_key": secret_key,
            "config": Config(
                connect_timeout=connect_timeout_seconds,
                read_timeout=read_timeout_seconds,
                max_pool_connections=connections_max,
                **_CONFIG,
            ),
        }
        self._http: dict[str, Any] = {
            "connect_timeout_seconds": connect_timeout_seconds,
            "read_timeout_seconds": read_timeout_seconds,
            "idle_max": connections_max,
        }
        self._begin()

    def _begin(self) -> None:
        """Have clients and connections of this process alone."""
        self._process = os.getpid()
        self._session = _session()
        self._methods: dict[str, Any] = {}
        self._routes: dict[_Question, _Route | None] = {}
        self._connections = Connections(self._tls, **self._http)
        self._making = threading.Lock()
        self._skew = Skew()
        self._found: Any = None
        self._sending = _Sending()

    def call(self, operation: str, params: dict[str, Any], /) -> bytes:
        """See `Transport.call`."""
        if self._process != os.getpid():
            # A forked child shares its parent's sockets, and would read answers to its questions.
            self._begin()
        try:
            body = _ENCODE(params)  # binary values become base64 here
            names = _names_in(params)
            if not self.stock:
                credentials, account = self._credentials()
                route = self._route(operation, names, account)
                if route is not None:
                    return self._post(route, body, credentials)
            return self._call(operation, names, body)
        except UnicodeEncodeError as error:
            raise ServiceError("SerializationException", f"{error}; nothing was sent") from error
        except (ServiceError, TransportError):
            raise
        except boto_errors.NoRegionError as error:
            raise ConfigurationError(
                "region",
                "none is set",
                "set AWS_DEFAULT_REGION or KEYFOLD_REGION, or give --region",
            ) from error
        except (boto_errors.BotoCoreError, OSError) as error:
            raise _transport_error(error) from error

    # --- the lean path ---

    def _post(self, route: _Route, body: bytes, credentials: Credentials) -> bytes:
        now = self._clock.now_micros()
        signed_at = now + self._skew.micros
        answer = self._exchange(route, body, credentials, signed_at)
        try:
            return body_of(answer.status, answer.headers.get(CHECKSUM), answer.body)
        except ServiceError as error:
            if not self._skew.learn(error.code, answer.headers.get("date"), now, signed_at):
                raise
        signed_at = self._clock.now_micros() + self._skew.micros
        answer = self._exchange(route, body, credentials, signed_at)
        return body_of(answer.status, answer.headers.get(CHECKSUM), answer.body)

    def _exchange(
        self, route: _Route, body: bytes, credentials: Credentials, signed_at: int
    ) -> Answer:
        headers = route.signer.signed(route.headers, "/", body, credentials, signed_at)
        lines = "".join([f"{name}: {value}\r\n" for name, value in headers.items()])
        head = f"POST / HTTP/1.1\r\n{lines}content-length: {len(body)}\r\n\r\n"
        return self._connections.exchange(route.place, head.encode("latin-1") + body)

    def _credentials(self) -> tuple[Credentials, str | None]:
        """What to sign with now, and the account that it belongs to, where that is known."""
        if self._options["aws_access_key_id"] is not None:
            keys = self._options["aws_access_key_id"], self._options["aws_secret_access_key"]
            return Credentials(*keys), None
        if self._found is None:
            with self._making:  # a session is not thread-safe
                self._found = self._session.get_credentials()
        if self._found is None:
            raise boto_errors.NoCredentialsError
        now = self._found.get_frozen_credentials()  # fetches new ones shortly before these expire
        for key in (now.access_key, now.token or ""):
            if not (key.isascii() and key.isprintable()):
                raise TransportError(
                    "credentials", f"a key or token of {len(key)} characters is no visible ASCII"
                )
        return Credentials(now.access_key, now.secret_key, now.token), now.account_id

    def _route(self, operation: str, names: dict[str, Any], account: str | None) -> _Route | None:
        """Where such a request goes; None if it must take the stock path."""
        question = (operation, str(names), account)
        try:
            return self._routes[question]
        except KeyError:
            route = self._learn(operation, names)
        if len(self._routes) >= _ROUTES_MAX:
            self._routes.clear()
        self._routes[question] = route
        return route

    def _learn(self, operation: str, names: dict[str, Any]) -> _Route | None:
        """Have botocore prepare a request, and stop it before it is sent."""
        method, sending = self._method(operation), self._sending
        sending.learned = None
        sending.learning = True
        try:
            method(**names)
        finally:
            sending.learning = False
        assert sending.learned is not None
        return _route_of(*sending.learned)

    def _tls(self) -> ssl.SSLContext:
        """What botocore would trust: a bundle that is configured, else certifi's."""
        bundle: Any = self._session.get_config_variable("ca_bundle")
        verify: Any = bundle or os.environ.get("REQUESTS_CA_BUNDLE") or True  # botocore's order
        trusted: Any = get_cert_path(verify)
        if os.path.isdir(trusted):
            return ssl.create_default_context(capath=trusted)
        return ssl.create_default_context(cafile=trusted)

    # --- the stock path ---

    def _call(self, operation: str, names: dict[str, Any], body: bytes) -> bytes:
        self._sending.body = body
        answer: bytes = self._method(operation)(**names)[_BODY]
        return answer

    def _method(self, operation: str) -> Any:
        method = self._methods.get(operation)
        return self._make_methods(operation) if method is None else method

    def _make_methods(self, operation: str) -> Any:
        with self._making:  # botocore's client factory is not thread-safe
            service = "dynamodbstreams" if operation in STREAM_OPERATIONS else "dynamodb"
            client = self._session.create_client(service, **self._options)
            answers: Any = self._sending.before_call  # an event whose handlers may answer
            client.meta.events.register("before-call", answers)
            for name, api_name in client.meta.method_to_api_mapping.items():
                self._methods.setdefault(api_name, getattr(client, name))
            return self._methods[operation]


_Question = tuple[str, str, str | None]
_ROUTES_MAX: Final = 4_096


class _Route(NamedTuple):
    """Where the requests of one operation on one table go, and with what headers."""

    place: Place
    headers: dict[str, str]
    signer: Signer


def _route_of(params: dict[str, Any], context: dict[str, Any], model: Any) -> _Route | None:
    """The lean way of a request that botocore prepared; None where there is none."""
    url = urlsplit(params["url"])
    host = url.hostname or ""
    plain = url.path in ("", "/") and not url.query and context.get("auth_type") in ("v4", None)
    if not plain or get_environ_proxies(params["url"]):
        return None
    secure = url.scheme == "https"
    usual = 443 if secure else 80
    name = f"[{host}]" if ":" in host else host
    headers = {
        key.lower(): value if isinstance(value, str) else value.decode()
        for key, value in params["headers"].items()
    }
    headers["host"] = name if url.port in (None, usual) else f"{name}:{url.port}"
    signing = context.get("signing", {})
    signer = Signer(
        signing.get("signing_name", model.service_model.signing_name),
        signing.get("region", context["client_region"]),
    )
    return _Route(Place(secure, host, url.port or usual), headers, signer)


def _session() -> botocore.session.Session:
    """A session for DynamoDB alone.

    botocore's builtin handlers are for other services, for what it would put into a body (which is
    ours) and for headers that only inform; running them is a twentieth of a put's CPU time. What
    fetches credentials talks to other services, so it keeps a session with all of them.
    """
    session = botocore.session.Session(include_builtin_handlers=False)
    session.register_component("response_parser_factory", _RawAnswers())
    session.register_component("credential_provider", _Credentials())
    return session


class _Credentials:
    """botocore's `credential_provider` component: what a plain session finds, when first asked."""

    def __init__(self) -> None:
        self._session = botocore.session.Session()

    def load_credentials(self) -> Any:
        return self._session.get_credentials()


class _Sending(threading.local):
    """What this thread is about: learning where a request goes, or sending a body there."""

    learning: bool = False
    learned: tuple[dict[str, Any], dict[str, Any], Any] | None = None
    body: bytes = b"{}"

    def before_call(
        self, params: dict[str, Any], context: dict[str, Any], model: Any, **_: Any
    ) -> tuple[AWSResponse, dict[str, Any]] | None:
        """botocore's event: `params` is the request as it is about to be signed and sent.

        A response that is returned stands for the call; None lets it go on.
        """
        if not self.learning:
            params["body"] = self.body
            return None
        self.learned = params, context, model
        nothing: Any = {}
        return AWSResponse(params["url"], 200, nothing, None), nothing


def _names_in(params: dict[str, Any]) -> dict[str, Any]:
    """The part of a request that botocore's choice of an endpoint looks at."""
    if "TableName" in params:
        return {"TableName": params["TableName"]}
    if "RequestItems" in params:
        return {"RequestItems": {table: {} for table in params["RequestItems"]}}
    return {"StreamArn": params["StreamArn"]} if "StreamArn" in params else {}


_ENCODE: Final = msgspec.json.Encoder().encode
_BODY: Final = "keyfold.body"


class _RawAnswers:
    """botocore's `response_parser_factory` component."""

    def set_parser_defaults(self, **_: Any) -> None:
        """Part of the component's form; there is nothing that a raw body could default."""

    def create_parser(self, _protocol: str) -> _RawAnswer:
        return _RawAnswer()


class _RawAnswer:
    """Stands where botocore's parser stood: bytes for a good answer, an error for any other."""

    def parse(self, response: dict[str, Any], _shape: Any) -> dict[str, Any]:
        status, checksum = response["status_code"], response["headers"].get(CHECKSUM)
        body = body_of(status, checksum, response["body"])
        return {_BODY: body, "ResponseMetadata": {"HTTPStatusCode": status, "HTTPHeaders": {}}}


def _transport_error(error: Exception) -> TransportError:
    if isinstance(error, _NO_CREDENTIALS):
        return TransportError("credentials", str(error))
    if isinstance(error, _NOT_SENT):
        return TransportError("unreachable", str(error))
    return TransportError("lost", str(error))
