"""Why a set of definitions gets no plan: each error names entity, pattern and limit, and a way out.

ConfigurationError
└── PlanError
    ├── UnknownAttributeError       a pattern or key names an attribute that there is not
    ├── UnkeyableAttributeError     an attribute whose values have no place in a key
    ├── NotPlannedError             the plan is asked for what is not in it
    ├── DuplicatePatternError       two patterns of an entity have one name
    ├── GuardValueError             a sparse condition on a value that cannot be compared
    ├── DanglingRelationError       a relation to an entity that is not defined
    ├── EdgeMismatchError           two relations say different things of one edge
    ├── PrefixClashError            two entities have one key prefix
    ├── NativeKeyError              a pattern that attributes themselves cannot be the keys of
    ├── NativeTypeError             two entities store a native key attribute differently
    ├── KeyTemplateError            an explicit key template cannot work
    ├── KeyClashError               rows of two entities could not be told apart
    ├── ColocationError             a child cannot lie in its parent's item collection
    ├── StrongReadError             only an index could answer, and it is not consistent
    ├── HotPartitionError           a declared rate is more than a partition takes
    ├── LimitExceededError          more of something than a table or save may have
    │   ├── GsiOverflowError
    │   ├── LsiOverflowError
    │   └── ClaimOverflowError
    └── LockError                   schema.lock.json cannot be followed
        ├── UnreadableLockError
        ├── LockContradictionError
        └── NotLockedError              what is to be released is not in it
"""

from __future__ import annotations

from collections.abc import Sequence

from orm.definitions.names import nearest
from orm.errors import ConfigurationError


class PlanError(ConfigurationError):
    """These definitions get no plan; nothing was sent."""

    def __init__(self, setting: str, reason: str, hint: str = "") -> None:
        super().__init__(setting, reason, hint)

    def __str__(self) -> str:
        return f"{self.setting}: {self.reason}" + (f"; {self.hint}" if self.hint else "")


class UnknownAttributeError(PlanError):
    """A pattern, index, relation or key names an attribute that the entity does not have."""

    def __init__(self, entity: str, place: str, attribute: str, known: Sequence[str]) -> None:
        near = nearest(attribute, known)
        super().__init__(
            f"{entity}, {place}",
            f"names {attribute!r}, which is no attribute of {entity}; it has {', '.join(known)}",
            (f"write {near!r}, or " if near else "") + f"declare {attribute!r}",
        )
        self.args = (entity, place, attribute, tuple(known))
        self.entity, self.place, self.attribute = entity, place, attribute


class UnkeyableAttributeError(PlanError):
    """An attribute whose values have no place in a key."""

    def __init__(self, entity: str, place: str, attribute: str, why: str) -> None:
        super().__init__(
            f"{entity}, {place}",
            f"{attribute!r} {why} and cannot stand in a key",
            "ask by an attribute with one plain value, kept beside it",
        )
        self.args = (entity, place, attribute, why)
        self.entity, self.place, self.attribute = entity, place, attribute


class NotPlannedError(PlanError):
    """The plan is asked for an entity, a pattern or a relation that is not in it."""

    def __init__(self, owner: str, what: str, name: str, known: Sequence[str]) -> None:
        near = nearest(name, known)
        there = f"there are {', '.join(known)}" if known else "there are none"
        super().__init__(owner, f"has no {what} {name!r}", f"write {near!r}" if near else there)
        self.args = (owner, what, name, tuple(known))
        self.owner, self.what, self.name = owner, what, name


class DuplicatePatternError(PlanError):
    """Two patterns of one entity have one name and ask different things."""

    def __init__(self, entity: str, pattern: str, asked: tuple[str, str] = ("", "")) -> None:
        super().__init__(
            f"{entity}, pattern {pattern!r}",
            f"is the name of two questions: {' and '.join(asked)}",
            "give one of them a name of its own",
        )
        self.args = (entity, pattern, asked)
        self.entity, self.pattern, self.asked = entity, pattern, asked


class GuardValueError(PlanError):
    """A sparse condition compares with a value that no row can have, so no row would pass."""

    def __init__(
        self, entity: str, pattern: str, attribute: str, given: str, possible: str
    ) -> None:
        super().__init__(
            f"{entity}, pattern {pattern!r}",
            f"`where` compares {attribute!r} with {given}",
            f"compare with {possible}",
        )
        self.args = (entity, pattern, attribute, given, possible)
        self.entity, self.pattern, self.attribute = entity, pattern, attribute


class DanglingRelationError(PlanError):
    """A relation to an entity that is not among the definitions."""

    def __init__(self, entity: str, relation: str, target: str, known: Sequence[str] = ()) -> None:
        near = nearest(target, known)
        meant = f"write {near!r}, or " if near else ""
        super().__init__(
            f"{entity}.{relation}",
            f"relates to {target!r}, which is not defined",
            f"{meant}register {target}, or remove the relation",
        )
        self.args = (entity, relation, target, tuple(known))
        self.entity, self.relation, self.target = entity, relation, target


class EdgeMismatchError(PlanError):
    """Two relations share an edge entity and give it different keys."""

    def __init__(self, edge: str, first: str, second: str, keys: tuple[str, str]) -> None:
        super().__init__(
            f"edge {edge}",
            f"{first} keys it by ({keys[0]}), {second} by ({keys[1]})",
            "give both the same foreign_key, related_key and constants, or another pivot entity",
        )
        self.args = (edge, first, second, keys)
        self.edge, self.first, self.second = edge, first, second


