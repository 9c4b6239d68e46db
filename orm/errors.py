"""Every error of Keyfold's ground floor, in one tree.

    KeyfoldError                        the root of all three floors
    └── OrmError
        ├── ConfigurationError          a setting cannot work; nothing was sent
        ├── InvalidKeyError             a key part that no key can carry
        ├── KeyTooLargeError            a whole key over DynamoDB's limit
        ├── ItemTooLargeError           an item over 400 KB
        ├── UnsupportedValueError       a value DynamoDB cannot hold (NaN, 39 digits, …)
        ├── NoIndexError                a query that only a scan could answer
        ├── RowNotFoundError            a read by key found nothing
        ├── RowExistsError              a create found a row at its key
        ├── UnreadableRowError          an item is not what its model says
        ├── UnprocessedError            a batch left items undone; names them
        ├── TransactionTooLargeError    over 100 actions or 4 MB
        ├── RepeatedItemError           two actions of one transaction on one item
        └── DriverError                 one call to DynamoDB went wrong
            ├── ConditionFailedError        the condition was false; carries the item that was there
            ├── TransactionCanceledError    carries one reason for each action
            ├── TransactionConflictError    another transaction holds an item
            ├── TransactionInProgressError  the same transaction is still running
            ├── ThrottledError              slow down and repeat
            ├── InvalidRequestError         the service refuses the request as written
            ├── UnknownServiceError         the service refuses with a code not known here
            ├── AccessDeniedError           the service refuses the caller
            ├── CredentialsError            no credentials, or refused ones
            │   └── ClockSkewError              this machine's clock is wrong
            ├── TableNotFoundError          no such table, index or stream
            ├── TableExistsError            the table is there already, or changing
            ├── StreamPositionError         the place in a change stream cannot be read from
            │   ├── IteratorExpiredError        ask for a new iterator
            │   └── TrimmedError                the records are gone (24 h)
            ├── UnreachableError            no connection: nothing was sent
            ├── AnswerLostError             sent, and no answer came
            ├── ServiceFaultError           the service answered 5xx
            ├── UnexpectedItemError         an item is not of the type that it was to be read as
            └── CorruptResponseError        an answer came and is damaged

A `DriverError` says three things beside its text: `applied` (`False`: surely not; `None`: unknown),
`retry` (whether repeating the same request may help) and `hint` (what to type or change next).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


class KeyfoldError(Exception):
    """The root: catch this to catch everything Keyfold raises on purpose.

    Facts stand in `args`, so every error pickles; `str()` makes the sentence. `applied` is False
    where nothing was changed for certain and None where that is unknown.
    """

    applied: bool | None = False
    retry: bool = False
    hint: str = ""


class OrmError(KeyfoldError):
    """Anything that went wrong on the ground floor."""


class ConfigurationError(OrmError):
    """A setting cannot work; the text says which one and why."""

    def __init__(self, setting: str, reason: str, hint: str = "") -> None:
        super().__init__(setting, reason, hint)
        self.setting, self.reason, self.hint = setting, reason, hint

    def __str__(self) -> str:
        return f"{self.setting}: {self.reason}" + (f"; {self.hint}" if self.hint else "")


class InvalidKeyError(OrmError):
    """A key part that no key can carry: empty, None, a lone surrogate, a foreign type."""

    hint = "give the attribute a value that a key can hold, or None where it may have none"

    def __init__(self, part: object, reason: str) -> None:
        super().__init__(part, reason)
        self.part, self.reason = part, reason

    def __str__(self) -> str:
        return f"key part {self.part!a}: {self.reason}; nothing was sent; {self.hint}"


class KeyTooLargeError(OrmError):
    """A whole key is longer than DynamoDB allows."""

    def __init__(self, attribute: str, size_bytes: int, size_bytes_max: int) -> None:
        super().__init__(attribute, size_bytes, size_bytes_max)
        self.attribute, self.size_bytes, self.size_bytes_max = attribute, size_bytes, size_bytes_max

    def __str__(self) -> str:
        return (
            f"key {self.attribute!r} takes {self.size_bytes:,} bytes, DynamoDB allows "
            f"{self.size_bytes_max:,}; nothing was sent"
        )


class ItemTooLargeError(OrmError):
    """An item is over 400 KB; names the attribute that takes most of it."""

    def __init__(self, what: str, size_bytes: int, size_bytes_max: int, fattest: str) -> None:
        super().__init__(what, size_bytes, size_bytes_max, fattest)
        self.what, self.size_bytes, self.size_bytes_max = what, size_bytes, size_bytes_max
        self.fattest = fattest

    def __str__(self) -> str:
        return (
            f"{self.what} takes {self.size_bytes:,} bytes, DynamoDB allows "
            f"{self.size_bytes_max:,}; most of it is {self.fattest}; nothing was sent"
        )


class UnsupportedValueError(OrmError):
    """A value that DynamoDB cannot hold."""

    def __init__(self, path: str, value: object, reason: str) -> None:
        super().__init__(path, value, reason)
        self.path, self.value, self.reason = path, value, reason

    def __str__(self) -> str:
        kind = type(self.value).__name__
        return f"{self.path}: {kind} cannot be stored: {self.reason}; nothing was sent"


class NoIndexError(OrmError):
    """Only a scan could answer this query; says what to declare, or how else to ask.

    Args:
        model: whose rows.
        asked: the attributes that it gives or sorts by.
        have: the keys and indexes that there are.
        declare: what to declare, as it is typed; empty where no declaration would help.
        hint: what to do, where that is more than to declare it.
    """

    def __init__(
        self,
        model: str,
        asked: Sequence[str],
        have: Sequence[str],
        declare: str = "",
        hint: str = "",
    ) -> None:
        super().__init__(model, asked, have, declare, hint)
        self.model, self.asked, self.have = model, tuple(asked), tuple(have)
        self.declare = declare or ("" if hint else f"an Index whose key is ({', '.join(asked)})")
        self.hint = hint or f"declare {self.declare}"

    def __str__(self) -> str:
        return (
            f"{self.model} has no key or index that answers where({', '.join(self.asked)}); it has "
            f"{'; '.join(self.have)}. {self.hint[:1].upper()}{self.hint[1:]}"
        )


class RowNotFoundError(OrmError):
    """A read by key found nothing; or a question did, and then `asked` says which."""

    hint = "look at the key and at whose rows are asked; find() gives None where there is none"

    def __init__(self, model: str, key: Mapping[str, Any], asked: str = "") -> None:
        super().__init__(model, dict(key), asked)
        self.model, self.key, self.asked = model, dict(key), asked

    def __str__(self) -> str:
        if self.asked:
            return f"no {self.model} where {self.asked}"
        return f"no {self.model} at {_pairs(self.key)}; {self.hint}"


class RowExistsError(OrmError):
    """A create found a row at its key.

    `applied` is None where an earlier attempt's answer was lost and the row differs from ours: ours
    may have been written, and changed by someone since.
    """

    hint = "give it another key, or find the row that is there and update it"

    def __init__(self, model: str, key: Mapping[str, Any], applied: bool | None = False) -> None:
        super().__init__(model, dict(key), applied)
        self.model, self.key, self.applied = model, dict(key), applied

    def __str__(self) -> str:
        told = "nothing was written" if self.applied is False else "ours may have been there before"
        return f"{self.model} exists at {_pairs(self.key)}; {told}; {self.hint}"


class UnreadableRowError(OrmError):
    """An item is not what its model says: a field is missing, or of another type."""

    hint = "give a new field a default, or migrate the rows that were written before it"

    def __init__(self, model: str, key: Mapping[str, Any], reason: str) -> None:
        super().__init__(model, dict(key), reason)
        self.model, self.key, self.reason = model, dict(key), reason

    def __str__(self) -> str:
        return f"{self.model} at {_pairs(self.key)} cannot be read: {self.reason}"


class UnprocessedError(OrmError):
    """A batch was repeated as long as the policy allows and some of it is still undone.

    `rest` holds the keys (or whole writes) that were not carried out, in wire shape; everything
    else was. Repeating with the rest is safe.
    """

    retry = True
    hint = "slow down, raise the table's capacity, or spread the hot key"

    def __init__(self, operation: str, table: str, rest: Sequence[Any]) -> None:
        super().__init__(operation, table, tuple(rest))
        self.operation, self.table, self.rest = operation, table, tuple(rest)

    def __str__(self) -> str:
        first = f", the first of them {dict(self.rest[0])}" if self.rest else ""
        return f"{self.operation} on {self.table}: {len(self.rest)} left undone{first}"


class TransactionTooLargeError(OrmError):
    """A transaction is over 100 actions or 4 MB."""

    hint = (
        "write less together, a row and each of its unique values is an action; records that may "
        "be written in several: transaction(chunked=True)"
    )

    def __init__(self, what: str, size: int, size_max: int) -> None:
        super().__init__(what, size, size_max)
        self.what, self.size, self.size_max = what, size, size_max

    def __str__(self) -> str:
        return (
            f"a transaction of {self.size:,} {self.what}, DynamoDB allows {self.size_max:,}; "
            f"nothing was sent; {self.hint}"
        )


class RepeatedItemError(OrmError):
    """Two actions of one transaction are on one item, which DynamoDB refuses."""

    def __init__(self, table: str, key: Mapping[str, Any], actions: Sequence[int]) -> None:
        super().__init__(table, dict(key), tuple(actions))
        self.table, self.key, self.actions = table, dict(key), tuple(actions)

    def __str__(self) -> str:
        return (
            f"actions {' and '.join(map(str, self.actions))} of the transaction are both on "
            f"{self.key} of {self.table}; make them one; nothing was sent"
        )


def _pairs(key: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}={value!r}" for name, value in key.items())


class DriverError(OrmError):
    """One call to DynamoDB went wrong.

    Args:
        operation: the API's name for the call, e.g. `PutItem`.
        target: the table, index or stream it was for; empty where the call names none.
        detail: what the service or the connection said.

    `attempts` counts the sends of the identical request. Where an earlier one may have been
    applied, `applied` is None whatever the last one said.
    """

    attempts: int = 1

    def __init__(self, operation: str, target: str, detail: str) -> None:
        super().__init__(operation, target, detail)
        self.operation, self.target, self.detail = operation, target, detail

    def __str__(self) -> str:
        where = f" on {self.target}" if self.target else ""
        tries = f" ({self.attempts} attempts)" if self.attempts > 1 else ""
        return f"{self.operation}{where}: {self.detail}{tries}"

    def __repr__(self) -> str:
        """Without the items that some of them carry: a log is read by many."""
        said = ", ".join(map(repr, self.args[:3]))
        return f"{type(self).__name__}({said})"


class ConditionFailedError(DriverError):
    """The condition was false, so nothing was written.

    `item` is the item that was there, as DynamoDB JSON, when the request asked for it
    (`ReturnValuesOnConditionCheckFailure=ALL_OLD`); None when it did not, or nothing was there.
    """

    def __init__(
        self, operation: str, target: str, detail: str, item: dict[str, Any] | None = None
    ) -> None:
        super().__init__(operation, target, detail)
        self.args = (operation, target, detail, item)
        self.item = item


class CancellationReason(tuple[str, str, dict[str, Any] | None]):
    """Why one action of a transaction failed: `(code, message, item that was there)`."""

    __slots__ = ()

    def __new__(
        cls, code: str, message: str = "", item: dict[str, Any] | None = None
    ) -> CancellationReason:
        return super().__new__(cls, (code, message, item))

    def __repr__(self) -> str:
        """Without the item."""
        return f"{type(self).__name__}({self.code!r}, {self.message!r})"

    def __getnewargs__(self) -> tuple[str, str, dict[str, Any] | None]:  # so that it pickles
        return (self[0], self[1], self[2])

    @property
    def code(self) -> str:
        """`None` where this action was not at fault, else e.g. `ConditionalCheckFailed`."""
        return self[0]

    @property
    def message(self) -> str:
        return self[1]

    @property
    def item(self) -> dict[str, Any] | None:
        return self[2]


class TransactionCanceledError(DriverError):
    """A transaction was cancelled and nothing was written; one reason for each action, in order."""

    def __init__(
        self, operation: str, target: str, detail: str, reasons: Sequence[CancellationReason] = ()
    ) -> None:
        super().__init__(operation, target, detail)
        self.args = (operation, target, detail, tuple(reasons))
        self.reasons = tuple(reasons)

    @property
    def retry(self) -> bool:  # type: ignore[override]
        """Whether only passing causes (conflict, throttle) cancelled it."""
        causes = {reason.code for reason in self.reasons} - {"None"}
        return bool(causes) and causes <= PASSING_REASONS


PASSING_REASONS = frozenset(
    {"TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"}
)


class TransactionConflictError(DriverError):
    """Another transaction holds an item of this request; nothing was written."""

    retry = True


class TransactionInProgressError(DriverError):
    """A transaction with this token is still running: it may yet be applied."""

    applied = None
    retry = True


class ThrottledError(DriverError):
    """The service asks to slow down; nothing was written."""

    retry = True
    hint = "slow down, raise the table's capacity, or spread the hot key"


class InvalidRequestError(DriverError):
    """The service refuses the request as written; nothing was written."""


class UnknownServiceError(DriverError):
    """The service refuses with a code that this version does not know; nothing was written."""

    hint = "look the code up in AWS's API reference; a newer version may know it"


class AccessDeniedError(DriverError):
    """The caller may not do this; nothing was written."""

    hint = "check the IAM policy of the role that the credentials belong to"


class CredentialsError(DriverError):
    """There are no credentials, or the service refuses them; nothing was written."""

    hint = (
        "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY or AWS_PROFILE; for the local engine: "
        "keyfold local start"
    )


class ClockSkewError(CredentialsError):
    """A signature of another time than the service's; nothing was written. On the lean path it was
    signed again at the time that the service told, which did not help; the stock path, like
    botocore, goes by this machine's clock alone."""

    hint = "set this machine's clock, by NTP; the service says what time it is there"


