"""Asking by keys: the table's own words, one partition at a time.

    dynamo.entity("User").pk("USER#123").sk.begins_with("PROFILE#").index("GSI1").get()
    dynamo.entity(Post).pk(user_id="7").sk.begins_with("POST#2026").descending().get()
    dynamo.collection(User, Post).pk("USER#123").get().of(Post)

A key given whole is checked to be one, part by part, and gets the tenant before it; `pk(id="123")`
and `sk(…)` with names make it of the path's template. Only rows of the entities that are named are
found, live ones unless `with_trashed` is said. `index` uses that index's own key attributes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, Generic, Self, TypeVar

import msgspec

from orm.errors import ConfigurationError
from orm.expressions import (
    Between,
    Comparison,
    Condition,
    Function,
    Placeholders,
    all_of,
    any_of,
    equals,
)
from orm.indexes.copies import covers
from orm.keys import check_key_size
from orm.limits import PARTITION_KEY_BYTES_MAX, SORT_KEY_BYTES_MAX
from orm.models.fetching import fetch_page
from orm.models.native_keys import NativeKeys
from orm.models.path_keys import PathKeys, index_name
from orm.records.queries.clauses import Clause, is_absent
from orm.records.queries.compiling import unexpired
from orm.records.queries.requesting import page_sizes
from orm.records.queries.selecting import selection
from orm.records.queries.spelling import spelled
from orm.records.queries.terms import Named, Terms, whole_number
from orm.requests import Item, Page, Query

if TYPE_CHECKING:
    from orm.config import SingleTableConfig
    from orm.records.connection import Connection
    from orm.records.model import DynamoDBModel
    from orm.records.repository import Repository

R = TypeVar("R", bound="DynamoDBModel")
M = TypeVar("M", bound="DynamoDBModel")
Q = TypeVar("Q", bound="KeyQuery")
T = TypeVar("T")
Said = str | Mapping[str, Any]
"""A key: whole, or by the values that it is made of."""

_OPERATORS: Final = {
    "equals": "=",
    "less_than": "<",
    "at_most": "<=",
    "greater_than": ">",
    "at_least": ">=",
}


class _Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked of one partition.

    Args:
        pk: its key.
        sk: what the sort key must be like: an operator and its operands.
        index: the name of an index; empty for the table itself.
        filters: what else is demanded of rows.
        limit: the most rows.
        forward: whether the least sort key comes first.
        consistent: whether every write before must be seen.
        trashed: whether rows in the bin are found.
        project: the attributes that are read; whole rows where there are none.
    """

    pk: Said = ""
    sk: tuple[str, tuple[Said, ...]] | None = None
    index: str = ""
    filters: tuple[Clause, ...] = ()
    limit: int | None = None
    forward: bool = True
    consistent: bool = False
    trashed: bool = False
    project: tuple[str, ...] = ()


class Collection(list[Any]):
    """Rows of several entities, in the order of the sort key."""

    def of(self, model: type[M]) -> list[M]:
        """Those of one model."""
        return [row for row in self if isinstance(row, model)]

    def one(self, model: type[M]) -> M | None:
        """The first of a model, or None."""
        return next(iter(self.of(model)), None)


