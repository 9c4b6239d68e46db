"""Poison: one event that cannot be applied stops its own stream for its own projection, no more."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from typing import Any, Self

import msgspec
import pytest

from eventstore import ANY, Draft, Event, Recorded, StreamId
from eventstore.codec import RawEvent
from orm import Key, Model
from orm.driver import RetryingDriver, WireDriver
from orm.driver.faults import Fault, FaultyTransport
from orm.driver.retry import RetryPolicy
from orm.errors import KeyfoldError
from orm.memory import MemoryTransport
from orm.models.layout import layout_of
from orm.requests import GetItem, Item
from orm.update import UpdateExpression, single
from projections import (
    Effects,
    HandlerError,
    NotParkedError,
    Parking,
    ProjectionDefinitionError,
    Projector,
    ReadModel,
    handles,
    projection_of,
)
from projections.dispatch import Dispatcher
from projections.layout import SOURCE
from tests.conftest import fresh_config
from tests.contract.projections.bank import (
    EVENTS,
    Branch,
    Deposited,
    Ledger,
    Named,
    Seen,
    Statement,
)
from tests.contract.projections.house import House, fresh_account, fresh_branch


class Mood:
    """Whether handlers fail, and how often they were called; shared by those below."""

    def __init__(self) -> None:
        self.broken = True
        self.calls: Counter[int] = Counter()

    def check(self, pence: int) -> None:
        self.calls[pence] += 1
        if self.broken and pence == 13:
            raise ZeroDivisionError("bad luck")


def moody_row(mood: Mood) -> type[ReadModel]:
    """A read model of its own class and rows, whose handler depends on the mood."""

    class MoodyRow(ReadModel, key=Key("account"), source="ACCOUNT"):
        account: str
        lines: list[int] = []

        @classmethod
        def of(cls, stream: StreamId) -> Self:
            return cls(account=stream.id)

        @handles
        def deposited(self, event: Deposited) -> None:
            mood.check(event.pence)
            self.lines.append(event.pence)

    return MoodyRow


class MoodyLine(Model, key=Key("account", sort=("number",))):
    """One row a commit, and how often it was written."""

    account: str
    number: int
    pence: int = 0
    writes: int = 0


class Moody(Projector, source="ACCOUNT"):
    def __init__(self, mood: Mood) -> None:
        self.mood = mood

    @handles
    def deposited(self, event: Deposited, rows: Effects, commit: Recorded) -> None:
        self.mood.check(event.pence)
        key = {"account": commit.stream.id, "number": commit.commit}
        rows.add(MoodyLine, key, pence=event.pence, writes=1)


class Subject:
    """One of both kinds of projection, with a handler that can be mended."""

    def __init__(self, house: House, kind: str) -> None:
        self.house, self.mood = house, Mood()
        self.declared = moody_row(self.mood) if kind == "row" else Moody(self.mood)
        self.projection = projection_of(self.declared)
        self.dispatcher = house.dispatcher(self.declared)

    def lines(self, stream: StreamId) -> list[int]:
        """What was applied, in order; a doubled effect would show."""
        table = self.house.table(stream.tenant)
        if isinstance(self.declared, Projector):
            found = table.query(MoodyLine).where(account=stream.id).all()
            assert all(line.writes == 1 for line in found)
            return [line.pence for line in found]
        row = table.get(self.declared, account=stream.id)
        return [] if row is None else row.lines  # type: ignore[attr-defined]

    def restart(self) -> None:
        """A new process: nothing remembered but what the table holds."""
        self.dispatcher = self.house.dispatcher(self.declared)

    def retry(self, stream: StreamId):
        """Retry from another process, as the command does."""
        return self.house.dispatcher(self.declared).retry(self.projection.id, stream)


@pytest.fixture(params=["row", "marker"])
def subject(request: pytest.FixtureRequest, house: House) -> Subject:
    return Subject(house, request.param)


def deposits(house: House, stream: StreamId, *pence: int):
    branch = fresh_branch()
    return house.append(stream, *(Deposited(n, branch) for n in pence))[-len(pence) :]


# --- parking ----------------------------------------------------------------------------------


def test_a_failing_handler_is_tried_five_times_and_then_parks(
    house: House, subject: Subject
) -> None:
    """Commits before it in the same batch are applied, those behind it wait, others flow."""
    stream, other = fresh_account(), fresh_account()
    commits = deposits(house, stream, 1, 2, 13, 4)
    subject.dispatcher.dispatch([*commits, *deposits(house, other, 7)])
    assert subject.lines(stream) == [1, 2]
    assert subject.lines(other) == [7]
    assert subject.mood.calls[13] == 5
    parked = house.parking.find(subject.projection, stream)
    assert parked is not None
    assert (parked.commit, parked.tag, parked.attempts) == (3, "deposited", 5)
    assert parked.error == "ZeroDivisionError: bad luck"
    assert parked.stream == stream
    lane = subject.dispatcher.lanes[subject.projection.id]
    assert lane.counts["parked"] == 1


def test_a_handler_that_recovers_within_five_tries_parks_nothing(house: House) -> None:
    """Whatever it wrote into the row in its failed tries is thrown away."""
    stream, tries = fresh_account(), Counter[str]()

    class Flaky(ReadModel, key=Key("account"), source="ACCOUNT"):
        account: str
        lines: list[int] = []

        @classmethod
        def of(cls, stream: StreamId) -> Self:
            return cls(account=stream.id)

        @handles
        def deposited(self, event: Deposited) -> None:
            self.lines.append(event.pence)
            tries["all"] += 1
            if event.pence == 2 and tries["all"] < 8:
                raise OSError("not yet")

    dispatcher = house.dispatcher(Flaky)
    dispatcher.dispatch(deposits(house, stream, 1, 2, 3))
    assert house.table().get_or_fail(Flaky, account=stream.id).lines == [1, 2, 3]
    assert house.parking.find(projection_of(Flaky), stream) is None


@pytest.mark.parametrize("restarted", [False, True])
def test_later_commits_of_a_parked_stream_are_held_back(
    house: House, subject: Subject, restarted: bool
) -> None:
    """By the worker that parked it, and by one that finds the record at its start."""
    stream = fresh_account()
    subject.dispatcher.dispatch(deposits(house, stream, 1, 13))
    if restarted:
        subject.restart()
    before = subject.mood.calls[13]
    subject.dispatcher.dispatch(deposits(house, stream, 3, 4))
    assert subject.lines(stream) == [1]
    assert subject.mood.calls[13] == before, "a parked stream's handler is not run again"
    assert subject.dispatcher.lanes[subject.projection.id].counts["held back"] == 2


def test_a_worker_that_does_not_know_of_the_parking_parks_again(
    house: House, subject: Subject
) -> None:
    """It tries, fails, finds the record there, and leaves it as it is."""
    stream, ignorant = fresh_account(), house.dispatcher(subject.declared)
    subject.dispatcher.dispatch(deposits(house, stream, 1, 13))
    before = house.parking.find(subject.projection, stream)
    ignorant.dispatch(deposits(house, stream, 3))
    assert house.parking.find(subject.projection, stream) == before
    assert subject.lines(stream) == [1]


def test_a_stream_parked_for_one_projection_goes_on_for_the_others(house: House) -> None:
    stream, mood = fresh_account(), Mood()
    dispatcher = house.dispatcher(Moody(mood), Statement)
    dispatcher.dispatch(deposits(house, stream, 1, 13, 3))
    assert house.table().get_or_fail(Statement, account=stream.id).lines == [1, 13, 3]
    assert [stream in lane.parked for lane in dispatcher.lanes.values()] == [True, False]


def test_a_tenants_parked_stream_is_listed_and_found(house: House, subject: Subject) -> None:
    stream = fresh_account("acme")
    subject.dispatcher.dispatch(deposits(house, stream, 13))
    assert stream in {one.stream for one in house.parking.all(subject.projection)}
    same_id = StreamId(stream.category, stream.id)
    assert house.parking.find(subject.projection, same_id) is None


# --- what cannot be read ----------------------------------------------------------------------


FUTURE = [
    RawEvent("from-the-future", 3, {"x": 1}),
    RawEvent("deposited", 1, {"pence": 5, "branch": "b"}),
]


def test_an_unknown_event_parks(house: House, subject: Subject) -> None:
    """Without a second try: reading it again would not help."""
    stream = fresh_account()
    deposits(house, stream, 1)
    house.append_raw(stream, FUTURE)
    subject.dispatcher.dispatch(house.commits(stream))
    parked = house.parking.find(subject.projection, stream)
    assert parked is not None
    assert (parked.commit, parked.tag, parked.attempts) == (2, "from-the-future", 1)
    assert subject.lines(stream) == [1]


def test_an_unknown_event_is_passed_over_where_the_projection_says_so(house: House) -> None:
    """The known events of the same commit are handled."""

    class Tolerant(ReadModel, key=Key("account"), source="ACCOUNT", ignores_unknown=True):
        account: str
        lines: list[int] = []

        @classmethod
        def of(cls, stream: StreamId) -> Self:
            return cls(account=stream.id)

        @handles
        def deposited(self, event: Deposited) -> None:
            self.lines.append(event.pence)

    stream = fresh_account()
    house.append_raw(stream, FUTURE)
    house.append_raw(stream, FUTURE[:1])
    deposits(house, stream, 6)
    house.dispatcher(Tolerant).dispatch(house.commits(stream))
    assert house.table().get_or_fail(Tolerant, account=stream.id).lines == [5, 6]
    assert house.parking.find(projection_of(Tolerant), stream) is None


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (b"\xc1 is no msgpack", "EventFormatError"),
        (b"", "EventFormatError"),
        ([RawEvent("deposited", 1, {"pence": "many", "branch": "b"})], "EventFormatError"),
        ([RawEvent("deposited", 9, {"pence": 1, "branch": "b"})], "EventVersionError"),
    ],
    ids=["no msgpack", "empty", "another type", "another version"],
)
def test_a_body_that_cannot_be_read_parks(
    house: House, subject: Subject, data: bytes | list[RawEvent], error: str
) -> None:
    stream = fresh_account()
    deposits(house, stream, 1)
    house.append_raw(stream, data)
    deposits(house, stream, 3)
    subject.dispatcher.dispatch(house.commits(stream))
    parked = house.parking.find(subject.projection, stream)
    assert parked is not None
    assert parked.commit == 2
    assert parked.error.startswith(error)
    assert subject.lines(stream) == [1]


def test_metadata_that_cannot_be_read_parks(house: House, subject: Subject) -> None:
    stream = fresh_account()
    data = house.store.codec.encode([Deposited(2, "b")])
    house.log.append([Draft(stream, ANY, data, 1)], commit_id=b"i" * 16, metadata=b"\xc1")
    subject.dispatcher.dispatch(house.commits(stream))
    parked = house.parking.find(subject.projection, stream)
    assert parked is not None
    assert parked.error.startswith("EventFormatError")


def test_a_commit_that_the_store_has_lost_parks(house: House, subject: Subject) -> None:
    """Somebody deleted history: the streams that are whole go on."""
    stream, whole = fresh_account(), fresh_account()
    commits = deposits(house, stream, 1, 2, 3, 4)
    layout = house.log.layout
    from orm.requests import DeleteItem

    key = layout.config.key(layout.pk(stream), layout.sk(3))
    house.plain.send(DeleteItem(table_name=house.events.table, key=key))
    subject.dispatcher.dispatch([commits[0], commits[3], *deposits(house, whole, 9)])
    parked = house.parking.find(subject.projection, stream)
    assert parked is not None
    assert "StreamCorruptedError" in parked.error
    assert subject.lines(whole) == [9]


# --- what cannot be written -------------------------------------------------------------------


class Big(ReadModel, key=Key("account"), source="ACCOUNT"):
    """A row that can outgrow an item, or hold what no item holds."""

    account: str
    text: str = ""
    number: float = 0.0

    @classmethod
    def of(cls, stream: StreamId) -> Self:
        return cls(account=stream.id)

    @handles
    def deposited(self, event: Deposited) -> None:
        self.number += float("nan") if event.pence == 13 else event.pence
        self.text += "x" * (500_000 if event.pence == 400 else 1)


class BigRow(Model, key=Key("account", sort=("commit",))):
    account: str
    commit: int
    text: str = ""
    number: float = 0.0


class BigProjector(Projector, source="ACCOUNT"):
    @handles
    def deposited(self, event: Deposited, rows: Effects, commit: Recorded) -> None:
        account = commit.stream.id
        number = float("nan") if event.pence == 13 else float(event.pence)
        text = "x" * (500_000 if event.pence == 400 else event.pence)
        rows.put(BigRow(account=account, commit=commit.commit, text=text, number=number))


def big_numbers(house: House, kind: str, stream: StreamId) -> float:
    """The sum of what was written for a stream."""
    if kind == "row":
        return house.table().get_or_fail(Big, account=stream.id).number
    rows = house.table().query(BigRow).where(account=stream.id).all()
    return sum(row.number for row in rows)


@pytest.mark.parametrize("bad", [13, 400], ids=["not a number", "over 400 KB"])
@pytest.mark.parametrize("kind", ["row", "marker"])
def test_a_refused_write_is_narrowed_down_to_its_commit(house: House, kind: str, bad: int) -> None:
    """The whole batch is refused first; then commit by commit, and only that one parks."""
    stream, other = fresh_account(), fresh_account()
    declared = Big if kind == "row" else BigProjector()
    commits = [*deposits(house, stream, 1, 2, bad, 4), *deposits(house, other, 5)]
    dispatcher = house.dispatcher(declared)
    dispatcher.dispatch(commits)
    parked = house.parking.find(projection_of(declared), stream)
    assert parked is not None
    assert (parked.commit, parked.tag) == (3, "deposited")
    assert [big_numbers(house, kind, one) for one in (stream, other)] == [3.0, 5.0]
    lane = dispatcher.lanes[projection_of(declared).id]
    assert (lane.counts["applied"], lane.counts["parked"]) == (3, 1)


class Numbered(ReadModel, key=Key("number"), source="ACCOUNT"):
    """Its `of` fails on streams whose id is no number."""

    number: int
    pence: int = 0

    @classmethod
    def of(cls, stream: StreamId) -> Self:
        return cls(number=int(stream.id, 16) if stream.id[0] != "x" else int(stream.id))

    @handles
    def deposited(self, event: Deposited) -> None:
        self.pence += event.pence


@pytest.mark.parametrize("first", [0, 1], ids=["from the first", "behind a gap"])
def test_a_row_whose_key_cannot_be_made_parks(house: House, first: int) -> None:
    """`of` is the user's code: its failure is that stream's, and no other's."""
    bad, good = StreamId("ACCOUNT", "x" + fresh_branch()), fresh_account()
    commits = deposits(house, bad, 1, 2)[first:] + deposits(house, good, 3)
    house.dispatcher(Numbered).dispatch(commits)
    parked = house.parking.find(projection_of(Numbered), bad)
    assert parked is not None
    assert parked.error.startswith("ValueError")
    assert house.table().get_or_fail(Numbered, number=int(good.id, 16)).pence == 3


