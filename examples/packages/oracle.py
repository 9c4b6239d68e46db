"""What the registry must hold after the replay: the events file folded by json and dicts alone.

This is the judge, so it imports nothing of the project and shares no code with `data.py`.

    python -m examples.packages.oracle EVENTS.jsonl.gz

prints how many events, commits, streams and live packages there are, and the SHA-256 of the state:
lines of name, version, live, deprecated (Python's `str` of each, tabs between), sorted by name and
joined by newlines.

The fold: PackageAdded sets the version (null where it names none), sets live and clears deprecated;
VersionPublished sets the version; PackageRemoved clears live; PackageDeprecated sets and
PackageRestored clears deprecated; the others change nothing.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any


def expected(events: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Return counts, the hash and each package's state, ready for JSON."""
    packages: dict[str, dict[str, Any]] = {}
    kinds: dict[str, int] = {}
    commits = set()
    for event in events:
        kinds[event["type"]] = kinds.get(event["type"], 0) + 1
        commits.add(event["commit"])
        unknown = {"version": None, "live": False, "deprecated": False, "events": 0}
        fold(packages.setdefault(event["stream"], unknown), event["type"], event["data"])
    return {
        "events": sum(kinds.values()),
        "commits": len(commits),
        "streams": len(packages),
        "live": sum(package["live"] for package in packages.values()),
        "sha256": digest(packages),
        "types": kinds,
        "packages": packages,
    }


def fold(package: dict[str, Any], kind: str, data: Mapping[str, Any]) -> None:
    """Take one event into a package's state."""
    package["events"] += 1
    if kind == "PackageAdded":
        package.update(version=data.get("version"), live=True, deprecated=False)
    elif kind == "VersionPublished":
        package["version"] = data["to"]
    elif kind == "PackageRemoved":
        package["live"] = False
    elif kind in ("PackageDeprecated", "PackageRestored"):
        package["deprecated"] = kind == "PackageDeprecated"


def digest(packages: Mapping[str, Mapping[str, Any]]) -> str:
    """Return the SHA-256 of the state, written as the module says."""
    lines = (
        f"{name}\t{package['version']}\t{package['live']}\t{package['deprecated']}"
        for name, package in sorted(packages.items())
    )
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def file_events(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the objects of a .jsonl or .jsonl.gz file."""
    with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as lines:
        yield from map(json.loads, lines)


def of_file(path: Path) -> dict[str, Any]:
    """Return what `expected` says of a whole file."""
    return expected(file_events(path))


def main() -> int:
    """Print the counts and the hash."""
    options = argparse.ArgumentParser(description="Fold an events file by json and dicts.")
    options.add_argument("events", type=Path, help="a .jsonl or .jsonl.gz file")
    options.add_argument("--packages", action="store_true", help="every package's state as well")
    asked = options.parse_args()
    found = of_file(asked.events)
    if not asked.packages:
        del found["packages"]
    json.dump(found, sys.stdout, indent=1)
    print()
    return 0


if __name__ == "__main__":
    sys.exit(main())
