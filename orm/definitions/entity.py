"""Definitions: one form for everything that may be said of an entity.

A model class, a dict given to `register_model` and a Stacks model file all become an
`EntityDefinition`. What derives keys and indexes, validates, resolves relations or fakes data reads
this and never asks where it came from. A definition is data: it holds no function.

Names of attributes are snake_case here (`pen_name`), which is also how they are stored; `declared`
keeps the spelling of the source (`penName`) for messages.
"""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

import msgspec

from orm.errors import ConfigurationError

Kind: TypeAlias = Literal[
    "any",
    "array",
    "binary",
    "boolean",
    "date",
    "datetime",
    "enum",
    "float",
    "integer",
    "json",
    "number",
    "string",
    "timestamp",
]
"""What an attribute holds. `timestamp` is whole seconds since 1970-01-01 UTC; `number` is a decimal
of up to 38 digits; `json` any tree of maps, lists and scalars."""

RelationKind: TypeAlias = Literal[
    "belongs_to",
    "belongs_to_many",
    "has_many",
    "has_many_through",
    "has_one",
    "has_one_through",
    "morph_many",
    "morph_one",
    "morph_to",
    "morph_to_many",
    "morphed_by_many",
]


class Unresolved(msgspec.Struct, frozen=True):
    """A value that cannot be known without running the source: kept, and reported.

    Args:
        text: the source of it.
        file: where it stands; empty where there is no file.
        line: from 1; 0 where there is no file.
        reason: why it cannot be known.
    """

    text: str
    file: str = ""
    line: int = 0
    reason: str = ""


class RuleCall(msgspec.Struct, frozen=True):
    """One rule of an attribute: `min` with `(3,)`. Names are snake_case."""

    name: str
    arguments: tuple[Any, ...] = ()


class FactoryDefinition(msgspec.Struct, frozen=True):
    """How values are made up for an attribute.

    Args:
        source: as it was written.
        faker: the call, where it is one of faker's: `("person.full_name", (arguments…))`.
        literal: the value, where it is always the same.
    """

    source: str
    faker: tuple[str, tuple[Any, ...]] | None = None
    literal: Any = msgspec.UNSET


class AttributeDefinition(msgspec.Struct, frozen=True, kw_only=True):
    """One attribute.

    Args:
        name: snake_case.
        declared: as the source spells it.
        kind: what it holds.
        choices: the values of an enum.
        required: whether a row must have it.
        nullable: whether it may be None.
        default: what it is unless given; UNSET where it has none.
        fillable: whether `fill` and mass creation may set it.
        guarded: whether they may not, although fillable says so.
        hidden: whether it is left out of what is shown of a row.
        encrypted: whether it is stored encrypted.
        unique: whether no two rows have the same value.
        casefold: whether letters in two cases are the same for `unique`.
        cast: the name of a cast, applied on the way in and out.
        rules: what a value must satisfy.
        messages: rule name → what is said where it is not.
        factory: how a value is made up.
        comment: for people.
        order: its place among the others, where a source gives one.
        foreign_key: whether it may be taken for one by its name (`team_id`).
    """

    name: str
    declared: str
    kind: Kind = "any"
    choices: tuple[Any, ...] = ()
    required: bool = False
    nullable: bool = False
    default: Any = msgspec.UNSET
    fillable: bool = False
    guarded: bool = False
    hidden: bool = False
    encrypted: bool = False
    unique: bool = False
    casefold: bool = False
    cast: str | None = None
    rules: tuple[RuleCall, ...] = ()
    messages: dict[str, str] = {}
    factory: FactoryDefinition | None = None
    comment: str = ""
    order: int | None = None
    foreign_key: bool = True


class PivotDefinition(msgspec.Struct, frozen=True, kw_only=True):
    """What stands between two entities that have many of each other.

    Args:
        entity: the name of the edge, by which its items are known (`Taggable`, `PostTag`).
        columns: the edge's own attributes.
        constants: attributes that have one value in every edge of this relation, such as the type
            column of a polymorphic pivot.
        timestamps: whether edges have `created_at` and `updated_at`.
        uniques: sets of columns of which no two edges have the same values.
    """

    entity: str
    columns: tuple[AttributeDefinition, ...] = ()
    constants: dict[str, Any] = {}
    timestamps: bool = False
    uniques: tuple[tuple[str, ...], ...] = ()


class RelationDefinition(msgspec.Struct, frozen=True, kw_only=True):
    """A relation, seen from the entity that declares it.

    Args:
        kind: which.
        name: by which it is loaded (`posts`, `author`).
        model: the related entity; empty for `morph_to`, whose type column says.
        foreign_key: the attribute that holds the other side's id: on this entity for `belongs_to`,
            on the related one for `has_one` and `has_many`, on the edge for the many-to-many kinds
            (holding *this* entity's id).
        related_key: on an edge, the attribute that holds the related entity's id.
        owner_key: the attribute that is pointed at; the primary key unless given.
        through: the entity between, for the kinds that go through one.
        through_foreign_key: the attribute on the related entity that holds the id of `through`.
        pivot: the edge of the many-to-many kinds.
        morph_name: the name of a polymorphic relation (`commentable`).
        type_column: the attribute that holds the type, for polymorphic kinds.
        id_column: the attribute that holds the id, for polymorphic kinds.
        order_by: attribute that related rows are sorted by, `-` before it for greatest first.
        on_delete: what becomes of related rows.
        on_update: what becomes of the keys that point here when this one's changes.
        owned: whether related rows lie in this row's own item collection, to be read with it.
    """

    kind: RelationKind
    name: str
    model: str = ""
    foreign_key: str = ""
    related_key: str = ""
    owner_key: str = ""
    through: str = ""
    through_foreign_key: str = ""
    pivot: PivotDefinition | None = None
    morph_name: str = ""
    type_column: str = ""
    id_column: str = ""
    order_by: str = ""
    on_delete: Literal["", "cascade", "restrict", "set_null"] = ""
    on_update: Literal["", "cascade", "restrict"] = ""
    owned: bool = False


