"""Committing: writes of records carried out, one as a call of its own, several as a transaction.

A write gives its actions: the row's own comes first, then those of its claims. A refusal is shown
to each write with its own reasons: it raises what they mean, or takes what is stored now, of which
its actions are then made anew. So a set of writes is repeated whole, ten times at the most, after
a short wait of random length, so that rivals for one row do not meet again. Where actions of
several writes meet at one item, a claim, they are made one; see `orm.records.writes.merging`.
"""

from __future__ import annotations

import abc
import secrets
from collections.abc import Sequence
from typing import Any, Final

import msgspec

from orm.clock import Clock
from orm.config import SingleTableConfig
from orm.driver.protocol import Driver
from orm.driver.retry import RetryPolicy
from orm.errors import (
    CancellationReason,
    ConditionFailedError,
    ConfigurationError,
    OrmError,
    TransactionCanceledError,
)
from orm.records.writes.merging import Merged, Spot, merged
from orm.requests import Action, DeleteItem, Item, PutItem, Request
from orm.transactions import transact
from orm.update import single

ATTEMPTS: Final = 10
"""How often writes are tried at the most, made anew each time of what others have stored meanwhile;
of so many rivals for one row each gets through, since whoever is refused was so by one that did."""

PACE: Final = RetryPolicy(wait_first_seconds=0.01, wait_max_seconds=0.5)

REFUSED: Final = "ConditionalCheckFailed"
Refusal = ConditionFailedError | TransactionCanceledError


class Write(abc.ABC):
    """What one record's create, change or deletion writes."""

    @abc.abstractmethod
    def actions(self) -> list[Action]:
        """The row's own action, then those of its claims; none where nothing is left to do."""

    @abc.abstractmethod
    def refused(self, reasons: Sequence[CancellationReason], error: Refusal) -> bool:
        """Look at why its actions were refused; whether they are now made anew of other values.

        Raises:
            OrmError: what a reason means, where making them anew does not help.
        """

    @property
    def is_left(self) -> bool:
        """Whether nothing was written, since there was no reason for it any more."""
        return False

    def recognises(self, stored: Item) -> bool:
        """Whether this very write made the stored item, and its answer was lost."""
        return False

    @abc.abstractmethod
    def contended(self) -> OrmError:
        """The error that others changed the row each time."""

    @abc.abstractmethod
    def subject(self) -> str:
        """The row, for people."""


def carry_out(
    driver: Driver, config: SingleTableConfig, clock: Clock, writes: Sequence[Write]
) -> None:
    """Carry out writes together, or none of them; `clock` waits between attempts.

    Raises:
        OrmError: what a write says of its refusal; nothing was written.
        TransactionTooLargeError: over 100 actions or 4 MB; nothing was sent.
        ConfigurationError: two writes are of one row; nothing was sent.
        DriverError: a call went wrong in another way.
    """
    contended: Write | None = None
    for failures in range(ATTEMPTS):
        if failures:
            clock.sleep(PACE.wait_seconds(failures))
        parts = [write.actions() for write in writes]
        together = merged(parts, config)
        if not together.actions:
            return
        if together.repeated is not None:
            raise _repeated(writes, parts, together.repeated)
        try:
            _send(driver, config, together.actions)
            return
        except (ConditionFailedError, TransactionCanceledError) as error:
            own = _own_reasons(error, together, parts)
            if _done_before(writes, own):
                return
            contended = _shown(writes, own, error)
    assert contended is not None, "a write was refused"
    raise contended.contended()


def _send(driver: Driver, config: SingleTableConfig, actions: list[Action]) -> None:
    if len(actions) == 1 and (alone := _alone(actions[0])) is not None:
        driver.send(alone)
    else:
        transact(driver, actions, config, token=secrets.token_urlsafe(24))


def _alone(action: Action) -> Request[Any] | None:
    """The action as a call of its own; a check has none."""
    if action.put is not None:
        return PutItem(**msgspec.structs.asdict(action.put))
    if action.update is not None:
        return single(action.update)
    if action.delete is not None:
        return DeleteItem(**msgspec.structs.asdict(action.delete))
    return None


def _repeated(
    writes: Sequence[Write], parts: Sequence[Sequence[Action]], spots: tuple[Spot, Spot]
) -> OrmError:
    """What it means that two writes exclude each other: of claims, that both rows want one value.
    The key that they meet at is not said, for it may be made of hidden values."""
    first, second = (writes[spot.write] for spot in spots)
    both = f"{first.subject()} and {second.subject()}"
    if not all(spot.action for spot in spots):
        return ConfigurationError("transaction", f"{both} are written at one key", "make them one")
    refusal = TransactionCanceledError("TransactWriteItems", "", f"{both} want one value")
    reasons = [CancellationReason("None")] * len(parts[spots[1].write])
    reasons[spots[1].action] = CancellationReason(REFUSED)
    try:
        second.refused(reasons, refusal)
    except OrmError as meant:
        return meant
    return refusal


def _own_reasons(
    error: Refusal, together: Merged, parts: Sequence[Sequence[Action]]
) -> list[list[CancellationReason]]:
    """The reasons of each write."""
    if isinstance(error, ConditionFailedError):
        return together.own([CancellationReason(REFUSED, "", error.item)], parts)
    return together.own(error.reasons, parts)


def _done_before(writes: Sequence[Write], own: Sequence[Sequence[CancellationReason]]) -> bool:
    """Whether an earlier attempt, whose answer was lost, has done it: all or nothing of it."""
    done = False
    for write, reasons in zip(writes, own, strict=True):
        stored = reasons[0].item if reasons and reasons[0].code == REFUSED else None
        done |= stored is not None and write.recognises(stored)
    return done


def _shown(
    writes: Sequence[Write], own: Sequence[Sequence[CancellationReason]], error: Refusal
) -> Write:
    """Show each write its reasons; the one that was made anew. Rows come before claims: where one
    was changed by others, so may be what it gives up, which another takes.

    Raises:
        OrmError: what a write says of its reasons; or the refusal itself, which then names the rows
            that caused it, where no condition was false.
    """
    shown = list(zip(writes, own, strict=True))
    rows = [(write, reasons) for write, reasons in shown if _is_of_row(reasons)]
    anew = [write for write, reasons in rows if write.refused(reasons, error)]
    if anew:
        return anew[-1]
    for write, reasons in shown:
        codes = {reason.code for reason in reasons} - {"None"}
        if REFUSED in codes and not _is_of_row(reasons) and write.refused(reasons, error):
            anew.append(write)
        elif codes:
            error.add_note(f"{', '.join(sorted(codes))}: {write.subject()}")
    if not anew:
        raise error
    return anew[-1]


def _is_of_row(reasons: Sequence[CancellationReason]) -> bool:
    """Whether the row's own action was refused."""
    return bool(reasons) and reasons[0].code == REFUSED
