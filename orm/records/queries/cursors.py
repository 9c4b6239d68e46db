"""Cursors: where a listing goes on, as text that tells nothing and cannot be forged.

A cursor holds keys of rows, so it is encrypted and authenticated (Fernet: AES-128-CBC and
HMAC-SHA256, https://github.com/fernet/spec). It is bound to the question and the tenant that it was
given for. Keys rotate: the first of them seals, all of them open.

    Connection(driver, config, cursor_keys=(new, old))      # new = Cursors.new_key()
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any, Final

import msgspec

from orm.errors import ConfigurationError, OrmError
from orm.requests import Item

Place = Item | bool | None
"""Where one reading goes on: after this key, nowhere (True), or from its beginning (None)."""


class CursorError(OrmError):
    """A cursor that cannot be used; nothing was read."""

    hint = "begin again without a cursor"

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason

    def __str__(self) -> str:
        return f"the cursor {self.reason}; {self.hint}"


class _Content(msgspec.Struct, array_like=True):
    """What a cursor holds.

    Args:
        question: a hash of the question that it is for.
        places: where each reading goes on.
    """

    question: bytes
    places: list[dict[str, dict[str, Any]] | bool | None]


class Cursors:
    """Seals places and opens cursors.

    Args:
        keys: Fernet keys, the newest first: 32 bytes in URL-safe base64.

    Raises:
        ConfigurationError: a key is none, or the extra `crypto` is missing.
    """

    def __init__(self, keys: Sequence[str | bytes]) -> None:
        fernet = _fernet()
        try:
            self._sealed = fernet.MultiFernet([fernet.Fernet(key) for key in keys])
        except ValueError as error:
            reason = "must be Fernet keys: 32 bytes in URL-safe base64"
            raise ConfigurationError(
                "cursor_keys", reason, "make one: Cursors.new_key()"
            ) from error
        self._invalid = fernet.InvalidToken

    @staticmethod
    def new_key() -> str:
        """A new key; keep it as a secret, the same for all processes."""
        key: bytes = _fernet().Fernet.generate_key()
        return key.decode()

    def seal(self, question: bytes, places: Sequence[Place]) -> str:
        """The cursor for these places."""
        content = msgspec.msgpack.encode(_Content(question, list(places)))
        sealed: bytes = self._sealed.encrypt(content)
        return sealed.decode()

    def open(self, cursor: str, question: bytes) -> list[Place]:
        """The places of a cursor.

        Raises:
            CursorError: it is damaged, sealed with an unknown key, or of another question.
        """
        try:
            opened = self._sealed.decrypt(cursor.encode())
            content = _DECODER.decode(opened)
        except (self._invalid, UnicodeError, msgspec.ValidationError):
            reason = "is damaged, or was sealed with a key that is not among cursor_keys"
            raise CursorError(reason) from None
        if content.question != question:
            raise CursorError("was given for another question or another tenant")
        return list(content.places)


_DECODER: Final = msgspec.msgpack.Decoder(_Content)


def hashed(*parts: object) -> bytes:
    """What tells one question from all others, the same in every process."""
    return hashlib.blake2b(repr(parts).encode(), digest_size=16).digest()


def _fernet() -> Any:
    try:
        from cryptography import fernet
    except ModuleNotFoundError as error:
        hint = "pip install 'keyfold[crypto]'"
        raise ConfigurationError("cursor_keys", "need cryptography", hint) from error
    return fernet
