"""The state of the engine: one account in one region, with its tables, streams and clock."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from orm.memory.refusals import Invalid, not_found
from orm.memory.streams import Sequence, Stream
from orm.memory.table import Table

ACCOUNT_ID = "000000000000"


_NAME = re.compile(r"[a-zA-Z0-9_.\-]{3,255}\Z")


def check_name(name: str) -> None:
    """Refuse what cannot be the name of a table or index."""
    if not _NAME.match(name):
        raise Invalid("Table and index names have 3 to 255 of a-z, A-Z, 0-9, '_', '-' and '.'")


@dataclass(frozen=True, slots=True)
class TokenUse:
    """Which request a client request token was used for, and when."""

    fingerprint: bytes
    used_at: float


class Account:
    """Tables by name, streams by ARN, and the tokens of recent transactions."""

    def __init__(self, now: Callable[[], float], region: str) -> None:
        self.now, self.region = now, region
        self.tables: dict[str, Table] = {}
        self.streams: dict[str, Stream] = {}
        self.tokens: dict[str, TokenUse] = {}
        self._sequence = Sequence()

    @property
    def last_sequence(self) -> int:
        return self._sequence.last

    def table(self, params: dict[str, Any]) -> Table:
        """Return the table that a request names, with what has expired taken out."""
        table = self.table_named(params.get("TableName"))
        if table.ttl_attribute is not None:
            table.expire(self.now())
        return table

    def table_named(self, name: object) -> Table:
        if not isinstance(name, str) or not name:
            raise Invalid("The parameter 'TableName' is required but was not present")
        name = name.rpartition(":table/")[2]
        table = self.tables.get(name)
        if table is None:
            check_name(name)
            raise not_found(f"Table: {name}")
        return table

    def stream(self, arn: object) -> Stream:
        """Return the stream of this ARN, with what has expired in its table recorded."""
        stream = self.streams.get(arn) if isinstance(arn, str) else None
        if stream is None:
            raise not_found(f"Stream: {arn}")
        table = self.tables.get(stream.table)
        if table is not None and table.stream is stream:
            table.expire(self.now())
        return stream

    def table_arn(self, name: str) -> str:
        return f"arn:aws:dynamodb:{self.region}:{ACCOUNT_ID}:table/{name}"

    def open_stream(self, table: Table, view: str) -> None:
        """Give the table a new stream, unrelated to any that it had."""
        now = self.now()
        moment = datetime.fromtimestamp(now, UTC).replace(tzinfo=None)
        arn = f"{table.arn}/stream/{moment.isoformat(timespec='milliseconds')}"
        if arn in self.streams:  # re-enabled within one millisecond
            arn += uuid.uuid4().hex[:4]
        stream = Stream(arn, table.name, view, table.key, self._sequence, now)
        self.streams[arn] = table.stream = stream
