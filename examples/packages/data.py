"""The history of a package registry as a file: one event a line, grouped into commits.

A line is a JSON object: `n` (1, 2, 3, … over the file), `stream` (the package), `seq` (1, 2, 3, …
in its stream), `type`, `at` (unix seconds), `commit`, `actor` (a number) and `data`. Lines that
follow each other with the same `commit` belong together, to be appended as one.

What is not an error, since real histories have it: clocks that go backwards, many events of one
package in one commit, unknown versions (null), manifests that could not be parsed. What is one:
a gap in `n` or `seq`, a commit that begins again later, two times or actors within one commit, and
any field too much, missing or of another type. Each names the file and the line.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count, groupby
from pathlib import Path
from typing import IO

import msgspec

from orm.errors import KeyfoldError

LINE_BYTES_MAX = 400 * 1024  # an event that is larger could not be stored in one item


class Added(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A package appeared; a manifest that cannot be read well leaves any of these out."""

    version: str | None = None
    license: str | None = None
    homepage: str | None = None


class Published(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The version changed; either end may be unknown, but both must be said."""

    before: str | None = msgspec.field(name="from")
    to: str | None


class Edited(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Other fields of the manifest changed."""

    fields: tuple[str, ...]


class Nothing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The type says it all."""


Details = Added | Published | Edited | Nothing

DETAILS: dict[str, type[Details]] = {
    "PackageAdded": Added,
    "VersionPublished": Published,
    "ManifestEdited": Edited,
    "PackageRemoved": Nothing,
    "PackageDeprecated": Nothing,
    "PackageRestored": Nothing,
    "ManifestUnparsable": Nothing,
    "ManifestRepaired": Nothing,
}


class Line(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One line as it stands, before `type` has said how to read `data`."""

    n: int
    stream: str
    seq: int
    type: str
    at: int
    commit: str
    actor: int
    data: msgspec.Raw


class Record(msgspec.Struct, frozen=True):
    """One event; `type` is a key of `DETAILS`, and `data` of the class found there."""

    n: int
    stream: str
    seq: int
    type: str
    at: int
    commit: str
    actor: int
    data: Details


class Commit(msgspec.Struct, frozen=True):
    """Records that belong together; at least one, of one or several streams."""

    id: str
    at: int
    actor: int
    records: tuple[Record, ...]

    def by_stream(self) -> dict[str, list[Record]]:
        """Return the records of each stream, streams in order of first mention."""
        found: dict[str, list[Record]] = {}
        for record in self.records:
            found.setdefault(record.stream, []).append(record)
        return found


class BadRecordError(KeyfoldError):
    """A line of an events file that cannot stand there."""

    hint = "mend the line, or leave it and all that follow out"

    def __init__(self, path: str, line: int, reason: str) -> None:
        super().__init__(path, line, reason)
        self.path, self.line, self.reason = path, line, reason

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.reason}; nothing was read from here on"


def commits(path: Path) -> Iterator[Commit]:
    """Yield the commits of a `.jsonl` or `.jsonl.gz` file in its order.

    Memory grows with the number of commits (their ids) and the largest commit, not with the file.

    Raises:
        BadRecordError: names the line that cannot stand there; the commits before it were whole.
        OSError: the file cannot be read.
    """
    seen: set[str] = set()
    for commit, group in groupby(records(path), key=lambda record: record.commit):
        together = tuple(group)
        first = together[0]
        if commit in seen:
            raise BadRecordError(path.name, first.n, f"commit {commit} was ended by another before")
        seen.add(commit)
        for record in together:
            if (record.at, record.actor) != (first.at, first.actor):
                reason = f"commit {commit} has another time or actor in line {first.n}"
                raise BadRecordError(path.name, record.n, reason)
        yield Commit(commit, first.at, first.actor, together)


def records(path: Path) -> Iterator[Record]:
    """Yield the file's records one by one, checked; `record.n` is the number of its line.

    Raises:
        BadRecordError: names the line that cannot stand there.
        OSError: the file cannot be read.
    """
    decoder = msgspec.json.Decoder(Line)
    last: dict[str, int] = {}
    with _open(path) as lines:
        for number, line in enumerate(_bounded(lines, path.name), start=1):
            try:
                record = _record(decoder.decode(line))
            except (msgspec.DecodeError, UnicodeDecodeError) as problem:
                raise BadRecordError(path.name, number, str(problem)) from None
            _check_place(record, number, last, path.name)
            yield record


def _record(line: Line) -> Record:
    details = DETAILS.get(line.type)
    if details is None:
        raise msgspec.ValidationError(f"type {line.type!r} is none of {', '.join(DETAILS)}")
    data = msgspec.json.decode(line.data, type=details)
    return Record(line.n, line.stream, line.seq, line.type, line.at, line.commit, line.actor, data)


def _check_place(record: Record, number: int, last: dict[str, int], path: str) -> None:
    """Compare `n` with the line's number and `seq` with its stream's last, and count it."""
    due = last.get(record.stream, 0) + 1
    if record.n != number:
        raise BadRecordError(path, number, f"n is {record.n} and should be {number}")
    if record.seq != due:
        reason = f"seq of {record.stream!r} is {record.seq} and should be {due}"
        raise BadRecordError(path, number, reason)
    last[record.stream] = due


def _bounded(lines: IO[bytes] | gzip.GzipFile, path: str) -> Iterator[bytes]:
    """Yield the lines; a damaged or cut-off file ends with an error, never as a shorter one."""
    for number in count(1):
        try:
            line = lines.readline(LINE_BYTES_MAX + 1)
        except (EOFError, gzip.BadGzipFile, zlib.error) as problem:
            raise BadRecordError(path, number, f"the file is damaged ({problem})") from None
        if not line:
            return
        if len(line) > LINE_BYTES_MAX:
            raise BadRecordError(path, number, f"longer than {LINE_BYTES_MAX:,} bytes")
        yield line


@contextmanager
def _open(path: Path) -> Iterator[IO[bytes] | gzip.GzipFile]:
    if path.suffix == ".gz":
        with gzip.open(path) as unzipped:
            yield unzipped
    else:
        with path.open("rb") as plain:
            yield plain