class Grown(ReadModel, key=Key("account"), source="ACCOUNT", prefix="STATEMENT"):
    """A `Statement` with a field that rows lack that were written before it."""

    account: str
    must: int
    balance: int = 0

    @classmethod
    def of(cls, stream: StreamId) -> Self:
        return cls(account=stream.id, must=0)

    @handles
    def deposited(self, event: Deposited) -> None:
        self.balance += event.pence


def test_a_row_that_cannot_be_read_parks(house: House) -> None:
    """Other streams, whose rows can, go on."""
    old, new = fresh_account(), fresh_account()
    house.dispatcher(Statement).dispatch(deposits(house, old, 1))
    house.dispatcher(Grown).dispatch([*deposits(house, old, 2), *deposits(house, new, 3)])
    parked = house.parking.find(projection_of(Grown), old)
    assert parked is not None
    assert parked.error.startswith("UnreadableRowError")
    assert house.table().get_or_fail(Grown, account=new.id).balance == 3


@pytest.mark.parametrize("kind", ["row", "marker"])
def test_an_outage_is_not_poison(house: House, kind: str) -> None:
    """Throttled for as long as it lasts: an error that says so, nothing parked, nothing lost."""
    stream = fresh_account()
    deposits(house, stream, 1, 2, 3)
    weather = {"bad": True}

    def plan(operation: str, params: object) -> Fault | None:
        return Fault.THROTTLED if weather["bad"] else None

    driver = RetryingDriver(
        WireDriver(FaultyTransport(house.transport, plan)),
        RetryPolicy(attempts_max=2, wait_first_seconds=0.001),
    )
    declared = Statement if kind == "row" else Ledger()
    dispatcher = house.dispatcher(declared)
    weather["bad"] = False
    shaky = Dispatcher(house.store, [declared], driver, house.rows, house.clock)
    weather["bad"] = True
    with pytest.raises(KeyfoldError) as failure:
        shaky.dispatch(house.commits(stream)[2:])
    assert failure.value.retry
    weather["bad"] = False
    shaky.dispatch(house.commits(stream)[2:])
    dispatcher.dispatch(house.commits(stream))
    assert house.parking.find(projection_of(declared), stream) is None
    assert shaky.lanes[projection_of(declared).id].counts["applied"] == 3


