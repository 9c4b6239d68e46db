"""Repositories: one model in one connection. What `DynamoDBModel`'s methods do is done here."""

from __future__ import annotations

import asyncio
import copy
import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

import msgspec

from orm.definitions import EntityDefinition
from orm.definitions.filling import guarded
from orm.definitions.names import nearest
from orm.errors import (
    ConfigurationError,
    InvalidKeyError,
    RowNotFoundError,
    UnsupportedValueError,
)
from orm.indexes import EntityPlan
from orm.models.fetching import fetch_row
from orm.models.fields import alike
from orm.models.layout import Layout
from orm.parallel import in_parallel
from orm.records.cascades import delete_all, deletions
from orm.records.claims import Claims
from orm.records.errors import ForeignRowError, ImmutableAttributeError, UnsavedRowError
from orm.records.hooks import Hooks
from orm.records.links import link_of
from orm.records.model import DynamoDBModel, is_stored, new_id, place_of, was_deleted
from orm.records.pending import Pending, finish
from orm.records.query import RecordQuery
from orm.records.related import Related
from orm.records.relations import RELATED, Relation
from orm.records.saving import WRITTEN, Change, Insert, Removal, Rows
from orm.records.scopes import scopes_of
from orm.requests import GetItem, Item
from orm.validation import Validator
from orm.validation.registrable import check_registrable

if TYPE_CHECKING:
    from orm.records.connection import Connection

R = TypeVar("R", bound=DynamoDBModel)
UNSET: Final = msgspec.UNSET
_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


