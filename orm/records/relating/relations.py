"""Relations of a model class, declared like attributes:

    class User(DynamoDBModel):
        posts = has_many(lambda: Post)
        roles = belongs_to_many(lambda: Role)

    class Post(DynamoDBModel):
        user = belongs_to(User)

To a type checker `user.posts` is a `list[Post]` and `post.user` a `User | None`. Nothing is read by
looking: what was not loaded, with `with_` or `load`, raises `NotLoaded`. The related model is given
as a class, as a function that returns it where the class comes later, or by name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Generic, Literal, Never, Self, TypeVar, overload

from orm.definitions import RelationKind
from orm.definitions.names import snake_case
from orm.errors import ConfigurationError
from orm.records.errors import NotLoaded

if TYPE_CHECKING:
    from orm.records.model import DynamoDBModel

R = TypeVar("R", bound="DynamoDBModel")
Target = type[R] | Callable[[], type[R]] | str
OnDelete = Literal["", "cascade", "restrict", "set_null"]

RELATED: str = "_related"
"""Where a record keeps what was loaded, in its `__dict__`: relation → row, rows or None."""

MANY: frozenset[RelationKind] = frozenset(
    [
        "belongs_to_many",
        "has_many",
        "has_many_through",
        "morph_many",
        "morph_to_many",
        "morphed_by_many",
    ]
)
"""The kinds with any number of related rows."""


class Relation(Generic[R]):
    """One relation: its place on the class, and its declaration.

    Attributes:
        kind: which.
        name: by which it is loaded.
        model: the name of the model that declares it.
        said: the rest of the declaration, as a mapping would have it.
    """

    def __init__(self, kind: RelationKind, target: Target[R] | None = None, **said: Any) -> None:
        self.kind, self.said = kind, said
        self.name = self.model = ""
        self._target = target

    def __set_name__(self, owner: type, name: str) -> None:
        # as the definition spells it, by which what is loaded is kept
        self.model, self.name = owner.__name__, snake_case(name)

    def check_of(self, model: type) -> None:
        """Refuse it as a relation of another model: that may have one of this name, too.

        Raises:
            ConfigurationError: the model has it not.
        """
        if self.model not in (cls.__name__ for cls in model.__mro__):
            reason = f"is a relation of {self.model}, not of {model.__name__}"
            hint = f"write {model.__name__}.{self.name}, or {self.name!r}, if that is meant"
            raise ConfigurationError(repr(self), reason, hint)

    def declaration(self) -> dict[str, Any]:
        """The relation as a mapping declares it."""
        found = {name: one for name, one in self.said.items() if one}
        if self._target is not None:
            found["model"] = _name(self._target)
        if "through" in found:
            found["through"] = _name(found["through"])
        return found

    def loaded(self, record: DynamoDBModel) -> Any:
        """What was loaded.

        Raises:
            NotLoaded: nothing was.
        """
        try:
            return record.__dict__[RELATED][self.name]
        except KeyError:
            raise NotLoaded(type(record).__name__, self.name) from None

    def __set__(self, record: object, value: Never) -> None:
        raise AttributeError(
            f"{self.model}.{self.name} is a relation: set its foreign key, or change it with "
            f"related({self.name!r})"
        )

    def __repr__(self) -> str:
        return f"{self.model}.{self.name}"


class One(Relation[R]):
    """A relation with one row at most."""

    @overload
    def __get__(self, record: None, owner: Any = None) -> Self: ...
    @overload
    def __get__(self, record: DynamoDBModel, owner: Any = None) -> R | None: ...
    def __get__(self, record: DynamoDBModel | None, owner: Any = None) -> Self | R | None:
        if record is None:
            return self
        found: R | None = self.loaded(record)
        return found


class Many(Relation[R]):
    """A relation with any number of rows."""

    @overload
    def __get__(self, record: None, owner: Any = None) -> Self: ...
    @overload
    def __get__(self, record: DynamoDBModel, owner: Any = None) -> list[R]: ...
    def __get__(self, record: DynamoDBModel | None, owner: Any = None) -> Self | list[R]:
        if record is None:
            return self
        found: list[R] = self.loaded(record)
        return found


def _name(target: Any) -> str:
    if isinstance(target, str):
        return target
    found: type = target if isinstance(target, type) else target()
    return found.__name__


def relation_of(kind: RelationKind) -> type[Relation[Any]]:
    """The class of relations of a kind."""
    return Many if kind in MANY else One


# --- one to many ---


def belongs_to(
    model: Target[R],
    *,
    foreign_key: str = "",
    owner_key: str = "",
    on_delete: OnDelete = "",
) -> One[R]:
    """The row whose key this one's `foreign_key` holds.

    Args:
        model: the related model.
        foreign_key: `author_id` for a relation `author`, unless said.
        owner_key: what it holds of the other; its primary key unless said.
        on_delete: what becomes of *this* row when the other is deleted for good: `cascade`
            deletes it too, `restrict` refuses, `set_null` empties the foreign key.
    """
    said = {"foreign_key": foreign_key, "owner_key": owner_key, "on_delete": on_delete}
    return One("belongs_to", model, **said)


def has_one(
    model: Target[R],
    *,
    foreign_key: str = "",
    owner_key: str = "",
    order_by: str = "",
    on_delete: OnDelete = "",
    owned: bool = False,
) -> One[R]:
    """The first of the rows that hold this one's key; see `has_many`."""
    said = {"foreign_key": foreign_key, "owner_key": owner_key, "order_by": order_by}
    return One("has_one", model, **said, on_delete=on_delete, owned=owned)


