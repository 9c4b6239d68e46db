"""A network between writers and an engine: loses, doubles, damages, delays, as a seed decides.

`orm.driver.FaultyTransport` does the faults that end with the call; this one adds those that go on
after it: a request that arrives when its sender has long given up, alone or as a second copy.
"""

from __future__ import annotations

import copy
import random
from collections import Counter
from typing import Any

from orm.driver import Fault, FaultyTransport, ServiceError, Transport, TransportError
from tests.support.interleaving import Interleaver

Call = tuple[str, dict[str, Any]]

SURE_FAULTS = (
    Fault.NOT_SENT,
    Fault.LOST,
    Fault.TWICE,
    Fault.TRUNCATED,
    Fault.EMPTY,
    Fault.THROTTLED,
    Fault.SERVER_ERROR,
    Fault.SERVER_ERROR_AFTER,
)
WRITES = frozenset({"PutItem", "TransactWriteItems"})
LATE, DOUBLE_LATE, BUSY = "arrives late", "a copy arrives late", "another transaction holds it"


class Network:
    """A `Transport` over which `rate` of all calls go wrong.

    Requests that are late wait in `on_the_way` until `deliver` picks one.
    """

    def __init__(
        self, transport: Transport, rng: random.Random, turns: Interleaver, rate: float
    ) -> None:
        self._transport, self._rng, self._turns, self._rate = transport, rng, turns, rate
        self._arrival_rate = rng.choice((0.01, 0.1))
        self._faulty = FaultyTransport(transport, lambda _operation, _params: self._next)
        self._next: Fault | None = None
        self.on_the_way: list[Call] = []
        self.faults: Counter[str] = Counter()

    def call(self, operation: str, params: dict[str, Any], /) -> bytes:
        """See `Transport.call`."""
        self._turns.pause()
        fault = self._draw(operation in WRITES)
        if fault is None:
            answer = self._transport.call(operation, params)
        elif isinstance(fault, Fault):
            self.faults[fault.value] += 1
            self._next = fault
            answer = self._faulty.call(operation, params)
        else:
            self.faults[fault] += 1
            answer = self._odd(fault, operation, params)
        self._turns.pause()
        return answer

    def _draw(self, writes: bool) -> Fault | str | None:
        if self._rng.random() >= self._rate:
            return None
        late = (LATE, LATE, LATE, LATE, DOUBLE_LATE, BUSY) if writes else ()
        kinds: tuple[Fault | str, ...] = (*SURE_FAULTS, *late)
        return self._rng.choice(kinds)

    def _odd(self, fault: str, operation: str, params: dict[str, Any]) -> bytes:
        if fault == BUSY:
            raise ServiceError("TransactionConflictException", "injected: busy")
        self.on_the_way.append((operation, copy.deepcopy(params)))
        if fault == DOUBLE_LATE:
            return self._transport.call(operation, params)
        raise TransportError("lost", "injected: on its way, and no answer")

    def deliver(self) -> None:
        """Let one late request arrive, now and then; nobody hears the answer."""
        if self.on_the_way and self._rng.random() < self._arrival_rate:
            self._arrive(self._rng.randrange(len(self.on_the_way)))

    def deliver_all(self) -> None:
        """Let everything arrive that is on its way, in any order."""
        while self.on_the_way:
            self._arrive(self._rng.randrange(len(self.on_the_way)))

    def _arrive(self, index: int) -> None:
        operation, params = self.on_the_way.pop(index)
        try:
            self._transport.call(operation, params)
        except ServiceError:
            self.faults["refused on late arrival"] += 1
