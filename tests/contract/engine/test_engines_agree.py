"""Random histories on both engines: the same answers, request by request, and the same streams.

Each history has a seed, which stands in the failure beside the shortest history that still fails.
"""

from __future__ import annotations

import secrets

import pytest

from orm.driver import Transport
from orm.memory import MemoryTransport
from tests.contract.engine.pair import Pair, Params, difference
from tests.contract.engine.requests import Request, Requests, renamed
from tests.contract.engine.stream_records import records
from tests.contract.engine.tables import table_params
from tests.counts import count

HISTORIES = count(24, 600)
LENGTH = 120
GROUPS = max(4, HISTORIES // 12)  # tests that share the histories; none of them gets long
REPLAYS_MAX = 60
PAGES_MAX = 60


@pytest.mark.parametrize("group", range(GROUPS))
def test_random_histories_have_the_same_answers(local_transport: Transport, group: int) -> None:
    """Whatever is asked in whatever order, memory answers what DynamoDB Local answers."""
    seeds = range(group, HISTORIES, GROUPS)
    print(f"{len(seeds)} histories of {LENGTH} requests")
    for seed in seeds:
        history = Requests(seed).take(LENGTH)
        found = play(history, local_transport)
        if found:
            pytest.fail(f"seed {seed}{report(*shortest(history, local_transport, found))}")


def play(history: list[Request], local: Transport) -> str:
    """Play on a new table of each; return the first difference, or nothing."""
    pair, table = Pair(MemoryTransport(), local), f"agree-{secrets.token_hex(6)}"
    pair.same("CreateTable", table_params(table))
    try:
        for request in history:
            ask(pair, request, table)
        ours, theirs = (records(engine, table) for engine in (pair.memory, pair.local))
        assert ours == theirs, difference("all stream records", ours, theirs)
    except AssertionError as error:
        return str(error)
    finally:
        pair.both("DeleteTable", {"TableName": table})
    return ""


def ask(pair: Pair, request: Request, table: str) -> None:
    """Ask both, page after page where pages are wanted."""
    params: Params = renamed(request.params, table)
    aside = (*request.aside, "numbers-below")  # an update's number keeps its spelling for good
    for _ in range(PAGES_MAX):
        code, body = pair.same(request.operation, params, aside)
        if not request.paged or code != "ok" or "LastEvaluatedKey" not in body:
            return
        params = {**params, "ExclusiveStartKey": body["LastEvaluatedKey"]}


def shortest(history: list[Request], local: Transport, found: str) -> tuple[list[Request], str]:
    """Leave out what the difference does not need: halves first, then smaller parts."""
    size, replays = len(history) // 2, 0
    while size and replays < REPLAYS_MAX:
        start = 0
        while start < len(history) and replays < REPLAYS_MAX:
            fewer, replays = history[:start] + history[start + size :], replays + 1
            still = play(fewer, local)
            if still:
                history, found = fewer, still
            else:
                start += size
        size //= 2
    return history, found


def report(history: list[Request], found: str) -> str:
    script = "".join(f"\n  {request.operation} {request.params}" for request in history)
    return f", {len(history)} requests:{script}\n{found}"
