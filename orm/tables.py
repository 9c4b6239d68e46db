"""Tables: what one looks like, making it, waiting for it, and taking it away."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import msgspec

from orm.clock import Clock, SystemClock
from orm.config import SingleTableConfig
from orm.driver.protocol import Driver
from orm.errors import ConfigurationError, TableExistsError, TableNotFoundError
from orm.limits import (
    GSIS_MAX,
    INDEX_KEY_PARTS_MAX,
    LSIS_MAX,
    PROJECTED_PER_INDEX_MAX,
    PROJECTED_PER_TABLE_MAX,
)
from orm.requests import (
    AttributeDefinition,
    CreateTable,
    DeleteTable,
    DescribeTable,
    DescribeTimeToLive,
    KeyElement,
    ListTables,
    Projection,
    SecondaryIndex,
    StreamSpecification,
    TableDescription,
    TimeToLiveSpecification,
    UpdateTimeToLive,
)

_POLL_SECONDS: Final = 0.5
_WAIT_SECONDS_MAX: Final = 300.0


class NativeKey(msgspec.Struct, frozen=True):
    """The keys of a global index that are attributes of rows, each `(name, type)`.

    Args:
        partition: HASH attributes after the one that names the entity, 3 at the most.
        order: RANGE attributes, 4 at the most; none where rows are in no order.
    """

    partition: tuple[tuple[str, str], ...]
    order: tuple[tuple[str, str], ...] = ()


class TableShape(msgspec.Struct, frozen=True, kw_only=True):
    """What a table must look like.

    Args:
        config: the names.
        indexes: how many overloaded global secondary indexes it has, numbered from 1.
        index_projection: what they copy: `ALL` or `KEYS_ONLY`.
        include: number of an index → the attributes that it copies beside keys, where it copies
            neither all nor none.
        native: number of a global index → its keys, where these are attributes of rows.
        local_indexes: how many overloaded local secondary indexes it has, numbered from 1. They
            copy everything, and can be made with the table only.
        stream: what its change stream records: `NEW_IMAGE`, `NEW_AND_OLD_IMAGES`, …, or None.
        ttl: the attribute with the second, since 1970 UTC, after which DynamoDB deletes an item;
            None where it deletes none by itself.
    """

    config: SingleTableConfig
    indexes: int = 0
    index_projection: str = "ALL"
    include: Mapping[int, tuple[str, ...]] = {}
    native: Mapping[int, NativeKey] = {}
    local_indexes: int = 0
    stream: str | None = None
    ttl: str | None = None

    def __post_init__(self) -> None:
        copied = [len(names) for names in self.include.values()]
        _check_most("global indexes", self.indexes, GSIS_MAX)
        _check_most("local indexes", self.local_indexes, LSIS_MAX)
        _check_most(
            "attributes that an index copies", max(copied, default=0), PROJECTED_PER_INDEX_MAX
        )
        _check_most("attributes that indexes copy", sum(copied), PROJECTED_PER_TABLE_MAX)
        for key in self.native.values():
            _check_most("HASH attributes", 1 + len(key.partition), INDEX_KEY_PARTS_MAX)
            _check_most("RANGE attributes", len(key.order), INDEX_KEY_PARTS_MAX)

    def request(self) -> CreateTable:
        """The call that makes it, billed by request."""
        config = self.config
        numbers, local = range(1, self.indexes + 1), range(1, self.local_indexes + 1)
        return CreateTable(
            table_name=config.table,
            key_schema=_key_schema(config.pk, config.sk),
            attribute_definitions=[
                AttributeDefinition(attribute_name=name, attribute_type=kind)
                for name, kind in self._types().items()
            ],
            billing_mode="PAY_PER_REQUEST",
            global_secondary_indexes=[self._index(number) for number in numbers] or None,
            local_secondary_indexes=[self._local_index(number) for number in local] or None,
            stream_specification=self._stream(),
        )

    def _types(self) -> dict[str, str]:
        """The type of every key attribute."""
        config, made = self.config, set(range(1, self.indexes + 1)) - self.native.keys()
        names = [config.pk, config.sk, *(n for i in sorted(made) for n in config.index_keys(i))]
        names += [config.local_index_key(n) for n in range(1, self.local_indexes + 1)]
        types = dict.fromkeys([*names, *([config.entity] if self.native else [])], "S")
        for key in self.native.values():
            for name, kind in (*key.partition, *key.order):
                if types.setdefault(name, kind) != kind:
                    reason = f"is a key attribute as {types[name]} and as {kind}"
                    raise ConfigurationError(name, reason, "a key attribute has one type")
        return types

    def _index(self, number: int) -> SecondaryIndex:
        key_schema = self._key_schema(number)
        projection = Projection(projection_type=self.index_projection)
        if copied := self.include.get(number):
            keys = {key.attribute_name for key in key_schema}
            names = [name for name in copied if name not in keys]
            projection = Projection(projection_type="KEYS_ONLY")
            if names:
                projection = Projection(projection_type="INCLUDE", non_key_attributes=names)
        return SecondaryIndex(
            index_name=self.config.index_name(number), key_schema=key_schema, projection=projection
        )

    def _key_schema(self, number: int) -> list[KeyElement]:
        if (key := self.native.get(number)) is None:
            return _key_schema(*self.config.index_keys(number))
        partition = [self.config.entity, *(name for name, _ in key.partition)]
        elements = [KeyElement(attribute_name=name, key_type="HASH") for name in partition]
        order = [KeyElement(attribute_name=name, key_type="RANGE") for name, _ in key.order]
        return [*elements, *order]

    def _local_index(self, number: int) -> SecondaryIndex:
        return SecondaryIndex(
            index_name=self.config.local_index_name(number),
            key_schema=_key_schema(self.config.pk, self.config.local_index_key(number)),
            projection=Projection(),
        )

    def _stream(self) -> StreamSpecification | None:
        if self.stream is None:
            return None
        return StreamSpecification(stream_enabled=True, stream_view_type=self.stream)


def _check_most(what: str, count: int, most: int) -> None:
    if count > most:
        raise ConfigurationError("table", f"{count} {what}, and DynamoDB allows {most}")


def _key_schema(pk: str, sk: str) -> list[KeyElement]:
    return [
        KeyElement(attribute_name=pk, key_type="HASH"),
        KeyElement(attribute_name=sk, key_type="RANGE"),
    ]


def create_table(driver: Driver, shape: TableShape, clock: Clock | None = None) -> bool:
    """Make the table and wait until it answers; leave one that is there already, but let it delete
    what expires.

    Returns:
        Whether it was made now.

    Raises:
        ConfigurationError: a table of this name is there and looks different.
    """
    try:
        driver.send(shape.request())
        made = True
    except TableExistsError:
        made = False
    description = wait_until_active(driver, shape.config.table, clock or SystemClock())
    _check_shape(shape, description)
    if shape.ttl is not None:
        _let_expire(driver, shape.config.table, shape.ttl)
    return made


def _let_expire(driver: Driver, table: str, attribute: str) -> None:
    """Let DynamoDB delete by this attribute; it begins within the hour."""
    found = driver.send(DescribeTimeToLive(table_name=table)).time_to_live_description
    if found.time_to_live_status not in ("ENABLED", "ENABLING"):
        wanted = TimeToLiveSpecification(enabled=True, attribute_name=attribute)
        driver.send(UpdateTimeToLive(table_name=table, time_to_live_specification=wanted))
    elif found.attribute_name != attribute:
        raise ConfigurationError(
            table,
            f"deletes what has expired by {found.attribute_name!r}, and is to by {attribute!r}",
            "a table deletes by one attribute: call it alike, or take another table",
        )


def _check_shape(shape: TableShape, found: TableDescription) -> None:
    differing = list(_differences(shape, found))
    if differing:
        raise ConfigurationError(
            shape.config.table,
            f"the table is there, and {'; '.join(differing)}",
            "a global index can be added with UpdateTable; for all else make a new table and copy "
            "the items",
        )


def _differences(shape: TableShape, found: TableDescription) -> Iterator[str]:
    """What a table lacks; what it has beyond its shape is no matter."""
    wanted = shape.request()
    if found.key_schema != wanted.key_schema:
        yield f"its key attributes are others: {_told(found.key_schema)}"
    yield from _retyped(shape, found)
    given = wanted.global_secondary_indexes or (), wanted.local_secondary_indexes or ()
    yield from _missing("index", given[0], found.global_secondary_indexes)
    yield from _missing("local index", given[1], found.local_secondary_indexes)
    if shape.stream and found.stream_specification != wanted.stream_specification:
        yield f"it is without a stream of {shape.stream}"


def _retyped(shape: TableShape, found: TableDescription) -> Iterator[str]:
    """Key attributes of native indexes that have another type there."""
    types = {one.attribute_name: one.attribute_type for one in found.attribute_definitions}
    for key in shape.native.values():
        for name, kind in (*key.partition, *key.order):
            if types.get(name, kind) != kind:
                yield f"its key attribute {name} is {types[name]}, not {kind}"


def _missing(
    kind: str, wanted: Sequence[SecondaryIndex], found: Sequence[SecondaryIndex]
) -> Iterator[str]:
    have = {index.index_name: index for index in found}
    for index in wanted:
        other = have.get(index.index_name)
        if other is None:
            only = ", which is made with its table only" if kind == "local index" else ""
            yield f"its {kind} {index.index_name} is missing{only}"
        elif other.key_schema != index.key_schema:
            yield f"the keys of its {kind} {index.index_name} are {_told(other.key_schema)}"
        elif lacking := _lacking(index.projection, other.projection):
            yield f"its {kind} {index.index_name} does not copy {lacking}"


def _lacking(wanted: Projection, found: Projection) -> str:
    """What an index was to copy and does not; empty where that is nothing."""
    if found.projection_type == "ALL" or wanted.projection_type == "KEYS_ONLY":
        return ""
    if wanted.projection_type == "ALL":
        return "all attributes"
    return ", ".join(sorted(set(_named(wanted)) - set(_named(found))))


def _named(projection: Projection) -> list[str]:
    names = projection.non_key_attributes
    return [] if names is msgspec.UNSET else names


def _told(keys: Sequence[KeyElement]) -> str:
    return ", ".join(key.attribute_name for key in keys)


def wait_until_active(driver: Driver, table: str, clock: Clock) -> TableDescription:
    """Wait, at most five minutes, until the table and its indexes can be used."""
    deadline = clock.monotonic() + _WAIT_SECONDS_MAX
    while True:
        description = driver.send(DescribeTable(table_name=table)).table
        if _is_active(description):
            return description
        if clock.monotonic() > deadline:
            raise ConfigurationError(table, f"still {description.table_status} after five minutes")
        clock.sleep(_POLL_SECONDS)


def _is_active(description: TableDescription) -> bool:
    return description.table_status == "ACTIVE" and all(
        index.index_status in ("ACTIVE", msgspec.UNSET)
        for index in description.global_secondary_indexes
    )


def delete_table(driver: Driver, table: str, clock: Clock | None = None) -> bool:
    """Delete the table, with everything in it, and wait until it is gone.

    Returns:
        Whether it was there.
    """
    try:
        driver.send(DeleteTable(table_name=table))
    except TableNotFoundError:
        return False
    clock = clock or SystemClock()
    deadline = clock.monotonic() + _WAIT_SECONDS_MAX
    while clock.monotonic() < deadline:
        try:
            driver.send(DescribeTable(table_name=table))
        except TableNotFoundError:
            return True
        clock.sleep(_POLL_SECONDS)
    raise ConfigurationError(table, "still there five minutes after it was deleted")


def table_names(driver: Driver) -> Iterator[str]:
    """The names of all tables of the account and region."""
    start: str | None = None
    while True:
        page = driver.send(ListTables(exclusive_start_table_name=start))
        yield from page.table_names
        if (start := page.last_evaluated_table_name) is None:
            return
