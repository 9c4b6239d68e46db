"""Sentences that both demos say of a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from examples.demo.play import Played
from examples.demo.story import plural


def lag_told(played: Played) -> str:
    """How far the read models were behind, and are now."""
    lag: Mapping[str, float] = played.worker["lag_milliseconds"]
    behind = max(one.commits_behind for one in played.lags)
    stopped = "stopped cleanly" if played.is_released else "STOPPED WITHOUT LETTING GO"
    told = f"{behind:,} commits behind now, worker {stopped}"
    if not lag:
        return told
    return (
        f"{told}; from commit to read model p50 {seconds(lag['p50'])}, p99 {seconds(lag['p99'])} "
        "under full load"
    )


def failures_told(failures: Sequence[str]) -> dict[str, str]:
    """What went wrong beside the sums, as a fact; none where nothing did."""
    return {"FAILED": "\n".join(failures)} if failures else {}


def seconds(milliseconds: float) -> str:
    """`35 ms`, `1.2 s`."""
    return f"{milliseconds / 1e3:.1f} s" if milliseconds >= 1e3 else f"{milliseconds:.0f} ms"


def cost_told(played: Played, appended: int) -> str:
    """What an append cost in requests and capacity units."""
    requests = played.requests()
    each = ", ".join(f"{count:,} {name}" for name, count in sorted(requests.items()))
    if not appended:
        return f"nothing was appended; {each}"
    return (
        f"{sum(requests.values()) / appended:.3f} requests and {played.units() / appended:.2f} "
        f"capacity units per append, everything counted: {each}; "
        f"the worker: {plural(sum(played.worker['requests'].values()), 'request')}"
    )
