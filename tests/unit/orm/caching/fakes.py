"""A table whose eventual reads lag as long as the test wants, and calls that wait to be let go."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from typing import Any, ClassVar, TypeVar

import msgspec

from orm.caching import CachedDriver
from orm.caching.subjects import tags_of
from orm.clock import ManualClock
from orm.config import SingleTableConfig
from orm.driver import Driver, WireDriver
from orm.memory import MemoryTransport
from orm.requests import GetItem, GotItem, Item, Page, PutItem, Query, Request, Struct
from orm.tables import TableShape, create_table

R = TypeVar("R")
CONFIG = SingleTableConfig(table="tab")


class Statement(Request[GotItem[Item]], frozen=True):
    """A write that nothing here knows, as a statement in PartiQL would be."""

    operation = "ExecuteStatement"
    answer: ClassVar[Any] = GotItem[Item]
    writes = True

    put: Struct


class Replicated:
    """A `Driver` to a table and to a replica of it, which answers what need not be consistent.

    Writes reach the replica when it catches up, or at once unless it lags.
    """

    def __init__(self) -> None:
        self._leader, self._replica = WireDriver(MemoryTransport()), WireDriver(MemoryTransport())
        for engine in (self._leader, self._replica):
            create_table(engine, TableShape(config=CONFIG, indexes=1), ManualClock())
        self._waiting: list[Request[Any]] = []
        self._lock, self._writing = threading.Lock(), threading.Lock()
        self.lags = False
        self.sent: list[Request[Any]] = []

    def send(self, request: Request[R], /) -> R:
        """See `Driver.send`."""
        with self._lock:
            self.sent.append(request)
        if isinstance(request, Statement):
            self.send(request.put)  # type: ignore[arg-type]
            return GotItem(consumed_capacity=None)  # type: ignore[arg-type,return-value]
        if not request.writes:
            eventual = tags_of(request) is not None
            return (self._replica if eventual else self._leader).send(request)
        with self._writing:  # so that the replica gets writes in the leader's order, and whole
            answer = self._leader.send(request)
            self._waiting.append(request)
            if not self.lags:
                self._catch_up()
        return answer

    def catch_up(self) -> None:
        """Carry out on the replica what was written since."""
        with self._writing:
            self._catch_up()

    def _catch_up(self) -> None:
        for request in self._waiting:
            self._replica.send(request)
        self._waiting.clear()

    def counts(self) -> Counter[str]:
        """How many calls there were, by operation."""
        return Counter(request.operation for request in self.sent)


class Held:
    """A `Driver` that holds chosen calls, before they are carried out or after, until let go."""

    def __init__(self, driver: Driver) -> None:
        self._driver = driver
        self._held: list[tuple[Callable[[Request[Any]], bool], bool, Holding]] = []

    def hold(self, what: Callable[[Request[Any]], bool], *, after: bool = False) -> Holding:
        """Hold the next call of this kind."""
        holding = Holding()
        self._held.append((what, after, holding))
        return holding

    def send(self, request: Request[R], /) -> R:
        """See `Driver.send`."""
        found = next((held for held in self._held if held[0](request)), None)
        if found is None:
            return self._driver.send(request)
        self._held.remove(found)
        _, after, holding = found
        if after:
            answer = self._driver.send(request)
            holding.wait()
            return answer
        holding.wait()
        return self._driver.send(request)


class Holding:
    """One call that is held."""

    def __init__(self) -> None:
        self._reached, self._let_go = threading.Event(), threading.Event()
        self.error: BaseException | None = None

    def wait(self) -> None:
        self._reached.set()
        assert self._let_go.wait(10), "nobody let the call go"
        if self.error is not None:
            raise self.error

    def until_reached(self) -> None:
        assert self._reached.wait(10), "the call was not made"

    def let_go(self, error: BaseException | None = None) -> None:
        self.error = error
        self._let_go.set()


class Background:
    """Work in a thread of its own; `result` waits for it."""

    def __init__(self, work: Callable[[], Any]) -> None:
        self._work, self._result = work, None
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            self._result = self._work()
        except BaseException as error:
            self._error = error

    def result(self) -> Any:
        self._thread.join(10)
        assert not self._thread.is_alive(), "it hangs"
        if self._error is not None:
            raise self._error
        return self._result


def key(pk: str = "A", sk: str = "1") -> Item:
    return {"pk": {"S": pk}, "sk": {"S": sk}}


def get(pk: str = "A", sk: str = "1", **more: Any) -> GetItem[Item]:
    return GetItem(table_name="tab", key=key(pk, sk), **more)


def put(value: int, pk: str = "A", sk: str = "1") -> PutItem:
    item = key(pk, sk) | {"v": {"N": str(value)}, "gsi1pk": {"S": "I"}, "gsi1sk": {"S": sk}}
    return PutItem(table_name="tab", item=item)


def query(pk: str = "A", **more: Any) -> Query[Item]:
    return Query(
        table_name="tab",
        key_condition_expression="#p = :p",
        expression_attribute_names={"#p": "pk"},
        expression_attribute_values={":p": {"S": pk}},
        **more,
    )


def by_index() -> Query[Item]:
    return msgspec.structs.replace(
        query("I"), index_name="GSI1", expression_attribute_names={"#p": "gsi1pk"}
    )


def value(answer: GotItem[Item] | Page[Item]) -> int | None:
    """The value in the one item that was found; None where there is none."""
    items = [answer.item] if isinstance(answer, GotItem) else answer.items
    return next((int(item["v"]["N"]) for item in items if item), None)


class Bench:
    """A cache over a lagging table, on a clock that stands still."""

    def __init__(self, **settings: Any) -> None:
        self.clock, self.table = ManualClock(), Replicated()
        self.held = Held(self.table)
        self.cache = CachedDriver(self.held, clock=self.clock, **settings)

    def read(self, request: Request[Any]) -> int | None:
        return value(self.cache.send(request))

    def settled(self) -> None:
        """Let the window of all writes so far pass."""
        self.table.catch_up()
        self.clock.sleep(2.1)
