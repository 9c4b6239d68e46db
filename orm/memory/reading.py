"""Reads: one item, a batch, a query, a scan."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from orm.memory.account import Account
from orm.memory.capacity import Bill, read_units
from orm.memory.expressions import (
    KeyCondition,
    KeyTerm,
    Projection,
    Scope,
    Test,
    bind_key_condition,
    bind_projection,
    parse_condition,
)
from orm.memory.keyspace import Partition, Row
from orm.memory.limits import (
    BATCH_GET_KEYS_MAX,
    BATCH_GET_SIZE_BYTES_MAX,
    SCAN_SEGMENTS_MAX,
)
from orm.memory.pages import Page, collect
from orm.memory.refusals import Invalid
from orm.memory.schema import IndexSchema, Key, KeySchema
from orm.memory.table import Index, Table
from orm.memory.values import Item, read_value, type_of
from orm.memory.writing import refuse_legacy


def get_item(account: Account, params: dict[str, Any]) -> dict[str, Any]:
    refuse_legacy(params)
    bill = Bill(params)
    table = account.table(params)
    projection = read_projection(params)
    hash_key, sort_key, _ = table.key.of_key(params.get("Key"))
    row = table.rows.get(hash_key, sort_key)
    consistent = bool(params.get("ConsistentRead"))
    bill.charge(table, read_units(row.size if row else 0, consistent=consistent))
    answer = {} if row is None else {"Item": shown(row.item, projection)}
    return {**answer, **bill.one()}


def batch_get_item(account: Account, params: dict[str, Any]) -> dict[str, Any]:
    """Read up to 100 items and 16 MB; keys beyond that come back as unprocessed."""
    bill = Bill(params)
    requests = params.get("RequestItems")
    if not requests:
        raise Invalid("The batch request list must have length greater than or equal to 1")
    reads = [_BatchRead(account, name, request) for name, request in requests.items()]
    if sum(len(read.keys) for read in reads) > BATCH_GET_KEYS_MAX:
        raise Invalid("Too many items requested for the BatchGetItem call")
    room = BATCH_GET_SIZE_BYTES_MAX
    answer: dict[str, Any] = {"Responses": {}, "UnprocessedKeys": {}}
    for read in reads:
        room = read.perform(room, answer, bill)
    return {**answer, **bill.all()}


def query(account: Account, params: dict[str, Any]) -> dict[str, Any]:
    refuse_legacy(params)
    bill = Bill(params)
    read = _Read(account, params)
    text = params.get("KeyConditionExpression")
    if text is None:
        raise Invalid("Either the KeyConditions or KeyConditionExpression parameter is required")
    key = read.key
    asked = bind_key_condition(text, read.scope, key.hash_names, key.range_names)
    read.finish_scope(forbidden=key.names)
    hash_key = tuple(map(key.checked, key.hash_names, asked.hash_values))
    partition = read.rows.partition(hash_key)
    forward = bool(params.get("ScanIndexForward", True))
    rows = _in_range(read, partition, hash_key, _Range.of(asked, key), forward)
    return read.answer(collect(rows, read.limit, read.test), bill)


def scan(account: Account, params: dict[str, Any]) -> dict[str, Any]:
    refuse_legacy(params)
    bill = Bill(params)
    read = _Read(account, params)
    read.finish_scope()
    segment, segments = _segments(params)
    after = read.start()
    rows = (row for _, _, row in read.rows.scan(segment, segments, after))
    return read.answer(collect(rows, read.limit, read.test), bill)


class _Read:
    """What a query and a scan have in common: the target, the scope, what to return."""

    def __init__(self, account: Account, params: dict[str, Any]) -> None:
        self.table = account.table(params)
        self.index = _index(self.table, params)
        self.params = params
        self.rows = self.index.rows if self.index else self.table.rows
        self.key: KeySchema = self.index.schema.key if self.index else self.table.key
        self.consistent = bool(params.get("ConsistentRead"))
        if self.consistent and self.index and self.index.schema.is_global:
            raise Invalid("Consistent reads are not supported on global secondary indexes")
        self.limit = _positive(params.get("Limit"), "Limit")
        self.scope = Scope(
            params.get("ExpressionAttributeNames"), params.get("ExpressionAttributeValues")
        )
        self.test: Test | None = None
        self.projection: Projection | None = None

    def finish_scope(self, forbidden: tuple[str, ...] = ()) -> None:
        """Bind filter and projection; a filter must not ask of the attributes `forbidden`."""
        text = self.params.get("FilterExpression")
        if text is not None:
            self.scope.attributes.clear()
            self.test = parse_condition(text).bind(self.scope)
            _refuse_keys_in_filter(self.scope.attributes, forbidden)
            _refuse_unprojected_filter(self.scope.attributes, self.index)
        text = self.params.get("ProjectionExpression")
        if text is not None:
            self.projection = bind_projection(text, self.scope)
        self.scope.finish()
        self.select = _select(self.params, self.index, self.projection)

    def start(self) -> tuple[Key, Key] | None:
        """Return where `ExclusiveStartKey` stands in the rows."""
        raw = self.params.get("ExclusiveStartKey")
        if raw is None:
            return None
        item = _start_item(raw, {**self.table.key.types, **self.key.types})
        hash_key, sort_key = self.table.key.of_item(item)
        if self.index is None:
            return hash_key, sort_key
        place = self.key.of_item(item)
        return place[0], (*place[1], *hash_key, *sort_key)

    def answer(self, page: Page, bill: Bill) -> dict[str, Any]:
        units = read_units(page.size, consistent=self.consistent)
        bill.charge(self.table, units, self.index.schema.name if self.index else "")
        answer: dict[str, Any] = {"Count": len(page.rows), "ScannedCount": page.scanned}
        if self.select != "COUNT":
            answer["Items"] = self._items(page, bill)
        if page.last is not None:
            names = dict.fromkeys((*self.key.names, *self.table.key.names))
            answer["LastEvaluatedKey"] = {name: page.last.item[name] for name in names}
        return {**answer, **bill.one()}

    def _items(self, page: Page, bill: Bill) -> list[Item]:
        rows = [self._fetched(row, bill) for row in page.rows] if self._fetches else page.rows
        if self.projection is None:
            return [row.item for row in rows]
        return [self.projection.apply(row.item) for row in rows]

    @property
    def _fetches(self) -> bool:
        """Whether a local index is asked for what only the table has."""
        if self.index is None or self.index.schema.attributes is None:
            return False
        if self.projection is not None:
            return not self.projection.names <= self.index.schema.attributes
        return bool(self.select == "ALL_ATTRIBUTES")

    def _fetched(self, row: Row, bill: Bill) -> Row:
        full = self.table.rows.get(*self.table.key.of_item(row.item))
        assert full is not None, "an index entry has its row"
        bill.charge(self.table, read_units(full.size, consistent=self.consistent))
        return full


class _BatchRead:
    """The keys that a batch asks of one table."""

    def __init__(self, account: Account, name: str, request: dict[str, Any]) -> None:
        refuse_legacy(request)
        self.name, self.request = name, request
        self.table = account.table({"TableName": name})
        self.projection = read_projection(request)
        self.raw = list(request.get("Keys") or ())
        self.keys = [self.table.key.of_key(raw)[:2] for raw in self.raw]
        if not self.keys:
            raise Invalid("The list of keys must have length greater than or equal to 1")
        if len(set(self.keys)) < len(self.keys):
            raise Invalid("Provided list of item keys contains duplicates")

    def perform(self, room: int, answer: dict[str, Any], bill: Bill) -> int:
        """Read while there is room, and return what room is left."""
        found = answer["Responses"].setdefault(self.name, [])
        consistent = bool(self.request.get("ConsistentRead"))
        for place, (hash_key, sort_key) in enumerate(self.keys):
            row = self.table.rows.get(hash_key, sort_key)
            size = row.size if row else 0
            if size > room:
                rest = {**self.request, "Keys": self.raw[place:]}
                answer["UnprocessedKeys"][self.name] = rest
                return 0
            room -= size
            bill.charge(self.table, read_units(size, consistent=consistent))
            if row is not None:
                found.append(shown(row.item, self.projection))
        return room


@dataclass(frozen=True, slots=True)
class _Range:
    """A run of sort keys: those that begin with `equal`, cut by a condition on the next part."""

    equal: Key
    sign: str = ""
    operands: Key = ()

    @classmethod
    def of(cls, asked: KeyCondition, key: KeySchema) -> _Range:
        equal = tuple(map(key.checked, key.range_names, asked.equal_values))
        term = asked.range_term
        if term is None:
            return cls(equal)
        _refuse_number_prefix(term)
        operands = tuple(_range_operand(key, term.name, value) for value in term.operands)
        return cls(equal, term.sign, operands)

    def slice(self, keys: list[Key]) -> tuple[int, int]:
        """Return the places of the first key within and the first key behind."""
        low, high = self._bounds()
        start = 0 if low is None else low(keys)
        end = len(keys) if high is None else high(keys)
        return start, max(start, end)

    def holds(self, key: Key) -> bool:
        return self.slice([key]) == (0, 1)

    def _bounds(self) -> tuple[_Cut | None, _Cut | None]:
        whole = (_before(self.equal), _behind(self.equal))
        if not self.sign:
            return whole if self.equal else (None, None)
        first = (*self.equal, self.operands[0])
        if self.sign == "begins_with":
            return _before(first), _behind_prefix(first)
        low = {">": _behind, ">=": _before, "BETWEEN": _before}.get(self.sign)
        high = {"<": _before, "<=": _behind, "BETWEEN": _behind}.get(self.sign)
        last = (*self.equal, self.operands[-1])
        return low(first) if low else whole[0], high(last) if high else whole[1]


_Cut = Callable[[list[Key]], int]


def _before(key: Key) -> _Cut:
    return lambda keys: bisect_left(keys, key)


def _behind(key: Key) -> _Cut:
    length = len(key)
    return lambda keys: bisect_right(keys, key, key=lambda one: one[:length])


def _behind_prefix(key: Key) -> _Cut:
    *equal, prefix = key
    depth, length = len(equal), len(prefix)  # type: ignore[arg-type]

    def cut(one: Key) -> Key:
        return (*one[:depth], one[depth][:length])  # type: ignore[index]

    return lambda keys: bisect_right(keys, key, key=cut)


def _in_range(
    read: _Read, partition: Partition | None, hash_key: Key, wanted: _Range, forward: bool
) -> Iterator[Row]:
    after = read.start()
    if after is not None and (after[0] != hash_key or not wanted.holds(after[1])):
        raise Invalid("The provided starting key is outside query boundaries")
    if partition is None:
        return iter(())
    keys = partition.sort_keys
    low, high = wanted.slice(keys)
    if after is not None and forward:
        low = max(low, bisect_right(keys, after[1]))
    elif after is not None:
        high = min(high, bisect_left(keys, after[1]))
    places = range(low, high) if forward else range(high - 1, low - 1, -1)
    return (partition.rows[keys[place]] for place in places)


def _index(table: Table, params: dict[str, Any]) -> Index | None:
    name = params.get("IndexName")
    if name is None:
        return None
    index = table.indexes.get(name)
    if index is None:
        raise Invalid(f"The table does not have the specified index: {name}")
    return index


def read_projection(params: dict[str, Any]) -> Projection | None:
    """Read the `ProjectionExpression` of a read that has no other expression."""
    scope = Scope(params.get("ExpressionAttributeNames"), None)
    text = params.get("ProjectionExpression")
    projection = None if text is None else bind_projection(text, scope)
    scope.finish()
    return projection


def shown(item: Item, projection: Projection | None) -> Item:
    """Return what the projection leaves of an item."""
    return item if projection is None else projection.apply(item)


def _select(params: dict[str, Any], index: Index | None, projection: Projection | None) -> str:
    default = "ALL_PROJECTED_ATTRIBUTES" if index else "ALL_ATTRIBUTES"
    if projection is not None:
        default = "SPECIFIC_ATTRIBUTES"
    select = params.get("Select", default)
    allowed = {"ALL_ATTRIBUTES", "COUNT", "SPECIFIC_ATTRIBUTES", "ALL_PROJECTED_ATTRIBUTES"}
    if select not in allowed:
        raise Invalid(f"Select set to invalid value: {select}")
    if (projection is not None) is not (select == "SPECIFIC_ATTRIBUTES"):
        raise Invalid(f"Cannot specify the ProjectionExpression when choosing to get {select}")
    if select == "ALL_PROJECTED_ATTRIBUTES" and index is None:
        raise Invalid("ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an IndexName")
    if index is not None:
        _refuse_unprojected(select, index.schema, projection)
    return str(select)


def _refuse_unprojected(select: str, index: IndexSchema, projection: Projection | None) -> None:
    if not index.is_global or index.attributes is None:
        return
    names = projection.names if projection is not None else frozenset[str]()
    if select == "ALL_ATTRIBUTES" or not names <= index.attributes:
        raise Invalid(f"Requested attributes are not projected into the index {index.name}")


def _refuse_unprojected_filter(names: set[str], index: Index | None) -> None:
    projected = index.schema.attributes if index else None
    if projected is not None and not names <= projected:
        raise Invalid("Secondary index does not project one or more filter attributes")


def _refuse_keys_in_filter(names: set[str], keys: tuple[str, ...]) -> None:
    used = names & set(keys)
    if used:
        raise Invalid(
            "Filter Expression can only contain non-primary key attributes: Primary key "
            f"attribute: {min(used)}"
        )


def _refuse_number_prefix(term: KeyTerm) -> None:
    if term.sign == "begins_with" and type_of(term.operands[0]) == "N":
        raise Invalid("begins_with does not take a number")


def _range_operand(key: KeySchema, name: str, value: Any) -> Any:
    return key.checked(name, value)


def _start_item(raw: Any, types: dict[str, str]) -> Item:
    if not isinstance(raw, dict) or set(raw) != set(types):
        raise Invalid("The provided starting key is invalid")
    item = {name: read_value(value)[0] for name, value in raw.items()}
    if any(type_of(value) != types[name] for name, value in item.items()):
        raise Invalid("The provided starting key is invalid")
    return item


def _positive(value: Any, name: str) -> int | None:
    if value is None:
        return None
    if not isinstance(value, int) or value < 1:
        raise Invalid(f"{name} must be greater than or equal to 1")
    return value


def _segments(params: dict[str, Any]) -> tuple[int, int]:
    segment, total = params.get("Segment"), params.get("TotalSegments")
    if segment is None and total is None:
        return 0, 1
    if segment is None or total is None:
        raise Invalid("Segment and TotalSegments go together")
    if not 1 <= total <= SCAN_SEGMENTS_MAX or not 0 <= segment < total:
        raise Invalid("The Segment parameter must be less than TotalSegments")
    return segment, total
