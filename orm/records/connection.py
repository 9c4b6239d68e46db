"""Connections: where rows lie, whose they are, and how the models of one table are planned.

The plan is made of all models that are registered, at the first use after a registration. What an
earlier plan settled stays, as with a lock file: a model that comes later moves no other's keys.
"""

from __future__ import annotations

import copy
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar, overload

import msgspec

from orm.batch import Batches
from orm.clock import Clock, SystemClock
from orm.config import SingleTableConfig
from orm.definitions import EntityDefinition, define
from orm.definitions.names import nearest
from orm.driver.protocol import Driver
from orm.driver.retry import RetryPolicy
from orm.errors import ConfigurationError
from orm.indexes import IndexPlan, PlanOptions, SchemaLock, Slot, plan_indexes, read_lock
from orm.indexes.native import Lists
from orm.records.asking import has_row, is_named
from orm.records.declared import as_pointing, definition_of
from orm.records.hooks import check_observer
from orm.records.made import Blueprint, blueprint_of, model_of
from orm.records.model import DynamoDBModel, Place
from orm.records.queries.cursors import Cursors
from orm.records.queries.fluent import CollectionQuery, EntityQuery
from orm.records.relating.resolver import RelationshipResolver
from orm.records.repository import Repository
from orm.records.writes.batching import Batch
from orm.records.writes.cascades import Dependent, dependents
from orm.records.writes.drafting import validator_of
from orm.records.writes.transaction import Transaction
from orm.tables import NativeKey, TableShape, create_table
from orm.validation import RULES, Registry
from orm.validation.validator import ASYNC_LIMIT, ASYNC_TIMEOUT_SECONDS

R = TypeVar("R", bound=DynamoDBModel)
Registrable = type[DynamoDBModel] | EntityDefinition | Mapping[str, Any]


