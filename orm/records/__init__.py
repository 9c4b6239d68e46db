"""Records: rows as objects that load, save and delete themselves."""

from orm.models.casts import Cast
from orm.records.attr import Attr, attr
from orm.records.connection import Connection
from orm.records.dynamo import Dynamo, dynamo
from orm.records.errors import (
    CheckFailedError,
    ContendedRowError,
    ForeignRowError,
    ImmutableAttributeError,
    NoSuchAttributeError,
    NotLoaded,
    PartlyWrittenError,
    RestrictedError,
    StaleRowError,
    UniqueError,
    UnsavedRowError,
)
from orm.records.model import DynamoDBModel, new_id
from orm.records.queries.clauses import Clause
from orm.records.queries.cursors import CursorError, Cursors
from orm.records.queries.explaining import Explanation, ReadingPlan
from orm.records.queries.fluent import Collection, CollectionQuery, EntityQuery
from orm.records.queries.paging import CursorPage
from orm.records.queries.query import RecordQuery
from orm.records.relating.related import Related, Synced
from orm.records.relating.relations import (
    Many,
    One,
    Relation,
    belongs_to,
    belongs_to_many,
    has_many,
    has_many_through,
    has_one,
    has_one_through,
    morph_many,
    morph_one,
    morph_to,
    morph_to_many,
    morphed_by_many,
)
from orm.records.relating.resolver import RelationshipResolver
from orm.records.repository import Repository
from orm.records.scopes import Scope, scope
from orm.records.traits import Expires, HasUuid, SoftDeletes, Timestamps, Versioned
from orm.records.transformer import EntityTransformer
from orm.records.writes.batching import Batch
from orm.records.writes.transaction import Transaction

__all__ = [
    "Attr",
    "Batch",
    "Cast",
    "CheckFailedError",
    "Clause",
    "Collection",
    "CollectionQuery",
    "Connection",
    "ContendedRowError",
    "CursorError",
    "CursorPage",
    "Cursors",
    "Dynamo",
    "DynamoDBModel",
    "EntityQuery",
    "EntityTransformer",
    "Expires",
    "Explanation",
    "ForeignRowError",
    "HasUuid",
    "ImmutableAttributeError",
    "Many",
    "NoSuchAttributeError",
    "NotLoaded",
    "One",
    "PartlyWrittenError",
    "ReadingPlan",
    "RecordQuery",
    "Related",
    "Relation",
    "RelationshipResolver",
    "Repository",
    "RestrictedError",
    "Scope",
    "SoftDeletes",
    "StaleRowError",
    "Synced",
    "Timestamps",
    "Transaction",
    "UniqueError",
    "UnsavedRowError",
    "Versioned",
    "attr",
    "belongs_to",
    "belongs_to_many",
    "dynamo",
    "has_many",
    "has_many_through",
    "has_one",
    "has_one_through",
    "morph_many",
    "morph_one",
    "morph_to",
    "morph_to_many",
    "morphed_by_many",
    "new_id",
    "scope",
]
