"""Appending: dense numbers, and what each expectation lets through."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from eventstore import (
    ANY,
    EXISTS,
    NO_STREAM,
    ClaimedToken,
    Log,
    StoreEpochError,
    StreamId,
    Token,
    VersionConflictError,
    WrongTokenError,
)
from eventstore.token import Expected
from orm.errors import ConfigurationError
from tests.support.logs import bodies, draft, fresh_stream, new_id, numbers


def append(
    log: Log, stream: StreamId, expected: Expected, data: bytes = b"e", count: int = 1
) -> Token:
    return log.append([draft(stream, expected, data, count)], commit_id=new_id())[0]


def test_commits_and_events_are_numbered_densely(log: Log, stream: StreamId):
    """Commits count 1, 2, 3; events go on where the last commit ended."""
    token = append(log, stream, NO_STREAM, count=3)
    token = append(log, stream, token, count=1)
    token = append(log, stream, token, count=5)
    assert numbers(log, stream) == [(1, 1, 3), (2, 4, 1), (3, 5, 5)]
    assert (token.commit, token.version) == (3, 9)


def test_a_commit_is_read_as_it_was_written(log: Log, stream: StreamId):
    """Id, bytes, metadata and stream come back; the time is the writer's."""
    commit_id = new_id()
    log.append([draft(stream, NO_STREAM, b"\x00\xff", 2)], commit_id=commit_id, metadata=b"who")
    [commit] = log.read(stream)
    assert commit.stream == stream
    assert (commit.id, commit.data, commit.metadata) == (commit_id, b"\x00\xff", b"who")
    assert (commit.first, commit.count, commit.version) == (1, 2, 2)
    assert commit.recorded_at > 1_600_000_000_000_000


def test_second_of_two_rivals_is_refused(log: Log, stream: StreamId):
    """Both hold the same token; the loser changes nothing and learns what stood in its way."""
    token = append(log, stream, NO_STREAM, b"start", 2)
    append(log, stream, token, b"winner", 3)
    with pytest.raises(VersionConflictError) as conflict:
        append(log, stream, token, b"loser")
    assert (conflict.value.expected, conflict.value.actual) == (2, 5)
    assert conflict.value.applied is False
    assert bodies(log, stream) == [b"start", b"winner"]


def test_a_token_long_stale_is_refused(log: Log, stream: StreamId):
    """However far the stream went on, and in however large steps, a stale token finds its slot
    taken: no gap, no overlap."""
    old = append(log, stream, NO_STREAM, count=2)
    token = old
    for count in (3, 1, 4):
        token = append(log, stream, token, count=count)
    with pytest.raises(VersionConflictError):
        append(log, stream, old)
    assert numbers(log, stream) == [(1, 1, 2), (2, 3, 3), (3, 6, 1), (4, 7, 4)]


def test_no_stream_goes_first_and_only_first(log: Log, stream: StreamId):
    assert append(log, stream, NO_STREAM).commit == 1
    with pytest.raises(VersionConflictError) as conflict:
        append(log, stream, NO_STREAM, b"again")
    assert (conflict.value.expected, conflict.value.actual) == (0, 1)
    assert bodies(log, stream) == [b"e"]


def test_the_head_of_no_stream_is_a_token_too(log: Log, stream: StreamId):
    """Commit 0 of a stream that is not there is as good as `NO_STREAM`."""
    head = log.head(stream)
    assert (head.commit, head.version) == (0, 0)
    assert append(log, stream, head).commit == 1
    with pytest.raises(VersionConflictError):
        append(log, stream, head, b"again")


def test_any_follows_whatever_is_there(log: Log, stream: StreamId):
    assert append(log, stream, ANY, count=2).version == 2
    assert append(log, stream, ANY, count=3).version == 5
    assert numbers(log, stream) == [(1, 1, 2), (2, 3, 3)]


def test_one_log_serves_many_threads(log: Log, stream: StreamId):
    """Eight threads on one log and one stream: everything is there once, without a gap."""
    with ThreadPoolExecutor(8) as threads:
        sent = [f"{n}".encode() for n in range(40)]
        tokens = list(threads.map(lambda data: append(log, stream, ANY, data, 2), sent))
    assert sorted(token.commit for token in tokens) == list(range(1, 41))
    assert sorted(bodies(log, stream)) == sorted(sent)
    assert numbers(log, stream) == [(n, 2 * n - 1, 2) for n in range(1, 41)]