class TableNotFoundError(DriverError):
    """No such table, index or stream."""

    hint = "keyfold tables create"

    def __str__(self) -> str:
        return (
            f"{super().__str__()}; connection.create_table() makes the table of models, "
            f"`{self.hint}` those of events and read models. Or is it another engine or region?"
        )


class TableExistsError(DriverError):
    """The table is there already, or another operation is changing it."""

    hint = "keyfold tables describe"


class StreamPositionError(DriverError):
    """A place in a change stream that cannot be read from."""


class IteratorExpiredError(StreamPositionError):
    """A shard iterator lives fifteen minutes; ask for a new one, the same request will not do."""


class TrimmedError(StreamPositionError):
    """The records before this place were trimmed after 24 hours."""


class UnreachableError(DriverError):
    """No connection could be made, so nothing was sent."""

    retry = True
    hint = "keyfold local status, then keyfold local start; on AWS check region and network"


class AnswerLostError(DriverError):
    """The request was sent and no whole answer came: it may have been applied."""

    applied = None
    retry = True
    hint = "repeat the same request; appends with the same commit id are safe to repeat"


class ServiceFaultError(DriverError):
    """The service answered 5xx: it may have applied the request."""

    applied = None
    retry = True
    hint = "repeat the same request; if it goes on, look at the service's health page"


class UnexpectedItemError(DriverError):
    """An answer is whole, and an item in it is not of the type that it was to be read as.

    `answer` is the same answer with its items as plain wire values.
    """

    def __init__(self, operation: str, target: str, detail: str, answer: Any = None) -> None:
        super().__init__(operation, target, detail)
        self.args = (operation, target, detail, answer)
        self.answer = answer


class CorruptResponseError(DriverError):
    """An answer came whose checksum or form is wrong: the request may have been applied."""

    applied = None
    retry = True
    hint = "repeat the same request; if it goes on, look at what stands between here and DynamoDB"
