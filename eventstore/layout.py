"""Where a commit stands in a table: the keys of events, of the store and of its list of streams.

| item | pk | sk |
|---|---|---|
| commit q | `[T#tenant#]CATEGORY#id` | `!EVENT#000000000007` |
| the store's epoch | `!STORE` | `!STORE` |

| index 1, first commits only | `[T#tenant#]!STREAMS#CATEGORY#slice` | recorded at |
|---|---|---|

A commit's attributes are `f` first event number, `n` events, `id` commit id, `h` content hash, `ts`
recorded at, `ev` events, `z` 1 where these are compressed, `m` metadata.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Any, Final

import msgspec

from eventstore.errors import StreamCorruptedError
from eventstore.log import Commit, Draft, Payloads
from eventstore.stream import StreamId
from eventstore.token import Receipt
from orm.codec import check_item_size, item_size_bytes
from orm.config import SingleTableConfig
from orm.decoding import learn
from orm.errors import InvalidKeyError, TransactionTooLargeError
from orm.keys import check_key_sizes
from orm.limits import TRANSACTION_BYTES_MAX, WRITE_UNIT_BYTES
from orm.requests import Item
from orm.sortable import sortable_int
from orm.tables import TableShape

SLICES: Final = 4
"""Partitions that one category's list of streams is spread over; part of the stored layout."""

_EVENT: Final = "EVENT"
_COMMIT_DIGITS: Final = 12
COMMIT_MAX: Final = 10**_COMMIT_DIGITS - 1
PAYLOAD_PROJECTION: Final = "#sk, f, n, ev, m, z"
READ_PROJECTION: Final = f"{PAYLOAD_PROJECTION}, id, ts"
"""Who reads one stream asks for no more than needed: it is a third of what goes over the wire."""
_COMPRESS_FROM_BYTES: Final = WRITE_UNIT_BYTES // 2


