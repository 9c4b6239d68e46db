"""DynamoDBModel: rows as objects that load, save and delete themselves.

    class User(DynamoDBModel, Timestamps):
        id: Attr[str] = attr(default_factory=new_id)
        name: Attr[str]
        email: Attr[str] = attr(unique=True, rules="email")

    ann = User.create(name="Ann", email="ann@example.com")
    User.find_or_fail(ann.id).name

A model is a msgspec Struct. Its methods are short names for those of its `Repository`, by which
it is bound to a connection; an attribute that has a method's name hides the short name alone.
"""

from __future__ import annotations

import copy
import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import (
    TYPE_CHECKING,
    Any,
    ClassVar,
    Final,
    Self,
    TypeVar,
    dataclass_transform,
    get_type_hints,
    overload,
)

import msgspec

from orm.config import SingleTableConfig
from orm.definitions.entity import IndexDefinition, PatternDefinition
from orm.definitions.names import nearest
from orm.errors import ConfigurationError
from orm.records.attr import Attr, AttributeOptions, attr
from orm.records.errors import NoSuchAttributeError, NotLoaded
from orm.records.relating.links import PIVOT
from orm.records.relating.relations import RELATED, Relation
from orm.records.relating.resolver import COUNTS
from orm.records.traits import Trait

if TYPE_CHECKING:
    from orm.records.connection import Connection
    from orm.records.dynamo import Dynamo
    from orm.records.queries.query import RecordQuery
    from orm.records.relating.related import Related
    from orm.records.repository import Repository

M = TypeVar("M", bound="DynamoDBModel")
D = TypeVar("D")


def new_id() -> str:
    """An id that nothing else has: a random UUID."""
    return str(uuid.uuid4())


class Place(msgspec.Struct, frozen=True):
    """Where a row lies, and whose it is."""

    config: SingleTableConfig
    tenant: str | None

    def __str__(self) -> str:
        whose = "no tenant" if self.tenant is None else f"tenant {self.tenant!r}"
        return f"table {self.config.table!r} and {whose}"


class Declaration(msgspec.Struct, frozen=True, kw_only=True):
    """What a class statement says beside its annotations."""

    primary_key: tuple[str, ...] = ("id",)
    options: dict[str, AttributeOptions] = {}
    traits: tuple[str, ...] = ()
    patterns: tuple[PatternDefinition, ...] = ()
    indexes: tuple[IndexDefinition, ...] = ()
    keys: Mapping[str, str] = {}
    relations: dict[str, Relation[Any]] = {}


class RecordMeta(msgspec.StructMeta):
    """Takes what msgspec does not know out of a class statement; the rest is msgspec's."""

    def __new__(
        mcls,
        name: str,
        bases: tuple[type, ...],
        namespace: dict[str, Any],
        *,
        primary_key: str | Sequence[str] | None = None,
        patterns: PatternDefinition | Sequence[PatternDefinition] = (),
        indexes: IndexDefinition | Sequence[IndexDefinition] = (),
        keys: Mapping[str, str] | None = None,
        **options: Any,
    ) -> RecordMeta:
        """Make the class and keep its declaration on it.

        Raises:
            ConfigurationError: a keyword is none, or something else stands among the patterns or
                indexes.
        """
        _check_options(name, options)
        patterns = _listed(name, "patterns", patterns, PatternDefinition)
        indexes = _listed(name, "indexes", indexes, IndexDefinition)
        said = {n: one for n, one in namespace.items() if isinstance(one, AttributeOptions)}
        namespace.update({n: one.field() for n, one in said.items()})
        traits = _add_traits(namespace, bases)
        relations = {n: one for n, one in namespace.items() if isinstance(one, Relation)}
        for relation in relations:  # which annotations are for type checkers alone
            namespace["__annotations__"].pop(relation, None)
        cls = super().__new__(mcls, name, bases, namespace, kw_only=True, dict=True, **options)
        for field in cls.__struct_fields__:
            member = cls.__dict__.get(field)
            if member is not None:
                setattr(cls, field, Attr(name, field, member))
        above: Declaration = getattr(cls, "__declaration__", Declaration())
        own = {*(one.name for one in patterns), *(one.name for one in indexes)}
        cls.__declaration__ = Declaration(  # type: ignore[attr-defined]
            primary_key=_names(primary_key) or above.primary_key,
            options={**above.options, **said},
            traits=(*above.traits, *traits),
            patterns=(*(one for one in above.patterns if one.name not in own), *patterns),
            indexes=(*(one for one in above.indexes if one.name not in own), *indexes),
            keys=above.keys if keys is None else keys,
            relations={**above.relations, **relations},
        )
        return cls


