"""Projections: what is made of a category's events, in its two forms.

A **read model** is a row that one stream makes: its key follows from the stream alone, and the row
is never moved or deleted.

    class AccountRow(ReadModel, key=Key("account"), source="ACCOUNT"):
        account: str
        balance_pence: int = 0

        @classmethod
        def of(cls, stream: StreamId) -> Self:
            return cls(account=stream.id)

        @handles
        def deposited(self, event: MoneyDeposited) -> None:
            self.balance_pence += event.amount_pence

A **projector** makes anything else of events: counters that many streams feed, several rows for one
event, rows that come and go.

    class Totals(Projector, source="ACCOUNT"):
        @handles
        def deposited(self, event: MoneyDeposited, rows: Effects) -> None:
            rows.add(DayTotal, {"day": event.day}, pence=event.amount_pence)

Handlers are pure: what they do is what they return through `self` or `rows`.
"""

from __future__ import annotations

from functools import cache
from typing import Any, ClassVar, Self, TypeAlias

import msgspec

from eventstore.event import Event
from eventstore.stream import StreamId
from orm.keys import entity_prefix
from orm.models.key import Path
from orm.models.model import Model, ModelMeta
from projections.errors import ProjectionDefinitionError
from projections.handlers import Handler, handlers_of


class Projection(msgspec.Struct, frozen=True, eq=False):
    """One projection as the floor sees it.

    Args:
        name: what operators call it.
        version: raised when its rows must be made anew; versions live side by side.
        source: the category whose streams feed it.
        handlers: its handlers by event class.
        ignores_unknown: whether events that this code does not know are passed over.
    """

    name: str
    version: int
    source: str
    handlers: dict[type[Event], Handler]
    ignores_unknown: bool = False

    @property
    def id(self) -> str:
        """`name@version`."""
        return f"{self.name}@{self.version}"


class ReadModelMeta(ModelMeta):
    """Takes what concerns the projection out of the class statement; the rest is the model's."""

    def __new__(
        mcls,
        name: str,
        bases: tuple[type, ...],
        namespace: dict[str, Any],
        *,
        source: str | None = None,
        version: int = 1,
        ignores_unknown: bool = False,
        prefix: str | None = None,
        key: Path | None = None,
        **options: Any,
    ) -> Any:
        if source is not None and version > 1:
            prefix = f"{prefix or entity_prefix(name)}@{version}"
        cls: Any = super().__new__(mcls, name, bases, namespace, prefix=prefix, key=key, **options)
        if source is not None:
            cls.__projection__ = (name, version, source, ignores_unknown)
        return cls


class ReadModel(Model, metaclass=ReadModelMeta):
    """The base of read models that one stream makes.

    Class arguments beside the model's own:
        source: the category whose streams make the rows.
        version: 1 unless the rows must be made anew; each version has rows of its own.
        ignores_unknown: whether unknown events are passed over instead of parking the stream.
    """

    __projection__: ClassVar[tuple[str, int, str, bool]]

    @classmethod
    def of(cls, stream: StreamId) -> Self:
        """The row before the first event. Its key must follow from the stream alone."""
        raise ProjectionDefinitionError(
            f"{cls.__name__} needs @classmethod def of(cls, stream: StreamId) -> Self"
        )


class Projector:
    """The base of projectors.

    Class arguments:
        source: the category whose streams feed it.
        name: what operators call it; the class name unless given.
        version: 1 unless its rows must be made anew.
        ignores_unknown: whether unknown events are passed over instead of parking the stream.
    """

    __projection__: ClassVar[tuple[str, int, str, bool]]

    def __init_subclass__(
        cls,
        *,
        source: str | None = None,
        name: str | None = None,
        version: int = 1,
        ignores_unknown: bool = False,
        **rest: Any,
    ) -> None:
        super().__init_subclass__(**rest)
        if source is not None:
            cls.__projection__ = (name or cls.__name__, version, source, ignores_unknown)


Declared: TypeAlias = type[ReadModel] | Projector
"""What a worker takes: a read model class, or a projector."""


def projection_of(declared: Declared) -> Projection:
    """The projection that a read model class or a projector declares.

    Raises:
        ProjectionDefinitionError: no `source`, no handler, or a handler declared wrongly.
    """
    cls: type = declared if isinstance(declared, type) else type(declared)
    return _projection_of(cls)


@cache
def _projection_of(cls: type) -> Projection:
    declared = getattr(cls, "__projection__", None)
    if declared is None:
        raise ProjectionDefinitionError(f'{cls.__name__} needs source="CATEGORY"')
    name, version, source, ignores_unknown = declared
    # A read model's handler takes (event, commit), a projector's (event, rows, commit).
    most = 2 if issubclass(cls, ReadModel) else 3
    return Projection(name, version, source, handlers_of(cls, most=most), ignores_unknown)