def test_exists_refuses_an_empty_stream_at_once(log: Log, stream: StreamId):
    """Asking again would not help, so it is not asked again."""
    with pytest.raises(VersionConflictError) as conflict:
        append(log, stream, EXISTS)
    assert (conflict.value.expected, conflict.value.actual) == (1, 0)
    assert numbers(log, stream) == []
    append(log, stream, NO_STREAM)
    assert append(log, stream, EXISTS).commit == 2


def test_an_event_number_is_the_head_or_refused(log: Log, stream: StreamId):
    """Past, inside a commit or future: a raw number that is not the head leaves no trace."""
    append(log, stream, 0, count=2)
    append(log, stream, 2, count=3)
    for wrong in (0, 1, 2, 3, 4, 6, 7, 10**15):
        with pytest.raises(VersionConflictError) as conflict:
            append(log, stream, wrong)
        assert (conflict.value.expected, conflict.value.actual) == (wrong, 5)
    assert append(log, stream, 5).version == 6
    assert numbers(log, stream) == [(1, 1, 2), (2, 3, 3), (3, 6, 1)]


def test_a_token_of_another_stream_is_refused(log: Log, stream: StreamId):
    token = append(log, fresh_stream(), NO_STREAM)
    with pytest.raises(WrongTokenError, match="nothing was sent"):
        append(log, stream, token)
    assert numbers(log, stream) == []


def test_a_token_of_another_store_is_refused(log: Log, stream: StreamId):
    token = append(log, stream, NO_STREAM)
    foreign = Token(stream, token.commit, token.version, "another")
    with pytest.raises(StoreEpochError, match="made by store another"):
        append(log, stream, foreign)
    assert len(numbers(log, stream)) == 1


def test_a_token_survives_as_text(log: Log, stream: StreamId):
    """As an ETag it goes to a client and back."""
    token = append(log, stream, NO_STREAM)
    assert append(log, stream, ClaimedToken.decode(token.encode())).commit == 2


@pytest.mark.parametrize("bad", [None, "7", 7.0, b"", True, -1, object()])
def test_what_is_no_expectation_is_refused(log: Log, stream: StreamId, bad: object):
    """Above all a number that came as text: it must not read as `ANY`."""
    append(log, stream, NO_STREAM)
    with pytest.raises(ConfigurationError, match="is no expectation"):
        append(log, stream, bad)  # type: ignore[arg-type]
    assert len(numbers(log, stream)) == 1


@pytest.mark.parametrize(("commit", "version"), [(99, 99), (2, 2), (1, 7), (0, 1)])
def test_a_forged_token_writes_nothing(log: Log, stream: StreamId, commit: int, version: int):
    """What comes from outside is believed only where the stream stands there: no gap, ever."""
    append(log, stream, NO_STREAM)
    forged = Token(stream, commit, version, log.epoch).encode()
    with pytest.raises((WrongTokenError, VersionConflictError)):
        append(log, stream, ClaimedToken.decode(forged))
    assert len(numbers(log, stream)) == 1


def test_a_stale_text_is_a_conflict(log: Log, stream: StreamId):
    token = append(log, stream, NO_STREAM)
    append(log, stream, token)
    with pytest.raises(VersionConflictError):
        append(log, stream, ClaimedToken.decode(token.encode()))
    assert len(numbers(log, stream)) == 2


@pytest.mark.parametrize("text", ["", "7", "é", "\ud800", "W/", "a" * 500, "gqNhYmM"])
def test_what_is_no_token_says_so(text: str):
    with pytest.raises(WrongTokenError, match="is no token"):
        ClaimedToken.decode(text)


def test_a_call_no_log_could_carry_out_is_refused(log: Log, stream: StreamId):
    good = draft(stream, NO_STREAM)
    with pytest.raises(ConfigurationError, match="16 bytes"):
        log.append([good], commit_id=b"short")
    with pytest.raises(ConfigurationError, match="16 bytes"):
        log.append([good], commit_id="abcdefghijklmnop")  # type: ignore[arg-type]
    with pytest.raises(ConfigurationError, match="1 to 100 streams, not 0"):
        log.append([], commit_id=new_id())
    with pytest.raises(ConfigurationError, match="needs an event"):
        log.append([draft(stream, NO_STREAM, b"", 0)], commit_id=new_id())
    assert numbers(log, stream) == []
