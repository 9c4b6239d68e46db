"""Records: create, save, find and query of models that save themselves, against four peers.

Peers are the driver alone and boto3's client, which are handed the very requests that ours sends,
and PynamoDB and pydynox (a core in Rust) as their users write. The rows are those of
`benchmarks.readings`, and lie at the same keys. Time is that of the whole process, since pydynox
works in threads of its own.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, TypeVar

import msgspec

from benchmarks import row_peers, rows
from benchmarks.measure import ROUNDS_MIN, Measured, measure
from benchmarks.readings import ROW_TABLE, ROWS, readings, station
from benchmarks.record_peers import BotoRecords, Once, PydynoxItems, PydynoxRecords, PynamoRecords
from benchmarks.replay_server import ReplayServer
from benchmarks.rows import driver
from orm.definitions import PatternDefinition as Pattern
from orm.driver import Driver
from orm.records import Attr, Connection, DynamoDBModel, attr
from orm.requests import Request

OURS: Final = "record"
DRIVER: Final = "the driver alone"
DRIVER_ITEMS: Final = "the driver alone, plain items"
BOTO: Final = "boto3 client"
PYNAMO: Final = "PynamoDB model"
PYDYNOX: Final = "pydynox client"
PYDYNOX_MODEL: Final = "pydynox model"

CREATE: Final = "create a record"
FIND: Final = "find a record"
SAVE: Final = "save a change"
SAVE_INDEXED: Final = "save a change with index keys"
FIND_AND_SAVE: Final = "find, change and save"
QUERY: Final = f"query {ROWS:,} records"

_ALL: Final = (DRIVER, BOTO, PYNAMO, PYDYNOX, PYDYNOX_MODEL)
PEERS: Final[Mapping[str, tuple[str, ...]]] = {
    CREATE: _ALL,
    FIND: _ALL,
    SAVE: _ALL,
    # models of PynamoDB and pydynox have no index keys to keep
    SAVE_INDEXED: (DRIVER, BOTO, PYDYNOX),
    FIND_AND_SAVE: (DRIVER, BOTO, PYNAMO, PYDYNOX_MODEL),
    QUERY: (DRIVER_ITEMS, *_ALL),
}
"""Who is measured beside ours."""

R = TypeVar("R")
_QUALITIES: Final = ("poor", "fair")
_BY_TIME: Final = Pattern(name="of a station", equal=("station",), sort="taken")
_BY_QUALITY: Final = Pattern(name="by quality", equal=("quality",), sort="taken")


class Reading(DynamoDBModel, primary_key=("station", "taken"), patterns=(_BY_TIME,)):
    """What `benchmarks.readings.Reading` is, as a record; in its place in the table."""

    station: Attr[str]
    taken: Attr[int]
    instrument: Attr[str]
    operator: Attr[str]
    quality: Attr[str]
    battery_volts: Attr[float]
    complete: Attr[bool]
    values: Attr[dict[str, float]]
    place: Attr[dict[str, str]]
    tags: Attr[list[str]]
    note: Attr[str | None] = attr(default=None)
    checked_by: Attr[str | None] = attr(default=None)
    revision: Attr[int] = attr(default=0)


class IndexedReading(Reading, patterns=(_BY_TIME, _BY_QUALITY)):
    """The same, found by its quality too, so that a change of that moves it in an index."""


class Catching:
    """A `Driver` that keeps what it sends on."""

    def __init__(self, driver: Driver) -> None:
        self._driver = driver
        self.requests: list[Request[Any]] = []

    def send(self, request: Request[R], /) -> R:
        """See `Driver.send`."""
        self.requests.append(request)
        return self._driver.send(request)


def values() -> dict[str, Any]:
    """What one record is made of."""
    given = msgspec.structs.asdict(readings(ROWS)[1])
    return {name: value for name, value in given.items() if value is not None}


def connected(way: Driver) -> Connection:
    """Both models in the table of the rows."""
    connection = Connection(way, ROW_TABLE)
    connection.register(Reading, IndexedReading)
    return connection


class Records:
    """The operations that are measured, by one connection.

    Attributes:
        connection: the one.
    """

    def __init__(self, way: Driver) -> None:
        self.connection = connected(way)
        self._values = values()
        self._key = self._values["station"], self._values["taken"]

    def create(self, model: type[Reading] = Reading) -> Reading:
        return model.using(self.connection).create(self._values)

    def find(self) -> Reading:
        found = Reading.using(self.connection).find(*self._key)
        assert found is not None
        return found

    def change(self, record: Reading) -> Reading:
        """Another quality than it has, saved."""
        record.quality = "poor" if record.quality == "fair" else "fair"
        return record.save()

    def find_and_change(self) -> Reading:
        return self.change(self.find())

    def query(self) -> list[Reading]:
        return Reading.using(self.connection).query().where(station=station(ROWS)).get()


def requests_of(server: ReplayServer, work: Callable[[Records], object]) -> list[Request[Any]]:
    """What ours sends for something."""
    catching = Catching(driver(server))
    work(Records(catching))
    return catching.requests


def _save_of(model: type[Reading]) -> Callable[[Records], object]:
    return lambda records: records.change(records.create(model))


# --- variants --------------------------------------------------------------------------------


def variants(server: ReplayServer) -> Mapping[str, Mapping[str, Once]]:
    """Every way of doing each thing."""
    return {
        CREATE: _creates(server),
        FIND: _finds(server),
        SAVE: _saves(server),
        SAVE_INDEXED: _indexed_saves(server),
        FIND_AND_SAVE: _finds_and_saves(server),
        QUERY: _queries(server),
    }


def _requested(server: ReplayServer, requests: list[Request[Any]]) -> Mapping[str, Once]:
    """The same requests by the driver alone and by boto3."""
    way = driver(server)
    return {
        DRIVER: lambda: [way.send(request) for request in requests],
        BOTO: BotoRecords(server).send(*requests),
    }


def _creates(server: ReplayServer) -> Mapping[str, Once]:
    plain = row_peers.plain_item(ROWS)
    return {
        OURS: Records(driver(server)).create,
        **_requested(server, requests_of(server, Records.create)),
        PYNAMO: PynamoRecords(server, plain).create,
        PYDYNOX: PydynoxItems(server, plain).create,
        PYDYNOX_MODEL: PydynoxRecords(server, plain).create,
    }


def _finds(server: ReplayServer) -> Mapping[str, Once]:
    plain = row_peers.plain_item(ROWS)
    return {
        OURS: Records(driver(server)).find,
        **_requested(server, requests_of(server, Records.find)),
        PYNAMO: PynamoRecords(server, plain).find,
        PYDYNOX: PydynoxItems(server, plain).find,
        PYDYNOX_MODEL: PydynoxRecords(server, plain).find,
    }


def _saves(server: ReplayServer) -> Mapping[str, Once]:
    plain, records = row_peers.plain_item(ROWS), Records(driver(server))
    pynamo, pydynox = PynamoRecords(server, plain), PydynoxRecords(server, plain)
    items = PydynoxItems(server, plain)
    ours, theirs, others = records.create(), pynamo.find(), pydynox.find()
    qualities = itertools.cycle(_QUALITIES)
    return {
        OURS: lambda: records.change(ours),
        **_requested(server, requests_of(server, _save_of(Reading))[1:]),
        PYNAMO: lambda: pynamo.change(theirs, next(qualities)),
        PYDYNOX: lambda: items.change({"quality": next(qualities)}),
        PYDYNOX_MODEL: lambda: pydynox.change(others, next(qualities)),
    }


def _indexed_saves(server: ReplayServer) -> Mapping[str, Once]:
    """Only the client of pydynox beside: its models and PynamoDB's have no index keys to keep."""
    records, items = Records(driver(server)), PydynoxItems(server, row_peers.plain_item(ROWS))
    ours, qualities = records.create(IndexedReading), itertools.cycle(_QUALITIES)
    stored = requests_of(server, lambda one: one.create(IndexedReading))[0].params()["Item"]
    place = {name: stored[name]["S"] for name in ("gsi1pk", "gsi1sk")}
    return {
        OURS: lambda: records.change(ours),
        **_requested(server, requests_of(server, _save_of(IndexedReading))[1:]),
        PYDYNOX: lambda: items.change({"quality": next(qualities), **place}),
    }


