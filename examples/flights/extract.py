"""Make `january.csv.gz` again from the package's own file, or check that it still says the same.

    python -m examples.flights.extract           writes january.csv.gz beside this file
    python -m examples.flights.extract --check   exits with 1 if its rows differ from the package's

The lines are kept byte for byte. gzip rather than xz, which would be 270 KB smaller: some Python
builds come without lzma. No time or name is written into the file, so it is the same each time.
"""

from __future__ import annotations

import argparse
import gzip
import os
import sys
import zipfile
from pathlib import Path

from examples.flights.data import JANUARY
from examples.flights.source import SourceUnavailableError, find_year
from orm.local.folders import cache_folder


def january(year: Path) -> bytes:
    """Return the header and the lines of January of the whole year's file."""
    with zipfile.ZipFile(year) as archive, archive.open(archive.namelist()[0]) as lines:
        header = next(lines)
        return header + b"".join(line for line in lines if line.startswith(b"2013,1,"))


def main() -> int:
    """Write or check the file."""
    options = argparse.ArgumentParser(description="Cut January out of the package's flights.")
    options.add_argument("--check", action="store_true", help="compare, write nothing")
    check: bool = options.parse_args().check
    try:
        year = find_year(cache_folder(os.environ), tell=lambda line: print(line, file=sys.stderr))
    except SourceUnavailableError as problem:
        print(f"{problem}\n{problem.hint}", file=sys.stderr)
        return 2
    return compare(january(year)) if check else write(january(year))


def compare(content: bytes) -> int:
    same = gzip.decompress(JANUARY.read_bytes()) == content
    print(f"{JANUARY.name} {'holds the same rows' if same else 'DIFFERS'}")
    return 0 if same else 1


def write(content: bytes) -> int:
    JANUARY.write_bytes(gzip.compress(content, 9, mtime=0))
    rows = content.count(b"\n") - 1  # but for the header
    print(f"wrote {JANUARY.name}: {rows:,} rows, {JANUARY.stat().st_size:,} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