_STRUCT_OPTIONS: Final = frozenset(
    {"array_like", "cache_hash", "eq", "forbid_unknown_fields", "frozen", "gc", "omit_defaults"}
    | {"order", "rename", "repr_omit_defaults", "tag", "tag_field", "weakref"}
)
"""What msgspec takes in a class statement, beside what a model sets itself."""

_KEYWORDS: Final = ("primary_key", "patterns", "indexes", "keys")


def _check_options(model: str, options: Mapping[str, Any]) -> None:
    """Refuse what is no keyword of a model and no option of a Struct."""
    for option in options:
        if option not in _STRUCT_OPTIONS:
            near = nearest(option, _KEYWORDS)
            hint = f"write {near}" if near else f"there are {', '.join(_KEYWORDS)}"
            raise ConfigurationError(f"{model}, {option}=", "is no keyword of a model", hint)


def _listed(model: str, keyword: str, given: Any, kind: type[D]) -> tuple[D, ...]:
    """What stands in a keyword, each of which must be of this kind."""
    found = (given,) if isinstance(given, kind) else tuple(given)
    for one in found:
        if not isinstance(one, kind):
            reason = f"holds {one!r}, which is no {kind.__name__}"
            hint = f"write {kind.__name__}(name=…, …), of orm.definitions"
            raise ConfigurationError(f"{model}, {keyword}=", reason, hint)
    return found


def _names(given: str | Sequence[str] | None) -> tuple[str, ...]:
    return (given,) if isinstance(given, str) else tuple(given or ())


def _add_traits(namespace: dict[str, Any], bases: tuple[type, ...]) -> tuple[str, ...]:
    """Give the class the attributes of its traits, as types, since names may mean others here."""
    found = [base for base in bases if issubclass(base, Trait) and "trait" in base.__dict__]
    annotations = namespace.setdefault("__annotations__", {})
    for trait in found:
        for name, declared in get_type_hints(trait).items():
            if name != "trait":
                annotations.setdefault(name, declared)
                namespace.setdefault(name, None)
    return tuple(trait.trait for trait in found)


