"""Freshness: which answers may still be handed out, and which new ones may be kept.

A read gets a *mark* before it is sent. Every write takes the marks it touches away, when it begins
and again when it ends, for nobody knows when in between it is applied. So an answer whose mark is
still there was read entirely after the last write of what it depends on, or entirely before any. A
read that begins while a write of the same thing is under way is never kept.

For a while after a write, a read that need not be consistent may find what was there before. In
this window reads of a table are to be sent as consistent ones and reads of an index are not kept.
A write whose outcome is unknown may even be applied in this window; then nothing is kept.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Hashable, Iterable, Sequence
from typing import Final

from orm.caching.subjects import EVERYTHING, WHOLE, Shape, Subject, Tag, Values
from orm.clock import Clock

RECENT_MAX: Final = 65_536
"""Tags remembered as written of late; beyond it all are taken for written until the window ends."""
SHAPES_MAX: Final = 32
"""Kinds of keys told apart in a table; reads by yet others depend on the whole table."""


class Mark:
    """A read that was sent, and its answer while that is kept.

    Attributes:
        number: no other mark has it.
        key: what the answer is kept under.
        tags: what it depends on.
        began: when, by the monotonic clock.
        fresh: whether no write has touched what it depends on since it began.
        strong: whether it is to be sent as a consistent read.
        keepable: whether its answer may be kept, as far as is known when it begins.
    """

    __slots__ = ("began", "fresh", "keepable", "key", "number", "strong", "tags")

    def __init__(self, number: int, key: bytes, tags: tuple[Tag, ...], began: float) -> None:
        self.number, self.key, self.tags, self.began = number, key, tags, began
        self.fresh, self.strong, self.keepable = True, False, True


class Freshness:
    """Marks, the writes under way, and the last ones. Thread-safe; sends nothing.

    Args:
        clock: what the window is measured by.
        settle: how many seconds it is.
    """

    def __init__(self, clock: Clock, settle: float) -> None:
        self._clock, self._settle = clock, settle
        self._lock, self._numbers = threading.Lock(), itertools.count()
        self._tables: dict[str, _Marks] = {}
        self._active: list[Sequence[Subject]] = []
        self._written, self._doubtful = _Recent(settle), _Recent(settle)

    def reading(self, key: bytes, tags: tuple[Tag, ...], *, of_index: bool) -> Mark:
        """The mark of a read that begins now."""
        with self._lock:
            now = self._clock.monotonic()
            known = tuple(self._marks(tag.table).known(tag, now) for tag in tags)
            mark = Mark(next(self._numbers), key, known, now)
            for tag in mark.tags:
                self._marks(tag.table).add(mark, tag)
            is_settling = self._lately(self._written, mark.tags, now)
            mark.strong = is_settling and not of_index
            mark.keepable = not (
                (is_settling and of_index)
                or self._lately(self._doubtful, mark.tags, now)
                or self._is_being_written(mark.tags)
            )
            return mark

    def release(self, marks: Iterable[Mark]) -> None:
        """Forget marks whose answers are kept no longer."""
        with self._lock:
            self._release(marks)

    def begin(self, write: Sequence[Subject]) -> set[Mark]:
        """A write is about to be sent; the marks that it takes away."""
        with self._lock:
            self._active.append(write)
            return self._overtaken(write)

    def end(self, write: Sequence[Subject], *, certain: bool) -> set[Mark]:
        """It was answered or has failed, `certain` where it is known whether it was applied; the
        marks that it takes away."""
        with self._lock:
            self._active = [other for other in self._active if other is not write]
            now = self._clock.monotonic()
            for subject in write:
                for note in self._notes(subject):
                    self._written.note(note, now)
                    if not certain:
                        self._doubtful.note(note, now)
            return self._overtaken(write)

    def forget(self) -> set[Mark]:
        """Take all marks away."""
        with self._lock:
            return self._overtaken([EVERYTHING])

    # --- marks ---

    def _marks(self, table: str) -> _Marks:
        return self._tables.setdefault(table, _Marks())

    def _overtaken(self, write: Sequence[Subject]) -> set[Mark]:
        marks: set[Mark] = set()
        for subject in write:
            tables = [*self._tables] if subject.table is None else [subject.table]
            for table in tables:
                marks |= self._marks(table).touched(subject)
        for mark in marks:
            mark.fresh = False
        self._release(marks)
        return marks

    def _release(self, marks: Iterable[Mark]) -> None:
        for mark in marks:
            for tag in mark.tags:
                self._marks(tag.table).remove(mark, tag)

    def _is_being_written(self, tags: Sequence[Tag]) -> bool:
        subjects = [subject for write in self._active for subject in write]
        return any(subject.touches(tag) for subject in subjects for tag in tags)

    # --- the window ---

    def _notes(self, subject: Subject) -> Iterable[Hashable]:
        """What is remembered of a write: one tag for each shape that is known by now."""
        if subject.table is None:
            return [()]
        shapes = [WHOLE, *self._marks(subject.table).shapes]
        tags = [(shape, subject.values(shape)) for shape in shapes]
        if any(values is None for _, values in tags):
            return [(subject.table,)]
        return [(subject.table, *tag) for tag in tags]

    def _lately(self, recent: _Recent, tags: Iterable[Tag], now: float) -> bool:
        return any(recent.has(note, now) for tag in tags for note in self._noted(tag, now))

    def _noted(self, tag: Tag, now: float) -> Iterable[Hashable]:
        """What writes of a tag are remembered as. A shape that came up only now was not known to
        the last ones, so any write of its table may have been one of them."""
        yield from ((), (tag.table,), tuple(tag))
        if now < self._marks(tag.table).shapes[tag.shape] + self._settle:
            yield (tag.table, WHOLE, ())


class _Marks:
    """The marks of one table, by what they depend on.

    Attributes:
        shapes: which kinds of keys reads have had, and since when.
    """

    def __init__(self) -> None:
        self.shapes: dict[Shape, float] = {}
        self._marks: dict[Shape, dict[Values, set[Mark]]] = {}

    def known(self, tag: Tag, now: float) -> Tag:
        """The tag, or that of the whole table where there are too many shapes."""
        if tag.shape not in self.shapes and len(self.shapes) >= SHAPES_MAX:
            tag = Tag(tag.table, WHOLE, ())
        self.shapes.setdefault(tag.shape, now)
        return tag

    def add(self, mark: Mark, tag: Tag) -> None:
        self._marks.setdefault(tag.shape, {}).setdefault(tag.values, set()).add(mark)

    def remove(self, mark: Mark, tag: Tag) -> None:
        by_values = self._marks.get(tag.shape, {})
        if (marks := by_values.get(tag.values)) is not None:
            marks.discard(mark)
            if not marks:
                del by_values[tag.values]

    def touched(self, subject: Subject) -> set[Mark]:
        """The marks that a write of this table takes away."""
        found: set[Mark] = set()
        for shape, by_values in self._marks.items():
            values = subject.values(shape)
            if values is None:
                found.update(*by_values.values())
            else:
                found |= by_values.get(values, set())
        return found


class _Recent:
    """What was written in the last seconds; bounded, and when it is full it says yes to all."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._until: dict[Hashable, float] = {}  # the oldest first
        self._full_until = float("-inf")

    def note(self, note: Hashable, now: float) -> None:
        self._until.pop(note, None)
        self._until[note] = now + self._seconds
        while self._until:
            first = next(iter(self._until))
            if self._until[first] > now and len(self._until) <= RECENT_MAX:
                return
            self._full_until = max(self._full_until, self._until.pop(first))

    def has(self, note: Hashable, now: float) -> bool:
        return now < self._full_until or now < self._until.get(note, now)
