"""Traits of model classes: attributes that come with a base, typed like one's own.

class User(DynamoDBModel, Timestamps, SoftDeletes): ...
"""

from __future__ import annotations

import datetime as dt
from typing import ClassVar

from orm.records.attr import Attr


class Trait:
    """The base of all traits.

    Attributes:
        trait: its name in a definition.
    """

    __slots__ = ()
    trait: ClassVar[str]


class Timestamps(Trait):
    """When a row was made and when it was last changed; written by the ORM."""

    __slots__ = ()
    trait = "use_timestamps"
    created_at: Attr[dt.datetime | None]
    updated_at: Attr[dt.datetime | None]


class SoftDeletes(Trait):
    """`delete` puts a row into the bin: it leaves live queries and can be restored."""

    __slots__ = ()
    trait = "use_soft_deletes"
    deleted_at: Attr[dt.datetime | None]


class Versioned(Trait):
    """Each save counts one up; a save of a row that someone else has saved since is refused."""

    __slots__ = ()
    trait = "use_version"
    version: Attr[int | None]


class Expires(Trait):
    """`ttl` holds the second, since 1970 UTC, from which on the row is not found any more."""

    __slots__ = ()
    trait = "use_ttl"
    ttl: Attr[int | None]


class HasUuid(Trait):
    """`uuid` gets a random UUID when the row is made; the primary key stays what it is."""

    __slots__ = ()
    trait = "use_uuid"
    uuid: Attr[str | None]
