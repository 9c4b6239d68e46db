"""What an event class promises: a frozen fact, stored under the tag it declares."""

from __future__ import annotations

import pytest

from eventstore import Event
from eventstore.errors import DefinitionError
from eventstore.event import event_tag, event_version


class Withdrawn(Event, tag="withdrawn"):
    pence: int
    note: str = ""


class WithdrawnAbroad(Withdrawn, tag="withdrawn-abroad", version=3):
    currency: str = "EUR"


class Base(Event):
    by: str


def test_an_event_never_changes():
    """It is a fact."""
    with pytest.raises(AttributeError):
        Withdrawn(5).pence = 6  # type: ignore[misc]


def test_events_are_equal_by_class_and_fields():
    """So that tests compare them whole."""
    assert Withdrawn(5) == Withdrawn(5, "")
    assert Withdrawn(5) != Withdrawn(6)
    assert Withdrawn(5) != WithdrawnAbroad(5)


def test_tag_and_version_are_what_the_class_says():
    """The class's own name is nowhere in them."""
    assert (event_tag(Withdrawn), event_version(Withdrawn)) == ("withdrawn", 1)
    assert (event_tag(WithdrawnAbroad), event_version(WithdrawnAbroad)) == ("withdrawn-abroad", 3)


def test_neither_is_inherited():
    """A subclass is another event, and has to say which."""

    class Silent(WithdrawnAbroad):
        pass

    assert event_version(Silent) == 1
    with pytest.raises(DefinitionError, match='write class Silent\\(Event, tag="…"\\)'):
        event_tag(Silent)


def test_a_base_without_a_tag_is_fine_until_it_is_stored():
    """Common fields may stand in one."""
    assert Base("ann").by == "ann"
    with pytest.raises(DefinitionError, match="Base has no tag"):
        event_tag(Base)


@pytest.mark.parametrize(("tag", "version"), [("", 1), ("fine", 0), ("fine", -1)])
def test_an_empty_tag_or_a_version_below_one_is_refused(tag: str, version: int):
    """Where the class is written, not where it is first stored."""
    with pytest.raises(DefinitionError, match="Wrong: a tag must not be empty"):

        class Wrong(Event, tag=tag, version=version):
            pass


def test_an_event_cannot_be_declared_changeable():
    """Not even by asking msgspec for it."""
    with pytest.raises((TypeError, ValueError, DefinitionError)):

        class Loose(Event, tag="loose", frozen=False):  # type: ignore[misc]
            pass