def test_keys_left_undone_by_a_batch_are_an_outage_too(house: House) -> None:
    """BatchGetItem answers 200 with everything unprocessed: no reason to park."""
    stream = fresh_account()
    commits = deposits(house, stream, 1, 2)

    class Stingy:
        def __init__(self) -> None:
            self.left = 100

        def call(self, operation: str, params: dict) -> bytes:
            import json

            if operation == "BatchGetItem" and self.left:
                self.left -= 1
                return json.dumps(
                    {"Responses": {}, "UnprocessedKeys": params["RequestItems"]}
                ).encode()
            return house.transport.call(operation, params)

    from orm.clock import ManualClock

    house.dispatcher(Ledger()).dispatch(commits)
    stingy = Stingy()
    clock = ManualClock()
    driver = RetryingDriver(WireDriver(stingy), clock=clock)
    dispatcher = Dispatcher(house.store, [Ledger()], driver, house.rows, clock)
    with pytest.raises(KeyfoldError) as failure:
        dispatcher.dispatch(commits)
    assert failure.value.retry
    assert house.parking.find(projection_of(Ledger()), stream) is None
    stingy.left = 0
    dispatcher.dispatch(commits)
    assert house.parking.find(projection_of(Ledger()), stream) is None


# --- letting it go on -------------------------------------------------------------------------