class EventLayout:
    """The keys of one event table."""

    def __init__(self, config: SingleTableConfig) -> None:
        self.config = config
        self.keys = config.keys
        self.event_prefix = self.keys.framework_prefix(_EVENT)

    def shape(self) -> TableShape:
        """What the event table looks like."""
        return TableShape(
            config=self.config, indexes=1, index_projection="KEYS_ONLY", stream="NEW_IMAGE"
        )

    def pk(self, stream: StreamId) -> str:
        """The partition key of a stream."""
        pk = self.keys.partition(stream.category, stream.id, tenant=stream.tenant)
        check_key_sizes(self.config.pk, pk, self.config.sk, "")
        return pk

    def sk(self, number: int) -> str:
        """The sort key of a commit."""
        return f"{self.event_prefix}{number:0{_COMMIT_DIGITS}d}"

    def stream_of(self, pk: str) -> StreamId:
        """The stream that a partition key belongs to."""
        tenant, parts = self.keys.split_partition(pk)
        if len(parts) != 2:
            raise InvalidKeyError(pk, "is no stream's partition key")
        return StreamId(parts[0], parts[1], tenant)

    def commit_number(self, sk: str) -> int | None:
        """The commit number that a sort key carries; None for any other item."""
        if not sk.startswith(self.event_prefix):
            return None
        return int(sk[len(self.event_prefix) :])

    def store_key(self) -> dict[str, Any]:
        """The key of the item that holds the store's epoch."""
        key = self.keys.framework("STORE")
        return self.config.key(key, key)

    def first_commit_index(
        self, stream: StreamId, pk: str, recorded_at: int
    ) -> dict[str, dict[str, str]]:
        """The index attributes that a stream's first commit carries, so that it is listed."""
        index_pk, index_sk = self.config.index_keys(1)
        slice_number = zlib.crc32(pk.encode()) % SLICES
        slice_pk = self.slice_pk(stream.category, slice_number, stream.tenant)
        check_key_sizes(index_pk, slice_pk, index_sk, "")
        # The time alone: index keys need not be unique, and a long id would not fit beside it.
        return {index_pk: {"S": slice_pk}, index_sk: {"S": sortable_int(recorded_at)}}

    def slice_pk(self, category: str, slice_number: int, tenant: str | None) -> str:
        """The index partition of one slice of a category's streams."""
        return self.keys.framework_partition("STREAMS", category, str(slice_number), tenant=tenant)

    def item(self, draft: Draft, receipt: Receipt, metadata: bytes, recorded_at: int) -> Item:
        """The item that a commit becomes, its events compressed where that saves a write unit.

        Raises:
            ItemTooLargeError: over 400 KB.
            KeyTooLargeError: a category and id over 2,048 bytes.
        """
        pk = self.pk(draft.stream)
        item = self.config.key(pk, self.sk(receipt.commit))
        item["f"] = {"N": str(receipt.version - draft.count + 1)}
        item["n"] = {"N": str(draft.count)}
        item["id"] = {"B": receipt.commit_id}
        item["h"] = {"B": receipt.content_hash}
        item["ts"] = {"N": str(recorded_at)}
        item["ev"] = {"B": draft.data}
        if metadata:
            item["m"] = {"B": metadata}
        if receipt.commit == 1:
            item |= self.first_commit_index(draft.stream, pk, recorded_at)
        if len(draft.data) + len(metadata) > _COMPRESS_FROM_BYTES:
            item = _compressed(item, draft.data)
            check_item_size(item, f"a commit of {draft.count} events to {draft.stream}")
        return item

    @cached_property
    def stored_commit(self) -> Any:
        """The type that msgspec reads a commit's item as, with this table's key names."""
        pk = ("pk", _Text, msgspec.field(name=self.config.pk))
        return self._stored(pk, ("h", _Binary), ("id", _Binary), ("ts", _Number))

    @cached_property
    def read_commit(self) -> Any:
        """The same of `READ_PROJECTION`, where the stream is known."""
        return self._stored(("id", _Binary), ("ts", _Number))

    @cached_property
    def payload(self) -> Any:
        """The same of `PAYLOAD_PROJECTION`, which is what folding takes."""
        return self._stored()

    def _stored(self, *more: tuple[Any, ...]) -> Any:
        made = msgspec.defstruct(
            "StoredCommit",
            [
                *more,
                ("sk", _Text, msgspec.field(name=self.config.sk)),
                ("f", _Number),
                ("n", _Number),
                ("ev", _Binary),
                ("m", _Binary, _Binary(b"")),
                ("z", _Number | None, None),
            ],
            frozen=True,
            gc=False,
        )
        learn(made)
        return made

    def number_in(self, stored: Any) -> int:
        """The commit number in a stored item's key."""
        return int(stored.sk.S[len(self.event_prefix) :])

    def commit(self, stored: Any, stream: StreamId | None = None) -> Commit:
        """The commit that a stored item is; its stream, where known, need not be in it."""
        owner = stream or self.stream_of(stored.pk.S)
        return self.commits([stored], owner, self.number_in(stored))[0]

    def commits(self, page: Sequence[Any], stream: StreamId, first: int) -> list[Commit]:
        """The commits that the stored items of a stream are, numbered from `first`."""
        return [
            Commit(
                stream,
                number,
                stored.f.N,
                stored.n.N,
                stored.id.B,
                stored.ts.N,
                _data(stored, stream),
                stored.m.B,
            )
            for number, stored in enumerate(page, first)
        ]

    def payloads(self, page: Sequence[Any], stream: StreamId, first: int) -> Payloads:
        """What folding takes of the stored items of a stream, numbered from `first`."""
        return Payloads(
            first,
            page[-1].f.N + page[-1].n.N - 1,
            [stored.ev.B if stored.z is None else _data(stored, stream) for stored in page],
            [stored.m.B for stored in page],
        )


def _data(stored: Any, stream: StreamId) -> bytes:
    data: bytes = stored.ev.B
    return data if stored.z is None else _decompressed(data, stream)


def _decompressed(data: bytes, stream: StreamId) -> bytes:
    try:
        return zlib.decompress(data)
    except zlib.error as error:
        raise StreamCorruptedError(stream, f"a commit cannot be decompressed: {error}") from error


def check_transaction_size(items: Iterable[Item]) -> None:
    """Refuse what no transaction carries.

    Raises:
        TransactionTooLargeError: over 4 MB together.
    """
    size = sum(map(item_size_bytes, items))
    if size > TRANSACTION_BYTES_MAX:
        raise TransactionTooLargeError("bytes", size, TRANSACTION_BYTES_MAX)


def _compressed(item: Item, data: bytes) -> Item:
    """The item with its events compressed, where that saves a write unit; else the item."""
    smaller = item | {"ev": {"B": zlib.compress(data)}, "z": {"N": "1"}}
    return smaller if _units(smaller) < _units(item) else item


def _units(item: Item) -> int:
    return -(-item_size_bytes(item) // WRITE_UNIT_BYTES)


# A page of commits is thousands of these. They hold no cycles, so the garbage collector need not
# count them: when it does, it starts several times a page and doubles the time of reading one.


class _Text(msgspec.Struct, frozen=True, gc=False):
    S: str


class _Number(msgspec.Struct, frozen=True, gc=False):
    N: int


class _Binary(msgspec.Struct, frozen=True, gc=False):
    B: bytes
