"""Native indexes: their keys are the attributes of rows, so rows move in them by themselves."""

from __future__ import annotations

import datetime as dt
import enum
import random
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from orm import SingleTableConfig, create_table
from orm.book import AccessPatternGenerator
from orm.clock import ManualClock, SystemClock
from orm.definitions import PatternDefinition as Pattern
from orm.driver import Driver
from orm.errors import ConfigurationError, InvalidKeyError, KeyTooLargeError
from orm.indexes import PlanOptions
from orm.records import (
    Attr,
    Connection,
    Cursors,
    DynamoDBModel,
    EntityTransformer,
    RecordQuery,
    Repository,
    SoftDeletes,
    attr,
)
from orm.requests import Query, TransactWriteItems, UpdateItem
from orm.tables import NativeKey
from tests.support.drivers import Recording
from tests.support.tables import table_of

CLOCK = SystemClock()
NOON = 1_800_000_000_000_000
KEY = Cursors.new_key()
ROWS = 120
WIDE = PlanOptions(gsis_max=6)


class State(enum.Enum):
    OPEN = "open"
    DONE = "done"


class Task(
    DynamoDBModel,
    SoftDeletes,
    patterns=(
        Pattern(name="top", equal=("team", "state"), sort="score", native=True),
        Pattern(name="in turn", equal=("team", "state", "score"), sort="due", native=True),
        Pattern(name="ranked", equal=("state",), sort="-rank", native=True),
        Pattern(name="labels", equal=(), sort="label", native=True, project=("note",)),
        Pattern(name="seals", equal=("seal",), native=True),
        Pattern(name="hints", equal=("hint",), native=True),
        Pattern(name="notes", equal=("note",)),
    ),
):
    """Has numbers of three kinds, texts, dates and bytes in the keys of its indexes."""

    id: Attr[str]
    team: Attr[int]
    state: Attr[State]
    score: Attr[Decimal]
    due: Attr[dt.date]
    label: Attr[str]
    rank: Attr[float | None] = attr(default=None)
    seal: Attr[bytes | None] = attr(default=None)
    hint: Attr[str | None] = attr(default=None)
    note: Attr[str | None] = attr(default=None)


class Chore(
    DynamoDBModel,
    patterns=(
        Pattern(name="hardest", equal=("state", "team"), sort="-score", native=True),
        Pattern(name="alike", equal=("state", "team", "score"), sort="due", native=True),
    ),
):
    """Has attributes of the same names, and patterns like two of a task's."""

    id: Attr[str]
    team: Attr[int]
    state: Attr[str]
    score: Attr[int]
    due: Attr[dt.date] = attr(default=dt.date(2026, 2, 1))
    label: Attr[str | None] = attr(default=None)
    rank: Attr[int | None] = attr(default=None)
    hint: Attr[str | None] = attr(default="none")


@pytest.fixture
def plain(config: SingleTableConfig) -> SingleTableConfig:
    """The names without a prefix, which native indexes do not hold."""
    return msgspec.structs.replace(config, prefix="{prefix}")


@pytest.fixture
def recording(driver: Driver) -> Recording:
    return Recording(driver)


@pytest.fixture
def connection(recording: Recording, plain: SingleTableConfig) -> Iterator[Connection]:
    made = Connection(recording, plain, options=WIDE, clock=ManualClock(NOON), cursor_keys=(KEY,))
    made.register(Task, Chore)
    with table_of(made):
        yield made


SCORES = [*map(Decimal, (-1000, -20, -3, 0, 7, 10, 200, 1000)), Decimal("-2.5"), Decimal("0.125")]
RANKS = (None, -12.5, -3.0, 0.0, 0.5, 9.0, 10.0, 101.5)


def values_of(number: int, dice: random.Random) -> dict[str, Any]:
    return {
        "id": f"t{number}",
        "team": dice.choice((-1, 2, 10)),
        "state": dice.choice(tuple(State)),
        "score": dice.choice(SCORES),
        "due": dt.date(2026, 1, 1) + dt.timedelta(days=dice.randrange(400)),
        "label": dice.choice(("a", "a#b", "ab", "b", "é", "Z", "~")) + str(number % 7),
        "rank": dice.choice(RANKS),
        "seal": dice.choice((None, b"\x00", b"\xff\x00")),
        "note": dice.choice((None, "x", "y")),
    }