def test_a_retry_after_mending_applies_everything(house: House, subject: Subject) -> None:
    """The poisoned commit, what its batch held, and what was held back since."""
    stream = fresh_account()
    subject.dispatcher.dispatch(deposits(house, stream, 1, 13, 3))
    subject.dispatcher.dispatch(deposits(house, stream, 4))
    subject.mood.broken = False
    assert subject.retry(stream) is None
    assert subject.lines(stream) == [1, 13, 3, 4]
    assert house.parking.find(subject.projection, stream) is None
    subject.dispatcher.dispatch(deposits(house, stream, 5))
    assert subject.lines(stream) == [1, 13, 3, 4, 5]


def test_a_retry_that_fails_again_stays_parked_and_counts(house: House, subject: Subject) -> None:
    stream = fresh_account()
    subject.dispatcher.dispatch(deposits(house, stream, 1, 13, 3))
    still = subject.retry(stream)
    assert still is not None
    assert (still.commit, still.attempts) == (2, 10)
    assert house.parking.find(subject.projection, stream) == still
    still = subject.retry(stream)
    assert still is not None
    assert still.attempts == 15
    subject.mood.broken = False
    assert subject.retry(stream) is None
    assert subject.lines(stream) == [1, 13, 3]


def test_a_retry_that_gets_further_is_parked_further_on(house: House, subject: Subject) -> None:
    stream = fresh_account()
    house.append_raw(stream, FUTURE[:1])
    deposits(house, stream, 13)
    subject.dispatcher.dispatch(house.commits(stream))
    knows_more = house.metered_store((*EVENTS, FromTheFuture))
    dispatcher = house.dispatcher(subject.declared, store=knows_more)
    still = dispatcher.retry(subject.projection.id, stream)
    assert still is not None
    assert (still.commit, still.tag) == (2, "deposited")