@dataclass_transform(kw_only_default=True, field_specifiers=(attr, msgspec.field))
class DynamoDBModel(msgspec.Struct, metaclass=RecordMeta):
    """The base of models that save themselves. Class keywords:

    Args:
        primary_key: the attributes that identify a row; the base's, `id` in the end, unless said.
        patterns: what is asked beside primary key, uniques and relations.
        indexes: the same as SQL people say it.
        keys: key templates of one's own: `{"pk": "SITE#{site_id}", "sk": "PAGE#{id}"}`.

    All of them are those of the base as well; a pattern or index of the same name takes the place
    of the base's.
    """

    __declaration__: ClassVar[Declaration]
    # msgspec evaluates every annotation here, so none may name what is imported for types alone
    __dynamo__: ClassVar[Any] = None

    # --- making and finding ---

    @classmethod
    def repository(cls) -> Repository[Self]:
        """What reads and writes rows of this model.

        Raises:
            ConfigurationError: the model is registered with no connection.
        """
        dynamo: Dynamo | None = cls.__dict__.get("__dynamo__")
        if dynamo is None:
            hint = f"dynamo.connection(…); dynamo.register_model({cls.__name__})"
            raise ConfigurationError(cls.__name__, "is registered with no connection", hint)
        return dynamo.current.repository(cls)

    @classmethod
    def using(cls, connection: Connection) -> Repository[Self]:
        """The same for another connection."""
        return connection.repository(cls)

    @classmethod
    def create(cls, values: Mapping[str, Any] | None = None, /, **more: Any) -> Self:
        """Save a new row; see `Repository.create`."""
        return cls.repository().create(values, **more)

    @classmethod
    async def create_async(cls, values: Mapping[str, Any] | None = None, /, **more: Any) -> Self:
        """The same awaited, so that rules which have to be awaited can run."""
        return await cls.repository().create_async(values, **more)

    @classmethod
    def find(cls, *key: object) -> Self | None:
        """The row with this primary key, or None."""
        return cls.repository().find(*key)

    @classmethod
    def find_or_fail(cls, *key: object) -> Self:
        """The row with this primary key.

        Raises:
            RowNotFoundError: there is none.
        """
        return cls.repository().find_or_fail(*key)

    @classmethod
    def find_many(cls, keys: Iterable[object]) -> list[Self]:
        """The rows with these primary keys, in their order; see `Repository.find_many`."""
        return cls.repository().find_many(keys)

    @classmethod
    def query(cls) -> RecordQuery[Self]:
        """A question about the rows, to be completed."""
        return cls.repository().query()

    @classmethod
    def unscoped(cls) -> RecordQuery[Self]:
        """`query()` without default scopes."""
        return cls.repository().unscoped()

    @classmethod
    def where(cls, *clauses: Any, **equal: Any) -> RecordQuery[Self]:
        """`query().where(…)`."""
        return cls.repository().query().where(*clauses, **equal)

    @classmethod
    def with_(cls, *paths: str | Relation[Any]) -> RecordQuery[Self]:
        """`query().with_(…)`."""
        return cls.repository().query().with_(*paths)

    @classmethod
    def first_or_create(cls, found_by: Mapping[str, Any], /, **more: Any) -> Self:
        """The row with these values, or a new one; see `Repository.first_or_create`."""
        return cls.repository().first_or_create(found_by, **more)

    @classmethod
    def update_or_create(cls, found_by: Mapping[str, Any], /, **more: Any) -> Self:
        """The row with these values, changed, or a new one; see `Repository.update_or_create`."""
        return cls.repository().update_or_create(found_by, **more)

    # --- saving ---

    def save(self) -> Self:
        """Write the row, or what has changed of it; see `Repository.save`."""
        _repository(self).save(self)
        return self

    async def save_async(self) -> Self:
        """The same awaited, so that rules which have to be awaited can run."""
        await _repository(self).save_async(self)
        return self

    def update(self, values: Mapping[str, Any] | None = None, /, **more: Any) -> Self:
        """`fill`, then `save`."""
        repository = _repository(self)  # an attribute may be called fill or save
        repository.fill(self, {**(values or {}), **more})
        repository.save(self)
        return self

    async def update_async(self, values: Mapping[str, Any] | None = None, /, **more: Any) -> Self:
        """`fill`, then `save_async`."""
        repository = _repository(self)
        repository.fill(self, {**(values or {}), **more})
        await repository.save_async(self)
        return self

    def fill(self, values: Mapping[str, Any] | None = None, /, **more: Any) -> Self:
        """Set fillable attributes; others are refused."""
        _repository(self).fill(self, {**(values or {}), **more})
        return self

    def delete(self) -> None:
        """Delete the row, or put it into the bin where the model has one."""
        _repository(self).delete(self)

    def force_delete(self) -> None:
        """Delete the row for good."""
        _repository(self).force_delete(self)

    def restore(self) -> Self:
        """Take the row out of the bin."""
        _repository(self).restore(self)
        return self

    def trashed(self) -> bool:
        """Whether the row is in the bin."""
        return _repository(self).is_trashed(self)

    def get_original(self, name: str) -> Any:
        """What is stored of an attribute, whatever was set here since the row was read or saved.

        Raises:
            UnsavedRowError: nothing is stored.
            ConfigurationError: there is no attribute of this name.
        """
        return _repository(self).original(self, name)

    def refresh(self) -> Self:
        """Read the row again, consistently, and forget what was changed here."""
        _repository(self).refresh(self)
        return self

    def replicate(self, **changes: Any) -> Self:
        """A new row, not saved, with the same values but for its key and what traits write."""
        made: Self = _repository(self).replicate(self, changes)
        return made

    # --- relations ---

    def load(self, *paths: str | Relation[Any]) -> Self:
        """Load relations: `load("posts.comments", User.roles)`."""
        _repository(self).load([self], *paths)
        return self

    @overload
    def related(self, relation: Relation[M]) -> Related[M]: ...
    @overload
    def related(self, relation: str) -> Related[Any]: ...
    def related(self, relation: str | Relation[Any]) -> Related[Any]:
        """The rows of a relation, to be asked about and changed; see `Related`."""
        return _repository(self).related(self, relation)

    def count_of(self, relation: str | Relation[Any]) -> int:
        """How many rows `with_count` counted.

        Raises:
            NotLoaded: it did not count these.
        """
        name = relation if isinstance(relation, str) else relation.name
        found: int | None = self.__dict__.get(COUNTS, {}).get(name)
        if found is None:
            raise NotLoaded(type(self).__name__, name)
        return found

    @property
    def pivot(self) -> Any:
        """The edge over which a many-to-many relation led here, with its attributes.

        Raises:
            NotLoaded: the row was not loaded by such a relation.
        """
        found = self.__dict__.get(PIVOT)
        if found is None:
            raise NotLoaded(type(self).__name__, "pivot")
        return found

    # --- asking ---

    def is_dirty(self, *names: str) -> bool:
        """Whether any of these attributes, or any at all, differs from what is stored.

        Raises:
            ConfigurationError: one of them is no attribute.
        """
        repository = _repository(self)
        repository.check_known(names)
        changed = repository.changed(self)
        return bool(changed.intersection(names) if names else changed)

    def to_dict(self) -> dict[str, Any]:
        """The attributes by name, hidden ones left out, and the relations that were loaded."""
        hidden = _repository(self).hidden
        own = {
            name: getattr(self, name)
            for name in self.__struct_fields__
            if name not in hidden and getattr(self, name) is not msgspec.UNSET
        }
        related = self.__dict__.get(RELATED, {})
        return own | {name: _as_dicts(rows) for name, rows in related.items()}

    # --- copying ---

    # A copy is the same stored row; what `msgspec.structs.replace` makes is a new one.

    def __copy__(self) -> Self:
        made: Self = super().__copy__()  # type: ignore[misc]
        made.__dict__.update(self.__dict__)
        return made

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        made: Self = super().__copy__()  # type: ignore[misc]
        memo[id(self)] = made
        for name in self.__struct_fields__:
            setattr(made, name, copy.deepcopy(getattr(self, name), memo))
        made.__dict__.update(
            (name, one if name in _SHARED else copy.deepcopy(one, memo))
            for name, one in self.__dict__.items()
        )
        return made

    if not TYPE_CHECKING:  # which would take it that anything can be set

        def __setattr__(self, name: str, value: Any) -> None:
            """Set an attribute. One that the model does not have is refused: it would not be saved,
            and nobody would notice. Names with an underscore are the program's own.

            Raises:
                NoSuchAttributeError: there is none of this name.
            """
            if name[:1] != "_" and not hasattr(type(self), name):
                raise NoSuchAttributeError(type(self).__name__, name, self.__struct_fields__)
            super().__setattr__(name, value)

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickled without its connection and its relations: the repository that it is given to
        there, or its model's, takes it for the row that it is here."""
        values = {name: getattr(self, name) for name in self.__struct_fields__}
        return _unpickled, (type(self), values, _state(self))

    def __repr__(self) -> str:
        options = self.__declaration__.options
        said = [
            f"{name}=…" if name in options and options[name].hidden else f"{name}={value!r}"
            for name in self.__struct_fields__
            if (value := getattr(self, name)) is not msgspec.UNSET
        ]
        return f"{type(self).__name__}({', '.join(said)})"


