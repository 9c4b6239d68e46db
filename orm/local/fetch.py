"""Fetching the pinned files into the cache, and nothing but them.

Each file is written under a temporary name, checked, and only then renamed, so a file that bears
its final name is whole and an interrupted fetch goes on where it stopped. A lock between processes
keeps two fetchers from doing the work twice; without it they would still do no harm.

The repository is the one that jgo knows, or those that the user's jgo settings file names.
"""

from __future__ import annotations

import hashlib
import math
import os
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from pathlib import Path
from typing import TextIO

from orm.clock import SystemClock
from orm.local import licence
from orm.local.artifacts import Manifest, Pin, is_whole, pinned_manifest, platform_name
from orm.local.errors import ArtifactError, ChecksumError, FetchError
from orm.local.lock import exclusive
from orm.local.progress import Advance, download_progress

THREADS = 4
ATTEMPTS = 3
CHUNK_BYTES = 64 * 1024
TIMEOUT_SECONDS = 30
FETCH_WAIT_SECONDS = 600.0
PASSING_STATUSES = {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS}


def known_repositories() -> tuple[str, ...]:
    """The addresses to try, in order: those of the user's jgo settings, then jgo's own.

    A settings file may name a mirror `central`, which then stands in for jgo's own.
    """
    from jgo.config import GlobalSettings  # here, since it is slow to import and seldom needed
    from jgo.constants import MAVEN_CENTRAL_URL

    named = GlobalSettings.load().repositories
    return tuple({"central": MAVEN_CENTRAL_URL, **named}.values())


class ArtifactCache:
    """The engine's files on this machine.

    Args:
        folder: where they are kept, or will be.
        manifest: what they must be.
        platform: whose native library is wanted.
        repositories: gives base addresses, asked only when something is missing.
        report: takes lines for the user.
        stream: where progress is shown; standard error where it is None.
        backoff_seconds: the pause before a file is tried again, doubled each time.
    """

    def __init__(
        self,
        folder: Path,
        *,
        manifest: Manifest | None = None,
        platform: str = "",
        repositories: Callable[[], Sequence[str]] = known_repositories,
        report: Callable[[str], None] = lambda line: print(line, file=sys.stderr),
        stream: TextIO | None = None,
        backoff_seconds: float = 0.5,
    ) -> None:
        self._manifest = manifest or pinned_manifest()
        self.folder = folder / "dynamodb-local" / self._manifest.version
        self._platform = platform or platform_name()
        self._repositories, self._report = repositories, report
        self._stream, self._backoff_seconds = stream, backoff_seconds

    def ensure(self) -> tuple[Path, ...]:
        """Have every file, checked just now; fetch what is missing or damaged.

        Returns:
            The files, all in one folder: the jars in class-path order, then the native library.

        Raises:
            UnsupportedPlatformError: the engine cannot run here.
            FetchError: the repository cannot be reached or lacks a file.
            ChecksumError: what it delivered is not the pinned file.
        """
        pins = self._manifest.pins_for(self._platform)
        if self._missing(pins):
            self._fetch_missing(pins)
        return tuple(self.folder / pin.name for pin in pins)

    def _missing(self, pins: Sequence[Pin]) -> list[Pin]:
        return [pin for pin in pins if not is_whole(pin, self.folder / pin.name)]

    def _fetch_missing(self, pins: Sequence[Pin]) -> None:
        lock = self.folder / "fetch.lock"
        with exclusive(lock, wait_seconds=FETCH_WAIT_SECONDS, on_wait=self._say_waiting):
            missing = self._missing(pins)  # again: another process may just have fetched them
            if missing:
                licence.show_once(self.folder, self._report)
                self._remove_leftovers()
                self._fetch_all(missing)

    def _say_waiting(self) -> None:
        self._report("another process is fetching DynamoDB Local; waiting for it")

    def _remove_leftovers(self) -> None:
        for leftover in self.folder.glob("*.part"):
            leftover.unlink(missing_ok=True)

    def _fetch_all(self, pins: Sequence[Pin]) -> None:
        repositories = tuple(self._repositories())
        total_bytes = sum(pin.size_bytes for pin in pins)
        title = f"DynamoDB Local {self._manifest.version}"
        stop = threading.Event()
        with (
            download_progress(title, total_bytes, self._stream or sys.stderr) as advance,
            ThreadPoolExecutor(THREADS) as pool,
        ):
            try:
                for _ in pool.map(lambda p: self._fetch(p, repositories, advance, stop), pins):
                    pass
            except BaseException:
                stop.set()  # so that an error or Ctrl-C does not wait for the rest
                raise

    def _fetch(
        self, pin: Pin, repositories: Sequence[str], advance: Advance, stop: threading.Event
    ) -> None:
        # here, like jgo below: slow to import, and seldom needed
        from orm.driver.retry import RetryPolicy

        policy = RetryPolicy(
            attempts_max=ATTEMPTS,
            deadline_seconds=math.inf,
            wait_first_seconds=self._backoff_seconds,
        )
        again = policy.retrying(
            lambda error: isinstance(error, FetchError) and error.retry, SystemClock()
        )
        again(self._fetch_from_any, pin, repositories, advance, stop)

    def _fetch_from_any(
        self, pin: Pin, repositories: Sequence[str], advance: Advance, stop: threading.Event
    ) -> None:
        failure: ArtifactError = FetchError(pin.name, "no repository is known", retry=False)
        for repository in repositories:
            try:
                return _download(
                    pin, f"{repository.rstrip('/')}/{pin.path}", self.folder, advance, stop
                )
            except ArtifactError as error:
                failure = error
        raise failure


