"""The peers of records: the same row made, found and changed by boto3, PynamoDB and pydynox.

Each does what its users do: makes an object of values, saves it where there is none, reads one by
its key, gives it another value and sends that alone. boto3's client is handed finished parameters.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from benchmarks import row_peers as peers
from benchmarks.readings import ROW_TABLE
from benchmarks.replay_server import ReplayServer
from benchmarks.stacks import boto_client
from orm.requests import Request

Once = Callable[[], object]

_METHODS: Final = {"GetItem": "get_item", "PutItem": "put_item", "UpdateItem": "update_item"}
_IS_NEW: Final = "attribute_not_exists(pk)"
_IS_THERE: Final = "attribute_exists(pk)"


class BotoRecords:
    """boto3's client, handed the requests that ours sends."""

    def __init__(self, server: ReplayServer) -> None:
        self._client = boto_client(server)

    def send(self, *requests: Request[Any]) -> Once:
        calls = [(self._method(one), one.params()) for one in requests]

        def once() -> object:
            return [method(**parameters) for method, parameters in calls]

        return once

    def _method(self, request: Request[Any]) -> Any:
        return getattr(self._client, _METHODS[request.operation])


class PynamoRecords:
    """PynamoDB's models."""

    def __init__(self, server: ReplayServer, plain: peers.Plain) -> None:
        self._model, self._plain = peers.pynamo_model(server), plain

    def create(self) -> object:
        return self._model(**self._plain).save(condition=self._model.pk.does_not_exist())

    def find(self) -> Any:
        return self._model.get(self._plain["pk"], self._plain["sk"])

    def change(self, row: Any, quality: str) -> object:
        return row.update(
            actions=[self._model.quality.set(quality)], condition=self._model.pk.exists()
        )


class PydynoxRecords:
    """pydynox's models."""

    def __init__(self, server: ReplayServer, plain: peers.Plain) -> None:
        self._model, self._plain = peers.pydynox_model(peers.pydynox_client(server)), plain

    def create(self) -> object:
        return self._model(**self._plain).sync_save(condition=self._model.pk.not_exists())

    def find(self) -> Any:
        return self._model.sync_get(pk=self._plain["pk"], sk=self._plain["sk"])

    def change(self, row: Any, quality: str) -> object:
        return row.sync_update(quality=quality, condition=self._model.pk.exists())


class PydynoxItems:
    """pydynox's client, which takes and gives plain dicts."""

    def __init__(self, server: ReplayServer, plain: peers.Plain) -> None:
        self._client, self._plain = peers.pydynox_client(server), plain
        self._key = {name: plain[name] for name in ("pk", "sk")}

    def create(self) -> object:
        return self._client.sync_put_item(ROW_TABLE.table, self._plain, _IS_NEW)

    def find(self) -> Any:
        return self._client.sync_get_item(ROW_TABLE.table, self._key)

    def change(self, changes: peers.Plain) -> object:
        return self._client.sync_update_item(
            ROW_TABLE.table, self._key, updates=changes, condition_expression=_IS_THERE
        )