class FromTheFuture(Event, tag="from-the-future", version=3):
    x: int


def test_a_retry_of_what_is_not_parked_says_so(house: House, subject: Subject) -> None:
    stream = fresh_account()
    deposits(house, stream, 1)
    with pytest.raises(NotParkedError, match="is not parked"):
        subject.retry(stream)


def test_a_long_error_is_cut(house: House) -> None:
    """A park record stays far below the limit of an item."""

    class Wordy(Projector, source="ACCOUNT"):
        @handles
        def deposited(self, event: Deposited, rows: Effects) -> None:
            raise ValueError("x" * 500_000)

    stream = fresh_account()
    house.dispatcher(Wordy()).dispatch(deposits(house, stream, 1))
    parked = house.parking.find(projection_of(Wordy()), stream)
    assert parked is not None
    assert len(parked.error) <= 2_000


def test_a_commit_that_only_others_handle_parks_nobody(house: House, subject: Subject) -> None:
    stream = fresh_account()
    subject.dispatcher.dispatch(house.append(stream, Seen(), Named("x/a")))
    assert house.parking.find(subject.projection, stream) is None


class Interrupted(Dispatcher):
    """A retry with mended code; a worker comes in between its last read and its release."""

    meanwhile: Any = None

    def _replay(self, lane: Any, stream: StreamId, first: int) -> Any:
        applied = super()._replay(lane, stream, first)
        self.meanwhile()
        return applied


@pytest.mark.parametrize("mended", [True, False])
def test_poison_that_is_met_during_a_retry_stays_parked(
    house: House, subject: Subject, mended: bool
) -> None:
    """The worker still runs the old code: the retry must not release what it has not seen."""
    stream = fresh_account()
    subject.dispatcher.dispatch(deposits(house, stream, 1, 13))
    retrying = Interrupted(
        house.metered_store(), [subject.declared], house.driver, house.rows, house.clock
    )

    def old_worker_goes_on() -> None:
        subject.mood.broken = True
        house.dispatcher(subject.declared).dispatch(deposits(house, stream, 4, 13))

    retrying.meanwhile = old_worker_goes_on
    subject.mood.broken = not mended
    still = retrying.retry(subject.projection.id, stream)
    assert still is not None
    assert (still.commit, still.retry) == (4 if mended else 2, None)
    assert house.parking.find(subject.projection, stream) == still
    assert [one for one in house.parking.all(subject.projection) if one.stream == stream] == [still]
    assert subject.lines(stream) == ([1, 13, 4] if mended else [1])
    subject.dispatcher.dispatch(deposits(house, stream, 5))
    subject.mood.broken = False
    assert subject.retry(stream) is None
    assert subject.lines(stream) == [1, 13, 4, 13, 5]


def test_parking_outlives_a_release_that_comes_between(house: House) -> None:
    """The record was there when it was to be written and gone when it was looked at."""
    projection, stream = projection_of(Ledger()), fresh_account()
    error = HandlerError(projection.id, stream, 1, "deposited", "no")
    house.parking.park(projection, error, 1)
    house.parking.begin_retry(projection, stream, "r1")

    class Releasing:
        """Lets the retry release just before the record is looked at."""

        def call(self, operation: str, params: dict) -> bytes:
            if operation == "GetItem" and house.parking.find(projection, stream):
                assert house.parking.release(projection, stream, "r1") is None
            return house.transport.call(operation, params)

    parking = Parking(WireDriver(Releasing()), house.rows, house.clock)
    parked = parking.park(projection, error, 2)
    assert house.parking.find(projection, stream) == parked
    assert parked.attempts == 2


# --- what would stop everybody ------------------------------------------------------------------


class Weighed(Model, key=Key("name")):
    name: str
    kilos: float = 0
    pieces: int = 0


