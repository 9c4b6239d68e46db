"""Queries of records, in the words of Laravel's query builder.

    Post.where(user_id=ann.id).where(Post.created_at >= monday).latest().limit(10).get()

Each method returns a new query; nothing is sent until rows are asked for. What no key or index
answers is refused, with the pattern to declare; `scan` reads the whole table and says so.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from itertools import islice
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeVar, overload

import msgspec

from orm.errors import ConfigurationError, RowNotFoundError
from orm.expressions import Placeholders
from orm.models.fetching import scan_rows
from orm.records.attr import Attr
from orm.records.queries.clauses import Clause, is_impossible
from orm.records.queries.compiling import Asked, Reader, conditions, readers
from orm.records.queries.explaining import Explanation, explained
from orm.records.queries.ordering import greatest, least, mean, place_of, total
from orm.records.queries.paging import AT_A_TIME, CursorPage, page_of
from orm.records.queries.requesting import rendered
from orm.records.queries.running import (
    are_apart,
    counted,
    distinct,
    itself,
    merged,
    parts_of,
    rows_of,
)
from orm.records.queries.spelling import several, spelled
from orm.records.queries.terms import Named, Terms, whole_number
from orm.records.relating.links import Constrain, RecordOrder, check_path, sort_rows
from orm.records.relating.relations import Relation
from orm.records.relating.resolver import Having, RelationshipResolver, Wanted, having, wanted
from orm.records.scopes import scope_of

if TYPE_CHECKING:
    from orm.records.model import DynamoDBModel
    from orm.records.repository import Repository

R = TypeVar("R", bound="DynamoDBModel")
T = TypeVar("T")
Related = str | Relation[Any]
Direction = Literal["asc", "desc"]


class RecordQuery(Generic[R]):
    """A question about the rows of one model."""

    def __init__(self, repository: Repository[R], asked: Asked | None = None) -> None:
        self._repository, self._asked = repository, asked or Asked()

    def _with(self, **changes: Any) -> RecordQuery[R]:
        return RecordQuery(self._repository, msgspec.structs.replace(self._asked, **changes))

    @property
    def asked(self) -> Asked:
        """What is asked so far, as data."""
        return self._asked

    @property
    def _terms(self) -> Terms:
        return Terms(self._repository)

    def _and(self, *clauses: Clause) -> RecordQuery[R]:
        *before, last = self._asked.groups
        return self._with(groups=(*before, (*last, *self._terms.clauses(clauses))))

    def _demand(self, attribute: Named, operator: str, *values: Any) -> RecordQuery[R]:
        return self._and(Clause(self._terms.name(attribute), operator, values))

    # --- saying what to find ---

    def where(self, *said: Any, **equal: Any) -> RecordQuery[R]:
        """Rows of which this holds: `where(name="Ann")`, `where(User.age >= 18)`,
        `where("age", ">=", 18)` or `where("name", "Ann")`.

        Raises:
            ConfigurationError: of this and all that say what to find: there is no such attribute,
                it is another model's, or a value is of another type than its attribute.
        """
        return self._and(*spelled(said, equal))

    def or_where(self, *said: Any, **equal: Any) -> RecordQuery[R]:
        """Or rows of which this holds, whatever was said before: `(a and b) or c`. Where nothing
        was, it is `where`."""
        before = () if self._asked.groups == ((),) else self._asked.groups
        clauses = self._terms.clauses(spelled(said, equal))
        return self._with(groups=(*before, tuple(clauses)))

    def where_in(self, attribute: Named, values: Iterable[Any]) -> RecordQuery[R]:
        """Rows with one of these values; one reading for each."""
        return self._demand(attribute, "in", *several("where_in", values))

    def where_not_in(self, attribute: Named, values: Iterable[Any]) -> RecordQuery[R]:
        """Rows with none of these values; a filter."""
        return self._demand(attribute, "not_in", *several("where_not_in", values))

    def where_between(self, attribute: Named, low: Any, high: Any) -> RecordQuery[R]:
        """Rows whose value lies within these two, both included."""
        return self._demand(attribute, "between", low, high)

    def where_null(self, attribute: Named) -> RecordQuery[R]:
        """Rows without a value; a filter."""
        return self._demand(attribute, "null")

    def where_not_null(self, attribute: Named) -> RecordQuery[R]:
        """Rows with a value; a filter."""
        return self._demand(attribute, "not_null")

    def where_begins_with(self, attribute: Named, text: str) -> RecordQuery[R]:
        """Rows whose text begins so."""
        return self._demand(attribute, "begins_with", text)

    def where_contains(self, attribute: Named, value: Any) -> RecordQuery[R]:
        """Rows whose text holds this one, or whose collection has this member; a filter."""
        return self._demand(attribute, "contains", value)

    def filter(self, *said: Any, **equal: Any) -> RecordQuery[R]:
        """Of the rows that the keys find, those of which this holds. The others are read and paid
        for, and left out."""
        clauses = self._terms.clauses(spelled(said, equal))
        return self._with(filters=(*self._asked.filters, *clauses))

    def scope(self, named: Callable[..., Any] | str, *args: Any, **kwargs: Any) -> RecordQuery[R]:
        """Narrowed by a scope of the model, given whole or by name, or by any function that takes a
        query and returns one.

        Raises:
            ConfigurationError: the model has no scope of this name.
        """
        narrow = named if callable(named) else scope_of(self._repository.model, named)
        narrowed: RecordQuery[R] = narrow(self, *args, **kwargs)
        return narrowed

    def order_by(self, attribute: Named, direction: Direction = "asc") -> RecordQuery[R]:
        """Sorted by an attribute that keys sort by: `asc` or `desc`; `-name` is `name`, `desc`."""
        if isinstance(attribute, str) and attribute.startswith("-") and direction == "asc":
            attribute, direction = attribute[1:], "desc"
        if direction not in ("asc", "desc"):
            raise ConfigurationError("order_by", f"{direction!r} is neither 'asc' nor 'desc'")
        return self._with(order=self._terms.name(attribute), descending=direction == "desc")

    def latest(self, attribute: Named = "created_at") -> RecordQuery[R]:
        """The newest first."""
        return self.order_by(attribute, "desc")

    def oldest(self, attribute: Named = "created_at") -> RecordQuery[R]:
        """The oldest first."""
        return self.order_by(attribute)

    def limit(self, count: int) -> RecordQuery[R]:
        """At most so many rows; filters do not count."""
        if (most := whole_number("limit", count)) < 0:
            raise ConfigurationError("limit", f"must not be negative, is {count}")
        return self._with(limit=most)

    def with_trashed(self) -> RecordQuery[R]:
        """Rows in the bin as well."""
        return self._with(trashed="with")

    def only_trashed(self) -> RecordQuery[R]:
        """Rows in the bin alone."""
        return self._with(trashed="only")

    def consistent(self) -> RecordQuery[R]:
        """See every write that was answered before; twice the price, and no global index can."""
        return self._with(consistent=True)

    @property
    def ordered(self) -> RecordOrder:
        """What is sorted by, and how many rows are taken."""
        sign = "-" if self._asked.descending else ""
        said = f"{sign}{self._asked.order}" if self._asked.order else ""
        return RecordOrder(said, self._asked.limit)

    @property
    def takes_all(self) -> bool:
        """Whether it leaves out no row, but for its limit: then rows are found by their keys alone,
        and sorted, cut and completed after."""
        plain = self._with(order="", descending=False, limit=None, eager=(), counted=())
        return plain._asked == self._repository.query()._asked

    def at_most(self, count: int) -> RecordQuery[R]:
        """The same with no greater limit than this."""
        said = self._asked.limit
        return self.limit(count if said is None else min(said, count))

    # --- relations ---

    def with_(self, *paths: Related | Wanted, **narrowed: Constrain) -> RecordQuery[R]:
        """Load relations with the rows: `with_("posts.comments", User.roles)`, or narrowed,
        `with_(posts=lambda posts: posts.latest().limit(3))`."""
        asked = [wanted(path) for path in paths]
        asked += [wanted(name, constrain) for name, constrain in narrowed.items()]
        self._check_paths(one.path for one in asked)
        return self._with(eager=(*self._asked.eager, *asked))

    def _check_paths(self, paths: Iterable[Sequence[str | Relation[Any]]]) -> None:
        """Told here; else it would be told only where rows are found.

        Raises:
            ConfigurationError: a path names no relation.
        """
        for path in paths:
            check_path(self._repository, path)

    def with_count(self, *relations: Related, **narrowed: Constrain) -> RecordQuery[R]:
        """Count the rows of relations: `row.count_of("posts")`. The rows are read for it."""
        asked = [wanted(relation) for relation in relations]
        asked += [wanted(name, constrain) for name, constrain in narrowed.items()]
        if nested := [one for one in asked if len(one.path) > 1]:
            reason = "counts the relations of the rows alone, not of theirs"
            raise ConfigurationError("with_count", reason, f"leave out {nested[0]}")
        self._check_paths(one.path for one in asked)
        return self._with(counted=(*self._asked.counted, *asked))

    def has(self, relation: Related, operator: str = ">=", count: int = 1) -> RecordQuery[R]:
        """Rows whose relation has rows, or so many. Asked of each row that the keys find: those
        that are left out are read and paid for."""
        return self.demanding(having(relation, operator, count))

    def doesnt_have(self, relation: Related) -> RecordQuery[R]:
        """Rows whose relation has no row; asked as `has` is."""
        return self.demanding(having(relation, none=True))

    def where_has(
        self, relation: Related, constrain: Constrain, operator: str = ">=", count: int = 1
    ) -> RecordQuery[R]:
        """Rows whose relation has rows of which this holds; asked as `has` is.

        `User.query().where_has(User.posts, lambda posts: posts.filter(status="open"))`
        """
        return self.demanding(having(relation, operator, count, constrain))

    def where_doesnt_have(self, relation: Related, constrain: Constrain) -> RecordQuery[R]:
        """Rows whose relation has no row of which this holds; asked as `has` is."""
        return self.demanding(having(relation, constrain=constrain, none=True))

    def demanding(self, demand: Having) -> RecordQuery[R]:
        """Rows whose relation is as demanded."""
        self._check_paths([demand.path])
        return self._with(having=(*self._asked.having, demand))

    # --- rows ---

    def find(self, *key: object) -> R | None:
        """The row with this primary key of which everything holds that was said, or None.

        Raises:
            ConfigurationError: alternatives were said; a row is found by one key.
        """
        repository, asked = self._repository, self._asked
        identity = repository.identity(key)
        if asked.groups == ((),) and not asked.filters and repository.reads_by_identity:
            row = repository.get(repository.layout.key(identity), consistent=asked.consistent)
            return self._one([row] if row is not None and self._shows(row) else [])
        return self.one_by(identity)

    def one_by(self, values: Mapping[str, Any]) -> R | None:
        """The row with these values, which find it alone, of which everything holds that was said;
        or None. Raises as `find`."""
        asked = self._asked
        if len(asked.groups) > 1:
            raise ConfigurationError("find", "finds one row; leave out or_where")
        said = self._with(
            groups=((),), filters=(*asked.groups[0], *asked.filters), order="", limit=None
        )
        return said.where(**values).first()

    def _one(self, rows: list[R]) -> R | None:
        return next(iter(self.loaded(self._as_demanded(rows))), None)

    def find_or_fail(self, *key: object) -> R:
        """The row with this primary key.

        Raises:
            RowNotFoundError: there is none.
        """
        found = self.find(*key)
        if found is None:
            name = self._repository.definition.name
            raise RowNotFoundError(name, self._repository.identity(key))
        return found

    def _shows(self, row: R) -> bool:
        """Whether a row that was read by its key alone is asked for."""
        bin_ = self._repository.definition.traits.soft_deletes
        trashed = self._asked.trashed
        if not self._repository.is_live(row, trashed=trashed != "without"):
            return False
        return trashed != "only" or (bin_ is not None and getattr(row, bin_) is not None)

    def iterate(self) -> Iterator[R]:
        """The rows one by one, read page by page.

        Raises:
            NoIndexError: only a scan could answer; names what to declare.
        """
        return self._streamed(self._found())

    __iter__ = iterate

    def _found(self) -> Iterator[R]:
        """The rows, without their relations."""
        made = readers(self._repository, self._asked)
        return iter(()) if self._asked.limit == 0 else self._chosen(self._read(made))

    def _read(self, made: list[Reader]) -> Iterator[R]:
        """What readings find, each row once."""
        asked, repository = self._asked, self._repository
        parts: list[Iterator[R]] = [self._part(one) for one in made]
        if len(parts) <= 1:
            return merged(parts, None, asked.descending)
        order = asked.order
        key = place_of(repository, order, asked.descending) if order else None
        rows = merged(parts, key, asked.descending)
        names = repository.plan.identity if asked.select else repository.layout.key_fields
        return distinct(rows, names, itself)

    def _part(self, reader: Reader) -> Iterator[R]:
        """The rows of one reading. Relations are asked about for many rows at a time."""
        asked, limit = self._asked, self._asked.limit
        if asked.having and limit is not None:
            limit = max(limit, AT_A_TIME)
        sieved = bool(asked.having)
        return rows_of(self._repository, reader, limit, select=asked.select, sieved=sieved)

    def _chosen(self, rows: Iterator[R]) -> Iterator[R]:
        """As many as are asked for of those whose relations are as demanded."""
        if self._asked.having:
            rows = (one for part in parts_of(rows, AT_A_TIME) for one in self._as_demanded(part))
        return islice(rows, self._asked.limit)

    def _streamed(self, rows: Iterator[R]) -> Iterator[R]:
        """The rows with their relations, which are read for a hundred rows at a time."""
        if not self._asked.eager and not self._asked.counted:
            return rows
        return (row for part in parts_of(rows, AT_A_TIME) for row in self.loaded(part))

    def _as_demanded(self, rows: list[R]) -> list[R]:
        having = self._asked.having
        return self._resolver.having(rows, having) if having else rows

    def loaded(self, rows: list[R]) -> list[R]:
        """Rows, found so or otherwise, with the relations that were asked for."""
        asked = self._asked
        if rows and asked.eager:
            self._resolver.load(rows, *asked.eager)
        if rows:
            for one in asked.counted:
                self._resolver.count(rows, one)
        return rows

    @property
    def _resolver(self) -> RelationshipResolver:
        return self._repository.connection.resolver

    def get(self) -> list[R]:
        """All rows, in order."""
        return self.loaded(list(self._found()))

    all = get

    def sorted_after(self, order: str) -> list[R]:
        """All rows, read and then sorted by an attribute, `-` before it for the greatest first."""
        if self._asked.order:
            return self.get()
        whole = sort_rows(list(self._with(limit=None)._found()), order)
        return self.loaded(whole[: self._asked.limit])

    def first(self) -> R | None:
        """The first row, or None."""
        return next(self.at_most(1).iterate(), None)

    def first_or_fail(self) -> R:
        """The first row.

        Raises:
            RowNotFoundError: there is none.
        """
        found = self.first()
        if found is None:
            raise RowNotFoundError(self._repository.definition.name, {}, self._said())
        return found

    def _said(self) -> str:
        """The question as people read it, without hidden values."""
        asked, hidden = self._asked, self._repository.hidden
        groups = [" and ".join(one.said(hidden) for one in group) for group in asked.groups]
        filters = [one.said(hidden) for one in asked.filters]
        return ", and ".join(filter(None, [" or ".join(groups), *filters]))

    def chunk(self, size: int) -> Iterator[list[R]]:
        """The rows in lists of `size`, the last perhaps shorter."""
        if whole_number("chunk", size) < 1:
            raise ConfigurationError("chunk", f"a size of {size} holds no row")
        return map(self.loaded, parts_of(self._found(), size))

    def paginate(self, size: int = 20, cursor: str | None = None) -> CursorPage[R]:
        """One page of the rows, and the cursor of the next.

        Args:
            size: how many rows; the last page may have fewer.
            cursor: of the page before; None for the first.

        Raises:
            CursorError: the cursor is damaged, or was given for another question or tenant.
            ConfigurationError: the connection has no `cursor_keys`.
        """
        rows, following = page_of(self._repository, self._asked, size, cursor)
        return CursorPage(self.loaded(rows), following)

    @overload
    def pluck(self, attribute: Attr[T]) -> list[T]: ...
    @overload
    def pluck(self, attribute: str) -> list[Any]: ...
    def pluck(self, attribute: Named) -> list[Any]:
        """One attribute of every row; read as `select` does."""
        name = self._terms.name(attribute)
        return [getattr(row, name) for row in self._narrowed(name)._found()]

    def select(self, *attributes: Named) -> list[dict[str, Any]]:
        """These attributes of every row, in order. An index that copies them is enough to answer.

        Raises:
            NoIndexError: see `iterate`.
        """
        names = tuple(map(self._terms.name, attributes))
        rows = self._narrowed(*names)._found()
        return [{name: getattr(row, name) for name in names} for row in rows]

    def _narrowed(self, *names: str) -> RecordQuery[R]:
        """The same rows with these attributes alone, and what tells and sorts them; they are whole
        where relations are asked about."""
        order = (self._asked.order,) if self._asked.order else ()
        read = tuple(dict.fromkeys((*names, *order, *self._repository.plan.identity)))
        return self._with(select=() if self._asked.having else read, eager=(), counted=())

    def explain(self) -> Explanation:
        """What will be sent, and what it costs; nothing is sent for it.

        Raises:
            NoIndexError: only a scan could answer; names what to declare.
        """
        return explained(self._repository, self._asked)

    # --- numbers ---

    def count(self) -> int:
        """How many rows there are. They are counted where they lie, if one reading finds them and
        nothing is asked of their relations; else their primary keys are read."""
        narrow, asked = self._narrowed(), self._asked
        made = readers(self._repository, narrow._asked)
        if asked.limit == 0:
            return 0
        if not asked.having and are_apart(made):
            return counted(self._repository, made, asked.limit)
        return sum(1 for _ in narrow._chosen(narrow._read(made)))

    def exists(self) -> bool:
        """Whether there is a row."""
        return self.at_most(1).count() > 0

    def sum(self, attribute: Named) -> Any:
        """The sum of an attribute; rows without it count nothing. 0 without rows.

        Raises:
            ConfigurationError: of this and `avg`: it holds no numbers.
        """
        return total(self._path(attribute), self._known(attribute))

    def avg(self, attribute: Named) -> Any:
        """The mean of an attribute over the rows that have it; None without any."""
        values = self._known(attribute)
        return mean(self._path(attribute), values) if values else None

    def min(self, attribute: Named) -> Any:
        """The least value of an attribute; None without any.

        Raises:
            ConfigurationError: of this and `max`: its values are in no order.
        """
        return least(self._path(attribute), self._known(attribute))

    def max(self, attribute: Named) -> Any:
        """The greatest value of an attribute; None without any."""
        return greatest(self._path(attribute), self._known(attribute))

    def _known(self, attribute: Named) -> list[Any]:
        name = self._terms.name(attribute)
        return [value for value in self.pluck(name) if value is not None]

    def _path(self, attribute: Named) -> str:
        return f"{self._repository.definition.name}.{self._terms.name(attribute)}"

    # --- the whole table ---

    def scan(self, *, segments: int = 1) -> Generator[R]:
        """Every row of the model of which the filters hold, in no order, by reading the *whole*
        table, page by page.

        Args:
            segments: in how many parts it is read at once, each in a thread of its own; closing
                what is returned ends them.

        Raises:
            ConfigurationError: the query has clauses or an order, which a scan does not answer.
        """
        if self._asked.groups != ((),) or self._asked.order:
            raise ConfigurationError(
                "scan", "reads every row; say filter() in place of where, and leave out order_by"
            )
        if any(map(is_impossible, self._asked.filters)):
            none: list[R] = []
            return (row for row in none)
        repository, filters = self._repository, conditions(self._repository, self._asked)
        rendered(filters, Placeholders())
        rows = scan_rows(
            repository.connection.driver,
            repository.layout,
            filters=filters,
            consistent=self._asked.consistent,
            adopt=repository.adopt,
            segments=segments,
        )
        return self._ended(rows)

    def _ended(self, rows: Generator[R]) -> Generator[R]:
        """The rows that are asked for; closes the others however it ends."""
        with closing(rows):
            yield from self._streamed(self._chosen(rows))
