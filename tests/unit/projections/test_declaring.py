"""Declaring projections: what is wrong is said at once, with what to write instead."""

from __future__ import annotations

from typing import Self

import pytest

from eventstore import Event, Recorded, StreamId
from orm import Key, SingleTableConfig
from orm.models.layout import layout_of
from projections import (
    Effects,
    ProjectionDefinitionError,
    Projector,
    ReadModel,
    handles,
    projection_of,
)
from projections.layout import ProjectionLayout


class Added(Event, tag="added"):
    amount: int


class Taken(Event, tag="taken"):
    amount: int


class Row(ReadModel, key=Key("id"), source="TALLY"):
    id: str
    total: int = 0

    @classmethod
    def of(cls, stream: StreamId) -> Self:
        return cls(id=stream.id)

    @handles
    def changed(self, event: Added | Taken) -> None:
        self.total += event.amount


class RowAgain(ReadModel, key=Key("id"), source="TALLY", version=2, prefix="ROW"):
    id: str

    @handles
    def added(self, event: Added, commit: Recorded) -> None:
        """Two arguments: the event and its commit."""


class Sums(Projector, source="TALLY", name="sums", version=3, ignores_unknown=True):
    @handles
    def added(self, event: Added, rows: Effects, commit: Recorded) -> None:
        """Three arguments: the event, the rows and its commit."""


def test_a_read_model_is_named_after_its_class() -> None:
    found = projection_of(Row)
    assert (found.id, found.source, found.ignores_unknown) == ("Row@1", "TALLY", False)
    assert set(found.handlers) == {Added, Taken}


def test_a_projector_says_its_name_and_version() -> None:
    found = projection_of(Sums())
    assert (found.id, found.ignores_unknown) == ("sums@3", True)


def test_each_version_of_a_read_model_has_rows_of_its_own() -> None:
    config = SingleTableConfig(table="rows")
    keys = {layout_of(model, config).key({"id": "a"})[config.pk]["S"] for model in (Row, RowAgain)}
    assert keys == {"ROW#a", "ROW@2#a"}


def test_each_version_has_markers_and_park_records_of_its_own() -> None:
    layout, stream = ProjectionLayout(SingleTableConfig(table="rows")), StreamId("TALLY", "a")
    one, two = projection_of(Row), projection_of(RowAgain)
    assert layout.marker(one, stream) != layout.marker(two, stream)
    assert layout.parked_pk("Row", 1) != layout.parked_pk("Row", 2)


def test_markers_of_streams_that_look_alike_are_apart() -> None:
    """Ids with the delimiter in them, tenants that look like ids: nothing can be injected."""
    layout, projection = ProjectionLayout(SingleTableConfig(table="rows")), projection_of(Row)
    streams = [
        StreamId("TALLY", "a"),
        StreamId("TALLY#a", "a"),
        StreamId("TALLY", "a#a"),
        StreamId("TALLY", "a", "T"),
        StreamId("TALLY", "a", "a"),
        StreamId("a", "TALLY"),
    ]
    for key in (layout.marker, layout.parked):
        assert len({str(key(projection, stream)) for stream in streams}) == len(streams)


def test_what_handles_nothing_is_refused() -> None:
    class Deaf(Projector, source="TALLY"):
        pass

    with pytest.raises(ProjectionDefinitionError, match="handles nothing; write @handles def"):
        projection_of(Deaf())


def test_what_has_no_source_is_refused() -> None:
    class Nowhere(Projector):
        @handles
        def added(self, event: Added, rows: Effects) -> None: ...

    with pytest.raises(ProjectionDefinitionError, match='needs source="CATEGORY"'):
        projection_of(Nowhere())


def test_an_event_that_is_handled_twice_is_refused() -> None:
    class Twice(Projector, source="TALLY"):
        @handles
        def added(self, event: Added, rows: Effects) -> None: ...

        @handles
        def again(self, event: Added | Taken, rows: Effects) -> None: ...

    with pytest.raises(ProjectionDefinitionError, match="handles Added twice"):
        projection_of(Twice())