class Connection:
    """Models in one table, for one tenant or none. Thread-safe.

    Args:
        driver: what carries the calls.
        config: the table's names.
        tenant: whose rows.
        options: how keys and indexes are planned.
        lock: what an earlier plan settled, or the file that says it.
        clock: what timestamps and expiry go by.
        policy: how long a batch repeats what DynamoDB left undone.
        rules: which validation rules there are.
        rules_at_once: how many rules of a row are awaited at the same time.
        rule_timeout_seconds: how long each of these may take.
        cursor_keys: what seals the cursors of `paginate`, the newest first; see `Cursors`.
    """

    def __init__(
        self,
        driver: Driver,
        config: SingleTableConfig,
        *,
        tenant: str | None = None,
        options: PlanOptions | None = None,
        lock: SchemaLock | Path | None = None,
        clock: Clock | None = None,
        policy: RetryPolicy | None = None,
        rules: Registry = RULES,
        rules_at_once: int = ASYNC_LIMIT,
        rule_timeout_seconds: float = ASYNC_TIMEOUT_SECONDS,
        cursor_keys: Sequence[str | bytes] = (),
    ) -> None:
        self.driver, self.config, self.tenant = driver, config, tenant
        self.clock, self.rules = clock or SystemClock(), rules
        self.rules_at_once, self.rule_timeout_seconds = rules_at_once, rule_timeout_seconds
        self.batches = Batches(driver, config, policy or RetryPolicy(), self.clock)
        self._schema = _Schema(
            config, options or PlanOptions(), read_lock(lock) if isinstance(lock, Path) else lock
        )
        self._cursors = Cursors(cursor_keys) if cursor_keys else None
        self._repositories: dict[str, Repository[Any]] = {}

    @property
    def cursors(self) -> Cursors:
        """What seals and opens cursors.

        Raises:
            ConfigurationError: there are no keys for it.
        """
        if self._cursors is None:
            hint = "give cursor_keys=(key,), the same to every process; Cursors.new_key() makes one"
            raise ConfigurationError("paginate", "needs a key to seal cursors with", hint)
        return self._cursors

    def for_tenant(self, tenant: str | None) -> Connection:
        """The same models for another tenant."""
        view = copy.copy(self)
        view.tenant, view._repositories = tenant, {}
        return view

    # --- models ---

    def register(self, *models: Registrable) -> None:
        """Take models: classes, definitions (of a Stacks file, say), or mappings.

        Raises:
            ConfigurationError: another model has this name.
            DefinitionError: a declaration cannot be meant so.
            InvalidRuleError: a rule does not exist, or takes other arguments.
        """
        for model in models:
            definition = _defined(model)
            validator_of(definition, self)  # made again later: what is wrong is told here
            self._schema.add(definition, model if isinstance(model, type) else None)

    def _planned(self) -> _Planned:
        planned = self._schema.planned()
        if self.tenant is not None and any(slot.native for slot in planned.plan.slots):
            raise _no_tenants(planned.plan)
        return planned

    @property
    def plan(self) -> IndexPlan:
        """The keys and indexes of all models, and how every question is answered.

        Raises:
            PlanError: there is no such plan; names model, pattern and limit.
        """
        return self._planned().plan

    def model(self, name: str) -> type[DynamoDBModel]:
        """The class of the model of this name.

        Raises:
            ConfigurationError: there is none.
        """
        return self._planned().model(name)

    @overload
    def repository(self, model: type[R]) -> Repository[R]: ...
    @overload
    def repository(self, model: str) -> Repository[Any]: ...
    def repository(self, model: type[R] | str) -> Repository[Any]:
        """What reads and writes the rows of a model.

        Raises:
            ConfigurationError: it is not registered here.
        """
        planned = self._planned()
        name = model if isinstance(model, str) else getattr(model, "__name__", repr(model))
        found = self._repositories.get(name)
        if found is None or found.plan is not planned.plan.entities.get(name):
            cls = planned.model(name)
            definition, plan = planned.definition(name), planned.plan.entity(name)
            found = self._repositories[name] = Repository(cls, self, definition, plan)
        if not isinstance(model, str) and found.model is not model:
            raise ConfigurationError(name, "another model of this name is registered here")
        return found

    @overload
    def entity(self, model: type[R]) -> EntityQuery[R]: ...
    @overload
    def entity(self, model: str) -> EntityQuery[Any]: ...
    def entity(self, model: type[R] | str) -> EntityQuery[Any]:
        """Ask for rows of a model by their keys; see `orm.records.queries.fluent`."""
        repository: Repository[Any] = self.repository(model)
        return EntityQuery(self, (repository,))

    def collection(self, *models: type[DynamoDBModel] | str) -> CollectionQuery:
        """Ask for rows of several models in one partition by their keys; of all models where none
        is named."""
        wanted = models or tuple(self._planned().models)
        repositories: list[Repository[Any]] = [self.repository(model) for model in wanted]
        return CollectionQuery(self, repositories)

    def owner_of(self, record: R) -> Repository[R]:
        """The repository of a row, which must be of this table and tenant or of none yet.

        Raises:
            ForeignRowError: it is of another.
            ConfigurationError: its model is not registered here.
        """
        found: Repository[R] | None = record.__dict__.get("_repository")
        if found is not None and found.connection is self:
            return found
        here = self.repository(type(record))
        here.check_own(record)
        return here

    @property
    def place(self) -> Place:
        """Where the rows lie, and whose they are."""
        return Place(self.config, self.tenant)

    def transaction(self, *, chunked: bool = False) -> Transaction:
        """Writes of several rows together or none; see `Transaction`."""
        return Transaction(self, chunked=chunked)

    def batch(self) -> Batch:
        """Many rows put or deleted in few calls, unconditionally; see `Batch`."""
        return Batch(self)

    def observe(self, model: type[DynamoDBModel] | str, observer: object) -> None:
        """Let an object hear of what becomes of the rows of a model; see `orm.records.hooks`.

        Raises:
            ConfigurationError: it has none of the methods, or one that has to be awaited.
        """
        check_observer(observer)
        name = model if isinstance(model, str) else model.__name__
        self._schema.observers.setdefault(name, []).append(observer)
        self._repositories = {}

    def observers(self, name: str) -> list[object]:
        """Who observes the rows of a model."""
        return self._schema.observers.setdefault(name, [])

    def dependents(self, name: str) -> list[Dependent]:
        """What hangs on the rows of a model."""
        return self._planned().dependents[name]

    @property
    def resolver(self) -> RelationshipResolver:
        """What loads related rows."""
        return RelationshipResolver(self)

    # --- the table ---

    def shape(self, stream: str | None = None) -> TableShape:
        """What the table must look like for these models."""
        plan = self.plan
        local = [path.number for entity in plan.entities.values() for path in entity.local]
        return TableShape(
            config=self.config,
            indexes=max((slot.number for slot in plan.slots), default=0),
            include={slot.number: self._copied(slot) for slot in plan.slots if slot.include},
            native={
                slot.number: _native_key(plan, slot.native) for slot in plan.slots if slot.native
            },
            local_indexes=max(local, default=0),
            stream=stream,
            ttl=self._ttl(),
        )

    def _ttl(self) -> str | None:
        """The attribute by which rows expire.

        Raises:
            ConfigurationError: models call it differently.
        """
        named: dict[str, str] = {}
        for name in self.plan.entities:
            repository: Repository[Any] = self.repository(name)
            if ttl := repository.definition.traits.ttl:
                named.setdefault(repository.layout.fields[ttl].attribute, name)
        if len(named) > 1:
            told = ", ".join(f"{name} by {attribute!r}" for attribute, name in named.items())
            raise ConfigurationError(
                self.config.table,
                f"models expire by attributes of several names, {told}; DynamoDB deletes by one",
                "call the attribute alike in all of them",
            )
        return next(iter(named), None)

    def _copied(self, slot: Slot) -> tuple[str, ...]:
        """The attributes of items that an index copies, as they are called there."""
        names = {self.config.entity}
        for entity in slot.entities:
            fields = self.repository(entity).layout.fields
            names |= {fields[name].attribute for name in slot.include if name in fields}
        return tuple(sorted(names))

    def create_table(self, stream: str | None = None) -> bool:
        """Make the table with the indexes that the models need, and wait until it answers.

        Returns:
            Whether it was made now.

        Raises:
            ConfigurationError: a table of this name is there and looks different; or models expire
                by attributes of several names.
        """
        return create_table(self.driver, self.shape(stream), self.clock)

    # --- what validation asks ---

    def exists(self, model: str, attribute: str, value: Any, but_not: Any = None) -> bool:
        """Whether a row of `model`, other than the one with the key `but_not`, has this value."""
        planned = self._planned()
        named = (one.name for one in planned.definitions.values() if is_named(one, model))
        asked = model if model in planned.models else next(named, model)
        return has_row(self.repository(asked), attribute, value, but_not)