@pytest.fixture
def tasks(connection: Connection) -> Repository[Task]:
    """Many rows, a tenth of them in the bin; and chores, which share keys and are no tasks."""
    dice = random.Random(7)
    found = connection.repository(Task)
    made = [found.make(values_of(number, dice)) for number in range(ROWS)]
    with connection.batch() as batch:
        for row in made:
            batch.put(row)
        for number in range(20):
            batch.put(
                Chore(id=f"c{number}", team=2, state=dice.choice(("open", "done")), score=number)
            )
    for row in made[::10]:
        found.delete(found.find_or_fail(row.id))
    return found


Ask = Callable[[RecordQuery[Task]], RecordQuery[Task]]
Holds = Callable[[Task], bool]


def two(row: Task) -> bool:
    return row.team == 2 and row.state is State.OPEN


QUESTIONS: dict[str, tuple[Ask, Holds, str, bool]] = {
    "equal": (lambda q: q.where(team=2, state=State.OPEN), two, "", False),
    "in order": (
        lambda q: q.where(team=2, state=State.OPEN).order_by("score"), two, "score", False),
    "backwards": (
        lambda q: q.where(team=2, state=State.OPEN).order_by("score", "desc"), two, "score", True),
    "negative": (
        lambda q: q.where(team=-1, state="done").where(Task.score < Decimal("-2.5")),
        lambda row: row.team == -1 and row.state is State.DONE and row.score < Decimal("-2.5"),
        "score", False),
    "above": (
        lambda q: q.where(team=2, state=State.OPEN).where(Task.score > Decimal(7)),
        lambda row: two(row) and row.score > 7, "score", False),
    "from": (
        lambda q: q.where(team=2, state=State.OPEN).where(Task.score >= Decimal(7)),
        lambda row: two(row) and row.score >= 7, "score", False),
    "between": (
        lambda q: q.where(team=2, state=State.OPEN).where_between("score", -20, Decimal("0.125")),
        lambda row: two(row) and -20 <= row.score <= Decimal("0.125"), "score", False),
    "two of RANGE": (
        lambda q: q.where(team=2, state=State.OPEN, score=7).order_by("due", "desc"),
        lambda row: two(row) and row.score == 7, "due", True),
    "the second in a range": (
        lambda q: q.where(team=2, state=State.OPEN, score=7).where(Task.due <= dt.date(2026, 6, 1)),
        lambda row: two(row) and row.score == 7 and row.due <= dt.date(2026, 6, 1), "due", False),
    "rows without it": (
        lambda q: q.where(state=State.OPEN).order_by("rank"),
        lambda row: row.state is State.OPEN and row.rank is not None, "rank", False),
    "floats": (
        lambda q: q.where(state=State.OPEN).where_between("rank", -3, 9.5).order_by("rank", "desc"),
        lambda row: row.state is State.OPEN and row.rank is not None and -3 <= row.rank <= 9.5,
        "rank", True),
    "bytes": (lambda q: q.where(seal=b"\xff\x00"), lambda row: row.seal == b"\xff\x00", "", False),
    "several, merged": (
        lambda q: q.where_in("team", (2, 10, -1)).where(state=State.OPEN).order_by("score"),
        lambda row: row.state is State.OPEN, "score", False),
    "filtered by another": (
        lambda q: q.where(team=2, state=State.OPEN).filter(Task.label.begins_with("a")),
        lambda row: two(row) and row.label.startswith("a"), "", False),
}  # fmt: skip


@pytest.mark.parametrize("name", QUESTIONS)
def test_answers_are_those_of_all_rows(tasks: Repository[Task], name: str) -> None:
    """What is found, paged or not, is what a look at every row finds, in the order asked."""
    ask, holds, order, descending = QUESTIONS[name]
    every = [row for row in tasks.query().scan() if holds(row)]
    assert every, "the question finds something"
    found = ask(tasks.query()).get()
    assert sorted(row.id for row in found) == sorted(row.id for row in every)
    if order:
        given = [getattr(row, order) for row in found]
        assert given == sorted(given, reverse=descending)
    paged, cursor = [], None
    while True:
        page = ask(tasks.query()).paginate(3, cursor)
        paged += page.rows
        if (cursor := page.next) is None:
            break
    assert [row.id for row in paged] == [row.id for row in found]


