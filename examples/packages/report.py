"""What the packages demo prints at its end."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from examples.demo.story import NEXT, Story, keyfold, plural, shown_path
from examples.demo.told import cost_told, failures_told, lag_told
from examples.packages.demo import Outcome

BUSIEST: Final = ("name", "version", "live", "deprecated", "events", "clock_backwards")
MONTHS: Final = ("year", "month", "added", "released")
PARKED: Final = ("projection", "id", "commit", "tag", "attempts", "error")


def tell(outcome: Outcome, story: Story, settings: Path | None) -> None:
    """Print it.

    Args:
        outcome: what the demo found.
        story: prints.
        settings: names the tables to other commands; None where they are gone by then.
    """
    shown = outcome.reading["excerpts"]
    story.table("Catalogue: the packages with the longest histories", shown["busiest"], *BUSIEST)
    story.table("Last months: many packages, one row", shown["months"], *MONTHS)
    if outcome.reading["parked"]:
        title = "Parked: these wait for a person, every other package went on"
        story.table(title, outcome.reading["parked"], *PARKED)
    story.facts(_facts(outcome))
    story.facts({NEXT: _next(outcome, settings)})


def _facts(outcome: Outcome) -> dict[str, str]:
    played, tally = outcome.played, outcome.tally
    rate = tally.appended / max(played.writing_seconds, 1e-9)
    return {
        "check": _check(outcome),
        **failures_told(outcome.failures),
        "commits": _commits(outcome),
        "together": _together(outcome),
        "clocks": (
            f"{plural(outcome.expected.clock_backwards, 'commit')} recorded before the one in "
            "front; each keeps its own time, and its place"
        ),
        "lag": lag_told(played),
        "throughput": (
            f"{rate:,.0f} commits a second while the worker ran beside; "
            f"{played.writing_seconds:.1f} s writing, {played.catching_up_seconds:.1f} s more to "
            f"catch up, {outcome.seconds:.1f} s in all"
        ),
        "cost": cost_told(played, tally.appended),
    }


def _check(outcome: Outcome) -> str:
    if outcome.differences:
        lines = "\n".join(outcome.differences)
        return f"DIFFERENT from what separate code makes of the file:\n{lines}"
    live = sum(package["live"] for package in outcome.reading["packages"].values())
    return (
        f"equal: {len(outcome.reading['packages']):,} packages, {live:,} of them live, as separate "
        f"code folds the file; sha256 {outcome.sha256}"
    )


def _commits(outcome: Outcome) -> str:
    tally, expected = outcome.tally, outcome.expected
    return (
        f"{expected.events:,} events in {plural(expected.commits, 'commit')}: {tally.appended:,} "
        f"appended, {tally.done_before:,} skipped as done"
        f"{' by a start that was cut off' if outcome.beginning.goes_on else ''}"
    )


def _together(outcome: Outcome) -> str:
    tally = outcome.tally
    text = (
        f"{plural(tally.together, 'commit')} over several packages, all or nothing, the largest "
        f"over {tally.largest:,}"
    )
    for split in tally.split:
        text += (
            f"\ncommit {split.commit} touches {split.packages:,} packages, more than one "
            f"transaction takes: written in {split.parts} parts, so not all or nothing"
        )
    return text


def _next(outcome: Outcome, settings: Path | None) -> str:
    if settings is None:
        return f"{keyfold()} demo packages --events PATH    the same on the real engine"
    first = outcome.reading["excerpts"]["busiest"][:1]
    stream = f"PACKAGE#{first[0]['name']}" if first else "PACKAGE#name"
    typed = keyfold()
    lines = [f"S={shown_path(settings)}", f"{typed} stream cat '{stream}' --settings \"$S\""]
    if outcome.reading["parked"]:
        parked = outcome.reading["parked"][0]
        lines += [
            f'{typed} parked ls --settings "$S"',
            f"{typed} parked retry Releases 'PACKAGE#{parked['id']}' --settings \"$S\"    "
            "once the handler in examples/packages/projections.py is mended",
        ]
    return "\n".join([*lines, f"{typed} local stop    the engine runs on until then"])