def _download(
    pin: Pin, address: str, folder: Path, advance: Advance, stop: threading.Event
) -> None:
    """Fetch one file from one address, check it, and give it its name."""
    part = folder / f"{pin.name}.{os.getpid()}.part"
    arrived = _Arrival(pin, advance)
    try:
        _receive(_chunks(pin, address), part, arrived, stop)
        part.replace(folder / pin.name)
    except BaseException as error:
        arrived.take_back()
        part.unlink(missing_ok=True)
        if isinstance(error, OSError):  # a full disk, a folder that vanished
            raise FetchError(pin.name, f"cannot be written: {error}", retry=False) from error
        raise


def _receive(chunks: Iterator[bytes], part: Path, arrived: _Arrival, stop: threading.Event) -> None:
    with part.open("wb") as stream:
        for chunk in chunks:
            if stop.is_set():
                raise FetchError(part.name, "the fetch was stopped", retry=False)
            arrived.add(chunk)
            stream.write(chunk)
    arrived.check()


class _Arrival:
    """What has arrived of one file: counted, hashed and judged."""

    def __init__(self, pin: Pin, advance: Advance) -> None:
        self._pin, self._advance = pin, advance
        self._size_bytes, self._hash = 0, hashlib.sha256()

    def add(self, chunk: bytes) -> None:
        self._size_bytes += len(chunk)
        self._hash.update(chunk)
        self._advance(len(chunk))
        if self._size_bytes > self._pin.size_bytes:  # never fill the disk with something else
            self._refuse(f"more than {self._pin.size_bytes:,} bytes")

    def check(self) -> None:
        if self._size_bytes < self._pin.size_bytes:
            raise FetchError(
                self._pin.name,
                f"cut off after {self._size_bytes:,} of {self._pin.size_bytes:,} bytes",
            )
        if self._hash.hexdigest() != self._pin.sha256:
            self._refuse(f"SHA-256 {self._hash.hexdigest()}")

    def take_back(self) -> None:
        self._advance(-self._size_bytes)

    def _refuse(self, actual: str) -> None:
        expected = f"SHA-256 {self._pin.sha256} of {self._pin.size_bytes:,} bytes"
        raise ChecksumError(self._pin.name, expected, actual)


def _chunks(pin: Pin, address: str) -> Iterator[bytes]:
    """The body of one address, piece by piece."""
    import requests
    from jgo.util import http

    try:
        with http.get(address, stream=True, timeout=TIMEOUT_SECONDS) as response:
            if response.status_code != HTTPStatus.OK:
                raise _refusal(pin, address, response.status_code)
            yield from response.iter_content(CHUNK_BYTES)
    except requests.RequestException as error:
        raise FetchError(pin.name, f"{address}: {error}") from error


def _refusal(pin: Pin, address: str, status: int) -> FetchError:
    passing = status >= HTTPStatus.INTERNAL_SERVER_ERROR or status in PASSING_STATUSES
    return FetchError(pin.name, f"{address}: HTTP {status}", retry=passing)
