"""Workers with one thing wrong each; the schedules must find every one of them out."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from orm.driver import Transport
from orm.errors import TrimmedError
from projections.shards import ChangeStream, Page
from projections.worker import Worker, _Held
from tests.simulation.projections.world import ROWS, Parts


class SavesFirst(Worker):
    """Saves its place before the effects are written."""

    def _work(self, held: _Held) -> bool:
        page = held.reader.read()
        held.reader.advance(page)
        self._save(held)
        self._dispatcher.dispatch(page.commits)
        if held.reader.ended:
            self._finish(held)
        return page.records > 0


class NeverScans(Worker):
    """Goes on behind a hole as if nothing had been there."""

    def _scan(self, reason: str, projections: Iterable[str], level: int = 0) -> None:
        self._report.scans[reason] += 1


class BelievesEmptyPages(ChangeStream):
    """Takes an empty page for the end of a shard."""

    def read(self, iterator: str, limit: int = 1_000) -> Page:
        page = super().read(iterator, limit)
        return page if page.records else Page((), None, 0, None, page.odd)

    def is_closed(self, shard_id: str) -> bool:
        return True


class StartsAtLatest(ChangeStream):
    """Begins a shard with what comes next."""

    def iterator(self, shard_id: str, after: str | None) -> str:
        from orm.requests import GetShardIterator

        if after is not None:
            return super().iterator(shard_id, after)
        return self._driver.send(
            GetShardIterator(stream_arn=self.arn, shard_id=shard_id, shard_iterator_type="LATEST")
        ).shard_iterator


class Unconditional:
    """Writes whatever it has, whoever wrote meanwhile."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def call(self, operation: str, params: dict[str, Any], /) -> bytes:
        if params.get("TableName") == ROWS.table and operation == "PutItem":
            params = self._plain(params)
        if operation == "TransactWriteItems":
            actions = [
                {"Put": self._plain(action["Put"])} if "Put" in action else action
                for action in params["TransactItems"]
            ]
            params = params | {"TransactItems": actions}
        return self._transport.call(operation, params)

    def _plain(self, params: dict[str, Any]) -> dict[str, Any]:
        dropped = {
            "ConditionExpression",
            "ExpressionAttributeNames",
            "ExpressionAttributeValues",
            "ReturnValuesOnConditionCheckFailure",
        }
        return {name: value for name, value in params.items() if name not in dropped}


class SkipsTrimmed(NeverScans):
    """Skips trimmed records with a shrug."""

    def _work(self, held: _Held) -> bool:
        try:
            return super()._work(held)
        except TrimmedError:
            held.reader.rewind()
            return True


MUTANTS: dict[str, tuple[Parts, bool]] = {
    "saves its place before applying": (Parts(worker=SavesFirst), False),
    "skips trimmed records": (Parts(worker=SkipsTrimmed), True),
    "takes an empty page for the end": (Parts(changes=BelievesEmptyPages), False),
    "starts shards at LATEST": (Parts(changes=StartsAtLatest), False),
    "writes without conditions": (Parts(wrap_rows=Unconditional), False),
}
