"""What calls say of themselves, in OpenTelemetry's names: everything but what is in an item.

Tables list the fields of requests and answers that may be read, and how. A field that stands in
none is never looked at, so keys, items, conditions and their values cannot leave through here, nor
can a field that the API gets one day. The texts of errors are not read either: they may name keys.

The names are those of the semantic conventions for database clients (stable) and for DynamoDB (in
development). They are spelled here, because the conventions' own package belongs to the SDK, which
is an extra; a test holds them against it. What has no name there begins with `keyfold.`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache, lru_cache
from typing import Any, Final, TypeAlias
from urllib.parse import urlsplit

import msgspec
from opentelemetry.util.types import AttributeValue

from orm.driver.transport import ServiceError
from orm.errors import ConditionFailedError, KeyfoldError, TransactionCanceledError
from orm.requests import BatchGot, Capacity, GotItem, Page, Records, Request, SecondaryIndex

Attributes: TypeAlias = dict[str, AttributeValue]

SCHEMA_URL: Final = "https://opentelemetry.io/schemas/1.33.0"
"""The release in which `db.*` became stable; backends translate what was renamed since."""

COLLECTION: Final = "db.collection.name"
ERROR_TYPE: Final = "error.type"
INDEX_NAME: Final = "aws.dynamodb.index_name"
STATUS_CODE: Final = "db.response.status_code"

_OF_STREAMS: Final = {"DescribeStream", "GetShardIterator", "GetRecords"}
_SUBJECTS_MAX: Final = 1_024  # a program with more tables makes some again


class Subject(msgspec.Struct, frozen=True):
    """An operation on certain tables: known before a call, the same for thousands of calls.

    Args:
        span_name: what its spans are called, `PutItem orders`.
        of_spans: what a span is begun with, and a sampler may look at.
        of_metrics: what its metrics are kept apart by.
    """

    span_name: str
    of_spans: Attributes
    of_metrics: Attributes


class Subjects:
    """The subjects of calls to one place; nothing of its URL is read but host and port."""

    def __init__(self, endpoint_url: str | None = None, region: str | None = None) -> None:
        self._server = _server(endpoint_url)
        self._region: Attributes = {"cloud.region": region} if region else {}
        self._kept = lru_cache(_SUBJECTS_MAX)(self._made)

    def of(self, request: Request[Any]) -> Subject:
        """What a request is about."""
        return self._kept(request.operation, tables_of(request))

    def _made(self, operation: str, tables: tuple[str, ...]) -> Subject:
        about: Attributes = {"db.system.name": "aws.dynamodb", "db.operation.name": operation}
        if len(tables) == 1:
            about[COLLECTION] = tables[0]
        about |= self._server
        call: Attributes = {
            "rpc.system": "aws-api",
            "rpc.service": "DynamoDB Streams" if operation in _OF_STREAMS else "DynamoDB",
            "rpc.method": operation,
        }
        named: Attributes = {"aws.dynamodb.table_names": tables} if tables else {}
        name = f"{operation} {about.get(COLLECTION, '')!s}".rstrip()
        return Subject(name, about | call | self._region | named, about)


def _server(endpoint_url: str | None) -> Attributes:
    url = urlsplit(endpoint_url or "")
    if not url.hostname:
        return {}
    port = url.port or {"https": 443}.get(url.scheme, 80)
    return {"server.address": url.hostname} | ({} if port == 443 else {"server.port": port})


def tables_of(request: Request[Any]) -> tuple[str, ...]:
    """The tables that a request names, each once, in its order."""
    if (table := getattr(request, "table_name", None)) is not None:
        return (table,)
    if (items := getattr(request, "request_items", None)) is not None:
        return tuple(items)
    if (arn := getattr(request, "stream_arn", None)) is not None:
        found = _STREAM.match(arn)
        return (found[1],) if found else ()
    parts = (
        part.table_name
        for action in getattr(request, "transact_items", ())
        for part in (action.put, action.update, action.delete, action.condition_check)
        if part is not None
    )
    return tuple(dict.fromkeys(parts))


_STREAM: Final = re.compile(r"arn:[^/]*:table/([^/]+)/stream/")


def _as_it_is(value: Any) -> AttributeValue:
    known: AttributeValue = value
    return known


def _batch_size(many: Mapping[str, Any] | Sequence[Any]) -> int | None:
    """How many operations go together; one alone is no batch, say the conventions."""
    size = len(many)
    if isinstance(many, Mapping):
        size = sum(len(table["Keys"]) if "Keys" in table else len(table) for table in many.values())
    return None if size == 1 else size


def _indexes(indexes: Sequence[SecondaryIndex]) -> list[str]:
    return [msgspec.json.encode(index).decode() for index in indexes]


def _consumed(consumed: Capacity | Sequence[Capacity]) -> list[str]:
    """In the API's own words, nothing left out because it is 0."""
    parts = [
        {"TableName": capacity.table_name, "CapacityUnits": capacity.capacity_units}
        for capacity in _listed(consumed)
    ]
    return [msgspec.json.encode(part).decode() for part in parts]


