"""Pages read side by side: how far ahead, and how they end."""

from __future__ import annotations

import threading
from collections import Counter
from contextvars import ContextVar

import pytest

from orm.models.paging import one_after_another, side_by_side

PAGES = 5
Asked = tuple[str, int]


def page(asked: Asked) -> tuple[list[Asked], Asked | None]:
    """Two rows of a page, and the next one of its row of pages."""
    name, number = asked
    held = [(name, 2 * number), (name, 2 * number + 1)]
    return held, (name, number + 1) if number + 1 < PAGES else None


def everything(*names: str) -> Counter[Asked]:
    return Counter((name, n) for name in names for n in range(2 * PAGES))


def test_pages_follow_each_other():
    assert list(one_after_another(page, ("a", 0))) == [("a", n) for n in range(2 * PAGES)]


def test_side_by_side_everything_comes_once_and_in_order_within_a_row():
    found = list(side_by_side(page, [("a", 0), ("b", 0), ("c", 0)]))
    assert Counter(found) == everything("a", "b", "c")
    for name in "abc":
        assert [n for of, n in found if of == name] == list(range(2 * PAGES))


def test_pages_are_read_at_once():
    """Each waits for the other to have begun; one after another they would wait for ever."""
    together = threading.Barrier(2, timeout=10)

    def read(asked: Asked) -> tuple[list[Asked], Asked | None]:
        together.wait()
        return page(asked)

    assert Counter(side_by_side(read, [("a", 0), ("b", 0)])) == everything("a", "b")


def test_no_row_is_more_than_a_page_ahead_of_its_taker():
    read: list[Asked] = []

    def noted(asked: Asked) -> tuple[list[Asked], Asked | None]:
        read.append(asked)
        return page(asked)

    pages = side_by_side(noted, [("a", 0)])
    for taken in range(1, 2 * PAGES):
        next(pages)
        assert len(read) <= (taken + 1) // 2 + 1
    pages.close()


def test_the_first_error_ends_all_and_is_raised():
    def failing(asked: Asked) -> tuple[list[Asked], Asked | None]:
        if asked == ("b", 2):
            raise OSError("torn")
        return [asked], (asked[0], asked[1] + 1)  # without an end

    before = threading.active_count()
    with pytest.raises(OSError, match="torn"):
        list(side_by_side(failing, [("a", 0), ("b", 0)]))
    assert threading.active_count() == before


def test_closing_waits_for_what_is_under_way_and_begins_nothing():
    begun, go = threading.Event(), threading.Event()
    read: list[Asked] = []

    def slow(asked: Asked) -> tuple[list[Asked], Asked | None]:
        read.append(asked)
        if asked[1] == 1:
            begun.set()
            go.wait(10)
        return page(asked)

    before = threading.active_count()
    pages = side_by_side(slow, [("a", 0)])
    next(pages)
    assert begun.wait(10)
    threading.Timer(0.05, go.set).start()
    pages.close()
    assert read == [("a", 0), ("a", 1)]
    assert go.is_set()
    assert threading.active_count() <= before + 1, "the timer may be ending"


def test_pages_are_read_as_part_of_what_their_taker_does():
    """So that a trace holds them."""
    trace: ContextVar[str] = ContextVar("trace")
    trace.set("mine")
    found = side_by_side(lambda _: ([trace.get("none")], None), ["a", "b"])
    assert list(found) == ["mine", "mine"]