def is_stored(record: DynamoDBModel) -> bool:
    """Whether a row was loaded or saved, and not deleted since."""
    return record.__dict__.get("_stored") is not None


def was_deleted(record: DynamoDBModel) -> bool:
    """Whether a row was deleted for good."""
    return "_stored" in record.__dict__ and record.__dict__["_stored"] is None


def place_of(record: DynamoDBModel) -> Place | None:
    """Where a row lies; None where it is of no connection yet."""
    found: Repository[Any] | None = record.__dict__.get("_repository")
    place: Place | None = record.__dict__.get("_place")
    return place if found is None else found.connection.place


_SHARED: Final = frozenset({"_stored", "_repository", "_place"})
"""What copies of a row have together, for it is never changed."""


def _state(record: DynamoDBModel) -> dict[str, Any]:
    """What a pickled row knows of where it is stored."""
    state = {name: one for name, one in record.__dict__.items() if name in ("_stored", "_made_up")}
    if is_stored(record) and "_repository" in record.__dict__:
        state["_stored"] = _repository(record).stored.known(record)
    return {**state, "_place": place_of(record)}


def _unpickled(
    model: type[DynamoDBModel], values: dict[str, Any], state: dict[str, Any]
) -> DynamoDBModel:
    record = model(**values)
    record.__dict__.update(state)
    return record


def _as_dicts(rows: Any) -> Any:
    if isinstance(rows, list):
        return [row.to_dict() for row in rows]
    return None if rows is None else rows.to_dict()


def _repository(record: DynamoDBModel) -> Repository[Any]:
    """The repository that the record came from, else its model's."""
    found = record.__dict__.get("_repository")
    return found if found is not None else type(record).repository()