class _Planned(msgspec.Struct, frozen=True):
    """A plan, and the classes that go with it."""

    plan: IndexPlan
    definitions: dict[str, EntityDefinition]
    models: dict[str, type[DynamoDBModel]]
    dependents: dict[str, list[Dependent]]

    def definition(self, name: str) -> EntityDefinition:
        return self.definitions[name]

    def model(self, name: str) -> type[DynamoDBModel]:
        if name not in self.models:
            near = nearest(name, self.models)
            hint = f"did you mean {near}?" if near else "register_model() it"
            raise ConfigurationError(name, "is no model that is registered here", hint)
        return self.models[name]


class _Schema:
    """The models of a connection and its views, planned when they are needed."""

    def __init__(
        self, config: SingleTableConfig, options: PlanOptions, lock: SchemaLock | None
    ) -> None:
        self._config, self._options, self._lock = config, options, lock
        self._definitions: dict[str, EntityDefinition] = {}
        self._classes: dict[str, type[DynamoDBModel]] = {}
        self._blueprints: dict[str, tuple[Blueprint, type[DynamoDBModel]]] = {}
        self._planned: _Planned | None = None
        self.observers: dict[str, list[object]] = {}
        self._guard = threading.RLock()

    def add(self, definition: EntityDefinition, model: type[DynamoDBModel] | None) -> None:
        name = definition.name
        with self._guard:
            known, cls = self._definitions.get(name), self._classes.get(name)
            if known is not None and known != definition:
                hint = "name it otherwise; names are unique in a table"
                raise ConfigurationError(name, "is registered already, and different", hint)
            if cls is not None and model is not None and cls is not model:
                hint = "register one class of this name, and import it where it is used"
                raise ConfigurationError(name, "is registered already, as another class", hint)
            self._definitions[name] = definition
            if model is not None and cls is None:
                self._classes[name] = model
                self._planned = None  # a class takes the place of one that was made
            if known is None:
                self._planned = None

    def planned(self) -> _Planned:
        found = self._planned
        if found is not None:
            return found
        with self._guard:
            if self._planned is None:
                self._planned = self._plan()
            return self._planned

    def _plan(self) -> _Planned:
        options = msgspec.structs.replace(self._options, prefix_form=self._config.prefix)
        plan = plan_indexes(self._definitions.values(), options, self._lock)
        if self._config.prefix != "{prefix}" and any(slot.native for slot in plan.slots):
            raise _no_prefixes(plan, self._config.prefix)
        self._lock = plan.lock  # so that what comes later moves nothing
        declared = self._definitions | {edge.name: edge for edge in plan.edges}
        definitions = {
            name: as_pointing(one, plan.entity(name).pointing) for name, one in declared.items()
        }
        models = {
            name: self._classes.get(name) or self._made(definition, plan)
            for name, definition in definitions.items()
        }
        for name, model in self._classes.items():
            known = [attribute.name for attribute in definitions[name].attributes]
            _check_implied(model, (*known, *plan.entity(name).implied))
        return _Planned(plan, definitions, models, dependents(definitions))

    def _made(self, definition: EntityDefinition, plan: IndexPlan) -> type[DynamoDBModel]:
        """The class of a definition; the one that was made before, where nothing of it differs."""
        blueprint = blueprint_of(definition, plan.entity(definition.name))
        known, model = self._blueprints.get(definition.name, (None, None))
        if model is None or known != blueprint:
            model = model_of(blueprint)
            self._blueprints[definition.name] = blueprint, model
        return model


