"""Stores: where answers are kept, as bytes."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from typing import Final, Protocol


class Store(Protocol):
    """Keeps bytes under keys for as long as it likes. Thread-safe.

    What must not be found any more is not its business: `CachedDriver` knows each value that it
    may hand out, and takes none that is older or another. So a store may lose or delay whatever it
    wants, and says None where it cannot answer.
    """

    def get(self, key: bytes, /) -> bytes | None:
        """What was put last, or None."""
        ...

    def put(self, key: bytes, value: bytes, /) -> Sequence[bytes]:
        """Keep a value; the keys of what was let go for it, as far as that is known."""
        ...

    def delete(self, key: bytes, /) -> None:
        """Let a value go, if it is there."""
        ...


ENTRY_BYTES: Final = 1_024
"""What an entry takes beside its key and value, with its tag and all books kept of it; measured on
CPython 3.11 and rounded up."""


class MemoryStore:
    """Keeps values in this process; the least recently used go first.

    Args:
        max_bytes: approximately, for keys, values and the books kept of them.
        max_entries: how many values.
    """

    def __init__(self, *, max_bytes: int = 64 * 1024 * 1024, max_entries: int = 10_000) -> None:
        self._max_bytes, self._max_entries = max_bytes, max_entries
        self._values: OrderedDict[bytes, bytes] = OrderedDict()
        self._size_bytes = 0
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._values)

    @property
    def size_bytes(self) -> int:
        """What all entries take, approximately."""
        return self._size_bytes

    def get(self, key: bytes, /) -> bytes | None:
        """See `Store.get`."""
        with self._lock:
            value = self._values.get(key)
            if value is not None:
                self._values.move_to_end(key)
            return value

    def put(self, key: bytes, value: bytes, /) -> Sequence[bytes]:
        """See `Store.put`. A value that is larger than the store is let go at once."""
        with self._lock:
            self._remove(key)
            self._values[key] = value
            self._size_bytes += _size(key, value)
            return self._shrunk()

    def delete(self, key: bytes, /) -> None:
        """See `Store.delete`."""
        with self._lock:
            self._remove(key)

    def _remove(self, key: bytes) -> None:
        value = self._values.pop(key, None)
        if value is not None:
            self._size_bytes -= _size(key, value)

    def _shrunk(self) -> list[bytes]:
        newest = next(reversed(self._values))
        if _size(newest, self._values[newest]) > self._max_bytes:
            self._remove(newest)  # it alone goes, and not all others for nothing
            return [newest]
        gone: list[bytes] = []
        while len(self._values) > self._max_entries or self._size_bytes > self._max_bytes:
            key = next(iter(self._values))
            self._remove(key)
            gone.append(key)
        return gone


def _size(key: bytes, value: bytes) -> int:
    return len(key) + len(value) + ENTRY_BYTES
