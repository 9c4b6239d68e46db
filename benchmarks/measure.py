"""CPU time as paired ratios: what two ways of doing one thing cost, measured side by side.

A round runs every variant for at least `round_cpu_seconds` of this thread's CPU time, in slices
that take turns; the next round begins with another one. Ratios are taken within a round, so
whatever slows the machine for a while slows both sides, and their median and quartiles say what is
left of it.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

import msgspec

ROUNDS_MIN: Final = 11
ROUND_CPU_SECONDS: Final = 0.025
SLICES: Final = 8
REPEATS_MAX: Final = 100_000

Clock: TypeAlias = Callable[[], float]


class Sample(msgspec.Struct, frozen=True):
    """Seconds for one operation, the mean of one round."""

    cpu: float
    wall: float


class Ratio(msgspec.Struct, frozen=True):
    """How one variant's times stand to another's, over all rounds."""

    median: float
    quartiles: tuple[float, float]
    min: float


class Measured(msgspec.Struct, frozen=True):
    """The samples of every variant, round by round."""

    samples: dict[str, list[Sample]]

    def cpu_micros(self, name: str) -> float:
        """Median CPU time of one operation."""
        return 1e6 * statistics.median(sample.cpu for sample in self.samples[name])

    def wall_micros(self, name: str) -> float:
        """Median wall time of one operation."""
        return 1e6 * statistics.median(sample.wall for sample in self.samples[name])

    def cpu_ratio(self, name: str, peer: str) -> Ratio:
        """CPU time of `name` over that of `peer`, paired by round."""
        return _ratio(
            [
                ours.cpu / theirs.cpu
                for ours, theirs in zip(self.samples[name], self.samples[peer], strict=True)
            ]
        )

    def wall_ratio(self, name: str, peer: str) -> Ratio:
        """Wall time of `name` over that of `peer`, paired by round."""
        return _ratio(
            [
                ours.wall / theirs.wall
                for ours, theirs in zip(self.samples[name], self.samples[peer], strict=True)
            ]
        )


def _ratio(values: list[float]) -> Ratio:
    low, median, high = statistics.quantiles(values, n=4, method="inclusive")
    return Ratio(median, (low, high), min(values))


def measure(
    variants: Mapping[str, Callable[[], object]],
    rounds: int = ROUNDS_MIN,
    round_cpu_seconds: float = ROUND_CPU_SECONDS,
    clock: Clock = time.thread_time,
) -> Measured:
    """Run every variant in every round, each round beginning with the next one.

    `clock` tells the CPU time: of this thread, or of the process for what works in threads.
    """
    repeats = {name: _repeats(once, round_cpu_seconds, clock) for name, once in variants.items()}
    samples: dict[str, list[Sample]] = {name: [] for name in variants}
    names = list(variants)
    for number in range(rounds):
        turn = number % len(names)
        order = names[turn:] + names[:turn]
        for name, sample in _round(variants, order, repeats, clock).items():
            samples[name].append(sample)
    return Measured(samples)


def _round(
    variants: Mapping[str, Callable[[], object]],
    names: list[str],
    repeats: Mapping[str, int],
    clock: Clock,
) -> dict[str, Sample]:
    """One sample of each, its repeats spread over the slices."""
    cpu, wall = dict.fromkeys(names, 0.0), dict.fromkeys(names, 0.0)
    for part in range(SLICES):
        for name in names:
            share = (repeats[name] + part) // SLICES
            if share:
                sample = _sample(variants[name], share, clock)
                cpu[name] += sample.cpu * share / repeats[name]
                wall[name] += sample.wall * share / repeats[name]
    return {name: Sample(cpu[name], wall[name]) for name in names}


def _repeats(once: Callable[[], object], cpu_seconds: float, clock: Clock) -> int:
    """How often to run it for at least that long; warms it up on the way."""
    once()
    repeats = 1
    while repeats < REPEATS_MAX:
        took = _sample(once, repeats, clock).cpu * repeats
        if took >= cpu_seconds:
            return repeats
        repeats = max(repeats + 1, min(repeats * 8, int(repeats * 1.3 * cpu_seconds / took) + 1))
    return repeats


def _sample(once: Callable[[], object], repeats: int, clock: Clock) -> Sample:
    wall, cpu = time.perf_counter(), clock()
    for _ in range(repeats):
        once()
    return Sample((clock() - cpu) / repeats, (time.perf_counter() - wall) / repeats)
