"""The log on DynamoDB: one immutable item a commit, under a dense commit number.

An append is one `PutItem` on the condition that its slot is empty. A refusal brings the slot's
occupant along, and the occupant decides exactly: our commit id means that an earlier send of this
very request was carried out, another's means a conflict. Several streams go in one transaction
under the same rule. An empty slot proves nothing: a lost request may still arrive.
"""

from __future__ import annotations

import contextlib
import hashlib
import secrets
import uuid
from collections.abc import Iterator, Sequence
from typing import Any, Final

import msgspec

from eventstore.errors import (
    CommitIdReusedError,
    OutcomeUnknownError,
    StoreNotFoundError,
    StreamCorruptedError,
    VersionConflictError,
)
from eventstore.expectation import (
    check_drafts,
    check_epoch,
    head_token,
    may_move,
    receipt_of,
    starting_point,
)
from eventstore.layout import (
    COMMIT_MAX,
    PAYLOAD_PROJECTION,
    READ_PROJECTION,
    SLICES,
    EventLayout,
    check_transaction_size,
)
from eventstore.log import Commit, Draft, Payloads
from eventstore.stream import StreamId
from eventstore.token import Outcome, Receipt, Token
from orm.clock import Clock, SystemClock
from orm.config import SingleTableConfig
from orm.driver.protocol import Driver
from orm.driver.retry import RetryPolicy
from orm.errors import (
    ConditionFailedError,
    DriverError,
    TransactionCanceledError,
    UnexpectedItemError,
)
from orm.requests import Action, GetItem, Item, Page, Put, PutItem, Query, Scan, TransactWriteItems
from orm.tables import create_table

_IF_EMPTY: Final = "attribute_not_exists(#pk)"
_MOVING_POLICY: Final = RetryPolicy(attempts_max=24, wait_first_seconds=0.01, wait_max_seconds=0.5)
"""How often an append that may follow any head looks for it again."""


