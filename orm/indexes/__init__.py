"""The index planner: from definitions to keys and indexes, purely; sends nothing."""

from orm.definitions.guards import Guard
from orm.definitions.paths import KeyPath
from orm.indexes.answering import Answer
from orm.indexes.derivers import (
    GsiDeriver,
    IndexSchema,
    KeyPatternGenerator,
    LsiDeriver,
    SparseIndex,
    SparseIndexDeriver,
)
from orm.indexes.entity import EntityPlan
from orm.indexes.expand import expand
from orm.indexes.findings import Finding
from orm.indexes.lock import LOCK_NAME, SchemaLock, read_lock, write_lock
from orm.indexes.options import PlanOptions
from orm.indexes.patterns import AccessPattern, Route, UniqueSet
from orm.indexes.plan import IndexPlan, plan_indexes
from orm.indexes.projections import Slot
from orm.indexes.readings import Reading
from orm.indexes.text import plan_text

__all__ = [
    "LOCK_NAME",
    "AccessPattern",
    "Answer",
    "EntityPlan",
    "Finding",
    "GsiDeriver",
    "Guard",
    "IndexPlan",
    "IndexSchema",
    "KeyPath",
    "KeyPatternGenerator",
    "LsiDeriver",
    "PlanOptions",
    "Reading",
    "Route",
    "SchemaLock",
    "Slot",
    "SparseIndex",
    "SparseIndexDeriver",
    "UniqueSet",
    "expand",
    "plan_indexes",
    "plan_text",
    "read_lock",
    "write_lock",
]
