"""The memory engine: a reference implementation of DynamoDB's semantics."""

from orm.memory.engine import OPERATIONS, MemoryTransport

__all__ = ["OPERATIONS", "MemoryTransport"]
