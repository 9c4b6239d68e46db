"""From what a caller expects to the place where the commit goes; shared by every log."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from eventstore.errors import StoreEpochError, VersionConflictError, WrongTokenError
from eventstore.log import Commit, Draft, content_hash
from eventstore.stream import StreamId
from eventstore.token import (
    ANY,
    EXISTS,
    NO_STREAM,
    ClaimedToken,
    Expected,
    ExpectedVersion,
    Receipt,
    Token,
)
from orm.errors import ConfigurationError
from orm.limits import TRANSACTION_ACTIONS_MAX


def starting_point(
    draft: Draft, commit_id: bytes, epoch: str, last: Callable[[StreamId], Commit | None]
) -> Token:
    """The token that an append must follow. Asks for the `last` commit only without a token.

    Where the last commit is this very one (an append repeated after a lost answer), the start is
    the place before it, so that the repetition finds itself in its slot.

    Raises:
        WrongTokenError: a token of another stream.
        StoreEpochError: a token of another store.
        VersionConflictError: the stream is not as demanded.
    """
    stream, expected = draft.stream, draft.expected
    if isinstance(expected, Token):
        return check_token(stream, expected, epoch)
    if expected is NO_STREAM:
        return Token(stream, 0, 0, epoch)
    found = last(stream)
    if found is not None and found.id == commit_id:
        return Token(stream, found.number - 1, found.first - 1, epoch)
    start = head_token(stream, found, epoch)
    if isinstance(expected, ClaimedToken):
        check_claim(stream, expected.token, start)
    if expected is EXISTS and start.commit == 0:
        raise VersionConflictError(stream, 1, 0)
    if isinstance(expected, int) and expected != start.version:
        raise VersionConflictError(stream, expected, start.version)
    return start


def receipt_of(draft: Draft, start: Token, commit_id: bytes) -> Receipt:
    """The receipt of the commit that follows `start`."""
    return Receipt(
        draft.stream,
        start.commit + 1,
        start.version + draft.count,
        commit_id,
        content_hash(draft.data),
        start.epoch,
        draft.count,
    )


def head_token(stream: StreamId, last: Commit | None, epoch: str) -> Token:
    """The token after a stream's last commit; commit 0 where there is none."""
    if last is None:
        return Token(stream, 0, 0, epoch)
    return Token(stream, last.number, last.version, epoch)


def check_token(stream: StreamId, token: Token, epoch: str) -> Token:
    """Refuse a token of another stream or another store."""
    if token.stream != stream:
        raise WrongTokenError(stream, f"the token of {token.stream}")
    check_epoch(epoch, token.epoch)
    return token


def check_claim(stream: StreamId, claimed: Token, head: Token) -> None:
    """Refuse a token from outside unless the stream stands where it says."""
    check_token(stream, claimed, head.epoch)
    if claimed.commit < head.commit:
        raise VersionConflictError(stream, claimed.version, head.version)
    if claimed != head:
        raise WrongTokenError(
            stream, f"a token of commit {claimed.commit}, event {claimed.version}"
        )


def check_epoch(expected: str, found: str) -> None:
    """Refuse what another store made."""
    if expected != found:
        raise StoreEpochError(expected, found)


def may_move(expected: Expected) -> bool:
    """Whether the append may follow a newer head than the one it first saw."""
    return expected is ANY or expected is EXISTS


def check_drafts(drafts: Sequence[Draft], commit_id: bytes) -> None:
    """Refuse a call that no log could carry out."""
    if not isinstance(commit_id, bytes) or len(commit_id) != 16:
        raise ConfigurationError("commit_id", f"must be 16 bytes, not {commit_id!r}")
    if not 1 <= len(drafts) <= TRANSACTION_ACTIONS_MAX:
        raise ConfigurationError(
            "drafts",
            f"one append takes 1 to {TRANSACTION_ACTIONS_MAX} streams, not {len(drafts)}",
            "split the decision, or put what belongs together into one stream",
        )
    if len(drafts) > 1 and len({draft.stream for draft in drafts}) < len(drafts):
        raise ConfigurationError("drafts", "name one stream twice; join their events into one")
    for draft in drafts:
        if draft.count < 1:
            raise ConfigurationError("events", "a commit needs an event")
        check_expected(draft.expected)


def check_expected(expected: object) -> None:
    """Refuse what says nothing about a stream; above all a text where a number was meant."""
    if isinstance(expected, Token | ClaimedToken | ExpectedVersion):
        return
    if isinstance(expected, int) and not isinstance(expected, bool) and expected >= 0:
        return
    raise ConfigurationError(
        "expected",
        f"{expected!r} is no expectation",
        "give a token, NO_STREAM, EXISTS, ANY, or an event number (int) of 0 or more",
    )