class Sloppy(Projector, source="ACCOUNT"):
    """Does what the owner says to a row that many streams share."""

    @handles
    def named(self, event: Named, rows: Effects) -> None:
        name, what = event.owner.split("/")
        match what:
            case "put":
                rows.put(Weighed(name=name))
            case "float":
                rows.add(Weighed, {"name": name}, kilos=0.1, pieces=1)
            case "decimal":
                rows.add(Weighed, {"name": name}, kilos=Decimal("0.2"), pieces=1)
            case "typo":
                rows.add(Weighed, {"name": name}, pices=1)
            case "text":
                rows.add(Weighed, {"name": name}, pieces="1")  # type: ignore[arg-type]
            case "attribute":
                row = Weighed(name=name)
                row.pieces = Odd()  # type: ignore[assignment]
                rows.put(row)
            case "huge":
                rows.add(Weighed, {"name": name}, kilos=1e30)
            case "tiny":
                rows.add(Weighed, {"name": name}, kilos=1e-30)


class Odd:
    """Fails in ways of its own wherever it is looked at, once it is in a row."""

    def __deepcopy__(self, memo: object) -> Odd:
        return self

    def __repr__(self) -> str:
        raise LookupError("no repr")


def said(house: House, name: str, *what: str) -> tuple[list[StreamId], list[Any]]:
    """A stream for each thing to do, and all of their commits as one batch."""
    streams = [fresh_account() for _ in what]
    commits = [
        commit
        for stream, one in zip(streams, what, strict=True)
        for commit in house.append(stream, Named(f"{name}/{one}"))
    ]
    return streams, commits


def test_numbers_of_every_kind_add_up_in_one_batch(house: House) -> None:
    name = fresh_branch()
    _, commits = said(house, name, "float", "decimal", "float", "float")
    house.dispatcher(Sloppy()).dispatch(commits)
    row = house.table().get_or_fail(Weighed, name=name)
    assert (row.kilos, row.pieces) == (0.5, 4)


@pytest.mark.parametrize("bad", ["typo", "text", "attribute"])
@pytest.mark.parametrize("first", ["put", "float"])
def test_effects_that_fit_nothing_park_their_own_stream(house: House, first: str, bad: str) -> None:
    """Joined onto what another stream's commit did to the same row in the same batch."""
    name = fresh_branch()
    streams, commits = said(house, name, first, bad, "decimal")
    dispatcher = house.dispatcher(Sloppy())
    dispatcher.dispatch(commits)
    projection = projection_of(Sloppy())
    found = [house.parking.find(projection, stream) for stream in streams]
    assert [one is not None for one in found] == [False, True, False]
    row = house.table().get_or_fail(Weighed, name=name)
    assert row.pieces == (1 if first == "put" else 2)
    assert dispatcher.lanes[projection.id].counts["applied"] == 2


def test_a_sum_that_no_number_holds_parks_no_more_than_it_must(house: House) -> None:
    """Three streams add to one row; what fits is there, exactly."""
    name = fresh_branch()
    streams, commits = said(house, name, "huge", "tiny", "huge")
    dispatcher = house.dispatcher(Sloppy())
    dispatcher.dispatch(commits)
    parked = [house.parking.find(projection_of(Sloppy()), stream) for stream in streams]
    assert sum(one is not None for one in parked) == 1
    assert house.table().get_or_fail(Weighed, name=name).kilos in (1e30, 2e30)


@pytest.mark.parametrize("size", [1_005, 1_500, 2_040])
def test_a_stream_with_the_longest_id_stops_nobody(
    house: House, subject: Subject, size: int
) -> None:
    """Legal in the event table; no key of a row, so it parks, and another has its row."""
    long, short = StreamId("ACCOUNT", fresh_branch() + "x" * (size - 10)), fresh_account()
    subject.dispatcher.dispatch([*deposits(house, long, 1), *deposits(house, short, 2)])
    assert subject.lines(short) == [2]
    parked = house.parking.find(subject.projection, long)
    if isinstance(subject.declared, Projector):  # its row's sort key is the commit's number
        assert (parked is None) is (size < 2_038)
    else:
        assert (parked is None) is (size < 1_010)
    if parked is not None:
        assert parked.stream == long
        assert long in {one.stream for one in house.parking.all(subject.projection)}
        subject.dispatcher.dispatch(deposits(house, long, 3))
        assert house.dispatcher(subject.declared).retry(subject.projection.id, long) is not None


def test_a_projector_follows_a_stream_with_the_longest_id(house: House) -> None:
    """Its marker's key would be over the limit and is hashed; nothing is doubled for it."""
    branch, long = fresh_branch(), StreamId("ACCOUNT", fresh_branch() + "x" * 2_026)
    commits = house.append(long, Deposited(1, branch), Deposited(2, branch))
    house.dispatcher(Ledger()).dispatch(commits)
    house.dispatcher(Ledger()).dispatch(commits)
    house.dispatcher(Ledger()).dispatch(house.append(long, Deposited(3, branch))[-1:])
    assert house.table().get_or_fail(Branch, branch=branch).pence == 6


