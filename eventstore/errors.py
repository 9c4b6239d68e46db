"""Every error of the event store, in one tree.

    KeyfoldError
    └── EventStoreError
        ├── AppendError                 an append that was not, or may not have been, carried out
        │   ├── VersionConflictError        another writer was first
        │   ├── OutcomeUnknownError         the network failed; the receipt can be resolved later
        │   └── CommitIdReusedError         this commit id is there with other content
        ├── TokenError                  a token that cannot be used here
        │   ├── WrongTokenError             it belongs to another stream
        │   └── StoreEpochError             it belongs to another store, or to one before a reset
        ├── StoreNotFoundError          the table is there and holds no store
        ├── StreamNotFoundError         no commit in this stream
        ├── StreamCorruptedError        a gap, an overlap or a foreign item in a stream
        ├── EventError                  an event that cannot be written or read
        │   ├── UnknownEventError           a tag that this code does not know
        │   ├── EventVersionError           a schema version that this code does not know
        │   └── EventFormatError            a body that is not what its class says
        │       └── UnwritableEventError        found so before it was sent
        ├── DefinitionError             an aggregate, decider or event is declared wrongly
        └── Rejected                    the domain says no; nothing was written

`Rejected` is the one error that users raise themselves.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from orm.errors import KeyfoldError

if TYPE_CHECKING:
    from eventstore.stream import StreamId
    from eventstore.token import Receipt


class EventStoreError(KeyfoldError):
    """Anything that went wrong on the first floor."""


class AppendError(EventStoreError):
    """An append that was not, or may not have been, carried out."""


class VersionConflictError(AppendError):
    """Another writer was first: reload, decide again, append. Nothing was written.

    `expected` and `actual` are event numbers, the last one of each side; `actual` is what stood in
    the way and may have grown since.
    """

    retry = True
    hint = "load again, decide again, append under a new commit id"

    def __init__(self, stream: StreamId, expected: int, actual: int) -> None:
        super().__init__(stream, expected, actual)
        self.stream, self.expected, self.actual = stream, expected, actual

    def __str__(self) -> str:
        return (
            f"{self.stream}: expected version {self.expected}, found {self.actual}; "
            "nothing was written"
        )


class OutcomeUnknownError(AppendError):
    """The network failed, and so did every repetition: the commit may or may not be there.

    `resolve(receipt)` tells, now or after a restart. Appending the same events under the same
    commit id is safe on the token that was used, on `NO_STREAM` and on `receipt.before`; `ANY`,
    `EXISTS` and a number would look for a new place once somebody else has appended.
    """

    applied = None
    retry = True
    hint = "resolve(error.receipt), or append again on receipt.before with the same commit id"

    def __init__(self, receipts: tuple[Receipt, ...], detail: str) -> None:
        super().__init__(receipts, detail)
        self.receipts, self.detail = receipts, detail

    @property
    def receipt(self) -> Receipt:
        return self.receipts[0]

    def __str__(self) -> str:
        streams = ", ".join(str(receipt.stream) for receipt in self.receipts)
        return (
            f"{streams}: whether commit {self.receipt.commit_id.hex()} was written is unknown "
            f"({self.detail}); repeating it in its place with the same commit id is safe"
        )


class CommitIdReusedError(AppendError):
    """This commit id stands in the stream with other content; nothing was written now."""

    hint = "a commit id names one decision: take a new one for new events"

    def __init__(self, stream: StreamId, commit_id: bytes) -> None:
        super().__init__(stream, commit_id)
        self.stream, self.commit_id = stream, commit_id

    def __str__(self) -> str:
        return (
            f"{self.stream}: commit id {self.commit_id.hex()} is there already with other events; "
            "nothing was written"
        )


class TokenError(EventStoreError):
    """A token that cannot be used here; nothing was sent."""


class WrongTokenError(TokenError):
    """The token belongs to another stream, or is no token at all."""

    hint = "use the token that loading or appending to this very stream returned"

    def __init__(self, stream: StreamId | None, token: str) -> None:
        super().__init__(stream, token)
        self.stream, self.token = stream, token

    def __str__(self) -> str:
        where = f"{self.stream}: " if self.stream else ""
        return f"{where}{self.token} is no token of this stream; nothing was sent"


class StoreEpochError(TokenError):
    """The token or receipt belongs to another store, or to this one before a reset or restore."""

    hint = "drop what was remembered of the old store (tokens, receipts, caches) and load again"

    def __init__(self, expected: str, found: str) -> None:
        super().__init__(expected, found)
        self.expected, self.found = expected, found

    def __str__(self) -> str:
        return (
            f"made by store {self.found}, this is store {self.expected}: the table is another one, "
            "or was reset or restored since; nothing was sent"
        )


class StoreNotFoundError(EventStoreError):
    """The table is there and holds no event store."""

    hint = "keyfold tables create"

    def __init__(self, table: str) -> None:
        super().__init__(table)
        self.table = table

    def __str__(self) -> str:
        return f"table {self.table} holds no event store: its epoch item is missing"


class StreamNotFoundError(EventStoreError):
    """No commit in this stream."""

    def __init__(self, stream: StreamId) -> None:
        super().__init__(stream)
        self.stream = stream
        self.hint = f"keyfold stream ls {stream.category}"

    def __str__(self) -> str:
        return f"{self.stream}: no such stream"


class StreamCorruptedError(EventStoreError):
    """A stream breaks its own law: commits dense, events dense. Nothing was decided on it."""

    hint = "something other than Keyfold wrote to or deleted from the event table; stop and look"

    def __init__(self, stream: StreamId, detail: str) -> None:
        super().__init__(stream, detail)
        self.stream, self.detail = stream, detail

    def __str__(self) -> str:
        return f"{self.stream}: {self.detail}"


class EventError(EventStoreError):
    """An event that cannot be written or read.

    `stream` and `commit` say where it was met; None while that is not known.
    """

    stream: StreamId | None = None
    commit: int | None = None

    def met_in(self, stream: StreamId, commit: int | None = None) -> Self:
        """The same error, which now says where the event was met, or was to go."""
        self.stream, self.commit = stream, commit
        return self

    def _where(self) -> str:
        if self.stream is None:
            return ""
        return (
            f"{self.stream}: " if self.commit is None else f"{self.stream}, commit {self.commit}: "
        )


class UnknownEventError(EventError):
    """A tag that this code does not know."""

    hint = "add the event class to the store's codec, or deploy the version that knows it"

    def __init__(self, tag: str, known: tuple[str, ...]) -> None:
        super().__init__(tag, known)
        self.tag, self.known = tag, known

    def __str__(self) -> str:
        known = ", ".join(self.known) or "none"
        return f"{self._where()}unknown event tag {self.tag!r}; this code knows {known}"


class EventVersionError(EventError):
    """A schema version that this code does not know."""

    def __init__(self, tag: str, recorded: int, known: int) -> None:
        super().__init__(tag, recorded, known)
        self.tag, self.recorded, self.known = tag, recorded, known

    @property
    def hint(self) -> str:  # type: ignore[override]
        if self.recorded > self.known:
            return "deploy the version of the code that knows it"
        return "keep the version as it was recorded, and give new fields a default"

    def __str__(self) -> str:
        return (
            f"{self._where()}event {self.tag!r} was recorded in schema version {self.recorded}, "
            f"this code has version {self.known}"
        )


class EventFormatError(EventError):
    """A body that is not what its class says."""

    hint = "keyfold stream cat shows the event as it is stored; new fields need a default"

    def __init__(self, tag: str, detail: str) -> None:
        super().__init__(tag, detail)
        self.tag, self.detail = tag, detail

    def __str__(self) -> str:
        return f"{self._where()}event {self.tag!r}: {self.detail}"


class UnwritableEventError(EventFormatError):
    """An event whose fields hold what its class could not be read with; nothing was sent."""

    hint = "give every field a value of its declared type"

    def __str__(self) -> str:
        return f"{super().__str__()}; nothing was sent"


class DefinitionError(EventStoreError, TypeError):
    """An aggregate, decider or event is declared wrongly; the text says what to write instead."""


class Rejected(EventStoreError):  # noqa: N818 - not a mishap: the domain's own answer
    """The domain says no. Raise it in a command; nothing is written and no retry follows."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