class KeyQuery:
    """A question about one partition: its base for one entity and for several."""

    def __init__(
        self,
        connection: Connection,
        repositories: Sequence[Repository[Any]],
        asked: _Asked | None = None,
    ) -> None:
        self._connection, self._repositories = connection, repositories
        self._asked = asked or _Asked()

    def _with(self, **changes: Any) -> Self:
        asked = msgspec.structs.replace(self._asked, **changes)
        return type(self)(self._connection, self._repositories, asked)

    # --- keys ---

    def index(self, name: str) -> Self:
        """Ask an index by its name, `GSI1`, instead of the table."""
        return self._with(index=name)

    def pk(self, key: str = "", /, **values: Any) -> Self:
        """The partition: its key whole, without the tenant, or the values it is made of."""
        return self._with(pk=_said("pk", key, values))

    @property
    def sk(self) -> SortKey[Self]:
        """What the sort key must be like: `sk("…")`, `sk.begins_with("…")`, `sk.between(…)`."""
        return SortKey(lambda operator, *operands: self._with(sk=(operator, operands)))

    # --- what else ---

    def filter(self, *clauses: Any, **equal: Any) -> Self:
        """Of the rows found, those of which this holds; the others are read and paid for."""
        return self._with(filters=(*self._asked.filters, *spelled(clauses, equal)))

    def limit(self, count: int) -> Self:
        """At most so many rows."""
        if (most := whole_number("limit", count)) < 0:
            raise ConfigurationError("limit", f"must not be negative, is {count}")
        return self._with(limit=most)

    def _at_most_one(self) -> Self:
        return self.limit(1 if self._asked.limit is None else min(1, self._asked.limit))

    def descending(self) -> Self:
        """The greatest sort key first."""
        return self._with(forward=False)

    def consistent(self) -> Self:
        """See every write that was answered before; twice the price, and no global index can."""
        return self._with(consistent=True)

    def with_trashed(self) -> Self:
        """Rows in the bin as well."""
        return self._with(trashed=True)

    # --- asking ---

    @property
    def _config(self) -> SingleTableConfig:
        return self._connection.config

    def _request(self) -> Query[Item]:
        paths = {one.definition.name: self._path(one) for one in self._repositories}
        standing = [one for one in self._repositories if paths[one.definition.name]]
        path = next((path for path in paths.values() if path is not None), None) or self._others()
        if path is None:
            raise self._no_index()
        self._check_copied(path)
        if self._asked.consistent and path.path.kind == "gsi":
            reason = "is a global index, which is not read consistently"
            raise ConfigurationError(self._asked.index, reason, "leave out consistent()")
        placeholders = Placeholders()
        key = all_of(*self._key_conditions(path)).render(placeholders)
        return Query(
            table_name=self._config.table,
            index_name=index_name(path.path, self._config),
            key_condition_expression=key,
            filter_expression=any_of(*map(self._wanted, standing or self._repositories)).render(
                placeholders
            ),
            expression_attribute_names=placeholders.names,
            expression_attribute_values=placeholders.values or {},
            scan_index_forward=self._asked.forward,
            consistent_read=self._asked.consistent,
        )

    def _path(self, repository: Repository[Any]) -> PathKeys | None:
        """The entity's keys in the index that is asked."""
        for keys in repository.layout.paths:
            if (index_name(keys.path, self._config) or "") == self._asked.index:
                if isinstance(keys, NativeKeys):
                    reason = "has attributes for its keys, and no texts to be asked by"
                    raise ConfigurationError(self._asked.index, reason, "ask with where()")
                return keys
        return None

    def _others(self) -> PathKeys | None:
        """The keys of other entities in the index. Of those that are asked for it has no row, which
        is what it answers when it is asked by a key as a whole."""
        if not isinstance(self._asked.pk, str):
            return None
        known = map(self._connection.repository, self._connection.plan.entities)
        return next((path for path in map(self._path, known) if path is not None), None)

    def _check_copied(self, keys: PathKeys) -> None:
        """Refuse an index that does not copy what is read."""
        slots = {slot.number: slot.include for slot in self._connection.plan.slots}
        include = slots.get(keys.path.number, ()) if keys.path.kind == "gsi" else ()
        wanted = {*self._asked.project, *(one.attribute for one in self._asked.filters)}
        if not covers(include, wanted if self._asked.project else ()):
            reason = f"copies {', '.join(include)} alone"
            raise ConfigurationError(self._asked.index, reason, "project() these, or ask the table")

    def _no_index(self) -> ConfigurationError:
        names = ", ".join(one.definition.name for one in self._repositories)
        known = {
            index_name(keys.path, self._config) or "the table"
            for one in self._repositories
            for keys in one.layout.paths
        }
        hint = f"there are {', '.join(sorted(known))}; docs/orm/indexes.md says how to declare one"
        return ConfigurationError(self._asked.index, f"is no index that {names} stands in", hint)

    def _wanted(self, repository: Repository[Any]) -> Condition:
        """What a row of one entity must be like."""
        layout, traits = repository.layout, repository.definition.traits
        demands: list[Condition] = [equals(self._config.entity, layout.entity)]
        if traits.soft_deletes and not self._asked.trashed:
            demands.append(is_absent(layout.fields[traits.soft_deletes].attribute))
        terms = Terms(repository)
        demands += map(terms.condition, terms.clauses(self._asked.filters))
        return all_of(*demands, *unexpired(repository))

    # --- the key condition ---

    def _key_conditions(self, keys: PathKeys) -> Iterator[Condition]:
        pk_name, sk_name = keys.names
        partition = self._partition(keys)
        check_key_size(pk_name, partition, PARTITION_KEY_BYTES_MAX)
        yield equals(pk_name, partition)
        if self._asked.sk is None:
            return
        operator, operands = self._asked.sk
        texts = [self._sort(keys, operand, operator == "begins_with") for operand in operands]
        for text in texts:
            check_key_size(sk_name, text, SORT_KEY_BYTES_MAX)
        if operator == "begins_with":
            yield Function("begins_with", sk_name, {"S": texts[0]})
        elif operator == "between":
            if texts[0].encode() > texts[1].encode():
                hint = "give the lesser key first"
                raise ConfigurationError("sk.between", "has its bounds the wrong way round", hint)
            yield Between(sk_name, {"S": texts[0]}, {"S": texts[1]})
        else:
            yield Comparison(sk_name, _OPERATORS[operator], {"S": texts[0]})

    def _partition(self, keys: PathKeys) -> str:
        said = self._asked.pk
        if not isinstance(said, str):
            if keys.path.shards > 1:
                reason = f"spreads its rows over {keys.path.shards} partitions"
                raise ConfigurationError(self._asked.index, reason, "ask with where(), or by key")
            _check_names("pk", said, keys.path.hash)
            return keys.partition(said)
        if not said:
            hint = "say .pk('USER#123'), or .pk(id='123')"
            raise ConfigurationError("pk", "a question is about one partition", hint)
        parts = self._config.keys.split(said)
        return self._config.keys.partition(*parts, tenant=self._connection.tenant)

    def _sort(self, keys: PathKeys, said: Said, begins: bool) -> str:
        if not isinstance(said, str):
            _check_names("sk", said, keys.path.sort)
            return keys.order(said)
        delimiter = self._config.delimiter
        whole = said.removesuffix(delimiter) if begins else said
        self._config.keys.split(whole)  # refuses what is no key
        return said