class DynamoDBLog:
    """A `Log` in one DynamoDB table. Thread-safe; one instance serves a process.

    Args:
        driver: the way to DynamoDB; give it one that retries.
        config: the event table's names.
        clock: tells when commits are recorded.
        epoch: the store's epoch, if known; read from the table otherwise, once.
    """

    def __init__(
        self,
        driver: Driver,
        config: SingleTableConfig,
        clock: Clock | None = None,
        epoch: str | None = None,
    ) -> None:
        self.layout = EventLayout(config)
        self._driver = driver
        self._table = config.table
        self._names = {"#pk": config.pk}
        self._clock = clock or SystemClock()
        self._epoch = epoch

    def create(self) -> str:
        """Make the table and its store, where they are not there yet; return the epoch."""
        create_table(self._driver, self.layout.shape(), self._clock)
        item = self.layout.store_key() | {"epoch": {"S": secrets.token_hex(8)}}
        request = PutItem(
            table_name=self._table,
            item=item,
            condition_expression=_IF_EMPTY,
            expression_attribute_names=self._names,
        )
        # Refused means that another has made it, or an earlier send of ours: the table says which.
        with contextlib.suppress(ConditionFailedError):
            self._driver.send(request)
        self._epoch = None
        return self.epoch

    @property
    def epoch(self) -> str:
        """See `Log.epoch`.

        Raises:
            TableNotFoundError: there is no such table.
            StoreNotFoundError: there is, and it holds no store.
        """
        if self._epoch is None:
            self._epoch = self._read_epoch()
        return self._epoch

    def _read_epoch(self) -> str:
        found = self._driver.send(
            GetItem[Item](table_name=self._table, key=self.layout.store_key(), consistent_read=True)
        )
        if found.item is None:
            raise StoreNotFoundError(self._table)
        epoch: str = found.item["epoch"]["S"]
        return epoch

    # --- writing -----------------------------------------------------------------------------

    def append(
        self, drafts: Sequence[Draft], *, commit_id: bytes, metadata: bytes = b""
    ) -> tuple[Token, ...]:
        """See `Log.append`."""
        check_drafts(drafts, commit_id)
        if not any(may_move(draft.expected) for draft in drafts):
            return self._append_once(drafts, commit_id, metadata)
        # A conflict proves that the slot is another's for ever, so the same commit may move on.
        again = _MOVING_POLICY.retrying(lambda error: _may_move_on(error, drafts), self._clock)
        return again(self._append_once, drafts, commit_id, metadata)

    def _append_once(
        self, drafts: Sequence[Draft], commit_id: bytes, metadata: bytes
    ) -> tuple[Token, ...]:
        now = self._clock.now_micros()
        slots = [self._slot(draft, commit_id, metadata, now) for draft in drafts]
        try:
            if len(slots) == 1:
                self._put(slots[0])
            else:
                self._transact(slots)
        except DriverError as error:
            if error.applied is not None:
                raise
            receipts = tuple(slot.receipt for slot in slots)
            raise OutcomeUnknownError(receipts, str(error)) from error
        return tuple([slot.receipt.token for slot in slots])

    def _slot(self, draft: Draft, commit_id: bytes, metadata: bytes, now: int) -> _Slot:
        start = starting_point(draft, commit_id, self.epoch, self._last)
        if start.commit >= COMMIT_MAX:
            raise StreamCorruptedError(draft.stream, f"it holds {COMMIT_MAX:,} commits, the most")
        receipt = receipt_of(draft, start, commit_id)
        return _Slot(receipt, self.layout.item(draft, receipt, metadata, now))

    def _put(self, slot: _Slot) -> None:
        try:
            self._driver.send(
                PutItem(
                    table_name=self._table,
                    item=slot.item,
                    condition_expression=_IF_EMPTY,
                    expression_attribute_names=self._names,
                    return_values_on_condition_check_failure="ALL_OLD",
                )
            )
        except ConditionFailedError as refusal:
            if refusal.item is None:
                raise StreamCorruptedError(
                    slot.receipt.stream, "a slot was refused and reads as empty"
                ) from refusal
            self._settle(slot, refusal.item)

    def _transact(self, slots: list[_Slot]) -> None:
        check_transaction_size(slot.item for slot in slots)
        actions = [
            Action(
                put=Put(
                    table_name=self._table,
                    item=slot.item,
                    condition_expression=_IF_EMPTY,
                    expression_attribute_names=self._names,
                    return_values_on_condition_check_failure="ALL_OLD",
                )
            )
            for slot in slots
        ]
        request = TransactWriteItems(
            transact_items=actions, client_request_token=_request_token(slots)
        )
        try:
            self._driver.send(request)
        except TransactionCanceledError as refusal:
            self._settle_all(slots, refusal)

    def _settle_all(self, slots: list[_Slot], refusal: TransactionCanceledError) -> None:
        """Return where every occupant is this very commit; raise what else it means."""
        ours: Receipt | None = None
        for slot, reason in zip(slots, refusal.reasons, strict=True):
            if reason.item is not None:
                self._settle(slot, reason.item)
                ours = ours or slot.receipt
        if ours is None:
            raise refusal
        # Ours stands in one slot and another is empty: the id was used for other streams, or for
        # these before one of them moved on. (A slot that only was busy holds ours as well.)
        if any(reason.code == "None" for reason in refusal.reasons):
            raise CommitIdReusedError(ours.stream, ours.commit_id) from refusal

    def _settle(self, slot: _Slot, item: Item) -> None:
        """Return where the occupant is this very commit; raise what else it means."""
        receipt = slot.receipt
        try:
            stored = msgspec.convert(item, self.layout.stored_commit, strict=False)
        except msgspec.ValidationError as error:
            raise StreamCorruptedError(
                receipt.stream, f"slot {receipt.commit} holds what is no commit: {error}"
            ) from error
        occupant = self.layout.commit(stored)
        if occupant.id != receipt.commit_id:
            raise VersionConflictError(receipt.stream, receipt.before.version, occupant.version)
        if item["h"]["B"] != receipt.content_hash:
            raise CommitIdReusedError(receipt.stream, receipt.commit_id)

    # --- reading -----------------------------------------------------------------------------

    def receipts(self, drafts: Sequence[Draft], *, commit_id: bytes) -> tuple[Receipt, ...]:
        """See `Log.receipts`."""
        check_drafts(drafts, commit_id)
        starts = [starting_point(draft, commit_id, self.epoch, self._last) for draft in drafts]
        return tuple(
            [
                receipt_of(draft, start, commit_id)
                for draft, start in zip(drafts, starts, strict=True)
            ]
        )

    def read(
        self, stream: StreamId, *, after: int = 0, up_to: int | None = None
    ) -> Iterator[Commit]:
        """See `Log.read`."""
        what = {"projection_expression": READ_PROJECTION, "read_as": self.layout.read_commit}
        for first, page in self._pages(stream, after, up_to, what):
            yield from self.layout.commits(page, stream, first)

    def payloads(self, stream: StreamId, *, up_to: int | None = None) -> Iterator[Payloads]:
        """See `Log.payloads`."""
        what = {"projection_expression": PAYLOAD_PROJECTION, "read_as": self.layout.payload}
        for first, page in self._pages(stream, 0, up_to, what):
            yield self.layout.payloads(page, stream, first)

    def _pages(
        self, stream: StreamId, after: int, up_to: int | None, what: dict[str, Any]
    ) -> Iterator[tuple[int, Sequence[Any]]]:
        """The number of each page's first commit, and what is stored of all in it; no gap."""
        number, last = max(after, 0) + 1, COMMIT_MAX if up_to is None else up_to
        if number > last:
            return
        event: int | None = None
        for page in self._answers(stream, self._between(stream, number, last, **what)):
            self._check_dense(stream, page, number, event)
            if page:
                yield number, page
                number, event = number + len(page), page[-1].f.N + page[-1].n.N

    def _answers(self, stream: StreamId, query: Query[Any]) -> Iterator[Sequence[Any]]:
        while True:
            page = self._page(stream, query)
            yield page.items
            if page.last_evaluated_key is None:
                return
            query = msgspec.structs.replace(query, exclusive_start_key=page.last_evaluated_key)

    def _check_dense(
        self, stream: StreamId, page: Sequence[Any], number: int, event: int | None
    ) -> None:
        """Refuse a page that does not begin with this commit and event, or has a gap.

        Sort keys come sorted and once, so the last one tells whether one is missing.
        """
        in_key = self.layout.number_in
        whole = bool(page) and in_key(page[-1]) == number + len(page) - 1
        for wanted, stored in enumerate(page, number):
            first: int = stored.f.N
            if not whole and in_key(stored) != wanted:
                raise _gap(stream, in_key(stored), first, f"commit {wanted} belongs here")
            if event is not None and first != event:
                raise _gap(stream, wanted, first, f"event {event} belongs here")
            event = first + stored.n.N

    def _between(self, stream: StreamId, first: int, last: int, **how: Any) -> Query[Any]:
        """The query of commits `first` to `last`, and of nothing else in the partition."""
        config, layout = self.layout.config, self.layout
        return Query[Any](
            table_name=self._table,
            key_condition_expression="#pk = :pk AND #sk BETWEEN :a AND :z",
            expression_attribute_names={"#pk": config.pk, "#sk": config.sk},
            expression_attribute_values={
                ":pk": {"S": layout.pk(stream)},
                ":a": {"S": layout.sk(first)},
                ":z": {"S": layout.sk(last)},
            },
            consistent_read=True,
            **how,
        )

    def _page(self, stream: StreamId, query: Query[Any]) -> Page[Any]:
        """One page of commits; an item among them that is none is no damaged answer."""
        try:
            return self._driver.send(query)
        except UnexpectedItemError as error:
            raise StreamCorruptedError(
                stream, f"it holds an item that is no commit: {error.detail}"
            ) from error

    def head(self, stream: StreamId) -> Token:
        """See `Log.head`: one query of one item, backwards, consistent."""
        return head_token(stream, self._last(stream), self.epoch)

    def _last(self, stream: StreamId) -> Commit | None:
        layout = self.layout
        page = self._page(
            stream,
            self._between(
                stream,
                1,
                COMMIT_MAX,
                scan_index_forward=False,
                limit=1,
                read_as=self.layout.stored_commit,
            ),
        )
        return layout.commit(page.items[0], stream) if page.items else None

    def resolve(self, receipt: Receipt) -> Outcome:
        """See `Log.resolve`: one consistent read of the slot."""
        check_epoch(self.epoch, receipt.epoch)
        layout = self.layout
        found = self._driver.send(
            GetItem[Any](
                table_name=self._table,
                key=layout.config.key(layout.pk(receipt.stream), layout.sk(receipt.commit)),
                consistent_read=True,
                read_as=layout.stored_commit,
            )
        )
        if found.item is None:
            return Outcome.UNKNOWN
        ours = receipt.commit_id == found.item.id.B
        if ours and receipt.content_hash != found.item.h.B:
            raise CommitIdReusedError(receipt.stream, receipt.commit_id)
        return Outcome.COMMITTED if ours else Outcome.CONFLICT

    def streams(self, category: str, *, tenant: str | None = None) -> Iterator[StreamId]:
        """See `Log.streams`."""
        config = self.layout.config
        for slice_number in range(SLICES):
            start: Item | None = None
            while True:
                page = self._driver.send(
                    Query[Item](
                        table_name=self._table,
                        index_name=config.index_name(1),
                        key_condition_expression="#pk = :pk",
                        expression_attribute_names={"#pk": config.index_keys(1)[0]},
                        expression_attribute_values={
                            ":pk": {"S": self.layout.slice_pk(category, slice_number, tenant)}
                        },
                        exclusive_start_key=start,
                    )
                )
                for item in page.items:
                    yield self.layout.stream_of(item[config.pk]["S"])
                if (start := page.last_evaluated_key) is None:
                    break

    def all_commits(self) -> Iterator[Commit]:
        """See `Log.all_commits`."""
        start: Item | None = None
        while True:
            page = self._driver.send(
                Scan[Any](
                    table_name=self._table,
                    filter_expression="begins_with(#sk, :event)",
                    expression_attribute_names={"#sk": self.layout.config.sk},
                    expression_attribute_values={":event": {"S": self.layout.event_prefix}},
                    consistent_read=True,
                    exclusive_start_key=start,
                    read_as=self.layout.stored_commit,
                )
            )
            for stored in page.items:
                yield self.layout.commit(stored)
            if (start := page.last_evaluated_key) is None:
                return


class _Slot(msgspec.Struct, frozen=True):
    """One commit on its way: what it is called and the item it is."""

    receipt: Receipt
    item: Item


def _may_move_on(error: BaseException, drafts: Sequence[Draft]) -> bool:
    """Whether a newer head may be tried: the slot was taken, and the draft takes any."""
    return (
        isinstance(error, VersionConflictError)
        and error.actual > 0  # else `EXISTS` found nothing, and would again
        and any(draft.stream == error.stream and may_move(draft.expected) for draft in drafts)
    )


def _gap(stream: StreamId, number: int, first: int, wanted: str) -> StreamCorruptedError:
    return StreamCorruptedError(
        stream,
        f"commit {number} begins at event {first} and {wanted}: something is missing or doubled",
    )


def _request_token(slots: Sequence[_Slot]) -> str:
    """The client token of a transaction: the same for the identical request only.

    A repeated append carries the same commit id and another time, which DynamoDB would refuse
    under the same token; under its own it finds itself in its slots.
    """
    items = msgspec.msgpack.encode([slot.item for slot in slots])
    return str(uuid.UUID(bytes=hashlib.blake2b(items, digest_size=16).digest()))
