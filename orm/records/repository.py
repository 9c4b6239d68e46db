"""Repositories: one model in one connection. What `DynamoDBModel`'s methods do is done here."""

from __future__ import annotations

import asyncio
import copy
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

import msgspec

from orm.definitions import EntityDefinition
from orm.definitions.filling import guarded
from orm.definitions.names import nearest
from orm.errors import (
    ConfigurationError,
    InvalidKeyError,
    NoIndexError,
    RowExistsError,
    RowNotFoundError,
)
from orm.indexes import EntityPlan
from orm.models.fetching import fetch_row
from orm.models.layout import Layout
from orm.parallel import in_parallel
from orm.records.errors import ForeignRowError, UniqueError, UnsavedRowError
from orm.records.hooks import Hooks
from orm.records.model import DynamoDBModel, is_stored, place_of, was_deleted
from orm.records.queries.query import RecordQuery
from orm.records.relating.links import link_of
from orm.records.relating.related import Related
from orm.records.relating.relations import RELATED, Relation
from orm.records.scopes import scopes_of
from orm.records.writes.cascades import delete_all, deletions
from orm.records.writes.claims import Claims
from orm.records.writes.drafting import Drafts
from orm.records.writes.pending import Pending, finish
from orm.records.writes.rows import WRITTEN, Rows
from orm.records.writes.stored import Stored
from orm.requests import GetItem, Item

if TYPE_CHECKING:
    from orm.records.connection import Connection

R = TypeVar("R", bound=DynamoDBModel)
UNSET: Final = msgspec.UNSET


