"""What the flights demo prints at its end."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from examples.demo.story import NEXT, Story, keyfold, plural, shown_path
from examples.demo.tables import Beginning
from examples.demo.told import cost_told, failures_told, lag_told
from examples.flights.demo import Outcome

BOARD: Final = ("scheduled", "flight", "destination", "aircraft", "status", "delay_minutes")
ROUTE: Final = ("day", "scheduled", "flight", "aircraft", "status", "delay_minutes")
PUNCTUALITY: Final = (
    "day",
    "flights",
    "cancelled",
    "departed_late",
    "arrived_on_time",
    "departure_delay",
    "arrival_delay",
)
BUSIEST: Final = ("aircraft", "flights", "flown", "airborne", "distance")
LEGS: Final = ("day", "scheduled", "flight", "airport", "destination", "airborne_minutes")


def tell(outcome: Outcome, story: Story, settings: Path | None) -> None:
    """Print it.

    Args:
        outcome: what the demo found.
        story: prints.
        settings: names the tables to other commands; None where they are gone by then.
    """
    shown = outcome.reading["excerpts"]
    story.table("Board of EWR on the first day: one row a flight", shown["board"], *BOARD)
    story.table("JFK to LAX: the same rows through an index", shown["route"], *ROUTE)
    story.table(
        "Punctuality of UA: many flights, one row a day", shown["punctuality"], *PUNCTUALITY
    )
    story.table("Busiest aircraft", shown["busiest"], *BUSIEST)
    if shown["legs"]:
        title = f"Flights of {shown['legs'][0]['aircraft']}, the first of them"
        story.table(title, shown["legs"], *LEGS)
    story.facts(_facts(outcome))
    story.facts({NEXT: next_told(settings)})


def _facts(outcome: Outcome) -> dict[str, str]:
    played = outcome.played
    return {
        "check": _check(outcome),
        **failures_told(outcome.failures),
        "commands": _commands(outcome),
        "races": _races(outcome),
        "lost answer": _lost_answer(outcome),
        "lag": lag_told(played),
        "throughput": (
            f"{outcome.appended / max(played.writing_seconds, 1e-9):,.0f} commands a second while "
            f"the worker ran beside; {played.writing_seconds:.1f} s writing, "
            f"{played.catching_up_seconds:.1f} s more to catch up, {outcome.seconds:.1f} s in all"
        ),
        "cost": cost_told(played, outcome.appended),
    }


def _check(outcome: Outcome) -> str:
    if outcome.differences:
        lines = "\n".join(outcome.differences)
        return f"DIFFERENT from the sums that separate code takes from the file:\n{lines}"
    keys = {name: one["keys"] for name, one in outcome.reading["sums"]["totals"].items()}
    return (
        f"equal: {plural(outcome.expected.flights, 'flight')} in the sums of "
        f"{plural(keys['board'], 'board')}, {plural(keys['punctuality'], 'carrier day')} and "
        f"{keys['aircraft']:,} aircraft, as separate code takes them from the file"
    )


def _commands(outcome: Outcome) -> str:
    own = outcome.own
    return (
        f"{outcome.appended:,} carried out, {own.done_before:,} skipped as done"
        f"{_why(outcome.beginning, own.done_before)}; {own.rejected:,} bad ones, sent on purpose, "
        "all rejected"
    )


def _why(beginning: Beginning, skipped: int) -> str:
    return " by a start that was cut off" if beginning.goes_on and skipped else ""


def _races(outcome: Outcome) -> str:
    contested, conflicts = outcome.contested.flights, outcome.conflicts
    text = (
        f"{plural(contested, 'flight')} sent by two writers on purpose; "
        f"{plural(conflicts, 'append')} lost a race, and none is there twice"
    )
    for race in (outcome.own.races + outcome.contested.races)[:1]:
        text += (
            f"\n{race.stream}: {race.command} decided on version {race.decided_on}, found version "
            f"{race.found}, decided again, {race.outcome}"
        )
    return text


def _lost_answer(outcome: Outcome) -> str:
    lost: dict[str, Any] | None = outcome.reading["lost"]
    if lost is None:
        return "none: there was nothing left to write, so no answer could be lost"
    return (
        f"of {lost['command_id'].rpartition(':')[2]} on {lost['stream']}, thrown away on purpose; "
        f"sent again, it found itself; the command is there {times(lost['times'])}"
    )


def times(count: int) -> str:
    """`once`, `2 times`."""
    return "once" if count == 1 else f"{count} TIMES"


def next_told(settings: Path | None) -> str:
    """What to type next."""
    if settings is None:
        return f"{keyfold()} demo          the same on the real engine"
    stream, typed = "FLIGHT#EWR-2013-01-01-0515-UA1545", keyfold()
    return "\n".join(
        [
            f"S={shown_path(settings)}",
            f"{typed} stream cat '{stream}' --settings \"$S\"",
            f"{typed} aggregate show '{stream}' --at 2 --settings \"$S\"",
            f'{typed} projection lag --settings "$S"',
            f"{typed} local stop    the engine runs on until then",
        ]
    )
