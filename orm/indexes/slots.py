"""Slots: which index of the table each template uses.

An item holds one value for each index, so two templates of one entity cannot share an index and two
of different entities can: an index is overloaded. That is the colouring of a graph; the number of
indexes is about the most templates of any *one* entity, not their sum. DSATUR finds it nearly
always; where its answer is above the lower bound a small graph is searched to the end.

Pinned templates keep their slot, whatever comes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import count, islice
from typing import Final

import msgspec

_EXACT_DEMANDS_MAX: Final = 30
_EXACT_STEPS_MAX: Final = 50_000


class Demand(msgspec.Struct, frozen=True):
    """One template that needs a slot.

    Args:
        name: its own.
        entities: whose items hold it; two demands conflict iff they have one in common.
        forbidden: slots that it cannot use.
    """

    name: str
    entities: frozenset[str]
    forbidden: frozenset[int] = frozenset()


def colour(demands: Sequence[Demand], pins: Mapping[str, int] | None = None) -> dict[str, int]:
    """A slot, from 1, for each demand: the fewest slots in all, pins where they are.

    Slots in use by pins are taken first, since they exist already, then the least free numbers.
    """
    pins = dict(pins or {})
    graph = _Graph(demands, pins)
    greedy = graph.greedy()
    least = graph.least()
    used = len(set(greedy.values()))
    if used <= least or len(graph.open) > _EXACT_DEMANDS_MAX:
        return greedy
    return graph.exact(least, used) or greedy


class _Graph:
    """The conflicts of one set of demands."""

    def __init__(self, demands: Sequence[Demand], pins: dict[str, int]) -> None:
        self.demands = {demand.name: demand for demand in demands}
        self.pins = {name: slot for name, slot in pins.items() if name in self.demands}
        self.open = sorted(name for name in self.demands if name not in self.pins)
        self.near = {name: self._neighbours(demand) for name, demand in self.demands.items()}
        used = sorted(set(self.pins.values()))
        free = (slot for slot in count(1) if slot not in used)
        barred = {slot for demand in demands for slot in demand.forbidden}
        self.palette = [*used, *islice(free, len(self.open) + len(barred))]

    def _neighbours(self, demand: Demand) -> frozenset[str]:
        return frozenset(
            other.name
            for other in self.demands.values()
            if other.name != demand.name and other.entities & demand.entities
        )

    def least(self) -> int:
        """No colouring has fewer slots: an entity's demands all differ, and pins stay."""
        entities = {entity for demand in self.demands.values() for entity in demand.entities}
        most = max(
            (sum(e in demand.entities for demand in self.demands.values()) for e in entities),
            default=0,
        )
        return max(most, len(set(self.pins.values())))

    def greedy(self) -> dict[str, int]:
        """DSATUR: whichever demand has the fewest slots left takes the first of them."""
        slots = dict(self.pins)
        while len(slots) < len(self.demands):
            name = self._most_constrained(slots)
            slots[name] = next(self._possible(name, slots, self.palette))
        return slots

    def _taken(self, name: str, slots: Mapping[str, int]) -> set[int]:
        near = {slots[other] for other in self.near[name] if other in slots}
        return near | self.demands[name].forbidden

    def _possible(
        self, name: str, slots: Mapping[str, int], palette: Sequence[int]
    ) -> Iterator[int]:
        taken = self._taken(name, slots)
        return (slot for slot in palette if slot not in taken)

    def _most_constrained(self, slots: Mapping[str, int]) -> str:
        waiting = [name for name in self.open if name not in slots]
        return min(
            waiting,
            key=lambda name: (-len(self._taken(name, slots)), -len(self.near[name]), name),
        )

    def exact(self, least: int, most: int) -> dict[str, int] | None:
        """The fewest slots from `least` on; None where `most` or more are needed, or steps ran out.

        Free slots are alike, so only the first unused one need be tried; that is what keeps a
        search over thirty demands short.
        """
        for size in range(least, most):
            steps = count()
            slots = self._search(dict(self.pins), self.palette[:size], steps)
            if slots is not None:
                return slots
            if next(steps) > _EXACT_STEPS_MAX:
                return None
        return None

    def _search(
        self, slots: dict[str, int], palette: Sequence[int], steps: Iterator[int]
    ) -> dict[str, int] | None:
        if len(slots) == len(self.demands):
            return slots
        if next(steps) > _EXACT_STEPS_MAX:
            return None
        name, fresh = self._most_constrained(slots), 0
        for slot in self._possible(name, slots, palette):
            unused = slot not in slots.values() and not self._barred(slot)
            fresh += unused
            if unused and fresh > 1:
                continue
            found = self._search({**slots, name: slot}, palette, steps)
            if found is not None:
                return found
        return None

    def _barred(self, slot: int) -> bool:
        return any(slot in demand.forbidden for demand in self.demands.values())