class Repository(Generic[R]):
    """Reads and writes the rows of one model; thread-safe.

    Attributes:
        model: the class of the rows.
        connection: where they lie.
        definition: what is declared of them.
        plan: how they are keyed and found.
        hidden: the attributes that nothing shows.
        stored: what rows know of what is stored of them.
        drafts: what is to be written of rows.
        hooks: what the model does around reads and writes.
        casefold: the attributes whose letters are the same in both cases, where they are unique.
        reads_by_identity: whether the primary key alone gives a row's key.
    """

    def __init__(
        self,
        model: type[R],
        connection: Connection,
        definition: EntityDefinition,
        plan: EntityPlan,
    ) -> None:
        self.model, self.connection = model, connection
        self.definition, self.plan = definition, plan
        self.hidden = frozenset(one.name for one in definition.attributes if one.hidden)
        claimed = {name for unique in plan.claims for name in unique.attributes}
        self.layout: Layout[R] = Layout(
            model,
            connection.config,
            connection.tenant,
            definition.name,
            plan.paths,
            claimed,
            hidden=self.hidden,
            marked=WRITTEN if definition.traits.version else None,
            native=connection.plan.native,
        )
        traits = definition.traits
        self.claims = Claims(
            plan.claims,
            plan.prefix,
            connection.config,
            self.layout.parts,
            connection.tenant,
            self.layout.fields[traits.ttl] if traits.ttl else None,
            self.layout.holds,
        )
        self.rows = Rows(
            self.layout,
            self.claims,
            ttl=traits.ttl,
            version=traits.version,
            hidden=self.hidden,
        )
        self.casefold = frozenset(name for one in plan.claims for name in one.casefold)
        self.reads_by_identity = {*self.layout.key_fields} == {*plan.identity}
        self._observers = connection.observers(definition.name)
        self.hooks = Hooks(model, self._observers)
        self._after_load = self.hooks.hears("after_load")
        self._defaults = [one for one in scopes_of(model).values() if one.default]
        self._fields = frozenset(self.layout.fields)
        keys = (*plan.identity, *self.layout.key_fields)
        self._guarded = guarded(definition, keys) | _trait_names(definition)
        self._fillable = self._fields - self._guarded
        infos = msgspec.structs.fields(model)  # evaluates annotations, so never while saving
        self._required = tuple(info.name for info in infos if info.required)
        self.stored: Stored[R] = Stored(self)
        self.drafts: Drafts[R] = Drafts(self)

    # --- making ---

    def make(self, values: Mapping[str, Any] | None = None, /, **more: Any) -> R:
        """A new row that is not saved yet; required attributes that are not given stay absent.

        Raises:
            ConfigurationError: an attribute is guarded, or there is none of this name.
        """
        given = {**(values or {}), **more}
        self._check_fillable(given)
        return self._made(given)

    def _made(self, given: Mapping[str, Any]) -> R:
        missing = {name: UNSET for name in self._required if name not in given}
        record = self.model(**{**missing, **given})
        record.__dict__["_repository"] = self
        return record

    def create(self, values: Mapping[str, Any] | None = None, /, **more: Any) -> R:
        """Save a new row.

        Raises:
            InvalidRowError: values break rules.
            RowExistsError: there is a row with its key.
            UniqueError: another row has a value that is to be unique.
        """
        record = self.make(values, **more)
        self.save(record)
        return record

    async def create_async(self, values: Mapping[str, Any] | None = None, /, **more: Any) -> R:
        """The same awaited; see `save_async`."""
        record = self.make(values, **more)
        await self.save_async(record)
        return record

    def first_or_create(self, found_by: Mapping[str, Any], /, **more: Any) -> R:
        """The row with these values, or a new one that has them and `more`. One or two calls.

        Two that ask at once get one row where the values are a primary key or unique, and may get
        two where they are not.

        Raises:
            NoIndexError: no key finds rows by these values.
            Others as `create`.
        """
        return self._found_or_created(found_by, more)[0]

    def update_or_create(self, found_by: Mapping[str, Any], /, **more: Any) -> R:
        """The row with these values, changed to have `more` and saved, or a new one with both.
        Otherwise as `first_or_create`."""
        record, created = self._found_or_created(found_by, more)
        if not created:
            self.fill(record, more)
            self.save(record)
        return record

    def _found_or_created(
        self, found_by: Mapping[str, Any], more: Mapping[str, Any]
    ) -> tuple[R, bool]:
        asked = self.query().where(**found_by)
        if (found := asked.first()) is not None:
            return found, False
        try:
            return self.create({**found_by, **more}), True
        except (RowExistsError, UniqueError):
            if (found := _certainly(asked)) is None:
                raise  # by another value than those that were asked for
            return found, False

    def fill(self, record: R, values: Mapping[str, Any]) -> None:
        """Set fillable attributes of a row. Raises as `make`."""
        self._check_fillable(values)
        for name, value in values.items():
            setattr(record, name, value)

    def _check_fillable(self, values: Mapping[str, Any]) -> None:
        if values.keys() <= self._fillable:
            return
        self.check_known(values)
        for name in values:
            if name in self._guarded:
                raise ConfigurationError(
                    f"{self.definition.name}.{name}",
                    "is guarded: create, fill and update do not set it",
                    f"declare it fillable, or set it on the row: row.{name} = …",
                )

    def check_known(self, names: Iterable[str]) -> None:
        """Refuse what is no attribute. Raises as `make`."""
        for name in names:
            if name not in self._fields:
                near = nearest(name, self._fields)
                hint = f"write {near}" if near else f"it has {', '.join(sorted(self._fields))}"
                raise ConfigurationError(f"{self.definition.name}.{name}", "is no attribute", hint)

    def replicate(self, record: R, changes: Mapping[str, Any]) -> R:
        """A new row, not saved, with the same values but for its key and what traits write. It
        shares no list or mapping with the other.

        Raises:
            ConfigurationError: there is no attribute of this name.
        """
        self.check_known(changes)
        left = {*self.plan.identity, *_trait_names(self.definition), *changes}
        values = {n: v for n, v in self.layout.values(record).items() if n not in left}
        return self._made({**copy.deepcopy(values), **changes})

    # --- saving ---

    def save(self, record: R) -> None:
        """Write a new row, or what has changed of one that was loaded. One call, or none where
        nothing has changed.

        Raises:
            InvalidRowError: values break rules.
            RowExistsError, UniqueError: see `create`.
            StaleRowError: someone else has saved the row since; only of models with a version.
            ImmutableAttributeError: a part of the key has changed, or what is declared immutable.
            RowNotFoundError: the row is gone or has expired.
            ForeignRowError: it is a row of another table or tenant.
            ItemTooLargeError: it would be over 400 KB; nothing was sent.
        """
        self._carry_out(self.drafts.save(record))

    async def save_async(self, record: R) -> None:
        """The same awaited: rules that have to be awaited run, the call is made in a thread."""
        if (pending := await self.drafts.save_async(record)) is not None:
            await asyncio.to_thread(self._carry_out, pending)

    def check_own(self, record: DynamoDBModel) -> None:
        """Refuse a row of another table or tenant.

        Raises:
            ForeignRowError: it is one.
        """
        if record.__dict__.get("_repository") is self:
            return
        there, here = place_of(record), self.connection.place
        if there is not None and there != here:
            raise ForeignRowError(type(record).__name__, str(there), str(here))

    def _carry_out(self, pending: Pending | None) -> None:
        if pending is not None:
            finish(self.connection, [pending])

    def changed(self, record: R) -> set[str]:
        """The attributes that differ from what is stored; all of them where nothing is."""
        return self.stored.changed(record)

    def second(self) -> int:
        """The second that it is, since 1970 UTC."""
        return self.connection.clock.now_micros() // 1_000_000

    # --- deleting ---

    def delete(self, record: R) -> None:
        """Delete a row, or put it into the bin where the model has one: then when is written, and
        nothing else that was set here. One that was deleted before stays so.

        Raises:
            StaleRowError: someone else has saved it since; only of models with a version.
            RowNotFoundError: it is to go into the bin and is gone or has expired.
            UnsavedRowError: it was never stored.
            ForeignRowError: it is a row of another table or tenant.
        """
        if self.definition.traits.soft_deletes is None:
            self.force_delete(record)
        elif self.is_there(record):
            self._carry_out(self.drafts.delete(record))

    def is_there(self, record: R) -> bool:
        """Whether a row can be deleted; False where it was already.

        Raises:
            UnsavedRowError, ForeignRowError: see `delete`.
        """
        self.check_own(record)
        if not is_stored(record) and not was_deleted(record):
            raise UnsavedRowError(self.definition.name, self.rows.told(self.layout.values(record)))
        return is_stored(record)

    def pending_delete(self, record: R) -> list[Pending]:
        """What `delete` writes."""
        if not self.is_there(record):
            return []
        if self.definition.traits.soft_deletes is None:
            return [one for level in reversed(self.pending_deletions(record)) for one in level]
        pending = self.drafts.delete(record)
        return [] if pending is None else [pending]

    def force_delete(self, record: R) -> None:
        """Delete a row for good, with its claims, and what hangs on it as relations declare.

        All of it together, up to the 100 actions that a transaction takes. Beyond that what hangs
        on it goes first, so that a deletion that breaks off can be repeated.

        Raises:
            RestrictedError: rows hang on it whose relation restricts that.
            StaleRowError, UnsavedRowError, ForeignRowError: see `delete`.
        """
        if self.is_there(record):
            delete_all(self.connection, self.pending_deletions(record))

    def pending_deletions(self, record: R) -> list[list[Pending]]:
        """The deletions of a row and of all that hangs on it, by how far they hang from it.

        Raises:
            RestrictedError: rows hang on it whose relation restricts that.
        """
        return deletions(self, record)

    def restore(self, record: R) -> None:
        """Take a row out of the bin; nothing else that was set here is written.

        Raises:
            ConfigurationError: the model has no bin.
            StaleRowError, RowNotFoundError, UnsavedRowError, ForeignRowError: see `delete`.
        """
        self._carry_out(self.pending_restore(record))

    def pending_restore(self, record: R) -> Pending | None:
        """What `restore` writes; None where the row is not in the bin. Raises as that."""
        if self.definition.traits.soft_deletes is None:
            hint = "add the trait SoftDeletes to the model; what is deleted for good cannot return"
            raise ConfigurationError(self.definition.name, "has no soft deletes to restore", hint)
        return self.drafts.restore(record) if self.is_there(record) else None

    # --- relations ---

    def load(self, records: Iterable[R], *paths: str | Relation[Any]) -> None:
        """Load relations of rows; see `RelationshipResolver.load`."""
        self.connection.resolver.load(records, *paths)

    def related(self, record: R, relation: str | Relation[Any]) -> Related[Any]:
        """The rows of a relation of a row.

        Raises:
            ConfigurationError: it has no such relation.
        """
        return Related(record, link_of(self, relation))

    # --- finding ---

    def query(self) -> RecordQuery[R]:
        """A question about the rows, to be completed; default scopes are part of it."""
        asked = RecordQuery(self)
        for narrow in self._defaults:
            asked = narrow(asked)
        return asked

    def unscoped(self) -> RecordQuery[R]:
        """The same without default scopes."""
        return RecordQuery(self)

    def find(self, *key: object) -> R | None:
        """The row with this primary key, its parts in the order of the declaration, or None."""
        return self.query().find(*key)

    def find_or_fail(self, *key: object) -> R:
        """The row with this primary key.

        Raises:
            RowNotFoundError: there is none.
        """
        return self.query().find_or_fail(*key)

    def find_many(self, keys: Iterable[object]) -> list[R]:
        """The rows with these primary keys, in their order, 100 a call; a key of several parts is a
        tuple. Those that are not there are left out."""
        wanted = [self.identity(key if isinstance(key, tuple) else (key,)) for key in keys]
        if not self.reads_by_identity or self._defaults:
            found = in_parallel(lambda values: self.find(*values.values()), wanted)
            return [row for row in found if row is not None]
        items = self.connection.batches.get_in_order(list(map(self.layout.key, wanted)))
        return [
            row
            for item in items
            if item is not None
            and self.is_live(row := self.adopt(self.layout.known_row(item), item))
        ]

    def identity(self, key: tuple[object, ...]) -> dict[str, object]:
        """The attributes that a primary key gives.

        Raises:
            InvalidKeyError: it has another number of parts.
        """
        if len(key) != len(self.plan.identity):
            names = ", ".join(self.plan.identity)
            raise InvalidKeyError(key, f"{self.definition.name} is identified by ({names})")
        return dict(zip(self.plan.identity, key, strict=True))

    def get(self, key: Item, *, consistent: bool = False) -> R | None:
        """The row at a key of the table, in the bin or not; None where it is gone or expired."""
        request: GetItem[Item] = GetItem(
            table_name=self.connection.config.table, key=key, consistent_read=consistent
        )
        found = fetch_row(self.connection.driver, self.layout, request, self.adopt)
        return found if found is not None and self.is_live(found, trashed=True) else None

    def adopt(self, record: R, stored: Any) -> R:
        """Make a row that was read one of this repository's."""
        self.stored.keep(record, stored)
        if self._after_load or self._observers:
            self.hooks.run(record, "after_load")
        return record

    def is_live(self, record: R, *, trashed: bool = False) -> bool:
        """Whether a row is found by default: it has not expired and is not in the bin."""
        traits = self.definition.traits
        if traits.ttl:
            expires = getattr(record, traits.ttl)
            if expires is not None and expires <= self.second():
                return False
        return trashed or not traits.soft_deletes or getattr(record, traits.soft_deletes) is None

    def is_trashed(self, record: R) -> bool:
        """Whether a row is in the bin."""
        bin_ = self.definition.traits.soft_deletes
        return bin_ is not None and getattr(record, bin_) is not None

    def original(self, record: R, name: str) -> Any:
        """What is stored of an attribute. Raises as `DynamoDBModel.get_original`."""
        self.check_known([name])
        self.stored.known(record)  # there is something
        return getattr(self.stored.original(record), name)

    def refresh(self, record: R) -> None:
        """Read a row again, consistently, and forget what was changed here and what was loaded of
        its relations.

        Raises:
            RowNotFoundError: it is gone or has expired.
            ForeignRowError: it is a row of another table or tenant.
        """
        self.check_own(record)
        values = {name: getattr(record, name) for name in self.layout.key_fields}
        found = self.get(self.layout.key(values), consistent=True)
        if found is None:
            raise RowNotFoundError(self.definition.name, self.rows.told(values))
        for name in self._fields:
            setattr(record, name, getattr(found, name))
        record.__dict__.update(found.__dict__)
        record.__dict__.pop(RELATED, None)

    def all(self) -> Iterator[R]:
        """Every row, by reading the whole table; see `RecordQuery.scan`."""
        return self.query().scan()


def _certainly(asked: RecordQuery[R]) -> R | None:
    """The first row, read consistently where a key or a unique value finds it."""
    try:
        return asked.consistent().first()
    except NoIndexError:
        return asked.first()


def _trait_names(definition: EntityDefinition) -> set[str]:
    traits = definition.traits
    single = {traits.soft_deletes, traits.uuid, traits.version}
    return {name for name in (*(traits.timestamps or ()), *single) if name}