class UnspeakableError(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no words")


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (ValueError("half a pair: \ud83d"), "ValueError: half a pair: \\ud83d"),
        (UnspeakableError(), "UnspeakableError: its text cannot be made: RuntimeError"),
    ],
    ids=["surrogate", "no text"],
)
@pytest.mark.parametrize("kind", ["row", "marker"])
def test_any_error_can_be_parked(house: House, kind: str, error: Exception, told: str) -> None:
    """Its text is made of the user's data, and may be what no item holds."""

    class Hopeless(Projector, source="ACCOUNT"):
        @handles
        def deposited(self, event: Deposited, rows: Effects) -> None:
            raise error

    class HopelessRow(Hollow, key=Key("account"), source="ACCOUNT"):
        @handles
        def deposited(self, event: Deposited) -> None:
            raise error

    declared = HopelessRow if kind == "row" else Hopeless()
    stream = fresh_account()
    house.dispatcher(declared).dispatch(deposits(house, stream, 1))
    parked = house.parking.find(projection_of(declared), stream)
    assert parked is not None
    assert parked.error == told


class Hollow(ReadModel):
    """What the read models below have in common."""

    account: str
    lines: list[int] = []

    @classmethod
    def of(cls, stream: StreamId) -> Self:
        return cls(account=stream.id)


class Strict(Event, tag="strict"):
    """Fails in its own way when it is read."""

    pence: str

    def __post_init__(self) -> None:
        if self.pence.startswith("bad"):
            raise LookupError(self.pence)


class StrictRow(Hollow, key=Key("account"), source="ACCOUNT"):
    @handles
    def strict(self, event: Strict) -> None:
        self.lines.append(int(event.pence))


class StrictSum(Projector, source="ACCOUNT"):
    @handles
    def strict(self, event: Strict, rows: Effects, commit: Recorded) -> None:
        rows.put(MoodyLine(account=commit.stream.id, number=commit.commit))


@pytest.mark.parametrize("kind", ["row", "marker"])
def test_an_event_that_fails_in_any_way_when_it_is_read_parks(house: House, kind: str) -> None:
    bad, good = fresh_account(), fresh_account()
    for stream, pence in ((bad, "1"), (bad, "bad"), (good, "2")):
        house.append_raw(stream, [RawEvent("strict", 1, {"pence": pence})])
    declared = StrictRow if kind == "row" else StrictSum()
    dispatcher = house.dispatcher(declared, store=house.metered_store((Strict,)))
    dispatcher.dispatch([*house.commits(bad), *house.commits(good)])
    parked = house.parking.find(projection_of(declared), bad)
    assert parked is not None
    assert parked.commit == 2
    assert "bad" in parked.error
    assert dispatcher.lanes[projection_of(declared).id].counts["applied"] == 2


def test_a_failure_beside_an_unknown_event_is_told_as_it_is(house: House) -> None:
    """The projection passes unknown events over; the handler of a known one fails."""

    class Half(Hollow, key=Key("account"), source="ACCOUNT", ignores_unknown=True):
        @handles
        def deposited(self, event: Deposited) -> None:
            if event.pence == 5:
                raise ZeroDivisionError("bad luck")
            self.lines.append(event.pence)

    stream = fresh_account()
    deposits(house, stream, 1)
    house.append_raw(stream, FUTURE)
    house.dispatcher(Half).dispatch(house.commits(stream))
    parked = house.parking.find(projection_of(Half), stream)
    assert parked is not None
    assert (parked.commit, parked.tag) == (2, "deposited")
    assert parked.error == "ZeroDivisionError: bad luck"
    assert house.table().get_or_fail(Half, account=stream.id).lines == [1]


# --- whose row it is ----------------------------------------------------------------------------


class Mover(Hollow, key=Key("account"), source="ACCOUNT"):
    """A handler that gives its row another's key."""

    @handles
    def deposited(self, event: Deposited) -> None:
        self.lines.append(event.pence)

    @handles
    def named(self, event: Named) -> None:
        self.account = event.owner


@pytest.mark.parametrize("victim_first", [True, False])
def test_a_handler_that_changes_its_rows_key_parks(house: House, victim_first: bool) -> None:
    """The row it would have written over is as its own stream made it."""
    thief, victim = fresh_account(), fresh_account()
    dispatcher = house.dispatcher(Mover)
    batches = [deposits(house, victim, 7), house.append(thief, Deposited(1, "b"), Named(victim.id))]
    for commits in batches if victim_first else reversed(batches):
        dispatcher.dispatch(commits)
    dispatcher.dispatch(deposits(house, victim, 8))
    parked = house.parking.find(projection_of(Mover), thief)
    assert parked is not None
    assert (parked.commit, parked.tag) == (2, "named")
    assert "changed its key" in parked.error
    assert house.table().get_or_fail(Mover, account=victim.id).lines == [7, 8]
    assert house.table().get_or_fail(Mover, account=thief.id).lines == [1]


class Shared(Hollow, key=Key("account"), source="ACCOUNT"):
    """Its `of` gives one key to streams that it takes for one."""

    @classmethod
    def of(cls, stream: StreamId) -> Self:
        return cls(account=stream.id.split("-")[0])

    @handles
    def deposited(self, event: Deposited) -> None:
        self.lines.append(event.pence)


