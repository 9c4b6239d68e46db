"""Several streams in one append: all of it, or nothing."""

from __future__ import annotations

import secrets

import pytest

from eventstore import (
    ANY,
    EXISTS,
    NO_STREAM,
    CommitIdReusedError,
    Log,
    StreamId,
    VersionConflictError,
    WrongTokenError,
)
from orm.errors import ConfigurationError, ItemTooLargeError, TransactionTooLargeError
from orm.limits import TRANSACTION_ACTIONS_MAX
from tests.support.logs import Store, bodies, draft, fresh_stream, new_id, numbers


def siblings(count: int) -> list[StreamId]:
    first = fresh_stream()
    return [StreamId(first.category, f"{first.id}-{n}") for n in range(count)]


def test_each_stream_gets_its_commit_and_its_token(log: Log):
    """Under one commit id, each numbered in its own stream."""
    a, b = siblings(2)
    [earlier] = log.append([draft(a, NO_STREAM, b"a1", 4)], commit_id=new_id())
    commit_id = new_id()
    tokens = log.append(
        [draft(a, earlier, b"a2", 2), draft(b, NO_STREAM, b"b1", 3)], commit_id=commit_id
    )
    assert [(t.stream, t.commit, t.version) for t in tokens] == [(a, 2, 6), (b, 1, 3)]
    assert [c.id for c in log.read(b)] == [commit_id]
    assert [c.id for c in log.read(a)][1:] == [commit_id]


@pytest.mark.parametrize("stale", [0, 1, 2])
def test_one_conflict_stops_all(log: Log, stale: int):
    """Whichever of them it is, none of the streams changes."""
    streams = siblings(3)
    log.append([draft(streams[stale], NO_STREAM, b"there")], commit_id=new_id())
    with pytest.raises(VersionConflictError) as conflict:
        log.append([draft(s, NO_STREAM, b"late") for s in streams], commit_id=new_id())
    assert conflict.value.stream == streams[stale]
    found = [bodies(log, s) for s in streams]
    assert found == [[b"there"] if n == stale else [] for n in range(3)]


def test_one_bad_token_stops_all_before_anything_is_sent(log: Log):
    a, b = siblings(2)
    [token] = log.append([draft(a, NO_STREAM)], commit_id=new_id())
    with pytest.raises(WrongTokenError):
        log.append([draft(a, token), draft(b, token)], commit_id=new_id())
    assert (len(numbers(log, a)), numbers(log, b)) == (1, [])


def test_repeating_is_harmless(store: Store):
    """A repetition is sent at another time of day, and is still the same append."""
    streams = siblings(3)
    drafts, commit_id = [draft(s, NO_STREAM, b"once") for s in streams], new_id()
    first = store.log.append(drafts, commit_id=commit_id)
    assert store.log.append(drafts, commit_id=commit_id) == first
    assert store.reopen().append(drafts, commit_id=commit_id) == first
    assert [bodies(store.log, s) for s in streams] == [[b"once"]] * 3


def test_an_id_used_again_for_other_events_is_refused(log: Log):
    a, b = siblings(2)
    commit_id = new_id()
    log.append([draft(a, NO_STREAM, b"a"), draft(b, NO_STREAM, b"b")], commit_id=commit_id)
    with pytest.raises(CommitIdReusedError):
        log.append([draft(a, NO_STREAM, b"a"), draft(b, NO_STREAM, b"B")], commit_id=commit_id)
    assert [bodies(log, a), bodies(log, b)] == [[b"a"], [b"b"]]


def test_an_id_used_again_for_other_streams_is_refused(log: Log):
    """The first stream has this very commit, the third has none: neither done nor a conflict."""
    a, b, c = siblings(3)
    commit_id = new_id()
    log.append([draft(a, NO_STREAM, b"a"), draft(b, NO_STREAM, b"b")], commit_id=commit_id)
    with pytest.raises(CommitIdReusedError) as reused:
        log.append([draft(a, NO_STREAM, b"a"), draft(c, NO_STREAM, b"c")], commit_id=commit_id)
    assert reused.value.stream == a
    assert [bodies(log, s) for s in (a, b, c)] == [[b"a"], [b"b"], []]


def test_a_repetition_after_one_stream_moved_on_writes_nothing_twice(log: Log):
    """With `ANY` the place is not fixed; rather than guess, it is refused."""
    a, b = siblings(2)
    commit_id, drafts = new_id(), [draft(a, ANY, b"a"), draft(b, ANY, b"b")]
    log.append(drafts, commit_id=commit_id)
    log.append([draft(b, ANY, b"since")], commit_id=new_id())
    with pytest.raises(CommitIdReusedError):
        log.append(drafts, commit_id=commit_id)
    assert [bodies(log, a), bodies(log, b)] == [[b"a"], [b"b", b"since"]]


def test_receipts_are_one_for_each_stream(log: Log):
    streams = siblings(2)
    drafts, commit_id = [draft(s, NO_STREAM, b"x", 2) for s in streams], new_id()
    receipts = log.receipts(drafts, commit_id=commit_id)
    tokens = log.append(drafts, commit_id=commit_id)
    assert tuple(receipt.token for receipt in receipts) == tokens


def test_mixed_demands(log: Log):
    a, b, c, d = siblings(4)
    log.append([draft(a, NO_STREAM, count=2), draft(b, NO_STREAM)], commit_id=new_id())
    demands = [draft(a, 2), draft(b, EXISTS), draft(c, ANY), draft(d, NO_STREAM)]
    tokens = log.append(demands, commit_id=new_id())
    assert [(t.commit, t.version) for t in tokens] == [(2, 3), (2, 2), (1, 1), (1, 1)]


def test_a_hundred_streams_go_together(log: Log):
    streams = siblings(TRANSACTION_ACTIONS_MAX)
    tokens = log.append([draft(s, NO_STREAM, b"x") for s in streams], commit_id=new_id())
    assert [t.stream for t in tokens] == streams
    assert bodies(log, streams[99]) == [b"x"]


def test_a_hundred_and_one_are_refused(log: Log):
    streams = siblings(TRANSACTION_ACTIONS_MAX + 1)
    with pytest.raises(ConfigurationError, match="1 to 100 streams, not 101"):
        log.append([draft(s, NO_STREAM) for s in streams], commit_id=new_id())
    assert numbers(log, streams[0]) == []


def test_one_stream_twice_is_refused(log: Log, stream: StreamId):
    with pytest.raises(ConfigurationError, match="join their events into one"):
        log.append([draft(stream, ANY), draft(stream, ANY)], commit_id=new_id())
    assert numbers(log, stream) == []


def test_over_four_megabytes_are_refused_before_anything_is_sent(log: Log):
    """Each commit is small enough; together they are not."""
    noise = secrets.token_bytes(380_000)
    streams = siblings(12)
    with pytest.raises(TransactionTooLargeError, match="nothing was sent"):
        log.append([draft(s, NO_STREAM, noise) for s in streams], commit_id=new_id())
    assert numbers(log, streams[0]) == []


def test_one_commit_over_400_kb_stops_all(log: Log):
    a, b = siblings(2)
    huge = secrets.token_bytes(410_000)
    with pytest.raises(ItemTooLargeError, match="most of it is 'ev'"):
        log.append([draft(a, NO_STREAM), draft(b, NO_STREAM, huge)], commit_id=new_id())
    assert numbers(log, a) == []
