"""Shards: the change stream of the event table, read in lineage.

A stream is split into shards that end and have children. Order holds per item only, and effects are
guarded by the gate, so lineage is a matter of cost and of never stopping early: a child is read
once its parent is finished, a shard is finished only when DynamoDB itself shows its end, and an
empty page never means the end.

What DynamoDB tells of a stream may be late. So no shard ends because it stands in no list, and a
list that shows a shard open is taken at its word.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Final

import msgspec

from eventstore.errors import StreamCorruptedError
from eventstore.layout import EventLayout
from eventstore.log import Commit
from orm.decoding import json_decoder
from orm.driver.protocol import Driver
from orm.errors import (
    ConfigurationError,
    InvalidKeyError,
    IteratorExpiredError,
    TableNotFoundError,
    TrimmedError,
)
from orm.limits import GET_RECORDS_MAX
from orm.requests import DescribeStream, DescribeTable, GetRecords, GetShardIterator, Record, Shard

UNREADABLE: Final = "unreadable"
"""What an item under a commit's key is counted as that is no commit."""

_INSERT: Final = "INSERT"
_BORN: Final = re.compile(r"shardId-(\d{20})-")


class Page(msgspec.Struct, frozen=True):
    """What one read of a shard brought.

    Args:
        commits: the commits among its records, in order.
        sequence: sequence number of its last record; None where there was none.
        records: how many records it had.
        iterator: where to read on; None at the end of the shard.
        odd: records that are no new commit, by what they are. `MODIFY` and `REMOVE` of a commit
            mean that somebody tampers with history.
    """

    commits: tuple[Commit, ...]
    sequence: str | None
    records: int
    iterator: str | None
    odd: Counter[str]


class ChangeStream:
    """The change stream of one event table.

    Args:
        driver: the way to it.
        layout: the event table's keys.
    """

    def __init__(self, driver: Driver, layout: EventLayout) -> None:
        self._driver, self._layout = driver, layout
        self._arn: str | None = None
        self._decoder = json_decoder(layout.stored_commit)

    @property
    def arn(self) -> str:
        """Where the stream is, asked of the table once; see `follow`.

        Raises:
            ConfigurationError: the table has no stream.
        """
        if self._arn is None:
            self.follow()
        if self._arn is None:
            table = self._layout.config.table
            raise ConfigurationError(
                table, "has no change stream", "keyfold tables describe; enable NEW_IMAGE"
            )
        return self._arn

    @property
    def name(self) -> str:
        """What tells this stream from every other of the account: its table and its label."""
        return self.arn.partition(":table/")[2].replace("/stream/", "/")

    def follow(self) -> bool:
        """Ask the table for its stream again, and go over to it.

        Returns:
            Whether there was another before. A stream that was switched off stays the table's
            stream until it is switched on again, which begins a new one: what was written between
            the two is in neither.
        """
        before, table = self._arn, self._layout.config.table
        latest = self._driver.send(DescribeTable(table_name=table)).table.latest_stream_arn
        self._arn = latest or before
        return before not in (None, self._arn)

    def shards(self) -> Iterator[Shard]:
        """Every shard that DynamoDB lists now. The list may be late."""
        start: str | None = None
        while True:
            page = self._driver.send(
                DescribeStream(stream_arn=self.arn, exclusive_start_shard_id=start)
            ).stream_description
            yield from page.shards
            if (start := page.last_evaluated_shard_id) is None:
                return

    def is_closed(self, shard_id: str) -> bool:
        """Whether DynamoDB shows an end of this shard."""
        return any(shard.shard_id == shard_id and has_ended(shard) for shard in self.shards())

    def is_known(self, shard_id: str) -> bool:
        """Whether DynamoDB gives out a place in this shard, listed or not."""
        try:
            self.iterator(shard_id, None)
        except TableNotFoundError:
            return False
        return True

    def iterator(self, shard_id: str, after: str | None) -> str:
        """A place in a shard: behind a record, or at its beginning."""
        kind = "TRIM_HORIZON" if after is None else "AFTER_SEQUENCE_NUMBER"
        return self._driver.send(
            GetShardIterator(
                stream_arn=self.arn,
                shard_id=shard_id,
                shard_iterator_type=kind,
                sequence_number=after,
            )
        ).shard_iterator

    def read(self, iterator: str, limit: int = GET_RECORDS_MAX) -> Page:
        """Read on from a place.

        Raises:
            IteratorExpiredError: the place is over fifteen minutes old.
            TrimmedError: the records there are gone.
        """
        answer = self._driver.send(GetRecords(shard_iterator=iterator, limit=limit))
        odd: Counter[str] = Counter()
        commits = [c for record in answer.records if (c := self._commit(record, odd)) is not None]
        last = answer.records[-1].change.sequence_number if answer.records else None
        return Page(tuple(commits), last, len(answer.records), answer.next_shard_iterator, odd)

    def _commit(self, record: Record, odd: Counter[str]) -> Commit | None:
        """The commit that a record brings; anything else is counted, never an error."""
        sk = record.change.keys[self._layout.config.sk].get("S", "")
        if not sk.startswith(self._layout.event_prefix):
            odd["other item"] += 1
            return None
        if record.event_name != _INSERT or not record.change.new_image:
            odd[record.event_name] += 1
            return None
        try:
            return self._layout.commit(self._decoder.decode(record.change.new_image))
        except (msgspec.MsgspecError, StreamCorruptedError, ValueError, InvalidKeyError):
            odd[UNREADABLE] += 1  # by a stranger: no log writes such an item
            return None


class ShardReader:
    """A place in one shard that moves only when told that what it read is dealt with.

    `began_anew` says whether the last page is the oldest that there was when it was read. DynamoDB
    does not tell whether older ones are gone; everywhere else it does.
    """

    def __init__(self, stream: ChangeStream, shard_id: str, after: str | None) -> None:
        self._stream, self.shard_id = stream, shard_id
        self.sequence = after
        self.ended = self.began_anew = False
        self._iterator: str | None = None

    def read(self) -> Page:
        """The next page, the same one again until `advance`.

        Raises:
            TrimmedError: the records behind this place are gone, or may be; see `rewind`.
            IteratorExpiredError: so had a place that was just given out; read again.
        """
        try:
            return self._read()
        except IteratorExpiredError as expired:
            if self.sequence is None:
                # Beginning anew at the oldest record would not tell that an older one is gone.
                raise TrimmedError(expired.operation, expired.target, expired.detail) from expired
            return self._read()

    def _read(self) -> Page:
        self.began_anew = self._iterator is None and self.sequence is None
        if self._iterator is None:
            self._iterator = self._stream.iterator(self.shard_id, self.sequence)
        try:
            return self._stream.read(self._iterator)
        except IteratorExpiredError:
            self._iterator = None
            raise

    def advance(self, page: Page) -> None:
        """What `page` brought is dealt with: go on behind it."""
        self.sequence = page.sequence or self.sequence
        self._iterator = page.iterator
        if page.iterator is None:
            # A damaged or early answer has no iterator either; only DynamoDB's own word counts.
            self.ended = self._stream.is_closed(self.shard_id)

    def rewind(self) -> None:
        """Begin at the oldest record there is."""
        self.sequence, self._iterator = None, None


def has_ended(shard: Shard) -> bool:
    """Whether a shard is closed: nothing more will be written into it."""
    return shard.sequence_number_range.ending_sequence_number is not None


def born_micros(shard_id: str) -> int:
    """When a shard was made, as its id says (milliseconds in it); 0 where the id says nothing."""
    match = _BORN.match(shard_id)
    return int(match[1]) * 1_000 if match else 0