@pytest.mark.parametrize("beginning", ["a", "a#", "é", ""])
def test_texts_are_in_the_order_of_their_bytes(tasks: Repository[Task], beginning: str) -> None:
    """All rows of one entity, by a text, through an index that does not copy all of them."""
    query = tasks.query().where_begins_with("label", beginning).order_by("label")
    found = query.select("label", "note")
    wanted = [row for row in tasks.query().scan() if row.label.startswith(beginning)]
    assert [one["label"] for one in found] == sorted(
        (row.label for row in wanted), key=lambda text: text.encode()
    )


def test_the_bin_is_left_out_unless_it_is_asked_for(tasks: Repository[Task]) -> None:
    asked = tasks.query().where(team=2, state=State.OPEN)
    live = {row.id for row in asked.get()}
    binned = {row.id for row in asked.only_trashed().get()}
    assert binned
    assert not live & binned
    assert {row.id for row in asked.with_trashed().get()} == live | binned


def test_entities_share_an_index_and_find_their_own_rows(
    tasks: Repository[Task], connection: Connection, recording: Recording
) -> None:
    chores = connection.repository(Chore).query().where(team=2, state="open").order_by("score")
    scores = [row.score for row in chores.get()]
    one = recording.last(Query).index_name
    assert scores
    assert scores == sorted(scores)
    tasks.query().where(team=2, state=State.OPEN).order_by("score").get()
    slots = [slot for slot in connection.plan.slots if slot.entities == ("Chore", "Task")]
    shared = {connection.config.index_name(slot.number) for slot in slots}
    assert one in shared


def _written(recording: Recording) -> set[str]:
    """The names of attributes that the last update writes."""
    update = next(
        one for one in reversed(recording.sent) if isinstance(one, UpdateItem | TransactWriteItems)
    )
    assert isinstance(update, UpdateItem)
    assert update.update_expression is not None
    names = update.expression_attribute_names or {}
    return {name for at, name in names.items() if at in update.update_expression}


def test_an_update_moves_a_row_by_its_attribute_alone(
    tasks: Repository[Task], recording: Recording
) -> None:
    """No key of an index is sent, and nothing else of the row has to be known or to hold."""
    row = tasks.query().where(team=2, state=State.OPEN).get()[0]
    row.update(score=Decimal("123.5"))
    assert _written(recording) == {"score"}
    found = tasks.query().where(team=2, state=State.OPEN, score=Decimal("123.5")).get()
    assert [one.id for one in found] == [row.id]
    row.update(state=State.DONE, team=10)
    assert _written(recording) == {"state", "team"}
    assert not tasks.query().where(team=2, state=State.OPEN, score=Decimal("123.5")).get()


def test_a_row_that_loses_an_attribute_leaves_the_index(tasks: Repository[Task]) -> None:
    """It is then absent in the item, not NULL, which DynamoDB would refuse; and None when read."""
    asked = tasks.query().where(state=State.OPEN).order_by("rank")
    row = asked.get()[0]
    row.update(rank=None)
    assert row.id not in {one.id for one in asked.get()}
    assert tasks.find_or_fail(row.id).rank is None
    row.update(rank=-5000.0)
    assert asked.first() == row


def test_an_empty_key_attribute_is_refused_before_it_is_sent(
    tasks: Repository[Task], recording: Recording
) -> None:
    row = tasks.query().where(team=2, state=State.OPEN).get()[0]
    count = len(recording.sent)
    with pytest.raises(InvalidKeyError, match=r"Task\.label, a key of .*, is empty"):
        row.update(label="")
    with pytest.raises(InvalidKeyError, match=r"Task\.seal, a key of .*, is empty"):
        tasks.create(values_of(500, random.Random(1)) | {"seal": b""})
    assert len(recording.sent) == count


def test_a_key_that_is_too_long_is_refused_before_it_is_sent(
    tasks: Repository[Task], recording: Recording
) -> None:
    """1,024 bytes are the most of all RANGE attributes together; so many are stored."""
    row = tasks.query().where(team=2, state=State.OPEN).get()[0]
    row.update(label="é" * 512)
    count = len(recording.sent)
    with pytest.raises(KeyTooLargeError, match="'label' takes 1,025 bytes"):
        row.update(label="é" * 512 + "a")
    assert len(recording.sent) == count


