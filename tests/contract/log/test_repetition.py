"""Commit ids and receipts: every append can be repeated, and its fate asked for."""

from __future__ import annotations

import pickle

import msgspec
import pytest

from eventstore import (
    ANY,
    EXISTS,
    NO_STREAM,
    CommitIdReusedError,
    Log,
    Outcome,
    OutcomeUnknownError,
    Receipt,
    StoreEpochError,
    StreamId,
    VersionConflictError,
)
from eventstore.log import content_hash
from tests.support.logs import Store, bodies, draft, fresh_stream, new_id, numbers


@pytest.mark.parametrize("demand", [NO_STREAM, ANY, 0, "token"], ids=str)
def test_repeating_an_append_is_harmless(log: Log, stream: StreamId, demand):
    """The same call under the same id finds itself and answers with the same token."""
    expected = log.head(stream) if demand == "token" else demand
    commit_id = new_id()
    drafts = [draft(stream, expected, b"once", 2)]
    first = log.append(drafts, commit_id=commit_id)
    assert log.append(drafts, commit_id=commit_id) == first
    assert bodies(log, stream) == [b"once"]


def test_repeating_with_exists_is_harmless(log: Log, stream: StreamId):
    log.append([draft(stream, NO_STREAM)], commit_id=new_id())
    commit_id, drafts = new_id(), [draft(stream, EXISTS, b"once")]
    assert log.append(drafts, commit_id=commit_id) == log.append(drafts, commit_id=commit_id)
    assert len(numbers(log, stream)) == 2


def test_repeating_with_a_token_is_harmless_at_any_time(log: Log, stream: StreamId):
    """Also when others have appended since."""
    commit_id, drafts = new_id(), [draft(stream, NO_STREAM, b"once")]
    [token] = log.append(drafts, commit_id=commit_id)
    [after] = log.append([draft(stream, token, b"next")], commit_id=new_id())
    log.append([draft(stream, after, b"last")], commit_id=new_id())
    assert log.append(drafts, commit_id=commit_id) == (token,)
    assert bodies(log, stream) == [b"once", b"next", b"last"]


def test_repeating_after_a_restart_is_harmless(store: Store, stream: StreamId):
    commit_id, drafts = new_id(), [draft(stream, NO_STREAM, b"once")]
    first = store.log.append(drafts, commit_id=commit_id)
    assert store.reopen().append(drafts, commit_id=commit_id) == first
    assert bodies(store.log, stream) == [b"once"]


@pytest.mark.parametrize("expected", [NO_STREAM, ANY, 0], ids=str)
def test_an_id_used_again_for_other_events_is_an_error_of_its_own(
    log: Log, stream: StreamId, expected
):
    """Neither a success (these events are not there) nor a conflict (nobody else was first)."""
    commit_id = new_id()
    log.append([draft(stream, expected, b"one")], commit_id=commit_id)
    with pytest.raises(CommitIdReusedError, match=commit_id.hex()):
        log.append([draft(stream, expected, b"two")], commit_id=commit_id)
    assert bodies(log, stream) == [b"one"]


def test_a_receipt_can_be_had_before_the_send(log: Log, stream: StreamId):
    """It names place, id and content, and its token is the one that the append will return."""
    commit_id, drafts = new_id(), [draft(stream, NO_STREAM, b"soon", 3)]
    [receipt] = log.receipts(drafts, commit_id=commit_id)
    assert receipt == Receipt(stream, 1, 3, commit_id, content_hash(b"soon"), log.epoch, 3)
    assert numbers(log, stream) == []
    assert log.append(drafts, commit_id=commit_id) == (receipt.token,)
    assert log.receipts(drafts, commit_id=commit_id) == (receipt,)


@pytest.mark.parametrize("demand", [ANY, 1], ids=str)
def test_a_receipt_leads_back_to_its_place(log: Log, stream: StreamId, demand):
    """Repeated on `receipt.before`, an append finds itself though others have appended since."""
    log.append([draft(stream, NO_STREAM)], commit_id=new_id())
    commit_id, drafts = new_id(), [draft(stream, demand, b"once", 2)]
    [receipt] = log.receipts(drafts, commit_id=commit_id)
    [token] = log.append(drafts, commit_id=commit_id)
    log.append([draft(stream, ANY, b"since")], commit_id=new_id())
    assert log.append([draft(stream, receipt.before, b"once", 2)], commit_id=commit_id) == (token,)
    assert len(numbers(log, stream)) == 3


def test_a_receipt_is_refused_for_what_an_append_would_be(log: Log, stream: StreamId):
    with pytest.raises(VersionConflictError):
        log.receipts([draft(stream, 7)], commit_id=new_id())


def test_a_receipt_resolves_to_what_became_of_the_commit(store: Store, stream: StreamId):
    """Empty slot: unknown. Ours: committed. Another's: conflict. After a restart the same."""
    mine, drafts = new_id(), [draft(stream, NO_STREAM, b"mine")]
    [receipt] = store.log.receipts(drafts, commit_id=mine)
    [rival] = store.log.receipts(drafts, commit_id=new_id())
    for log in (store.log, store.reopen()):
        assert log.resolve(receipt) is Outcome.UNKNOWN
    store.log.append(drafts, commit_id=mine)
    for log in (store.log, store.reopen()):
        assert log.resolve(receipt) is Outcome.COMMITTED
        assert log.resolve(rival) is Outcome.CONFLICT


def test_a_receipt_resolves_however_far_the_stream_went_on(log: Log, stream: StreamId):
    commit_id, drafts = new_id(), [draft(stream, NO_STREAM)]
    [receipt] = log.receipts(drafts, commit_id=commit_id)
    log.append(drafts, commit_id=commit_id)
    log.append([draft(stream, ANY)], commit_id=new_id())
    assert log.resolve(receipt) is Outcome.COMMITTED


def test_a_receipt_of_other_events_under_the_same_id_is_not_committed(log: Log, stream: StreamId):
    commit_id = new_id()
    [receipt] = log.receipts([draft(stream, NO_STREAM, b"other")], commit_id=commit_id)
    log.append([draft(stream, NO_STREAM, b"these")], commit_id=commit_id)
    with pytest.raises(CommitIdReusedError):
        log.resolve(receipt)


def test_receipts_and_errors_travel(log: Log, stream: StreamId):
    """To disk and to other processes: a receipt as bytes, an error pickled, with all its facts."""
    [receipt] = log.receipts([draft(stream, NO_STREAM)], commit_id=new_id())
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(receipt), type=Receipt) == receipt
    for error in (
        OutcomeUnknownError((receipt,), "silence"),
        VersionConflictError(stream, 1, 2),
        CommitIdReusedError(stream, receipt.commit_id),
    ):
        again = pickle.loads(pickle.dumps(error))
        assert (type(again), again.args, str(again)) == (type(error), error.args, str(error))


def test_a_receipt_of_another_store_is_refused(log: Log):
    receipt = Receipt(fresh_stream(), 1, 1, new_id(), content_hash(b""), "another", 1)
    with pytest.raises(StoreEpochError):
        log.resolve(receipt)