class IndexDefinition(msgspec.Struct, frozen=True, kw_only=True):
    """An index as SQL people declare it: columns in order, perhaps unique, perhaps partial.

    `where` maps attributes to the values that they have in rows that stand in the index.
    """

    name: str
    columns: tuple[str, ...]
    unique: bool = False
    where: dict[str, Any] = {}

    def __post_init__(self) -> None:
        _check_list(f"index {self.name!r}", "columns", self.columns)


class PatternDefinition(msgspec.Struct, frozen=True, kw_only=True):
    """An access pattern: rows with these values, in this order.

    Args:
        name: by which the access-pattern book calls it.
        equal: attributes that a question gives a value; none where it asks for all rows.
        sort: the attribute that it may range over and that orders the answer; `-` before it for
            greatest first.
        strong: whether the answer must show every write before it; no global index can.
        where: the values that attributes have in rows that stand in the index (sparse).
        writes_per_second: how many rows with one set of `equal` values are written at the most.
        reads_per_second: how often one set of `equal` values is asked for at the most.
        project: the attributes that an answer needs; all of them where it is empty.
        with_parent: the entity in whose item collection the rows are to lie, to be read with it.
        native: whether it is to be answered by an index whose keys are the attributes themselves.
    """

    name: str
    equal: tuple[str, ...] = ()
    sort: str = ""
    strong: bool = False
    where: dict[str, Any] = {}
    writes_per_second: float = 0.0
    reads_per_second: float = 0.0
    project: tuple[str, ...] = ()
    with_parent: str = ""
    native: bool = False

    def __post_init__(self) -> None:
        _check_list(f"pattern {self.name!r}", "equal", self.equal)
        _check_list(f"pattern {self.name!r}", "project", self.project)


def _check_list(label: str, setting: str, given: object) -> None:
    """Refuse a text where names stand in a list: each of its letters would be one."""
    if isinstance(given, str):
        hint = f"write {setting}=({given!r},)"
        raise ConfigurationError(label, f"{setting} is {given!r}, a text and no list", hint)


class Traits(msgspec.Struct, frozen=True, kw_only=True):
    """What an entity has beside its own attributes.

    Args:
        timestamps: the names of the two attributes that say when a row was made and changed.
        soft_deletes: the attribute that says when a row was put into the bin.
        uuid: an attribute that gets a random UUID; the primary key stays what it is.
        ttl: the attribute with the second at which a row expires.
        version: the attribute that counts a row's changes, for optimistic locking.
        others: every other trait as it was declared, for what later reads it.
    """

    timestamps: tuple[str, str] | None = None
    soft_deletes: str | None = None
    uuid: str | None = None
    ttl: str | None = None
    version: str | None = None
    others: dict[str, Any] = {}


class Reference(msgspec.Struct, frozen=True, omit_defaults=True):
    """An attribute whose value stands in a key, the greatest first where it descends."""

    attribute: str
    descending: bool = False


KeyTemplate: TypeAlias = tuple[str | Reference, ...]
"""A key's parts in order, fixed texts and attributes: `("SITE", Reference("site_id"))`."""


class EntityDefinition(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that is declared of an entity.

    Args:
        name: as it is registered (`User`), and what `_et` holds.
        table: the name of its table in SQL, for reference; nothing is stored under it.
        primary_key: the attributes that identify a row.
        auto_increment: whether SQL would number the rows; here ids are made up instead.
        attributes: in the order of the source, the implied ones (foreign keys, timestamps) last.
        relations: in the order of the source.
        indexes: as declared.
        patterns: as declared; relations and indexes imply more.
        traits: what it has beside its attributes.
        keys: key templates given explicitly, by `pk`, `sk`, `gsi1pk`, `gsi1sk` and so on.
        getters: name → source of a computed attribute.
        setters: name → source of what changes a value on its way in.
        others: every other thing that was declared, for what later reads it.
        source: the file that it comes from; empty where there is none.
        unresolved: what could not be known.
    """

    name: str
    table: str = ""
    primary_key: tuple[str, ...] = ("id",)
    auto_increment: bool = False
    attributes: tuple[AttributeDefinition, ...] = ()
    relations: tuple[RelationDefinition, ...] = ()
    indexes: tuple[IndexDefinition, ...] = ()
    patterns: tuple[PatternDefinition, ...] = ()
    traits: Traits = Traits()
    keys: dict[str, KeyTemplate] = {}
    getters: dict[str, str] = {}
    setters: dict[str, str] = {}
    others: dict[str, Any] = {}
    source: str = ""
    unresolved: tuple[Unresolved, ...] = ()

    def attribute(self, name: str) -> AttributeDefinition | None:
        """The attribute of this snake_case name."""
        return next((found for found in self.attributes if found.name == name), None)