def test_other_entities_leave_the_attributes_out_too(
    connection: Connection, tasks: Repository[Task]
) -> None:
    """A type holds in the whole table: a chore without a rank has no NULL there."""
    chores = connection.repository(Chore)
    made = chores.create(id="n", team=1, state="open", score=1)
    item = EntityTransformer(connection).to_item(Chore, made)
    assert {"label", "rank"}.isdisjoint(item)
    assert chores.find_or_fail("n").rank is None
    made.update(rank=None, label=None)
    with pytest.raises(InvalidKeyError, match=r"Chore\.hint, .* None for its default"):
        made.update(hint=None)


def test_a_filter_on_a_key_attribute_is_refused(tasks: Repository[Task]) -> None:
    """As DynamoDB would, without saying what to do."""
    asked = tasks.query().where(team=2, state=State.OPEN).filter(Task.score != 3)
    with pytest.raises(ConfigurationError, match="is a key of index"):
        asked.get()


def test_a_native_index_is_not_asked_by_texts(
    connection: Connection, tasks: Repository[Task], recording: Recording
) -> None:
    tasks.query().where(team=2, state=State.OPEN).get()
    name = recording.last(Query).index_name
    with pytest.raises(ConfigurationError, match="attributes for its keys"):
        connection.entity(Task).index(name).pk("x").get()


def test_the_explanation_names_the_attributes(
    connection: Connection, tasks: Repository[Task]
) -> None:
    asked = tasks.query().where(team=2, state=State.OPEN).where(Task.score > Decimal(7))
    (reading,) = asked.explain().readings
    entity = connection.config.entity
    assert reading.key == f'{entity} = "Task" AND state = "open" AND team = 2 AND score > 7'
    assert "deleted_at" in reading.filter
    assert not reading.whole


def test_the_book_shows_it_and_asks_it(connection: Connection, tasks: Repository[Task]) -> None:
    book = AccessPatternGenerator(connection)
    top = book.pattern("Task", "top")
    entity = connection.config.entity
    assert top.entry.key_condition == f'{entity} = "Task" AND state = {{state}} AND team = {{team}}'
    assert top.entry.filters == ("deleted_at is absent",)
    keys = next(one for one in book.book().entities if one.name == "Task").keys
    told = {(one.pk, one.sk, one.partition, one.order) for one in keys}
    assert (
        f"{entity}, state, team",
        "score, due",
        "Task, {state}, {team}",
        "{score}, {due}",
    ) in told
    assert (f"{entity}, seal", "", "Task, {seal}", "") in told
    assert f"`{entity}, seal = Task, {{seal}}` |  |" in book.markdown()
    found = top.execute(team=2, state=State.OPEN, low=0, high=10)
    wanted = tasks.query().where(team=2, state=State.OPEN).where_between("score", 0, 10)
    assert found == wanted.order_by("score").get() != []


def test_the_table_is_made_so_and_compared(
    connection: Connection, driver: Driver, plain: SingleTableConfig
) -> None:
    """A table whose indexes have other keys, or keys of other types, is no table for the plan."""
    shape = connection.shape()
    assert create_table(driver, shape, CLOCK) is False
    number, key = next((n, key) for n, key in shape.native.items() if len(key.order) == 2)
    shorter = {**shape.native, number: NativeKey(key.partition, key.order[:1])}
    with pytest.raises(ConfigurationError, match=f"keys of its index {plain.index_name(number)}"):
        create_table(driver, msgspec.structs.replace(shape, native=shorter), CLOCK)
    retyped = {
        n: NativeKey(
            tuple((name, "N" if name == "state" else kind) for name, kind in one.partition),
            one.order,
        )
        for n, one in shape.native.items()
    }
    with pytest.raises(ConfigurationError, match="its key attribute state is S, not N"):
        create_table(driver, msgspec.structs.replace(shape, native=retyped), CLOCK)


def test_tenants_and_prefixes_are_refused(connection: Connection, driver: Driver) -> None:
    """The index begins with the entity, so rows of tenants, or of versions, would be mixed."""
    with pytest.raises(ConfigurationError, match="not with the tenant"):
        connection.for_tenant("acme").repository(Task)
    prefixed = Connection(
        driver, msgspec.structs.replace(connection.config, prefix="v2.{prefix}"), options=WIDE
    )
    prefixed.register(Task, Chore)
    with pytest.raises(ConfigurationError, match=r"prefix 'v2\.\{prefix\}'"):
        prefixed.repository(Task)
