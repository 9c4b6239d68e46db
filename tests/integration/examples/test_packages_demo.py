"""`keyfold demo packages` on the real engine, with a made-up registry."""

from __future__ import annotations

import hashlib
import random
from pathlib import Path

from eventstore import StreamId
from examples.demo.site import Site
from examples.packages.demo import EXAMPLE
from examples.packages.domain import Package, VersionPublished
from tests.integration.examples.conftest import Place
from tests.integration.examples.files import MANY, packages_file

STATE = {
    "Pot_1": "None\tTrue\tFalse",
    "cup.io": "1\tTrue\tTrue",
    "tea": "None\tTrue\tFalse",
    **{f"many-{n:03}": f"{n}\tTrue\tFalse" for n in range(MANY)},
}
SHA256 = hashlib.sha256(
    "\n".join(f"{name}\t{state}" for name, state in sorted(STATE.items())).encode()
).hexdigest()


def test_the_fold_is_equal_and_the_unreadable_package_is_parked(
    place: Place, tmp_path: Path
) -> None:
    """Exit code 3: a person should look; every other package went on, and the catalogue too."""
    code, outcome, said = place.demo(
        "packages", "--events", str(packages_file(tmp_path / "e.jsonl"))
    )
    assert code == 3, said
    assert outcome["differences"] == []
    assert outcome["sha256"] == SHA256
    [parked] = outcome["reading"]["parked"]
    assert (parked["projection"], parked["id"], parked["commit"]) == ("Releases@1", "Pot_1", 3)
    assert "cannot be parsed" in parked["error"]


def test_a_commit_over_several_packages_is_one_and_a_too_large_one_is_told(
    place: Place, tmp_path: Path
) -> None:
    path = packages_file(tmp_path / "e.jsonl", parsable=True)
    code, outcome, said = place.demo("packages", "--events", str(path))
    assert code == 0, said
    tally = outcome["tally"]
    assert (tally["together"], tally["largest"]) == (2, MANY)
    assert tally["split"] == [{"commit": "burst", "packages": MANY, "parts": 2}]
    store = Site(place.settings(EXAMPLE), place.transport()).store([Package])
    tea, pot = (list(store.read(StreamId("PACKAGE", name))) for name in ("tea", "Pot_1"))
    assert tea[1].metadata.command_id == pot[1].metadata.command_id == "c3"
    assert len(pot[1].events) == 2, "two lines of one package in one commit"


def test_times_and_nulls_are_kept(place: Place, tmp_path: Path) -> None:
    """The clock went back between the second and the third commit."""
    path = packages_file(tmp_path / "e.jsonl", parsable=True)
    _, outcome, _ = place.demo("packages", "--events", str(path))
    assert outcome["expected"]["clock_backwards"] == 1
    assert outcome["reading"]["clock_backwards"] == 1
    store = Site(place.settings(EXAMPLE), place.transport()).store([Package])
    pot = list(store.read(StreamId("PACKAGE", "Pot_1")))
    assert pot[1].events[0] == VersionPublished(1_500_000_150, None, "7")
    assert pot[1].metadata.extra == {"at": "1500000150"}
    assert pot[1].metadata.actor == "1"


def test_killed_and_run_again_it_skips_what_is_done(place: Place, tmp_path: Path) -> None:
    path = packages_file(tmp_path / "e.jsonl", extra=600)
    chance = random.Random(11)
    for _ in range(2):
        place.cut_off(
            chance,
            2,
            *("examples.demo", "packages", "--events", str(path), "--endpoint", place.endpoint),
        )
    code, outcome, said = place.demo("packages", "--events", str(path))
    assert code == 3, said
    assert outcome["differences"] == []
    tally = outcome["tally"]
    assert tally["appended"] + tally["done_before"] == outcome["expected"]["commits"] + 1


def test_a_bad_line_is_named_and_nothing_is_written(place: Place, tmp_path: Path) -> None:
    path = tmp_path / "bad.jsonl"
    path.write_text('{"n": 1}\n')
    code, _, said = place.demo("packages", "--events", str(path))
    assert code == 1
    assert "bad.jsonl:1" in said


def test_a_missing_file_is_wrong_usage(place: Place, tmp_path: Path) -> None:
    code, _, said = place.demo("packages", "--events", str(tmp_path / "none.jsonl"))
    assert code == 2, said
