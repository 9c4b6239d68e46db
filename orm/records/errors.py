"""What saving and loading records raises beside the errors of `orm.errors`.

OrmError
├── StaleRowError              someone else saved the row since it was loaded
├── UniqueError                another row has the value
├── ContendedRowError          others changed the row each time that the change was made anew
├── ImmutableAttributeError    the attribute was set when the row was made, and stays
├── UnsavedRowError            the row was never saved, so there is nothing to delete
├── ForeignRowError            the row is of another table or tenant
├── NoSuchAttributeError       something was set that the model does not have
├── NotLoaded                  a relation was looked at that was not loaded
├── RestrictedError            a row cannot be deleted while others hang on it
├── CheckFailedError           what a transaction demands of a row does not hold
└── PartlyWrittenError         some of several transactions were carried out
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from orm.definitions.names import nearest
from orm.errors import ConfigurationError, OrmError


class StaleRowError(OrmError):
    """Someone else saved the row since it was loaded; nothing was written."""

    hint = "refresh() it, decide again, save"

    def __init__(self, model: str, key: Mapping[str, Any], expected: Any, found: Any) -> None:
        super().__init__(model, dict(key), expected, found)
        self.model, self.key, self.expected, self.found = model, dict(key), expected, found

    def __str__(self) -> str:
        stored = f"version {self.found}"
        if self.found == self.expected:
            stored += " of a row that was made since, or written by another"
        return (
            f"{self.model} {self.key}: loaded at version {self.expected}, stored is {stored}; "
            f"nothing was written; {self.hint}"
        )


class ContendedRowError(OrmError):
    """Others changed the row each time that the change was made anew; nothing was written."""

    retry = True
    hint = "repeat; where it goes on, many writers are at one row"

    def __init__(self, model: str, key: Mapping[str, Any], attempts: int) -> None:
        super().__init__(model, dict(key), attempts)
        self.model, self.key, self.attempts = model, dict(key), attempts

    def __str__(self) -> str:
        return (
            f"{self.model} {self.key}: changed by others at each of {self.attempts} attempts; "
            f"nothing was written; {self.hint}"
        )


class UniqueError(OrmError):
    """Another row has the same values; nothing was written. A hidden value is not said."""

    hint = (
        "choose another value, or find the row that has it with where(…).first(), after "
        "with_trashed() where it may be in the bin"
    )

    def __init__(self, model: str, attributes: Sequence[str], values: Sequence[Any]) -> None:
        super().__init__(model, tuple(attributes), tuple(values))
        self.model, self.attributes, self.values = model, tuple(attributes), tuple(values)

    def __str__(self) -> str:
        said = ", ".join(
            f"{name}={value!r}" for name, value in zip(self.attributes, self.values, strict=True)
        )
        return f"{self.model}: {said} is taken; nothing was written; {self.hint}"


class ImmutableAttributeError(OrmError):
    """An attribute that is never changed once the row is there; nothing was written."""

    def __init__(self, model: str, attribute: str, reason: str) -> None:
        super().__init__(model, attribute, reason)
        self.model, self.attribute, self.reason = model, attribute, reason
        self.hint = "set it back, or delete the row and create another"

    def __str__(self) -> str:
        return f"{self.model}.{self.attribute} {self.reason}; nothing was written; {self.hint}"


class UnsavedRowError(OrmError):
    """A row that was never saved, which therefore is not there to be deleted; nothing was sent."""

    hint = "save() it first, or find the row that is stored: a copy made by hand is a new row"

    def __init__(self, model: str, key: Mapping[str, Any]) -> None:
        super().__init__(model, dict(key))
        self.model, self.key = model, dict(key)

    def __str__(self) -> str:
        return f"{self.model} {self.key} was never saved; nothing was sent; {self.hint}"


class ForeignRowError(OrmError):
    """A row of another table or tenant; nothing was sent."""

    def __init__(self, model: str, there: str, here: str) -> None:
        super().__init__(model, there, here)
        self.model, self.there, self.here = model, there, here
        self.hint = "use the row's own methods, or create a row here with its values"

    def __str__(self) -> str:
        return (
            f"{self.model}: the row is of {self.there}, and was given to {self.here}; nothing was "
            f"sent; {self.hint}"
        )


class NoSuchAttributeError(ConfigurationError, AttributeError):
    """Something was set on a row that its model does not have."""

    def __init__(self, model: str, attribute: str, known: Sequence[str]) -> None:
        near = nearest(attribute, known)
        hint = f"write {near}" if near else f"declare it; there are {', '.join(known)}"
        super().__init__(f"{model}.{attribute}", "is no attribute, and would not be saved", hint)
        self.args = (model, attribute, tuple(known))


class NotLoaded(OrmError):  # noqa: N818 - reads as what it says: post.author is NotLoaded
    """A relation was looked at that was not loaded; looking never reads."""

    def __init__(self, model: str, relation: str) -> None:
        super().__init__(model, relation)
        self.model, self.relation = model, relation
        self.hint = (
            f"ask with {model}.query().with_({relation!r}), or load it: row.load({relation!r})"
        )

    def __str__(self) -> str:
        return f"{self.model}.{self.relation} was not loaded; {self.hint}"


class RestrictedError(OrmError):
    """A row cannot be deleted while others hang on it, as a relation declares; nothing was
    deleted."""

    def __init__(self, model: str, key: Mapping[str, Any], dependent: str, relation: str) -> None:
        super().__init__(model, dict(key), dependent, relation)
        self.model, self.key, self.dependent, self.relation = model, dict(key), dependent, relation
        self.hint = (
            f"delete its rows of {dependent} for good first, those in the bin among them, detach() "
            "them where they are edges, or declare on_delete='cascade'"
        )

    def __str__(self) -> str:
        return (
            f"{self.model} {self.key} has rows of {self.dependent}, and {self.relation} restricts "
            f"its deletion; nothing was deleted; {self.hint}"
        )


class CheckFailedError(OrmError):
    """What a transaction demands of a row does not hold; nothing was written."""

    def __init__(self, model: str, key: Mapping[str, Any], demand: str) -> None:
        super().__init__(model, dict(key), demand)
        self.model, self.key, self.demand = model, dict(key), demand
        self.hint = "refresh() the row and decide again"

    def __str__(self) -> str:
        return (
            f"{self.model} {self.key}: not so that {self.demand}; nothing was written; {self.hint}"
        )


class PartlyWrittenError(OrmError):
    """Of writes in several transactions the first were carried out; its cause says why no more.

    Args:
        written: the rows that were written, in order.
        unsure: those that may have been, all of them or none: an answer was lost.
        left: those that were not.
    """

    applied = None

    def __init__(
        self, written: Sequence[str], unsure: Sequence[str] = (), left: Sequence[str] = ()
    ) -> None:
        super().__init__(tuple(written), tuple(unsure), tuple(left))
        self.written, self.unsure, self.left = tuple(written), tuple(unsure), tuple(left)
        self.hint = f"mend what the cause says, then write those in left, {self._first(self.left)}"
        if self.unsure:
            self.hint = (
                f"read one of those in unsure, {self._first(self.unsure)}; where they were not "
                "written, write them again, then those in left"
            )

    @staticmethod
    def _first(rows: Sequence[str]) -> str:
        return f"from {rows[0]} on" if rows else "of which there are none"

    @property
    def done(self) -> int:
        """How many were written."""
        return len(self.written)

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self.written) + len(self.unsure) + len(self.left)

    def __str__(self) -> str:
        then = "one was refused"
        if self.unsure:
            then = f"the answer about {len(self.unsure)} was lost"
        return (
            f"the first {self.done} of {self.count} writes were carried out, then {then} "
            f"(see the cause); {self.hint}"
        )
