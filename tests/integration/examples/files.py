"""Small files of both kinds, made for tests."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

from examples.flights.data import COLUMNS, JANUARY

MANY = 105  # packages in one commit: more than one transaction takes


def flights_file(path: Path, count: int) -> Path:
    """`count` flights of January, with a few that were cancelled or diverted."""
    lines = gzip.decompress(JANUARY.read_bytes()).decode().splitlines()[1:]
    fields = [line.split(",") for line in lines]
    cancelled = [",".join(row) for row in fields if row[3] == "NA"][:5]
    diverted = [",".join(row) for row in fields if row[3] != "NA" and row[6] == "NA"][:3]
    rows = dict.fromkeys([*cancelled, *diverted, *lines])
    path.write_text("\n".join([",".join(COLUMNS), *list(rows)[:count]]) + "\n")
    return path


def packages_file(path: Path, *, parsable: bool = False, extra: int = 0) -> Path:
    """A made-up registry: commits over several and over many packages, nulls, clocks going back.

    Args:
        path: where to write.
        parsable: leave manifests that cannot be read out.
        extra: releases of one package after everything else, to make it longer.
    """
    events: list[tuple[str, str, int, str, dict[str, Any]]] = [
        ("tea", "PackageAdded", 1_500_000_100, "c1", {"version": "0.1", "license": "MIT"}),
        ("Pot_1", "PackageAdded", 1_500_000_160, "c2", {}),
        ("tea", "VersionPublished", 1_500_000_150, "c3", {"from": "0.1", "to": "0.2"}),
        ("Pot_1", "VersionPublished", 1_500_000_150, "c3", {"from": None, "to": "7"}),
        ("Pot_1", "ManifestEdited", 1_500_000_150, "c3", {"fields": ["bin", "url"]}),
        ("cup.io", "PackageAdded", 1_500_000_195, "c4", {"version": "1"}),
        ("cup.io", "PackageDeprecated", 1_500_000_196, "c5", {}),
        ("tea", "PackageRemoved", 1_500_000_197, "c6", {}),
        ("tea", "PackageAdded", 1_500_000_198, "c7", {"version": None}),
    ]
    if not parsable:
        events += [
            ("Pot_1", "ManifestUnparsable", 1_500_000_200, "bad", {}),
            ("Pot_1", "ManifestRepaired", 1_500_000_201, "good", {}),
            ("Pot_1", "VersionPublished", 1_500_000_202, "c8", {"from": "7", "to": None}),
        ]
    events += [
        (f"many-{n:03}", "PackageAdded", 1_500_000_300, "burst", {"version": str(n)})
        for n in range(MANY)
    ]
    events += [
        (
            f"many-{n % 7:03}",
            "VersionPublished",
            1_500_001_000 + n,
            f"x{n}",
            {"from": None, "to": f"1.{n}"},
        )
        for n in range(extra)
    ]
    path.write_text("".join(_lines(events)))
    return path


def _lines(events: list[tuple[str, str, int, str, dict[str, Any]]]) -> list[str]:
    seqs: dict[str, int] = {}
    lines = []
    for n, (stream, kind, at, commit, data) in enumerate(events, start=1):
        seqs[stream] = seqs.get(stream, 0) + 1
        line = {"n": n, "stream": stream, "seq": seqs[stream], "type": kind, "at": at}
        lines.append(json.dumps({**line, "commit": commit, "actor": 1, "data": data}) + "\n")
    return lines
