"""Committing: writes of records carried out, one as a call of its own, several as a transaction.

A write gives its actions: the row's own comes first, then those of its claims. A refusal is shown
to each write with its own reasons: it raises what they mean, or takes what is stored now, of which
its actions are then made anew. So a set of writes is repeated whole, ten times at the most, after
a short wait of random length, so that rivals for one row do not meet again.
"""

from __future__ import annotations

import abc
import itertools
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
    OrmError,
    TransactionCanceledError,
)
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
        RepeatedItemError: two writes are of one row; nothing was sent.
        DriverError: a call went wrong in another way.
    """
    contended: Write | None = None
    for failures in range(ATTEMPTS):
        if failures:
            clock.sleep(PACE.wait_seconds(failures))
        parts = [write.actions() for write in writes]
        actions = list(itertools.chain.from_iterable(parts))
        if not actions:
            return
        try:
            _send(driver, config, actions)
            return
        except (ConditionFailedError, TransactionCanceledError) as error:
            own = _own_reasons(error, parts)
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


def _own_reasons(
    error: Refusal, parts: Sequence[Sequence[Action]]
) -> list[Sequence[CancellationReason]]:
    """The reasons of each write."""
    if isinstance(error, ConditionFailedError):
        reasons: Sequence[CancellationReason] = [CancellationReason(REFUSED, "", error.item)]
    else:
        reasons = error.reasons
    rest = iter(reasons)
    return [list(itertools.islice(rest, len(part))) for part in parts]


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
    """Show each write its reasons; the one that was made anew.

    Raises:
        OrmError: what a write says of its reasons; or the refusal itself, which then names the rows
            that caused it, where no condition was false.
    """
    anew = None
    for write, reasons in zip(writes, own, strict=True):
        codes = {reason.code for reason in reasons} - {"None"}
        if REFUSED in codes and write.refused(reasons, error):
            anew = write
        elif codes:
            error.add_note(f"{', '.join(sorted(codes))}: {write.subject()}")
    if anew is None:
        raise error
    return anew