class PrefixClashError(PlanError):
    """Two entities have one key prefix, or one has a prefix that is kept for tenants."""

    def __init__(self, entity: str, other: str, prefix: str) -> None:
        super().__init__(
            entity,
            f"its key prefix {prefix!r} belongs to {other} already",
            "rename it, or give it another prefix in PlanOptions.prefixes",
        )
        self.args = (entity, other, prefix)
        self.entity, self.other, self.prefix = entity, other, prefix


class NativeKeyError(PlanError):
    """A pattern that is to be native and cannot be."""

    def __init__(self, entity: str, pattern: str, reason: str, hint: str = "") -> None:
        super().__init__(f"{entity}, pattern {pattern!r}", f"is native and {reason}", hint)
        self.args = (entity, pattern, reason, hint)
        self.entity, self.pattern = entity, pattern


class NativeTypeError(PlanError):
    """Rows of two entities store one attribute differently, and it is a native key of the table."""

    def __init__(self, attribute: str, entity: str, stored: str, other: str, there: str) -> None:
        super().__init__(
            f"{entity} and {other}",
            f"{attribute!r} is a key attribute of a native index, stored as {stored} by {entity}, "
            f"and {other} {there}: a key attribute has one type in the whole table",
            f"rename {attribute!r} in one of them, or leave `native` out",
        )
        self.args = (attribute, entity, stored, other, there)
        self.attribute, self.entity, self.other = attribute, entity, other


class KeyTemplateError(PlanError):
    """An explicit key template cannot work."""

    def __init__(self, entity: str, key: str, reason: str, hint: str = "") -> None:
        super().__init__(f"{entity}, key {key!r}", reason, hint)
        self.args = (entity, key, reason, hint)
        self.entity, self.key = entity, key


class KeyClashError(PlanError):
    """Rows of two entities would stand in one place and could not be told apart."""

    def __init__(self, first: str, second: str, where: str, template: str) -> None:
        super().__init__(
            f"{first} and {second}",
            f"their rows cannot be told apart in {where}, at {template}",
            "begin the sort key of each with a text of its own",
        )
        self.args = (first, second, where, template)
        self.first, self.second, self.where = first, second, where


class ColocationError(PlanError):
    """A child cannot lie in its parent's item collection."""

    def __init__(self, child: str, parent: str, pattern: str, reason: str, hint: str) -> None:
        super().__init__(
            f"{child}, pattern {pattern!r}", f"cannot lie with its {parent}: {reason}", hint
        )
        self.args = (child, parent, pattern, reason, hint)
        self.entity, self.parent, self.pattern = child, parent, pattern


class StrongReadError(PlanError):
    """Only an index could answer, and an index is eventually consistent."""

    def __init__(self, entity: str, pattern: str, reason: str, hint: str) -> None:
        super().__init__(
            f"{entity}, pattern {pattern!r}", f"is declared strong, and {reason}", hint
        )
        self.args = (entity, pattern, reason, hint)
        self.entity, self.pattern = entity, pattern


class HotPartitionError(PlanError):
    """A declared rate is more than one partition takes, where it cannot be spread."""

    def __init__(self, entity: str, pattern: str, reason: str, hint: str) -> None:
        super().__init__(f"{entity}, pattern {pattern!r}", reason, hint)
        self.args = (entity, pattern, reason, hint)
        self.entity, self.pattern = entity, pattern


class LimitExceededError(PlanError):
    """More of something than DynamoDB, or this configuration, allows."""

    what = "things"
    way_out = ""

    def __init__(self, entity: str, needed: int, limit: int, patterns: Sequence[str]) -> None:
        super().__init__(
            entity,
            f"needs {needed} {self.what} and {limit} are allowed; it asks for "
            f"{'; '.join(patterns)}",
            self.way_out,
        )
        self.args = (entity, needed, limit, tuple(patterns))
        self.entity, self.needed, self.limit = entity, needed, limit
        self.patterns = tuple(patterns)


class GsiOverflowError(LimitExceededError):
    """An entity needs more global secondary indexes than there may be."""

    what = "global secondary indexes"
    way_out = (
        "raise gsis_max (DynamoDB allows 20), remove a pattern, release unused ones from "
        "schema.lock.json, or make one pattern's `equal` extend another's so that they share one"
    )


class LsiOverflowError(LimitExceededError):
    """An entity needs more local secondary indexes than there may be."""

    what = "local secondary indexes"
    way_out = "declare fewer orders of one partition strong; a table may have 5"


class ClaimOverflowError(LimitExceededError):
    """An entity has more unique attributes than one transaction can move."""

    what = "unique claims"
    way_out = "a save moves all claims in one transaction of at most 100 actions; declare fewer"


class LockError(PlanError):
    """The lock file cannot be followed."""


class UnreadableLockError(LockError):
    """The lock file is not what this version writes."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(
            path,
            f"is no lock file that this version reads: {reason}",
            "restore it from version control; delete it only while no table was made from it",
        )
        self.args = (path, reason)
        self.path = path


class LockContradictionError(LockError):
    """The lock file and the definitions cannot both be followed."""

    def __init__(self, entity: str, locked: str, wanted: str, hint: str) -> None:
        super().__init__(
            f"schema.lock.json, {entity}", f"has {locked}, the definitions want {wanted}", hint
        )
        self.args = (entity, locked, wanted, hint)
        self.entity, self.locked, self.wanted = entity, locked, wanted


class NotLockedError(LockError):
    """What is to be released is not in the lock."""

    def __init__(self, entity: str, wanted: str, has: str) -> None:
        super().__init__(
            f"schema.lock.json, {entity}", f"has {has}, not {wanted}", "name one that it has"
        )
        self.args = (entity, wanted, has)
        self.entity, self.wanted, self.has = entity, wanted, has
