"""The wire to DynamoDB: botocore for signing and HTTP, msgspec for everything in a body.

botocore's own parser walks every answer shape by shape in Python, which is most of the cost of a
query, and reads a damaged 200 answer as an empty one. Both end here: its response parser (a
component that a session lets one replace) is swapped for one that compares the checksum, keeps a
good body as bytes and takes only errors apart. Bodies go out the same way: botocore is given the
names of tables alone, which is all that choosing an endpoint needs, and its `before-call` event,
where a request may be changed, puts the whole body in. Its retries are off, because a repeated
conditional put whose first answer was lost reports a conflict with oneself.

boto3 and botocore are imported in this module and nowhere else.
"""

from __future__ import annotations

import os
import threading
import zlib
from typing import Any, Final

import boto3
import botocore.session
import msgspec
from botocore import exceptions as boto_errors
from botocore.config import Config

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
        connections_max: connections kept open; more threads than this wait for one.
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
    ) -> None:
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
        self._begin()

    def _begin(self) -> None:
        """Have clients and connections of this process alone."""
        self._process = os.getpid()
        self._session = _session()
        self._methods: dict[str, Any] = {}
        self._making = threading.Lock()
        self._sending = _Sending()

    def call(self, operation: str, params: dict[str, Any], /) -> bytes:
        """See `Transport.call`."""
        if self._process != os.getpid():
            # A forked child shares its parent's sockets, and would read answers to its questions.
            self._begin()
        try:
            method = self._methods.get(operation) or self._method(operation)
            self._sending.body = _ENCODE(params)  # binary values become base64 here
            answer: bytes = method(**_names_in(params))[_BODY]
        except boto_errors.ClientError as error:
            raise _service_error(error) from error
        except UnicodeEncodeError as error:
            raise ServiceError("SerializationException", f"{error}; nothing was sent") from error
        except TransportError:
            raise
        except boto_errors.NoRegionError as error:
            raise ConfigurationError(
                "region",
                "none is set",
                "set AWS_DEFAULT_REGION or KEYFOLD_REGION, or give --region",
            ) from error
        except (boto_errors.BotoCoreError, OSError) as error:
            raise _transport_error(error) from error
        return answer

    def _method(self, operation: str) -> Any:
        with self._making:  # botocore's client factory is not thread-safe
            service = "dynamodbstreams" if operation in STREAM_OPERATIONS else "dynamodb"
            client = self._session.create_client(service, **self._options)
            client.meta.events.register("before-call", self._sending.put_body)
            for name, api_name in client.meta.method_to_api_mapping.items():
                self._methods.setdefault(api_name, getattr(client, name))
            return self._methods[operation]


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
    """The body that this thread is sending."""

    body: bytes = b"{}"

    def put_body(self, params: dict[str, Any], **_: Any) -> None:
        """botocore's `before-call`: `params` is the request as it is about to be signed."""
        params["body"] = self.body


def _names_in(params: dict[str, Any]) -> dict[str, Any]:
    """The part of a request that botocore's choice of an endpoint looks at."""
    if "TableName" in params:
        return {"TableName": params["TableName"]}
    if "RequestItems" in params:
        return {"RequestItems": {table: {} for table in params["RequestItems"]}}
    return {"StreamArn": params["StreamArn"]} if "StreamArn" in params else {}


_ENCODE: Final = msgspec.json.Encoder().encode
_BODY: Final = "keyfold.body"
_FIELDS: Final = "keyfold.fields"


class _RawAnswers:
    """botocore's `response_parser_factory` component."""

    def set_parser_defaults(self, **_: Any) -> None:
        """Part of the component's form; there is nothing that a raw body could default."""

    def create_parser(self, _protocol: str) -> _RawAnswer:
        return _RawAnswer()


class _RawAnswer:
    """Stands where botocore's parser stood: bytes for a good answer, fields for an error."""

    def parse(self, response: dict[str, Any], _shape: Any) -> dict[str, Any]:
        headers, status, body = response["headers"], response["status_code"], response["body"]
        checksum = headers.get("x-amz-crc32")
        if checksum is not None and checksum != str(zlib.crc32(body)):
            raise TransportError(
                "corrupt", f"{len(body):,} bytes whose CRC-32 is not the {checksum} announced"
            )
        metadata = {"HTTPStatusCode": status, "HTTPHeaders": {}}
        if status < 300:
            return {_BODY: body, "ResponseMetadata": metadata}
        return _error_answer(body, status) | {"ResponseMetadata": metadata}


def _error_answer(body: bytes, status: int) -> dict[str, Any]:
    try:
        fields = msgspec.json.decode(body, type=dict[str, Any])
    except msgspec.DecodeError:
        fields = {}  # a proxy's HTML page, or nothing
    if "__type" not in fields and status < 500:
        # A refusal that does not say what it refuses is no word of DynamoDB's: ask again.
        raise TransportError(
            "corrupt", f"HTTP {status} with {len(body):,} bytes that name no error"
        )
    # DynamoDB Local leaves out `message` and some SDK answers spell it with a capital.
    message = fields.pop("message", None) or fields.pop("Message", None) or f"HTTP {status}"
    code = str(fields.pop("__type", f"Http{status}")).rpartition("#")[2]
    return {"Error": {"Code": code, "Message": message}, _FIELDS: fields}


def _service_error(error: boto_errors.ClientError) -> ServiceError:
    answer: dict[str, Any] = error.response  # type: ignore[assignment]
    return ServiceError(
        answer["Error"]["Code"],
        answer["Error"]["Message"],
        answer["ResponseMetadata"]["HTTPStatusCode"],
        answer.get(_FIELDS),
    )


def _transport_error(error: Exception) -> TransportError:
    if isinstance(error, _NO_CREDENTIALS):
        return TransportError("credentials", str(error))
    if isinstance(error, _NOT_SENT):
        return TransportError("unreachable", str(error))
    return TransportError("lost", str(error))