class SortKey(Generic[Q]):
    """The sort key of a question. Each method takes keys whole, or the values they are made of."""

    def __init__(self, asked: Callable[..., Q]) -> None:
        self._asked = asked

    def __call__(self, key: str = "", /, **values: Any) -> Q:
        """Exactly this one."""
        return self._asked("equals", _said("sk", key, values))

    equals = __call__

    def begins_with(self, text: str) -> Q:
        """Those that begin so: `POST#` finds `POST#1` and not `POSTER#1`."""
        return self._asked("begins_with", _operand("sk.begins_with", text, str))

    def between(self, low: Said, high: Said) -> Q:
        """Those within these two, both included."""
        bounds = (_operand("sk.between", bound, (str, Mapping)) for bound in (low, high))
        return self._asked("between", *bounds)

    def less_than(self, key: str = "", /, **values: Any) -> Q:
        """Those before this one."""
        return self._asked("less_than", _said("sk", key, values))

    def at_most(self, key: str = "", /, **values: Any) -> Q:
        """Those up to this one."""
        return self._asked("at_most", _said("sk", key, values))

    def greater_than(self, key: str = "", /, **values: Any) -> Q:
        """Those after this one."""
        return self._asked("greater_than", _said("sk", key, values))

    def at_least(self, key: str = "", /, **values: Any) -> Q:
        """Those from this one on."""
        return self._asked("at_least", _said("sk", key, values))


class EntityQuery(KeyQuery, Generic[R]):
    """A question about the rows of one entity in one partition."""

    @property
    def _repository(self) -> Repository[R]:
        return self._repositories[0]

    def project(self, *named: Named) -> ProjectedQuery:
        """These attributes alone, as dicts; an index that copies them is enough.

        Raises:
            ConfigurationError: none is named, or one that is no attribute.
        """
        repository = self._repository
        if not named:
            raise ConfigurationError("project", "names no attribute", _known(repository))
        names = tuple(map(Terms(repository).name, named))
        asked = msgspec.structs.replace(self._asked, project=names)
        return ProjectedQuery(self._connection, self._repositories, asked)

    def iterate(self) -> Iterator[R]:
        """The rows one by one, read page by page."""
        repository, driver = self._repository, self._connection.driver

        def fetch(request: Query[Item]) -> tuple[list[Any], Page[Any]]:
            return fetch_page(driver, repository.layout, request, repository.adopt)

        return _walked(fetch, self._request(), self._asked.limit)

    def get(self) -> list[R]:
        """All rows, in the order of the sort key."""
        return list(self.iterate())

    def first(self) -> R | None:
        """The first row, or None."""
        return next(self._at_most_one().iterate(), None)

    def count(self) -> int:
        """How many rows there are; they are read for it."""
        return sum(1 for _ in self.iterate())


