"""Query result caching: a driver that keeps answers."""

from orm.caching.driver import CachedDriver, CacheStatistics
from orm.caching.store import MemoryStore, Store

__all__ = ["CacheStatistics", "CachedDriver", "MemoryStore", "Store"]
