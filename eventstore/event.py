"""Events: facts in the past tense, stored by tag and never by class path.

    class MoneyWithdrawn(Event, tag="money-withdrawn"):
        amount_pence: int

Renaming or moving the class changes nothing that is stored; renaming the tag does.
"""

from __future__ import annotations

from typing import Any, dataclass_transform

import msgspec

from eventstore.errors import DefinitionError


class EventMeta(msgspec.StructMeta):
    """Takes `tag` and `version` out of the class statement, before msgspec sees them.

    msgspec's own tag would stand in every body; ours stands once beside it, where a decoder finds
    it without reading the body.
    """

    def __new__(
        mcls,
        name: str,
        bases: tuple[type, ...],
        namespace: dict[str, Any],
        *,
        tag: str | None = None,
        version: int = 1,
        **config: Any,
    ) -> Any:
        if tag == "" or version < 1:
            raise DefinitionError(f"{name}: a tag must not be empty, a version begins at 1")
        if not config.get("frozen", True):
            raise DefinitionError(f"{name}: events are facts, so they are always frozen")
        # Facts hold facts, never what holds them: no cycles, so the collector need not look.
        options = {"frozen": True, "gc": False} | config
        cls: Any = super().__new__(mcls, name, bases, namespace, **options)
        cls.__event_tag__ = tag
        cls.__event_version__ = version
        return cls


# on the class, not on its metaclass: mypy asks the classes first, and Struct among them has one
@dataclass_transform(frozen_default=True, field_specifiers=(msgspec.field,))
class Event(msgspec.Struct, frozen=True, metaclass=EventMeta):
    """The base of every event; frozen.

    Class arguments:
        tag: the name it is stored under, for ever; lower case with hyphens by custom.
        version: its schema version, 1 unless its fields changed since the first was stored.
    """


def event_tag(cls: type[Event]) -> str:
    """The tag that events of this class are stored under.

    Raises:
        DefinitionError: the class has none, so it is a base and never stored itself.
    """
    tag: str | None = cls.__event_tag__  # type: ignore[attr-defined]
    if tag is None:
        raise DefinitionError(
            f'{cls.__name__} has no tag; write class {cls.__name__}(Event, tag="…")'
        )
    return tag


def event_version(cls: type[Event]) -> int:
    """The schema version that events of this class are written in."""
    version: int = cls.__event_version__  # type: ignore[attr-defined]
    return version
