"""Metadata: who caused a commit, and within what."""

from __future__ import annotations

import msgspec

from eventstore.errors import EventFormatError
from orm.errors import ConfigurationError


class Metadata(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is known about a commit beside its events; stored once a commit.

    Args:
        command_id: the caller's name for the command; the same id is carried out once.
        command: the name of the command.
        correlation_id: what conversation it belongs to.
        causation_id: what directly caused it.
        actor: who asked.
        traceparent: W3C trace context, so that projector spans link to the command's.
        extra: anything of the user's own.
    """

    command_id: str | None = None
    command: str | None = None
    correlation_id: str | None = None
    causation_id: str | None = None
    actor: str | None = None
    traceparent: str | None = None
    extra: dict[str, str] = {}

    def encode(self) -> bytes:
        """The bytes that stand in the commit.

        Raises:
            ConfigurationError: a field that is no text; nothing was sent.
        """
        try:
            data = _ENCODER.encode(self)
            _DECODER.decode(data)  # what could not be read would spoil the commit for ever
        except (msgspec.MsgspecError, UnicodeError, TypeError) as error:
            raise ConfigurationError("metadata", f"cannot be written: {error}") from error
        return data

    @staticmethod
    def decode(data: bytes) -> Metadata:
        """What `encode` made `data` of.

        Raises:
            EventFormatError: nothing that it makes.
        """
        try:
            return _DECODER.decode(data) if data else Metadata()
        except (msgspec.MsgspecError, UnicodeError) as error:
            raise EventFormatError("metadata", f"unreadable: {error}") from error


_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(Metadata)
