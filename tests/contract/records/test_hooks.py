"""Hooks run when they say, with the row: what they set before is saved, what they raise is told.

Scopes narrow questions, default ones all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from orm.errors import ConfigurationError, RowExistsError
from orm.records import (
    Attr,
    Connection,
    DynamoDBModel,
    RecordQuery,
    Repository,
    SoftDeletes,
    attr,
    belongs_to,
    has_many,
    new_id,
    scope,
)
from orm.validation import InvalidRowError

HEARD: list[str] = []


class Note(DynamoDBModel, SoftDeletes):
    id: Attr[str] = attr(default_factory=new_id)
    title: Attr[str] = attr(rules="min:1")
    slug: Attr[str] = attr(default="")
    shelf_id: Attr[str | None] = attr(default=None)

    shelf = belongs_to(lambda: Shelf)

    def before_save(self) -> None:
        self.slug = self.title.lower().replace(" ", "-")
        HEARD.append("before_save")

    def before_create(self) -> None:
        HEARD.append("before_create")

    def before_update(self) -> None:
        HEARD.append("before_update")

    def after_create(self) -> None:
        HEARD.append("after_create")

    def after_update(self) -> None:
        HEARD.append("after_update")

    def after_save(self) -> None:
        HEARD.append("after_save")

    def before_delete(self) -> None:
        if self.title == "keep":
            raise PermissionError("kept")
        HEARD.append("before_delete")

    def after_delete(self) -> None:
        HEARD.append("after_delete")

    def before_restore(self) -> None:
        HEARD.append("before_restore")

    def after_restore(self) -> None:
        HEARD.append("after_restore")

    def after_load(self) -> None:
        HEARD.append("after_load")


class Shelf(DynamoDBModel):
    id: Attr[str] = attr(default_factory=new_id)
    room: Attr[str] = attr(default="a")
    open: Attr[bool] = attr(default=True)

    notes = has_many(Note, on_delete="cascade")

    @scope
    def in_room(shelves: RecordQuery[Shelf], room: str) -> RecordQuery[Shelf]:  # noqa: N805
        return shelves.filter(room=room)

    @scope(default=True)
    def accessible(shelves: RecordQuery[Shelf]) -> RecordQuery[Shelf]:  # noqa: N805
        return shelves.filter(open=True)


@pytest.fixture
def models() -> Sequence[type[DynamoDBModel]]:
    return (Note, Shelf)


@pytest.fixture
def notes(connection: Connection) -> Repository[Note]:
    HEARD.clear()
    return connection.repository(Note)


def heard(what: Callable[[], object]) -> list[str]:
    HEARD.clear()
    what()
    return list(HEARD)


def test_hooks_run_around_saving(notes: Repository[Note]) -> None:
    note = notes.make(title="Two Words")
    assert heard(note.save) == ["before_save", "before_create", "after_create", "after_save"]
    assert note.slug == "two-words"
    assert heard(note.save) == []
    note.title = "One"
    assert heard(note.save) == ["before_save", "before_update", "after_update", "after_save"]
    assert heard(lambda: notes.find(note.id)) == ["after_load"]
    assert notes.find_or_fail(note.id).slug == "one"


def test_hooks_run_around_the_bin_and_deletion(notes: Repository[Note]) -> None:
    note = notes.create(title="x")
    assert heard(note.delete) == ["before_delete", "after_delete"]
    assert heard(note.restore) == ["before_restore", "after_restore"]
    assert heard(note.force_delete) == ["before_delete", "after_delete"]


def test_rows_that_go_with_another_are_told(
    connection: Connection, notes: Repository[Note]
) -> None:
    shelf = connection.repository(Shelf).create()
    for _ in range(2):
        shelf.related(Shelf.notes).create(title="x")
    done = [one for one in heard(shelf.delete) if one != "after_load"]
    assert done == ["before_delete", "before_delete", "after_delete", "after_delete"]


def test_an_error_before_prevents_the_write(notes: Repository[Note]) -> None:
    note = notes.create(title="keep")
    with pytest.raises(PermissionError):
        note.delete()
    assert notes.find(note.id) == note
    with pytest.raises(InvalidRowError):
        notes.create(title="")


def test_an_error_after_says_that_it_was_done(
    connection: Connection, notes: Repository[Note]
) -> None:
    class Failing:
        def after_save(self, row: Any) -> None:
            raise OSError("no search today")

        def after_update(self, row: Any) -> None:
            HEARD.append("observed")

    connection.observe(Note, Failing())
    with pytest.raises(OSError, match="no search") as raised:
        connection.repository(Note).create(id="1", title="x")
    assert "after_save of Note" in raised.value.__notes__[0]
    note = notes.find_or_fail("1")
    note.title = "y"
    with pytest.raises(OSError):
        note.save()
    assert "observed" in HEARD
    assert not note.is_dirty()


def test_a_transaction_runs_them_once_all_is_done(
    connection: Connection, notes: Repository[Note]
) -> None:
    HEARD.clear()
    with connection.transaction() as tx:
        tx.create(Note, id="1", title="x")
        tx.create(Note, id="2", title="y")
        assert HEARD == ["before_save", "before_create"] * 2
    assert HEARD[4:] == ["after_create", "after_save"] * 2
    HEARD.clear()
    with pytest.raises(RowExistsError), connection.transaction() as tx:
        tx.create(Note, id="3", title="x")
        tx.create(Note, id="1", title="x")
    assert "after_create" not in HEARD


def test_a_batch_runs_them(connection: Connection, notes: Repository[Note]) -> None:
    HEARD.clear()
    with connection.batch() as batch:
        batch.put(notes.make(title="x"))
    assert HEARD == ["before_save", "before_create", "after_create", "after_save"]


def test_what_has_to_be_awaited_or_hears_nothing_is_refused(connection: Connection) -> None:
    class Slow(DynamoDBModel):
        id: Attr[str]

        async def before_save(self) -> None: ...

    other = Connection(connection.driver, connection.config)
    other.register(Slow)
    with pytest.raises(ConfigurationError, match=r"Slow\.before_save: is a hook"):
        other.repository(Slow)
    with pytest.raises(ConfigurationError, match="observes nothing"):
        connection.observe(Note, object())


def test_scopes_narrow_questions(connection: Connection) -> None:
    shelves = connection.repository(Shelf)
    for number in range(6):
        shelves.create(id=f"{number}", room="ab"[number % 2], open=number < 4)
    query = shelves.query()
    assert {s.id for s in query.scope(Shelf.in_room, "a").scan()} == {"0", "2"}
    assert {s.id for s in query.scope("in_room", room="b").scan()} == {"1", "3"}
    assert {s.id for s in shelves.unscoped().scope("in_room", "a").scan()} == {"0", "2", "4"}
    with pytest.raises(ConfigurationError, match=r"Shelf\.in_rom: is no scope") as refused:
        query.scope("in_rom")
    assert refused.value.hint == "did you mean in_room?"


def test_default_scopes_are_part_of_every_question(
    connection: Connection, notes: Repository[Note]
) -> None:
    shelves = connection.repository(Shelf)
    shut, wide = shelves.create(id="shut", open=False), shelves.create(id="wide")
    assert shelves.find("shut") is None
    assert shelves.find_many(["shut", "wide"]) == [wide]
    assert shelves.unscoped().find("shut") == shut
    note = notes.create(title="x", shelf_id="shut")
    assert note.load("shelf").shelf is None
    shut.delete()
    assert notes.find(note.id) is None


def test_a_transaction_runs_those_of_deletions_and_of_rows_that_are_checked(
    connection: Connection, notes: Repository[Note]
) -> None:
    first, second, third = (notes.create(title="x") for _ in range(3))

    def write() -> None:
        with connection.transaction() as tx:
            tx.force_delete(first)
            tx.check(second, Note.title == "x")
            second.title = "y"
            tx.save(second)
            third.title = "z"
            tx.save(third)
            tx.delete(third)

    done = [one for one in heard(write) if one.startswith("after_")]
    changed = ["after_update", "after_save"]
    assert done == ["after_delete", *changed, *changed, "after_delete"]


def test_a_row_that_is_left_as_it_is_is_told_nothing(
    connection: Connection, notes: Repository[Note]
) -> None:
    """It was to go with its shelf, and was put on another meanwhile."""
    shelf, other = connection.repository(Shelf).create(), connection.repository(Shelf).create()
    note = shelf.related(Shelf.notes).create(title="x")

    def write() -> None:
        with connection.transaction() as tx:
            tx.force_delete(shelf)
            notes.find_or_fail(note.id).update(shelf_id=other.id)
            HEARD.clear()

    assert heard(write) == []
    assert notes.find_or_fail(note.id).shelf_id == other.id