def _native_key(plan: IndexPlan, lists: Lists) -> NativeKey:
    partition, order = (tuple((name, plan.native[name]) for name in names) for names in lists)
    return NativeKey(partition, order)


def _native_place(plan: IndexPlan) -> str:
    numbers = ", ".join(str(slot.number) for slot in plan.slots if slot.native)
    return f"native index {numbers}"


def _no_tenants(plan: IndexPlan) -> ConfigurationError:
    reason = "begins with the entity and not with the tenant, whose rows it would mix with others'"
    hint = "leave native out of the patterns, or connect without a tenant"
    return ConfigurationError(_native_place(plan), reason, hint)


def _no_prefixes(plan: IndexPlan, prefix: str) -> ConfigurationError:
    reason = (
        f"does not hold the prefix {prefix!r}, by which rows of several versions are told apart"
    )
    hint = "leave native out of the patterns, or prefix out of SingleTableConfig"
    return ConfigurationError(_native_place(plan), reason, hint)


def _check_implied(model: type[DynamoDBModel], implied: tuple[str, ...]) -> None:
    missing = [name for name in implied if name not in model.__struct_fields__]
    if missing:
        raise ConfigurationError(
            model.__name__,
            f"lacks {', '.join(missing)}, which a relation needs",
            f"declare it: {missing[0]}: Attr[str]",
        )


def _defined(model: Registrable) -> EntityDefinition:
    if isinstance(model, type):
        return definition_of(model)
    return model if isinstance(model, EntityDefinition) else define(model)
