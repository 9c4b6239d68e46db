"""Records: rows as objects that load, save and delete themselves."""

from orm.records.attr import Attr, attr
from orm.records.clauses import Clause
from orm.records.connection import Connection
from orm.records.dynamo import Dynamo, dynamo
from orm.records.errors import (
    ContendedRowError,
    ImmutableAttributeError,
    StaleRowError,
    UniqueError,
)
from orm.records.model import DynamoDBModel, new_id
from orm.records.query import RecordQuery
from orm.records.repository import Repository
from orm.records.traits import Expires, HasUuid, SoftDeletes, Timestamps, Versioned

__all__ = [
    "Attr",
    "Clause",
    "Connection",
    "ContendedRowError",
    "Dynamo",
    "DynamoDBModel",
    "Expires",
    "HasUuid",
    "ImmutableAttributeError",
    "RecordQuery",
    "Repository",
    "SoftDeletes",
    "StaleRowError",
    "Timestamps",
    "UniqueError",
    "Versioned",
    "attr",
    "dynamo",
    "new_id",
]