class ProjectedQuery(KeyQuery):
    """A question about some attributes of the rows of one entity in one partition."""

    def iterate(self) -> Iterator[dict[str, Any]]:
        """The attributes of each row, read page by page."""
        (repository,), driver, names = (
            self._repositories,
            self._connection.driver,
            self._asked.project,
        )
        chosen = selection(repository.layout, names)

        def fetch(request: Query[Item]) -> tuple[list[Any], Page[Any]]:
            return fetch_page(driver, chosen, chosen.of(request))

        rows = _walked(fetch, self._request(), self._asked.limit)
        return ({name: getattr(row, name) for name in names} for row in rows)

    def get(self) -> list[dict[str, Any]]:
        """All of them, in the order of the sort key."""
        return list(self.iterate())

    def first(self) -> dict[str, Any] | None:
        """Those of the first row, or None."""
        return next(self._at_most_one().iterate(), None)


class CollectionQuery(KeyQuery):
    """A question about the rows of several entities in one partition."""

    def iterate(self) -> Iterator[Any]:
        """The rows one by one, read page by page; each is of its own model."""
        by_name = {one.layout.entity: one for one in self._repositories}

        def row(item: Item) -> Any:
            repository = by_name[item[self._config.entity]["S"]]
            return repository.adopt(repository.layout.row(item), item)

        def fetch(request: Query[Item]) -> tuple[list[Any], Page[Any]]:
            page = self._connection.driver.send(request)
            return list(map(row, page.items)), page

        return _walked(fetch, self._request(), self._asked.limit)

    def get(self) -> Collection:
        """All rows, in the order of the sort key."""
        return Collection(self.iterate())


def _walked(
    fetch: Callable[[Query[Item]], tuple[list[T], Page[Any]]],
    request: Query[Item],
    limit: int | None,
) -> Iterator[T]:
    """The rows of a request and of its following pages, at most so many."""
    return islice(_every(fetch, request, limit), limit) if limit != 0 else iter(())


def _every(
    fetch: Callable[[Query[Item]], tuple[list[T], Page[Any]]],
    request: Query[Item],
    limit: int | None,
) -> Iterator[T]:
    for size in page_sizes(limit, sieved=True):
        rows, page = fetch(msgspec.structs.replace(request, limit=size))
        yield from rows
        if page.last_evaluated_key is None:
            return
        request = msgspec.structs.replace(request, exclusive_start_key=page.last_evaluated_key)


def _said(name: str, key: str, values: dict[str, Any]) -> Said:
    if not isinstance(key, str):
        reason = f"takes a key as text, was given {type(key).__name__} {key!r}"
        raise ConfigurationError(name, reason, f"say .{name}(id={key!r}), or the key whole")
    if bool(key) == bool(values):
        hint = f"say .{name}('USER#123') or .{name}(id='123')"
        raise ConfigurationError(name, "takes a key whole, or the values it is made of", hint)
    return key or values


def _operand(name: str, said: Any, kinds: Any) -> Any:
    """A text, or values, that sort keys are compared with."""
    if not isinstance(said, kinds) or not said:
        reason = f"takes a key as text, was given {type(said).__name__} {said!r}"
        raise ConfigurationError(name, reason, "say 'POST#1', or what it begins with")
    return said


def _check_names(name: str, said: Mapping[str, Any], parts: Sequence[str]) -> None:
    """Refuse values that the key is not made of: they would be passed over. One that lacks a part
    is refused when it is made."""
    left = [one for one in said if one not in parts]
    if left and said.keys() >= set(parts):
        hint = f"it is made of {', '.join(parts)}" if parts else "it is made of no attribute"
        raise ConfigurationError(name, f"is not made of {', '.join(left)}", hint)


def _known(repository: Repository[Any]) -> str:
    return f"there are {', '.join(repository.layout.fields)}"
