"""Traits: what an entity has beside its own attributes, under any of their names.

`useTimestamps`, `timestampable` and `timestamps` are one trait. Its value is true, false, or a
mapping that may name the attributes: `{createdAt: 'made_at'}`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from orm.definitions.entity import Traits
from orm.definitions.names import snake_case
from orm.definitions.section import Section, describe, plain, settled

ALIASES: Final = {
    "api": "use_api",
    "authenticatable": "use_auth",
    "expirable": "use_ttl",
    "optimistic_locking": "use_version",
    "searchable": "use_search",
    "seedable": "use_seeder",
    "soft_deletable": "use_soft_deletes",
    "soft_deletes": "use_soft_deletes",
    "timestampable": "use_timestamps",
    "timestamps": "use_timestamps",
    "ttl": "use_ttl",
    "use_expiry": "use_ttl",
    "uuid": "use_uuid",
    "version": "use_version",
    "versionable": "use_version",
    "versioned": "use_version",
}
"""Other names of traits, each with the one that is kept."""

KNOWN: Final = frozenset(
    {
        *ALIASES,
        *ALIASES.values(),
        *[
            "billable",
            "categorizable",
            "commentable",
            "commentables",
            "likeable",
            "observe",
            "sharding",
            "taggable",
        ],
        *["use_activity_log", "use_socials"],
    }
)

_CREATED: Final = ("created_at", "created", "created_at_column")
_UPDATED: Final = ("updated_at", "updated", "updated_at_column")
_DELETED: Final = ("deleted_at", "deleted")
_COLUMN: Final = ("attribute", "attribute_name", "column", "field", "name")


def read_traits(section: Section) -> Traits:
    """The traits of a declaration.

    Raises:
        DefinitionError: a name is nearly one that is known, stands there twice under two names,
            or a value names no attribute.
    """
    found: dict[str, Any] = {}
    spelled: dict[str, str] = {}
    for name, value in section.rest(KNOWN, 0.85).items():
        trait = ALIASES.get(name, name)
        if trait in found:
            hint = "leave one out"
            raise section.refuse(f"is {spelled[trait]!r} again", hint, section.spelling[name])
        found[trait], spelled[trait] = value, section.spelling[name]
    own = _Own(section, found, spelled)
    return Traits(
        timestamps=own.pair("use_timestamps"),
        soft_deletes=own.single("use_soft_deletes", "deleted_at", _DELETED),
        uuid=own.single("use_uuid", "uuid", ("uuid",)),
        ttl=own.single("use_ttl", "ttl", ("ttl",)),
        version=own.single("use_version", "version", ("version",)),
        others={name: settled(value) for name, value in found.items() if value is not False},
    )


class _Own:
    """The traits that the definition has fields for; each is taken out of what was found."""

    def __init__(self, section: Section, found: dict[str, Any], spelled: dict[str, str]) -> None:
        self.section, self.found, self.spelled = section, found, spelled

    def pair(self, trait: str) -> tuple[str, str] | None:
        options = self._options(trait)
        if options is None:
            return None
        created = self._column(options, _CREATED, "created_at")
        updated = self._column(options, _UPDATED, "updated_at")
        self._keep_rest(trait, options)
        return created, updated

    def single(self, trait: str, default: str, names: tuple[str, ...]) -> str | None:
        value = self.found.get(trait)
        if isinstance(value, str):
            del self.found[trait]
            return snake_case(value)
        options = self._options(trait)
        if options is None:
            return None
        column = self._column(options, (*names, *_COLUMN), default)
        self._keep_rest(trait, options)
        return column

    def _options(self, trait: str) -> Section | None:
        """The trait's options; None where it is off, or where that could not be read."""
        value = plain(self.found.get(trait))
        if value is None or value is False:
            return None
        del self.found[trait]
        if value is not True and not isinstance(value, Mapping):
            raise self.section.refuse(
                f"is {describe(value)}, not true, false or a mapping", "", self.spelled[trait]
            )
        path = (*self.section.path, self.spelled[trait])
        return Section({} if value is True else value, self.section.model, path)

    def _column(self, options: Section, names: tuple[str, ...], default: str) -> str:
        return snake_case(options.text(*names, default=default))

    def _keep_rest(self, trait: str, options: Section) -> None:
        """What else stands in the options (a time to live, say) is kept for what reads it."""
        if rest := options.rest():
            self.found[trait] = rest