Reading: TypeAlias = Callable[[Any], AttributeValue | None]
FIELDS: Final[dict[str, tuple[str, Reading]]] = {
    "consistent_read": ("aws.dynamodb.consistent_read", _as_it_is),
    "exclusive_start_table_name": ("aws.dynamodb.exclusive_start_table", _as_it_is),
    "global_secondary_indexes": ("aws.dynamodb.global_secondary_indexes", _indexes),
    "index_name": (INDEX_NAME, _as_it_is),
    "limit": ("aws.dynamodb.limit", _as_it_is),
    "request_items": ("db.operation.batch.size", _batch_size),
    "scan_index_forward": ("aws.dynamodb.scan_forward", _as_it_is),
    "segment": ("aws.dynamodb.segment", _as_it_is),
    "select": ("aws.dynamodb.select", _as_it_is),
    "total_segments": ("aws.dynamodb.total_segments", _as_it_is),
    "transact_items": ("db.operation.batch.size", _batch_size),
    # of answers
    "consumed_capacity": ("aws.dynamodb.consumed_capacity", _consumed),
    "count": ("aws.dynamodb.count", _as_it_is),
    "scanned_count": ("aws.dynamodb.scanned_count", _as_it_is),
    "table_names": ("aws.dynamodb.table_count", len),
}
"""Field of a request or an answer → the attribute that it becomes, and how it is read."""

ROWS: Final[Mapping[type, Callable[[Any], int]]] = {
    BatchGot: lambda got: sum(map(len, got.responses.values())),
    GotItem: lambda got: int(got.item is not None),
    Page: lambda page: page.count,
    Records: lambda records: len(records.records),
}
"""Answers that bring rows, and how many."""


def said_by(source: Any) -> Attributes:
    """What a request says beyond its subject, or an answer; nothing of what is none of ours."""
    found: Attributes = {}
    for field, attribute, reading in _readable(source.__class__):
        value = getattr(source, field)
        if value is not None and (said := reading(value)) is not None:
            found[attribute] = said
    if (rows := rows_of(source)) is not None:
        found["db.response.returned_rows"] = rows
    return found


@cache
def _readable(kind: type) -> tuple[tuple[str, str, Reading], ...]:
    fields: tuple[str, ...] = getattr(kind, "__struct_fields__", ())
    return tuple((field, *FIELDS[field]) for field in fields if field in FIELDS)


def rows_of(answer: object) -> int | None:
    """How many rows an answer brings; None where it is not for bringing rows."""
    counted = ROWS.get(type(answer))
    return None if counted is None else counted(answer)


def capacities_of(answer: object) -> Sequence[Capacity]:
    """What an answer says that the call consumed, for each table."""
    return _listed(getattr(answer, "consumed_capacity", ()))


def _listed(consumed: Capacity | Sequence[Capacity]) -> Sequence[Capacity]:
    return (consumed,) if isinstance(consumed, Capacity) else consumed


def of_error(error: BaseException) -> Attributes:
    """The service's code, and for what is a failure also its type: the code, else the class.

    A false condition is no failure: the request asked, and this is the answer. The conventions
    leave that to who knows the request; the code is there to tell it by.
    """
    cause = error.__cause__
    code = known_code(cause.code) if isinstance(cause, ServiceError) else None
    if _answers(error):
        return {STATUS_CODE: code or type(error).__qualname__}
    failed: Attributes = {ERROR_TYPE: code or _class_of(error)}
    return failed if code is None else failed | {STATUS_CODE: code}


def _answers(error: BaseException) -> bool:
    """Whether an error says that a condition was false, and nothing but that."""
    if isinstance(error, TransactionCanceledError):
        return {reason.code for reason in error.reasons} - {"None"} == {"ConditionalCheckFailed"}
    return isinstance(error, ConditionFailedError)


def _class_of(error: BaseException) -> str:
    kind = type(error)
    if isinstance(error, KeyfoldError) or kind.__module__ == "builtins":
        return kind.__qualname__
    return f"{kind.__module__}.{kind.__qualname__}"


def known_code(code: str) -> str:
    """A code that looks as DynamoDB's do. What stands between may answer anything, and echo us."""
    return code if _CODE.fullmatch(code) else "_OTHER"


_CODE: Final = re.compile(
    r"[A-Z][A-Za-z]{0,59}(?:Exception|Error|Exceeded|Failed|Failure|Conflict)"
    r"|DuplicateItem|Http[0-9]{3}|None"
)
