"""Decoding: types made known to msgspec, one at a time.

msgspec learns a Struct type when it is first used, and marks it known before it has learned all of
it. A thread that uses the type at that moment crashes the process (0.22; decision 0012). So
whatever may be used by several threads is learned here, under one lock, before it is handed out.
"""

from __future__ import annotations

import threading
from typing import Any, Final

import msgspec

_LEARNING: Final = threading.RLock()
_DECODERS: Final[dict[Any, msgspec.json.Decoder[Any]]] = {}


def learn(*kinds: Any) -> None:
    """Make types known, and every type that they hold.

    Raises:
        TypeError: msgspec cannot decode such a type; it says why.
    """
    with _LEARNING:
        for kind in kinds:
            msgspec.json.Decoder(kind)


def json_decoder(kind: Any) -> msgspec.json.Decoder[Any]:
    """What reads DynamoDB's JSON as a type, made once. Not strict: DynamoDB writes numbers as text
    (`{"N": "7"}`), which a typed answer reads as int."""
    found = _DECODERS.get(kind)
    if found is None:
        with _LEARNING:
            found = _DECODERS[kind] = msgspec.json.Decoder(kind, strict=False)
    return found


def msgpack_decoder(kind: Any) -> msgspec.msgpack.Decoder[Any]:
    """A new reader of msgpack as a type."""
    with _LEARNING:
        return msgspec.msgpack.Decoder(kind)
