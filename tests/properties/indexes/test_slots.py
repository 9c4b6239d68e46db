"""Slots: as few as can be, no two of one entity alike, and pins where they were."""

from __future__ import annotations

from itertools import product

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from orm.indexes.slots import Demand, colour
from tests.counts import count

often = settings(max_examples=count(300, 5_000))

ENTITIES = ("A", "B", "C", "D", "E")


@st.composite
def demands(draw: st.DrawFn) -> list[Demand]:
    sets = st.sets(st.sampled_from(ENTITIES), min_size=1, max_size=3).map(frozenset)
    return [Demand(f"d{i}", found) for i, found in enumerate(draw(st.lists(sets, max_size=6)))]


def clashes(asked: list[Demand], slots: dict[str, int]) -> list[tuple[str, str]]:
    return [
        (one.name, other.name)
        for one in asked
        for other in asked
        if one.name < other.name
        and one.entities & other.entities
        and slots[one.name] == slots[other.name]
    ]


def fewest(asked: list[Demand], pins: dict[str, int]) -> int:
    """By trying every colouring that keeps the pins."""
    palette = sorted({*range(1, len(asked) + 1), *pins.values()})
    choices = [[pins[d.name]] if d.name in pins else palette for d in asked]
    best = len(asked)
    for chosen in product(*choices):
        if len(set(chosen)) < best:
            slots = {d.name: slot for d, slot in zip(asked, chosen, strict=True)}
            if not clashes(asked, slots) and all(
                slot not in d.forbidden for d, slot in zip(asked, chosen, strict=True)
            ):
                best = len(set(chosen))
    return best


@often
@given(demands())
def test_no_colouring_has_fewer_slots(asked: list[Demand]):
    slots = colour(asked)
    assert not clashes(asked, slots)
    assert len(set(slots.values())) == fewest(asked, {})
    assert set(slots.values()) == set(range(1, len(set(slots.values())) + 1)), "a number is unused"


@settings(max_examples=count(150, 2_000))
@given(demands(), st.data())
def test_pins_stay_and_the_rest_takes_as_few_slots_as_can_be(
    asked: list[Demand], data: st.DataObject
):
    assume(len(asked) <= 5)
    pins = data.draw(
        st.dictionaries(st.sampled_from([d.name for d in asked]), st.integers(1, 4), max_size=3)
        if asked
        else st.just({})
    )
    pinned = [d for d in asked if d.name in pins]
    assume(not clashes(pinned, pins))
    slots = colour(asked, pins)
    assert {name: slots[name] for name in pins} == pins
    assert not clashes(asked, slots)
    assert len(set(slots.values())) == fewest(asked, pins)


@often
@given(demands(), demands())
def test_more_demands_never_move_what_was_placed(first: list[Demand], second: list[Demand]):
    """Each round pins the last one's answer; nothing that has a slot gets another."""
    later = [Demand(f"later {d.name}", d.entities) for d in second]
    before = colour(first)
    after = colour([*first, *later], before)
    assert {name: after[name] for name in before} == before
    assert not clashes([*first, *later], after)


@often
@given(demands(), st.sets(st.integers(1, 3)))
def test_forbidden_slots_are_left_alone(asked: list[Demand], barred: set[int]):
    asked = [
        Demand(d.name, d.entities, frozenset(barred) if i % 2 else frozenset())
        for i, d in enumerate(asked)
    ]
    slots = colour(asked)
    assert not clashes(asked, slots)
    assert all(slots[d.name] not in d.forbidden for d in asked)
