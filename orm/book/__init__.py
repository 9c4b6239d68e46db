"""The access-pattern book: every question of a plan, what answers it and what it costs."""

from orm.book.entries import (
    Book,
    EntityEntry,
    KeyEntry,
    PatternEntry,
    RouteEntry,
    WriteEntry,
)
from orm.book.executing import Pattern
from orm.book.generator import AccessPatternGenerator

__all__ = [
    "AccessPatternGenerator",
    "Book",
    "EntityEntry",
    "KeyEntry",
    "Pattern",
    "PatternEntry",
    "RouteEntry",
    "WriteEntry",
]