def test_a_handler_with_too_many_arguments_is_refused() -> None:
    class Greedy(Projector, source="TALLY"):
        @handles
        def added(self, event: Added, rows: Effects, commit: Recorded, more: int) -> None: ...

    with pytest.raises(ProjectionDefinitionError, match="takes 4 arguments after self"):
        projection_of(Greedy())


def test_a_read_model_without_of_says_so_when_it_is_needed() -> None:
    with pytest.raises(ProjectionDefinitionError, match="needs @classmethod def of"):
        RowAgain.of(StreamId("TALLY", "a"))


# --- handlers that would not run, or not be called ----------------------------------------------


class Base(Event):
    """A base of others; no event of its own."""


def test_a_handler_that_calling_does_not_run_is_refused() -> None:
    """It would count as applied and do nothing."""

    class Async(Projector, source="TALLY"):
        @handles
        async def added(self, event: Added, rows: Effects) -> None: ...

    class Yields(Projector, source="TALLY"):
        @handles
        def added(self, event: Added, rows: Effects):
            yield

    class Both(Projector, source="TALLY"):
        @handles
        async def added(self, event: Added, rows: Effects):
            yield

    for declared, text in ((Async, "is async"), (Yields, "yields"), (Both, "is async")):
        with pytest.raises(ProjectionDefinitionError, match=rf"{declared.__name__}.added {text}"):
            projection_of(declared())


def test_a_handler_of_what_is_never_stored_is_refused() -> None:
    """Events match by their own class, so it would never be called."""

    class Broad(Projector, source="TALLY"):
        @handles
        def anything(self, event: Added | Base, rows: Effects) -> None: ...

    class Number(Projector, source="TALLY"):
        @handles
        def anything(self, event: int, rows: Effects) -> None: ...

    with pytest.raises(ProjectionDefinitionError, match="Base, which has no tag"):
        projection_of(Broad())
    with pytest.raises(ProjectionDefinitionError, match="int, which is no event"):
        projection_of(Number())


def test_a_handler_that_returns_something_says_so_when_it_runs() -> None:
    """Nobody would look at what it returns."""

    class Functional(Projector, source="TALLY"):
        @handles
        def added(self, event: Added) -> int:
            return event.amount

    declared = Functional()
    handler = projection_of(declared).handlers[Added]
    with pytest.raises(ProjectionDefinitionError, match="added returned int; handlers return noth"):
        handler(declared, Added(1))


# --- streams whose ids fill a key ---------------------------------------------------------------


@pytest.mark.parametrize("tenant", [None, "acme", "t" * 900])
def test_the_longest_ids_have_keys_of_their_own(tenant: str | None) -> None:
    """Whatever stream the event table takes can be parked and marked."""
    layout, projection = ProjectionLayout(SingleTableConfig(table="rows")), projection_of(Row)
    ids = [letter * size for letter in "ab$" for size in range(990, 1_010)]
    ids += [letter * size for letter in "ab" for size in range(2_000 - len(tenant or ""), 2_041)]
    for key in (layout.marker, layout.parked):
        keys = [key(projection, StreamId("TALLY", id_, tenant)) for id_ in ids]
        assert len({(k["pk"]["S"], k["sk"]["S"]) for k in keys}) == len(ids)
        for found in keys:
            assert len(found["pk"]["S"].encode()) <= 2_048
            assert len(found["sk"]["S"].encode()) <= 1_024


def test_a_hashed_key_is_no_other_streams_plain_one() -> None:
    layout, projection = ProjectionLayout(SingleTableConfig(table="rows")), projection_of(Row)
    long = layout.parked(projection, StreamId("TALLY", "x" * 2_000))["sk"]["S"]
    kind, digest = layout.keys.split_framework(long)
    for stream in (StreamId(kind, digest), StreamId("sha256", digest)):
        assert layout.parked(projection, stream)["sk"]["S"] != long