class Repository(Generic[R]):
    """Reads and writes the rows of one model; thread-safe.

    Attributes:
        model: the class of the rows.
        connection: where they lie.
        definition: what is declared of them.
        plan: how they are keyed and found.
        hidden: the attributes that nothing shows.
        hooks: what the model does around reads and writes.
        casefold: the attributes whose letters are the same in both cases, where they are unique.
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
        )
        self.rows = Rows(
            self.layout,
            self.claims,
            ttl=traits.ttl,
            version=traits.version,
            hidden=self.hidden,
        )
        self._validator = validator_of(definition, connection)
        self.casefold = frozenset(name for one in plan.claims for name in one.casefold)
        self._observers = connection.observers(definition.name)
        self.hooks = Hooks(model, self._observers)
        self._after_load = self.hooks.hears("after_load")
        self._defaults = [one for one in scopes_of(model).values() if one.default]
        self._fields = frozenset(self.layout.fields)
        known = {one.name: one for one in definition.attributes}
        keys = (*plan.identity, *self.layout.key_fields)
        self._guarded = guarded(definition, keys) | _trait_names(definition)
        self._immutable = frozenset(
            name for name, one in known.items() if any(r.name == "immutable" for r in one.rules)
        )
        self._settled = [(n, one) for n, one in self.layout.fields.items() if one.settles]
        infos = msgspec.structs.fields(model)  # evaluates annotations, so never while saving
        self._none_is_absent = frozenset(info.name for info in infos if info.default is None)
        self._required = tuple(info.name for info in infos if info.required)
        self._factories = tuple(
            info.name for info in infos if info.default_factory is not msgspec.NODEFAULT
        )

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

    def fill(self, record: R, values: Mapping[str, Any]) -> None:
        """Set fillable attributes of a row. Raises as `make`."""
        self._check_fillable(values)
        for name, value in values.items():
            setattr(record, name, value)

    def _check_fillable(self, values: Mapping[str, Any]) -> None:
        self._check_known(values)
        for name in values:
            if name in self._guarded:
                raise ConfigurationError(
                    f"{self.definition.name}.{name}",
                    "is guarded: create, fill and update do not set it",
                    f"declare it fillable, or set it on the row: row.{name} = …",
                )

    def _check_known(self, names: Iterable[str]) -> None:
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
        self._check_known(changes)
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
        if (pending := self.pending_save(record)) is not None:
            self._carry_out([pending])

    def pending_save(self, record: R) -> Pending | None:
        """What is to be written of a row, validated; None where nothing has changed."""
        draft = self._drafted(record)
        if draft is None:
            return None
        self._validator.validate(draft.judged, but_not=self._but_not(record))
        self._settle(record, draft.values)
        return self._pending(record, draft)

    async def save_async(self, record: R) -> None:
        """The same awaited: rules that have to be awaited run, the call is made in a thread."""
        draft = self._drafted(record)
        if draft is not None:
            await self._validator.validate_async(draft.judged, but_not=self._but_not(record))
            self._settle(record, draft.values)
            await asyncio.to_thread(self._carry_out, [self._pending(record, draft)])

    def _settle(self, record: R, values: dict[str, Any]) -> None:
        """Let values that passed be of their fields' types: 0.5 a decimal, a text a date."""
        for name, field in self._settled:
            value = values[name]
            if (plain := field.settled(value)) is not value:
                values[name] = plain
                setattr(record, name, plain)

    def _drafted(self, record: R) -> _Draft | None:
        """What is to be written of a row, to be validated; None where nothing has changed."""
        self.check_own(record)
        if not is_stored(record):
            self._complete(record)
            self._run("before_save", "before_create", record)
            return _Draft(self.written_values(record))
        original = self.original(record)
        changed = self._differing(record, original)
        if not changed:
            return None
        if self._run("before_save", "before_update", record):
            changed = self._differing(record, original)
        self._check_immutable(changed)
        written = self._written(original)
        values = {**self.written_values(record), **written}
        return _Draft(values, frozenset(changed | written.keys()), original, written)

    def _run(self, first: str, second: str, record: R) -> bool:
        """Run two hooks; whether there were any."""
        heard = self.hooks.hears(first) or self.hooks.hears(second)
        if heard:
            self.hooks.run(first, record)
            self.hooks.run(second, record)
        return heard

    def _written(self, original: R) -> dict[str, Any]:
        """What traits write at each change."""
        traits = self.definition.traits
        written: dict[str, Any] = {}
        if traits.timestamps:
            written[traits.timestamps[1]] = self._now()
        if traits.version:
            written[traits.version] = (getattr(original, traits.version) or 0) + 1
        return written

    def _complete(self, record: R) -> None:
        traits, now = self.definition.traits, self._now()
        if len(self.plan.identity) == 1:
            name = self.plan.identity[0]
            if getattr(record, name, None) in (None, UNSET) and self.layout.is_text(name):
                setattr(record, name, new_id())
        for name in traits.timestamps or ():
            if getattr(record, name) in (None, UNSET):
                setattr(record, name, now)
        if traits.version:
            setattr(record, traits.version, 1)
        if traits.uuid and getattr(record, traits.uuid) in (None, UNSET):
            setattr(record, traits.uuid, new_id())

    def _but_not(self, record: R) -> Any:
        return getattr(record, self.plan.identity[0]) if is_stored(record) else None

    def _pending(self, record: R, draft: _Draft) -> Pending:
        if draft.original is not None:
            new = {name: draft.values[name] for name in draft.changed}
            return self._pending_change(
                record, draft.original, new, draft.written, draft.values
            ).then(lambda: self._run("after_update", "after_save", record))
        insert = Insert(self.rows, draft.values, self._second())
        pending = Pending(insert, lambda: self._keep(record, insert.item))
        return pending.then(lambda: self._run("after_create", "after_save", record))

    def _pending_change(
        self,
        record: R,
        original: R,
        new: Mapping[str, Any],
        written: Mapping[str, Any],
        values: Mapping[str, Any] | None = None,
    ) -> Pending:
        change = Change(self.rows, self.known_item(record), new, self._second(), values)

        def done() -> None:
            for name, value in written.items():
                setattr(record, name, value)
            if change.anew:
                self._take_over(record, original, change)
            self._keep(record, change.item)

        return Pending(change, done)

    def _take_over(self, record: R, original: R, change: Change) -> None:
        """Take what others have changed of a row meanwhile, where nothing else was set here: else
        it would differ from what is stored, and the next save would undo their change."""
        stored, values = self.layout.row(change.item), self.written_values(record)
        known = {**self.written_values(original), **change.new}
        for name in self._fields:
            if self._same(name, values[name], known[name]):
                setattr(record, name, getattr(stored, name))

    def check_own(self, record: DynamoDBModel) -> None:
        """Refuse a row of another table or tenant.

        Raises:
            ForeignRowError: it is one.
        """
        there, here = place_of(record), self.connection.place
        if there is not None and there != here:
            raise ForeignRowError(type(record).__name__, str(there), str(here))

    def _carry_out(self, pending: Sequence[Pending]) -> None:
        finish(self.connection, pending)

    def written_values(self, record: R) -> dict[str, Any]:
        """What is written of a row: None is left out where that is what absent is read as."""
        return self._as_stored(self.layout.values(record))

    def _as_stored(self, values: dict[str, Any]) -> dict[str, Any]:
        """The same values, which are the caller's own, as they are written."""
        for name in self._none_is_absent:
            if values.get(name, UNSET) is None:
                values[name] = UNSET
        return values

    def stored_item(self, record: R) -> Item:
        """The item that a row was loaded or saved as, with all of its keys."""
        stored = record.__dict__["_stored"]
        if isinstance(stored, dict):
            return stored
        return self.layout.item_of(self.written_values(self.layout.reader.row(stored)))

    def known_item(self, record: R) -> Item:
        """Of this item what a write starts from. It may lie in an index or not: a row may hold
        what no key of an index can carry, since it is older than that index.

        Raises:
            UnsavedRowError: it was never stored.
        """
        stored = record.__dict__.get("_stored")
        if stored is None:
            raise UnsavedRowError(self.definition.name, self.rows.told(self.layout.values(record)))
        if isinstance(stored, dict):
            return stored
        reader = self.layout.reader
        values = self.written_values(reader.row(stored))
        values.update(dict.fromkeys(reader.absent(stored), UNSET))  # no default is stored
        item = self.layout.plain_item(values)
        if self.layout.marked is not None and stored.mark is not None:
            item[self.layout.marked] = stored.mark
        return item

    def original(self, record: R) -> R:
        """The row as it was loaded or last saved."""
        stored = record.__dict__["_stored"]
        row: R = (
            self.layout.known_row(stored)
            if isinstance(stored, dict)
            else self.layout.reader.row(stored)
        )
        for name, value in record.__dict__.get("_made_up", {}).items():
            setattr(row, name, value)
        return row

    def changed(self, record: R) -> set[str]:
        """The attributes that differ from what is stored; all of them where nothing is."""
        if not is_stored(record):
            return set(self._fields)
        return self._differing(record, self.original(record))

    def _differing(self, record: R, original: R) -> set[str]:
        known = self.layout.values(original)
        return {
            name
            for name, value in self.layout.values(record).items()
            if value is not known[name] and not self._same(name, value, known[name])
        }

    def _same(self, name: str, value: Any, other: Any) -> bool:
        """Whether two values are stored alike; one that cannot be stored is like none."""
        if value is other:
            return True
        if value is UNSET or value is None or other is UNSET or other is None:
            return False
        field = self.layout.fields[name]
        try:
            if field.stores_alike(value, other):
                return True
            return alike(field.to_wire(value), field.to_wire(other))
        except UnsupportedValueError:
            return False

    def _check_immutable(self, changed: set[str]) -> None:
        for name in sorted(changed):
            if name in self.layout.key_fields or name in self.plan.identity:
                reason = "identifies the row and cannot change"
                raise ImmutableAttributeError(self.definition.name, name, reason)
            if name in self._immutable:
                reason = "is declared immutable"
                raise ImmutableAttributeError(self.definition.name, name, reason)

    def _second(self) -> int:
        return self.connection.clock.now_micros() // 1_000_000

    def _now(self) -> dt.datetime:
        return _EPOCH + dt.timedelta(microseconds=self.connection.clock.now_micros())

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
        elif self.is_there(record) and (pending := self.pending_bin(record, self._now())):
            self._carry_out([pending])

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
        pending = self.pending_bin(record, self._now())
        return [] if pending is None else [pending]

    def pending_bin(self, record: R, when: dt.datetime | None) -> Pending | None:
        """What puts a row into the bin, or takes it out where `when` is None; None where it is, or
        is not, in there already."""
        bin_, original = self.definition.traits.soft_deletes, self.original(record)
        assert bin_ is not None, "the model has a bin"
        if (getattr(original, bin_) is None) == (when is None):
            return None
        event = "restore" if when is None else "delete"
        self.hooks.run(f"before_{event}", record)
        written = {**self._written(original), bin_: when}
        new = self._as_stored(dict(written))
        pending = self._pending_change(record, original, new, written)
        return pending.then(lambda: self.hooks.run(f"after_{event}", record))

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

    def pending_removal(self, record: R) -> Pending:
        """The deletion of a row alone, with its claims."""
        self.hooks.run("before_delete", record)
        write = Removal(self.rows, self.known_item(record))
        pending = Pending(write, lambda: record.__dict__.update(_stored=None))
        return pending.then(lambda: self.hooks.run("after_delete", record))

    def restore(self, record: R) -> None:
        """Take a row out of the bin; nothing else that was set here is written.

        Raises:
            ConfigurationError: the model has no bin.
            StaleRowError, RowNotFoundError, UnsavedRowError, ForeignRowError: see `delete`.
        """
        if self.definition.traits.soft_deletes is None:
            hint = "add the trait SoftDeletes to the model; what is deleted for good cannot return"
            raise ConfigurationError(self.definition.name, "has no soft deletes to restore", hint)
        if self.is_there(record) and (pending := self.pending_bin(record, None)):
            self._carry_out([pending])

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
        config = self.connection.config
        items = {
            (item[config.pk]["S"], item[config.sk]["S"]): item
            for item in self.connection.batches.get([self.layout.key(key) for key in wanted])
        }
        ids = [self.layout.key(key) for key in wanted]
        rows = (items.get((key[config.pk]["S"], key[config.sk]["S"])) for key in ids)
        return [
            row
            for item in rows
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

    @property
    def reads_by_identity(self) -> bool:
        """Whether the primary key alone gives the row's key."""
        return set(self.layout.key_fields) == set(self.plan.identity)

    def get(self, key: Item, *, consistent: bool = False) -> R | None:
        """The row at a key of the table, in the bin or not; None where it is gone or expired."""
        request: GetItem[Item] = GetItem(
            table_name=self.connection.config.table, key=key, consistent_read=consistent
        )
        found = fetch_row(self.connection.driver, self.layout, request, self.adopt)
        return found if found is not None and self.is_live(found, trashed=True) else None

    def adopt(self, record: R, stored: Any) -> R:
        """Make a row that was read one of this repository's."""
        self._keep(record, stored)
        if self._after_load or self._observers:
            self.hooks.run("after_load", record)
        return record

    def _keep(self, record: R, stored: Any) -> None:
        """Let a row know what is stored of it."""
        own = record.__dict__  # set one by one, which for thousands of rows is felt
        own["_stored"], own["_repository"] = stored, self
        if self._factories:
            self._keep_made_up(record, stored)

    def _keep_made_up(self, record: R, stored: Any) -> None:
        """Keep what factories made up for attributes that are not stored: another call would make
        something else, and the row would differ from what is stored though nothing was set."""
        known = record.__dict__.pop("_made_up", {})
        if isinstance(stored, dict):
            fields = self.layout.fields
            absent = [name for name in self._factories if fields[name].attribute not in stored]
        else:
            absent = self.layout.reader.absent(stored, self._factories)
        if absent:
            record.__dict__["_made_up"] = {
                name: known[name] if name in known else copy.deepcopy(getattr(record, name))
                for name in absent
            }

    def is_live(self, record: R, *, trashed: bool = False) -> bool:
        """Whether a row is found by default: it has not expired and is not in the bin."""
        traits = self.definition.traits
        if traits.ttl:
            expires = getattr(record, traits.ttl)
            if expires is not None and expires <= self._second():
                return False
        return trashed or not traits.soft_deletes or getattr(record, traits.soft_deletes) is None

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


class _Draft(msgspec.Struct, frozen=True):
    """What is to be written of a row.

    Args:
        values: the whole row, as it is written.
        changed: the attributes that are; all of them of a new row.
        original: the row as it was loaded; None where it is new.
        written: what traits write, which the row is told when it is stored.
    """

    values: dict[str, Any]
    changed: frozenset[str] = frozenset()
    original: Any = None
    written: dict[str, Any] = {}

    @property
    def judged(self) -> dict[str, Any]:
        """What is validated: what is written, so that None is not judged where it says nothing."""
        return {name: value for name, value in self.values.items() if value is not UNSET}


def validator_of(definition: EntityDefinition, connection: Connection) -> Validator:
    """What judges the rows of a model.

    Raises:
        InvalidRuleError: a rule does not exist, or takes other arguments.
        DefinitionError: it says what cannot be kept.
    """
    validator = Validator.of(
        definition,
        clock=connection.clock,
        skip=("unique", "immutable"),
        rules=connection.rules,
        lookup=connection,
    )
    check_registrable(definition, validator)
    return validator


def _trait_names(definition: EntityDefinition) -> set[str]:
    traits = definition.traits
    single = {traits.soft_deletes, traits.uuid, traits.version}
    return {name for name in (*(traits.timestamps or ()), *single) if name}
