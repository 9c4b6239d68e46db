"""The registry's events file: grouped into commits, checked line by line, folded by the judge."""

from __future__ import annotations

import gzip
import hashlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from examples.packages import oracle
from examples.packages.data import (
    Added,
    BadRecordError,
    Edited,
    Nothing,
    Published,
    commits,
    records,
)

# stream, type, at, commit, data: a burst over two streams, a clock that goes back, nulls, a removal
EVENTS: list[tuple[str, str, int, str, dict[str, Any]]] = [
    ("tea", "PackageAdded", 100, "c1", {"version": "0.1", "license": "MIT"}),
    ("Pot_1", "PackageAdded", 160, "c2", {}),
    ("tea", "VersionPublished", 150, "c3", {"from": "0.1", "to": "0.2"}),
    ("Pot_1", "VersionPublished", 150, "c3", {"from": None, "to": "7"}),
    ("Pot_1", "ManifestEdited", 150, "c3", {"fields": ["bin", "url"]}),
    ("tea", "ManifestUnparsable", 170, "c4", {}),
    ("tea", "ManifestRepaired", 180, "c5", {}),
    ("tea", "PackageDeprecated", 190, "c6", {}),
    ("Pot_1", "VersionPublished", 190, "c7", {"from": "7", "to": None}),
    ("cup", "PackageAdded", 195, "c8", {"version": "1"}),
    ("cup", "PackageDeprecated", 196, "c9", {}),
    ("cup", "PackageRestored", 197, "ca", {}),
    ("cup", "PackageRemoved", 198, "cb", {}),
]


def as_lines() -> list[dict[str, Any]]:
    seq: dict[str, int] = {}
    lines = []
    for n, (stream, kind, at, commit, data) in enumerate(EVENTS, start=1):
        seq[stream] = seq.get(stream, 0) + 1
        lines.append(
            {"n": n, "stream": stream, "seq": seq[stream], "type": kind, "at": at,
             "commit": commit, "actor": 3, "data": data}
        )  # fmt: skip
    return lines


def write(path: Path, lines: list[dict[str, Any]]) -> Path:
    text = "".join(json.dumps(line) + "\n" for line in lines).encode()
    path.write_bytes(gzip.compress(text) if path.suffix == ".gz" else text)
    return path


@pytest.mark.parametrize("name", ["events.jsonl", "events.jsonl.gz"])
def test_lines_of_one_commit_come_together_in_order(tmp_path: Path, name: str) -> None:
    found = list(commits(write(tmp_path / name, as_lines())))
    assert [len(commit.records) for commit in found] == [1, 1, 3, 1, 1, 1, 1, 1, 1, 1, 1]
    third = found[2]
    assert (third.id, third.at, third.actor) == ("c3", 150, 3)
    by_stream = third.by_stream()
    assert {name: len(group) for name, group in by_stream.items()} == {"tea": 1, "Pot_1": 2}
    assert [record.n for commit in found for record in commit.records] == list(range(1, 14))


def test_each_type_has_its_own_data(tmp_path: Path) -> None:
    found = [record.data for record in records(write(tmp_path / "e.jsonl", as_lines()))]
    assert found[0] == Added(version="0.1", license="MIT")
    assert found[3] == Published(before=None, to="7")
    assert found[4] == Edited(fields=("bin", "url"))
    assert found[5] == Nothing()


@pytest.mark.parametrize(
    ("number", "change", "reason"),
    [
        (5, {"n": 6}, "n is 6 and should be 5"),
        (7, {"seq": 9}, "seq of 'tea' is 9 and should be 4"),
        (8, {"type": "PackageEaten"}, "type 'PackageEaten' is none of PackageAdded, "),
        (4, {"data": {"from": "1"}}, "missing required field `to`"),
        (8, {"data": {"why": "old"}}, "unknown field `why`"),
        (6, {"at": "noon"}, "Expected `int`, got `str`"),
        (6, {"extra": 1}, "unknown field `extra`"),
        (5, {"at": 151}, "another time or actor in line 3"),
        (9, {"commit": "c1"}, "commit c1 was ended by another before"),
        (1, {"data": {"version": "x" * 410_000}}, "longer than 409,600 bytes"),
    ],
)
def test_a_bad_line_is_named(
    tmp_path: Path, number: int, change: dict[str, Any], reason: str
) -> None:
    """The error says file, line and reason; what stood before was whole."""
    lines = as_lines()
    lines[number - 1] |= change
    whole = []
    with pytest.raises(BadRecordError) as caught:
        for commit in commits(write(tmp_path / "bad.jsonl", lines)):
            whole.append(commit)
    assert str(caught.value).startswith(f"bad.jsonl:{number}: ")
    assert reason in str(caught.value)
    assert all(record.n < number for commit in whole for record in commit.records)


def test_what_is_no_json_is_named(tmp_path: Path) -> None:
    source = write(tmp_path / "bad.jsonl", as_lines()[:2])
    with source.open("ab") as file:
        file.write(b"\xff\xfe\n")
    with pytest.raises(BadRecordError, match=r"bad\.jsonl:3: "):
        list(commits(source))


@given(share=st.floats(0.3, 0.97))
def test_a_file_cut_off_is_never_read_as_a_shorter_one(
    tmp_path_factory: pytest.TempPathFactory, share: float
) -> None:
    source = write(tmp_path_factory.mktemp("cut") / "cut.jsonl.gz", as_lines())
    content = source.read_bytes()
    source.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(BadRecordError, match="damaged"):
        list(commits(source))


def test_the_judge_folds_as_it_says(tmp_path: Path) -> None:
    found = oracle.of_file(write(tmp_path / "events.jsonl.gz", as_lines()))
    state = "Pot_1\tNone\tTrue\tFalse\ncup\t1\tFalse\tFalse\ntea\t0.2\tTrue\tTrue"
    assert found["sha256"] == hashlib.sha256(state.encode()).hexdigest()
    counts = (found["events"], found["commits"], found["streams"], found["live"])
    assert counts == (13, 11, 3, 2)
    assert found["packages"]["tea"] == {
        "version": "0.2", "live": True, "deprecated": True, "events": 5
    }  # fmt: skip


def test_the_judge_and_the_reader_agree(tmp_path: Path) -> None:
    """The typed records folded here come to the judge's state."""
    source = write(tmp_path / "events.jsonl", as_lines())
    state: dict[str, dict[str, Any]] = {}
    for record in records(source):
        package = state.setdefault(record.stream, {"version": None, "live": False, "dep": False})
        match record.data:
            case Added(version=version):
                package.update(version=version, live=True, dep=False)
            case Published(to=to):
                package.update(version=to)
            case _:
                package["live"] = package["live"] and record.type != "PackageRemoved"
                package["dep"] |= record.type == "PackageDeprecated"
                package["dep"] &= record.type != "PackageRestored"
    judged = oracle.of_file(source)["packages"]
    assert state == {
        name: {"version": found["version"], "live": found["live"], "dep": found["deprecated"]}
        for name, found in judged.items()
    }


def test_the_command_prints_counts_and_hash(tmp_path: Path) -> None:
    source = write(tmp_path / "events.jsonl", as_lines())
    command = [sys.executable, "-m", "examples.packages.oracle", str(source)]
    root = Path(oracle.__file__).parents[2]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=root)
    printed = json.loads(done.stdout)
    assert printed["sha256"] == oracle.of_file(source)["sha256"]
    assert "packages" not in printed