def _finds_and_saves(server: ReplayServer) -> Mapping[str, Once]:
    plain, qualities = row_peers.plain_item(ROWS), itertools.cycle(_QUALITIES)
    pynamo, pydynox = PynamoRecords(server, plain), PydynoxRecords(server, plain)
    return {
        OURS: Records(driver(server)).find_and_change,
        **_requested(server, requests_of(server, Records.find_and_change)),
        PYNAMO: lambda: pynamo.change(pynamo.find(), next(qualities)),
        PYDYNOX_MODEL: lambda: pydynox.change(pydynox.find(), next(qualities)),
    }


def _queries(server: ReplayServer) -> Mapping[str, Once]:
    """Peers as for rows. The driver reads what ours has it read, types made for the model, and also
    the plain items that its users get."""

    known, way = rows.queries(server), driver(server)
    request: Any = requests_of(server, Records.query)[0]
    return {
        OURS: Records(driver(server)).query,
        DRIVER: lambda: way.send(request).items,
        DRIVER_ITEMS: lambda: way.send(msgspec.structs.replace(request, read_as=None)).items,
        BOTO: known[rows.BOTO],
        PYNAMO: known[rows.PYNAMO],
        PYDYNOX: known[rows.PYDYNOX],
        PYDYNOX_MODEL: known[rows.PYDYNOX_MODEL],
    }


def check(server: ReplayServer) -> None:
    """All come to the same rows."""
    records, plain = Records(driver(server)), row_peers.plain_item(ROWS)
    wanted = row_peers.wanted(ROWS)
    assert [msgspec.structs.asdict(record) for record in records.query()] == wanted
    assert msgspec.structs.asdict(records.find()) == wanted[1]
    assert row_peers.pynamo_plain(PynamoRecords(server, plain).find()) == wanted[1]
    assert row_peers.pydynox_plain(PydynoxRecords(server, plain).find()) == wanted[1]


def run(server: ReplayServer, rounds: int = ROUNDS_MIN) -> Iterator[tuple[str, Measured]]:
    """Time one thing after the other."""
    for work, ways in variants(server).items():
        yield work, measure(ways, rounds, clock=time.process_time)
