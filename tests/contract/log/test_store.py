"""The store: its epoch, and what is said where there is none."""

from __future__ import annotations

import secrets
from concurrent.futures import ThreadPoolExecutor

import msgspec
import pytest

from eventstore import (
    ANY,
    NO_STREAM,
    DynamoDBLog,
    Log,
    MemoryLog,
    Outcome,
    StoreEpochError,
    StreamId,
)
from eventstore.errors import StoreNotFoundError
from orm.clock import SystemClock
from orm.config import SingleTableConfig
from orm.driver import Driver
from orm.errors import ConfigurationError, TableNotFoundError
from orm.tables import create_table, delete_table
from tests.support.logs import Store, TableStore, draft, fresh_stream, new_id


def test_the_epoch_is_the_same_for_every_object(store: Store):
    assert store.reopen().epoch == store.log.epoch
    assert len(store.log.epoch) == 16


def test_stores_differ_in_their_epoch():
    assert MemoryLog().epoch != MemoryLog().epoch


def test_creating_again_changes_nothing(table_store: TableStore):
    """Two processes may start at once; both end with the same store."""
    epoch = table_store.log.epoch
    again = table_store.reopen()
    assert isinstance(again, DynamoDBLog)
    assert again.create() == epoch


def test_eight_who_create_at_once_have_one_store(driver: Driver, config: SingleTableConfig):
    """Whoever is first, all know the same epoch, and their tokens are good for each other."""
    logs = [DynamoDBLog(driver, config) for _ in range(8)]
    with ThreadPoolExecutor(8) as threads:
        epochs = set(threads.map(DynamoDBLog.create, logs))
    assert len(epochs) == 1
    [token] = logs[0].append([draft(fresh_stream(), NO_STREAM)], commit_id=new_id())
    assert logs[7].append([draft(token.stream, token)], commit_id=new_id())[0].commit == 2


def test_after_a_reset_the_old_is_refused(driver: Driver, config: SingleTableConfig):
    """Tokens and receipts of the table that was: they name places in streams that are gone."""
    table, stream = TableStore.create(driver, config), fresh_stream()
    commit_id, drafts = new_id(), [draft(stream, NO_STREAM)]
    [receipt] = table.log.receipts(drafts, commit_id=commit_id)
    [token] = table.log.append(drafts, commit_id=commit_id)
    assert table.log.resolve(receipt) is Outcome.COMMITTED
    delete_table(driver, config.table, SystemClock())

    after = TableStore.create(driver, config)
    assert after.log.epoch != table.log.epoch
    with pytest.raises(StoreEpochError, match=f"made by store {token.epoch}") as refused:
        after.log.append([draft(stream, token)], commit_id=new_id())
    assert "load again" in refused.value.hint
    with pytest.raises(StoreEpochError):
        after.log.resolve(receipt)
    assert list(after.log.read(stream)) == []


def check_all_commits(log: Log) -> None:
    streams = [StreamId("A", "1"), StreamId("A", "2"), StreamId("B", "1", "acme")]
    for _ in range(3):
        for stream in streams:
            log.append([draft(stream, ANY, secrets.token_bytes(180_000))], commit_id=new_id())
    found = list(log.all_commits())
    assert len(found) == 9
    for stream in streams:
        assert [c for c in found if c.stream == stream] == list(log.read(stream))


def test_all_commits_are_those_of_every_stream_and_tenant(
    driver: Driver, config: SingleTableConfig
):
    """Over pages, and in order within each stream; nothing but commits."""
    check_all_commits(TableStore.create(driver, config).log)


def test_all_commits_of_a_memory_log():
    log = MemoryLog()
    assert list(log.all_commits()) == []
    check_all_commits(log)


def test_a_missing_table_is_told_with_what_to_type(driver: Driver, config: SingleTableConfig):
    log = DynamoDBLog(driver, config)
    stream = fresh_stream()
    for operation in (
        lambda: log.append([draft(stream, NO_STREAM)], commit_id=new_id()),
        lambda: log.head(stream),
        lambda: list(log.read(stream)),
        lambda: list(log.streams("LEDGER")),
        lambda: log.epoch,
    ):
        with pytest.raises(TableNotFoundError) as missing:
            operation()
        assert config.table in str(missing.value)
        assert missing.value.hint == "keyfold tables create"
        assert missing.value.applied is False


def test_a_table_without_a_store_is_told_with_what_to_type(
    driver: Driver, config: SingleTableConfig
):
    log = DynamoDBLog(driver, config)
    create_table(driver, log.layout.shape(), SystemClock())
    with pytest.raises(StoreNotFoundError, match=config.table) as missing:
        log.append([draft(StreamId("LEDGER", "1"), NO_STREAM)], commit_id=new_id())
    assert missing.value.hint == "keyfold tables create"
    assert list(log.read(StreamId("LEDGER", "1"))) == []


def test_a_table_of_another_form_is_refused(driver: Driver, config: SingleTableConfig):
    """Its keys are others, so a commit's condition would guard nothing."""
    other = msgspec.structs.replace(config, pk="someone", sk="elses")
    create_table(driver, DynamoDBLog(driver, other).layout.shape(), SystemClock())
    with pytest.raises(ConfigurationError, match="key attributes are others"):
        DynamoDBLog(driver, config).create()