def has_many(
    model: Target[R],
    *,
    foreign_key: str = "",
    owner_key: str = "",
    order_by: str = "",
    on_delete: OnDelete = "",
    owned: bool = False,
) -> Many[R]:
    """The rows that hold this one's key.

    Args:
        model: the related model.
        foreign_key: of the related model; `user_id` for a model `User`, unless said.
        owner_key: what they hold of this one; its primary key unless said.
        order_by: what they are sorted by, `-` before it for the greatest first.
        on_delete: what becomes of them when this row is deleted for good, see `belongs_to`.
        owned: whether they lie in this row's own item collection.
    """
    said = {"foreign_key": foreign_key, "owner_key": owner_key, "order_by": order_by}
    return Many("has_many", model, **said, on_delete=on_delete, owned=owned)


def has_one_through(
    model: Target[R],
    through: Target[Any],
    *,
    foreign_key: str = "",
    through_foreign_key: str = "",
) -> One[R]:
    """The first row that a row between has; see `has_many_through`."""
    keys = {"foreign_key": foreign_key, "through_foreign_key": through_foreign_key}
    return One("has_one_through", model, through=through, **keys)


def has_many_through(
    model: Target[R],
    through: Target[Any],
    *,
    foreign_key: str = "",
    through_foreign_key: str = "",
    order_by: str = "",
) -> Many[R]:
    """The rows that the rows between have: a user's teams' matches.

    Args:
        model: the related model.
        through: the model between.
        foreign_key: of the model between, holding this one's key.
        through_foreign_key: of the related model, holding the key of the one between.
        order_by: what they are sorted by, `-` before it for the greatest first.
    """
    keys = {"foreign_key": foreign_key, "through_foreign_key": through_foreign_key}
    return Many("has_many_through", model, through=through, order_by=order_by, **keys)


# --- many to many ---


def belongs_to_many(
    model: Target[R],
    *,
    pivot: Mapping[str, Any] | None = None,
    table: str = "",
    foreign_key: str = "",
    related_key: str = "",
    order_by: str = "",
    on_delete: OnDelete = "",
) -> Many[R]:
    """Rows that are attached to this one, over an edge that may hold data of its own.

    Args:
        model: the related model.
        pivot: the edge: `{"columns": {…}, "timestamps": True, "uniques": […], "entity": "Seat"}`.
        table: names the edge as SQL would its table; both models' names unless said.
        foreign_key: of the edge, holding this one's key.
        related_key: of the edge, holding the other's.
        order_by: what they are sorted by, `-` before it for the greatest first.
        on_delete: `restrict` refuses to delete a row that has edges; else edges go with their row.
    """
    said = {"pivot": pivot, "table": table, "order_by": order_by, "on_delete": on_delete}
    keys = {"foreign_key": foreign_key, "related_key": related_key}
    return Many("belongs_to_many", model, **said, **keys)


# --- polymorphic ---


def morph_to(*, type_column: str = "", id_column: str = "") -> One[Any]:
    """The row of any model that `commentable_type` and `commentable_id` name, for a relation
    `commentable`."""
    return One("morph_to", type_column=type_column, id_column=id_column)


def morph_one(
    model: Target[R],
    name: str,
    *,
    type_column: str = "",
    id_column: str = "",
    order_by: str = "",
    on_delete: OnDelete = "",
) -> One[R]:
    """The first of the rows that name this one; see `morph_many`."""
    said = {"morph_name": name, "type_column": type_column, "id_column": id_column}
    return One("morph_one", model, **said, order_by=order_by, on_delete=on_delete)


def morph_many(
    model: Target[R],
    name: str,
    *,
    type_column: str = "",
    id_column: str = "",
    order_by: str = "",
    on_delete: OnDelete = "",
) -> Many[R]:
    """The rows that name this one by its model and its key.

    Args:
        model: the related model.
        name: of the relation that they have to this one: `commentable`.
        type_column: holds the model's name; `commentable_type` unless said.
        id_column: holds the key; `commentable_id` unless said.
        order_by: what they are sorted by, `-` before it for the greatest first.
        on_delete: what becomes of them when this row is deleted for good, see `belongs_to`.
    """
    said = {"morph_name": name, "type_column": type_column, "id_column": id_column}
    return Many("morph_many", model, **said, order_by=order_by, on_delete=on_delete)


def morph_to_many(
    model: Target[R], name: str, *, pivot: Mapping[str, Any] | None = None, related_key: str = ""
) -> Many[R]:
    """Rows of `model` that are attached to this one and to rows of other models alike: the tags of
    a post, `name` being `taggable`."""
    return Many("morph_to_many", model, morph_name=name, pivot=pivot, related_key=related_key)


def morphed_by_many(
    model: Target[R], name: str, *, pivot: Mapping[str, Any] | None = None, foreign_key: str = ""
) -> Many[R]:
    """Rows of `model` that this one is attached to: the posts of a tag, the other side of
    `morph_to_many`."""
    return Many("morphed_by_many", model, morph_name=name, pivot=pivot, foreign_key=foreign_key)


def declared(relations: Iterable[Relation[Any]]) -> dict[str, dict[str, Any]]:
    """Relations as a mapping declares them: kind → name → declaration."""
    found: dict[str, dict[str, Any]] = {}
    for relation in relations:
        found.setdefault(relation.kind, {})[relation.name] = relation.declaration()
    return found
