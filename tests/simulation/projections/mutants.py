"""Workers with one thing wrong each; the schedules must find every one of them out."""

from __future__ import annotations

from collections.abc import Container, Iterable
from typing import Any

from orm.driver import Transport
from orm.errors import TrimmedError
from orm.requests import Shard
from projections.leases import Lease
from projections.shards import ChangeStream, Page
from projections.worker import Worker, _Held
from tests.simulation.projections.world import ROWS, Parts, Weather


class SavesFirst(Worker):
    """Saves its place before the effects are written."""

    def _work(self, held: _Held) -> bool:
        page = held.reader.read()
        held.reader.advance(page)
        self._save(held)
        self._dispatcher.dispatch(page.commits, between=self._renew_due)
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


class CopiesCoverage(Worker):
    """Takes what a parent covers when its child is listed for what the child covers."""

    def _record(self, shard: Shard, leases: dict[str, Lease]) -> None:
        parent = leases.get(shard.parent_shard_id or "")
        if shard.shard_id not in leases and parent is not None:
            leases[shard.shard_id] = self._leases.create(
                Lease(
                    stream=self._changes.name,
                    shard=shard.shard_id,
                    parent=shard.parent_shard_id,
                    covers=parent.covers,
                )
            )
        super()._record(shard, leases)

    def _take(self, lease: Lease, covers: Iterable[str]) -> None:
        super()._take(lease, lease.covers)


class NeverReopens(Worker):
    """Takes a lease that is finished for finished, whatever DynamoDB shows."""

    def _record(self, shard: Shard, leases: dict[str, Lease]) -> None:
        if shard.shard_id not in leases:
            super()._record(shard, leases)


class BelievesOneList(NeverReopens):
    """Gives up what one list does not have."""

    def _has_vanished(self, shard: str, listed: Container[str]) -> bool:
        return shard not in listed


CALM = Weather()
TRIMS = Weather(trims=True)
DEPLOYS = Weather(deploys=True)

MUTANTS: dict[str, tuple[Parts, Weather]] = {
    "saves its place before applying": (Parts(worker=SavesFirst), CALM),
    "skips trimmed records": (Parts(worker=SkipsTrimmed), TRIMS),
    "takes an empty page for the end": (
        Parts(worker=NeverReopens, changes=BelievesEmptyPages),
        CALM,
    ),
    "starts shards at LATEST": (Parts(changes=StartsAtLatest), CALM),
    "gives a shard up because a list is late": (Parts(worker=BelievesOneList), CALM),
    "copies what a parent covers when its child is listed": (Parts(worker=CopiesCoverage), DEPLOYS),
    "goes over to a new stream without a scan": (
        Parts(worker=NeverScans),
        Weather(switches=True),
    ),
    "writes without conditions": (Parts(wrap_rows=Unconditional), CALM),
}
