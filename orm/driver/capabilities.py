"""Capabilities: what the service behind a transport can do, asked of it and not assumed.

DynamoDB Local has no backups, a region of AWS may lack what another has, and a proxy may know less
than either. Each is asked to describe something that is not there: a service that knows the
operation says so, and one that does not says that as well. Nothing is changed.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from orm.driver.transport import ServiceError, Transport

ABSENT: Final = "keyfold-asks-what-there-is"
"""A table that nobody has."""

_UNKNOWN: Final = frozenset({"UnknownOperationException", "NotImplementedException"})
_ANSWERED: Final = ("NotFoundException", "ValidationException", "UnavailableException")
"""How the codes end by which a service says of what is not there that it knows the operation. No
other code tells that: a proxy may be down, the caller too fast, a token expired, a clock wrong."""

_TABLE: Final = {"TableName": ABSENT}


class Capabilities(msgspec.Struct, frozen=True, kw_only=True):
    """What a service can do; None where its answer does not tell: the caller may not ask, say.

    Args:
        backups: on-demand backups (`ListBackups`).
        contributor_insights: which keys are used most (`DescribeContributorInsights`).
        export: tables to S3 (`ListExports`).
        global_tables: replicas in other regions (`ListGlobalTables`).
        import_: tables from S3 (`ListImports`).
        kinesis: changes into Kinesis (`DescribeKinesisStreamingDestination`).
        partiql: statements in PartiQL (`ExecuteStatement`).
        point_in_time_recovery: a table as it was at a second (`DescribeContinuousBackups`).
        resource_policies: who may use a table, said on it (`GetResourcePolicy`).
        streams: the changes of a table (`ListStreams`).
        time_to_live: rows that expire (`DescribeTimeToLive`).
    """

    backups: bool | None
    contributor_insights: bool | None
    export: bool | None
    global_tables: bool | None
    import_: bool | None
    kinesis: bool | None
    partiql: bool | None
    point_in_time_recovery: bool | None
    resource_policies: bool | None
    streams: bool | None
    time_to_live: bool | None


_QUESTIONS: Final[dict[str, tuple[str, dict[str, Any]]]] = {
    "backups": ("ListBackups", {"Limit": 1}),
    "contributor_insights": ("DescribeContributorInsights", _TABLE),
    "export": ("ListExports", {"MaxResults": 1}),
    "global_tables": ("ListGlobalTables", {"Limit": 1}),
    "import_": ("ListImports", {"PageSize": 1}),
    "kinesis": ("DescribeKinesisStreamingDestination", _TABLE),
    "partiql": ("ExecuteStatement", {"Statement": f'SELECT * FROM "{ABSENT}" WHERE pk = 0'}),
    "point_in_time_recovery": ("DescribeContinuousBackups", _TABLE),
    "resource_policies": (
        "GetResourcePolicy",
        {"ResourceArn": f"arn:aws:dynamodb:us-east-1:000000000000:table/{ABSENT}"},
    ),
    "streams": ("ListStreams", {"Limit": 1}),
    "time_to_live": ("DescribeTimeToLive", _TABLE),
}


def capabilities_of(transport: Transport) -> Capabilities:
    """Ask the service behind a transport; eleven calls that change nothing.

    Raises:
        TransportError: no answer came.
    """
    found = {name: _knows(transport, *asked) for name, asked in _QUESTIONS.items()}
    return Capabilities(**found)


def _knows(transport: Transport, operation: str, params: dict[str, Any]) -> bool | None:
    try:
        transport.call(operation, params)
    except ServiceError as error:
        if error.code in _UNKNOWN:
            return False
        return True if error.code.endswith(_ANSWERED) else None
    return True
