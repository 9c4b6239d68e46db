"""The access-pattern generator: a plan as a book that people read, programs read, and code asks."""

from __future__ import annotations

from functools import cached_property

import msgspec

from orm.book.entries import Book
from orm.book.executing import Pattern
from orm.book.making import Maker
from orm.book.markdown import markdown
from orm.config import SingleTableConfig
from orm.definitions.names import nearest
from orm.errors import ConfigurationError
from orm.indexes import IndexPlan
from orm.records import Connection


class AccessPatternGenerator:
    """Writes the access-pattern book of a plan, as it is when the generator is made.

    Args:
        source: a connection, whose patterns can be executed, or a plan.
        config: the names of the table of a plan; a connection has its own.

    Raises:
        ConfigurationError: a plan without `config`, or a connection with another one.
        PlanError: the connection's models have no plan.
    """

    def __init__(
        self, source: Connection | IndexPlan, config: SingleTableConfig | None = None
    ) -> None:
        self._connection = None if isinstance(source, IndexPlan) else source
        self._plan = source if isinstance(source, IndexPlan) else source.plan
        self._config = _config_of(source, config)

    def book(self) -> Book:
        """The whole book, as data."""
        return self._book

    @cached_property
    def _book(self) -> Book:
        tenant = self._connection is not None and self._connection.tenant is not None
        return Maker(self._plan, self._config, tenant=tenant).book()

    def markdown(self) -> str:
        """The book for people, to be kept beside the code: equal plans give equal bytes."""
        return markdown(self._book)

    def json(self) -> str:
        """The book for programs; `msgspec.json.decode(text, type=Book)` is `book()` again."""
        return msgspec.json.format(msgspec.json.encode(self._book), indent=2).decode() + "\n"

    def patterns(self) -> tuple[Pattern, ...]:
        """Every question, in the order of the book."""
        return tuple(
            Pattern(entry, self._plan.entity(entry.entity).answer(entry.name), self._connection)
            for entry in self._book.patterns
        )

    def pattern(self, entity: str, name: str) -> Pattern:
        """One question.

        Raises:
            ConfigurationError: there is none of this name; says the nearest.
        """
        found = {p.entry.name: p for p in self.patterns() if p.entry.entity == entity}
        if name not in found:
            near = nearest(name, found)
            hint = f"did you mean {near!r}?" if near else f"there are {', '.join(found) or 'none'}"
            raise ConfigurationError(entity, f"has no pattern {name!r}", hint)
        return found[name]


def _config_of(
    source: Connection | IndexPlan, config: SingleTableConfig | None
) -> SingleTableConfig:
    own = None if isinstance(source, IndexPlan) else source.config
    if own is not None and config not in (None, own):
        raise ConfigurationError("config", "is not the connection's", "leave it out")
    found = own or config
    if found is None:
        hint = "AccessPatternGenerator(plan, SingleTableConfig(table=…))"
        raise ConfigurationError("config", "is needed with a plan, which names no table", hint)
    return found