@pytest.mark.parametrize("restarted", [True, False])
@pytest.mark.parametrize("tenant", [None, "acme"])
def test_two_streams_of_one_row_are_told(house: House, restarted: bool, tenant: str | None) -> None:
    """The first has the row; the second is parked and not silently dropped."""
    name = fresh_branch()
    one, other = (StreamId("ACCOUNT", f"{name}-{n}", tenant) for n in "ab")
    dispatcher = house.dispatcher(Shared)
    dispatcher.dispatch(deposits(house, one, 1, 2))
    if restarted:
        dispatcher = house.dispatcher(Shared)
    dispatcher.dispatch(deposits(house, other, 10, 20, 30))
    dispatcher.dispatch(deposits(house, one, 3))
    parked = house.parking.find(projection_of(Shared), other)
    assert parked is not None
    assert f"the row of {house.rows.keys.join('ACCOUNT', one.id)}" in parked.error
    assert house.table(tenant).get_or_fail(Shared, account=name).lines == [1, 2, 3]
    assert house.parking.find(projection_of(Shared), one) is None


def test_a_row_that_no_stream_made_is_left_alone(house: House) -> None:
    stream = fresh_account()
    by_hand = Statement(account=stream.id, balance=99)
    house.table().create(by_hand)
    house.dispatcher(Statement).dispatch(deposits(house, stream, 1))
    parked = house.parking.find(projection_of(Statement), stream)
    assert parked is not None
    assert "a row that no stream made" in parked.error
    assert house.table().get_or_fail(Statement, account=stream.id) == by_hand


def test_a_row_from_before_sources_were_stored_goes_on(house: House) -> None:
    """Whoever writes it next has its source in it from then on."""
    stream = fresh_account()
    house.dispatcher(Statement).dispatch(deposits(house, stream, 1))
    layout = layout_of(Statement, house.rows)
    key = layout.key({"account": stream.id})
    forget = UpdateExpression().remove(SOURCE).action(house.rows.table, key)
    house.plain.send(single(forget))
    house.dispatcher(Statement).dispatch(deposits(house, stream, 2))
    assert house.table().get_or_fail(Statement, account=stream.id).lines == [1, 2]
    item = house.plain.send(GetItem[Item](table_name=house.rows.table, key=key)).item
    assert item is not None
    assert item[SOURCE] == {"S": house.rows.keys.join("ACCOUNT", stream.id)}


class Meddler(Projector, source="ACCOUNT"):
    @handles
    def deposited(self, event: Deposited, rows: Effects, commit: Recorded) -> None:
        rows.put(Statement(account=commit.stream.id))


def test_a_projector_cannot_write_a_read_models_row(house: House) -> None:
    stream = fresh_account()
    dispatcher = house.dispatcher(Statement, Meddler())
    dispatcher.dispatch(deposits(house, stream, 1, 2))
    parked = house.parking.find(projection_of(Meddler()), stream)
    assert parked is not None
    assert "Statement is a read model" in parked.error
    assert house.table().get_or_fail(Statement, account=stream.id).lines == [1, 2]


# --- projections that would pass for each other -------------------------------------------------


class STATEMENT(Hollow, key=Key("account"), source="ACCOUNT"):
    """In capitals its name is that of `Statement`."""

    @handles
    def deposited(self, event: Deposited) -> None: ...


class LedgerAgain(Projector, source="ACCOUNT", name="Ledger"):
    @handles
    def deposited(self, event: Deposited, rows: Effects) -> None: ...


@pytest.mark.parametrize(
    ("declared", "text"),
    [
        ([Ledger(), LedgerAgain()], "two projections are called Ledger@1"),
        ([Statement, Ledger(), Statement], "two projections are called Statement@1"),
        ([Statement, STATEMENT], "Statement and of STATEMENT would stand at the same keys"),
        ([Grown, Statement], "Grown and of Statement would stand at the same keys"),
    ],
    ids=["one id", "one twice", "capitals", "one prefix"],
)
def test_projections_that_would_pass_for_each_other_are_refused(
    house: House, declared: list[Any], text: str
) -> None:
    """One of them would never run, or each would take the other's rows for its own."""
    with pytest.raises(ProjectionDefinitionError, match=text):
        house.dispatcher(*declared)


@pytest.mark.parametrize("names", [("id", "retry"), ("category", "commit")])
def test_parking_goes_by_any_names_of_the_keys(names: tuple[str, str]) -> None:
    """The table's keys may be called as an attribute of a park record is."""
    rows = msgspec.structs.replace(fresh_config(), pk=names[0], sk=names[1])
    house = House(MemoryTransport(), fresh_config(), rows).create()
    subject, stream = Subject(house, "marker"), fresh_account("acme")
    subject.dispatcher.dispatch(deposits(house, stream, 1, 13))
    [parked] = house.parking.all(subject.projection)
    assert (parked.stream, parked.commit) == (stream, 2)
    assert subject.retry(stream) == house.parking.find(subject.projection, stream)
    subject.mood.broken = False
    assert subject.retry(stream) is None
    assert list(house.parking.all(subject.projection)) == []
