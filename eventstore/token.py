"""Tokens, expectations and receipts: what an append is conditional on, and how to ask about it."""

from __future__ import annotations

import base64
import enum
from typing import Annotated, Final, TypeAlias

import msgspec

from eventstore.errors import WrongTokenError
from eventstore.stream import StreamId


class Token(msgspec.Struct, frozen=True):
    """A place in one stream of one store; only loading and appending make one.

    Args:
        stream: the stream it belongs to.
        commit: number of the last commit seen, dense from 1; 0 before the first.
        version: number of the last event seen, dense from 1; 0 before the first.
        epoch: the store it belongs to.
    """

    stream: StreamId
    commit: Annotated[int, msgspec.Meta(ge=0)]
    version: Annotated[int, msgspec.Meta(ge=0)]
    epoch: str

    def encode(self) -> str:
        """The token as text, for an ETag or a form field; readable, and not signed."""
        return base64.urlsafe_b64encode(msgspec.msgpack.encode(self)).decode().rstrip("=")


class ClaimedToken(msgspec.Struct, frozen=True):
    """A token that came back from outside, where anybody could have written it.

    An append on it costs one more request: it is believed only if the stream stands there.
    """

    token: Token

    @staticmethod
    def decode(text: str) -> ClaimedToken:
        """The token that `Token.encode` made `text` of, so it says.

        Raises:
            WrongTokenError: no token looks like this.
        """
        try:
            padded = text + "=" * (-len(text) % 4)
            token = _DECODER.decode(base64.b64decode(padded, b"-_", True))
        except (ValueError, msgspec.MsgspecError) as error:
            raise WrongTokenError(None, repr(text)) from error
        return ClaimedToken(token)


_DECODER: Final = msgspec.msgpack.Decoder(Token)


class ExpectedVersion(enum.Enum):
    """What an append without a token may demand of the stream."""

    ANY = "any"
    NO_STREAM = "no stream"
    EXISTS = "exists"


ANY = ExpectedVersion.ANY
NO_STREAM = ExpectedVersion.NO_STREAM
EXISTS = ExpectedVersion.EXISTS

Expected: TypeAlias = Token | ClaimedToken | ExpectedVersion | int
"""A token; a demand; or what came from outside, a token as text or a bare event number (an HTTP
`If-Match`), which costs one head probe."""


class Receipt(msgspec.Struct, frozen=True):
    """Names one commit before it is sent, so that its fate can be asked for at any later time.

    Args:
        stream: where it goes.
        commit: the commit number it takes.
        version: the number of its last event.
        commit_id: 16 bytes, chosen before the first send.
        content_hash: 16 bytes over its events.
        epoch: the store it is for.
        count: how many events it holds.
    """

    stream: StreamId
    commit: int
    version: int
    commit_id: bytes
    content_hash: bytes
    epoch: str
    count: int

    @property
    def before(self) -> Token:
        """The token that this commit follows: appending on it again sends it to the same slot."""
        return Token(self.stream, self.commit - 1, self.version - self.count, self.epoch)

    @property
    def token(self) -> Token:
        """The token after this commit, if it is carried out."""
        return Token(self.stream, self.commit, self.version, self.epoch)


class Outcome(enum.Enum):
    """What became of a commit."""

    COMMITTED = "committed"
    CONFLICT = "conflict"
    UNKNOWN = "unknown"
