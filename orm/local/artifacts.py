"""The files DynamoDB Local consists of, pinned, and whether the ones at hand are those.

`artifacts.json` lists 32 jars and one native library per platform: path in the repository,
SHA-256 and size. The engine's own POM asks for more than any repository holds, so nothing is
resolved: the list is the whole set, and a file that differs by one bit is never run.
"""

from __future__ import annotations

import hashlib
import platform
from functools import cache
from importlib.resources import files
from pathlib import Path

import msgspec

from orm.local.errors import UnsupportedPlatformError


class Pin(msgspec.Struct, frozen=True, array_like=True):
    """One file: where a repository keeps it and what it must be."""

    path: str
    sha256: str
    size_bytes: int

    @property
    def name(self) -> str:
        """Its name in the cache. The native library is looked up under exactly this name."""
        return self.path.rpartition("/")[2]


class Manifest(msgspec.Struct, frozen=True):
    """One version of the engine."""

    version: str
    jars: tuple[Pin, ...]
    native: dict[str, Pin]

    def pins_for(self, platform_name: str) -> tuple[Pin, ...]:
        """The jars and the native library of one platform.

        Raises:
            UnsupportedPlatformError: there is no native library for it.
        """
        if platform_name not in self.native:
            raise UnsupportedPlatformError(platform_name, sorted(self.native))
        return (*self.jars, self.native[platform_name])


@cache
def pinned_manifest() -> Manifest:
    """The manifest that ships with this package."""
    text = files("orm.local").joinpath("artifacts.json").read_bytes()
    return msgspec.json.decode(text, type=Manifest)


def platform_name(system: str = "", machine: str = "") -> str:
    """This machine in the manifest's words, e.g. `linux-x86_64` or `darwin-arm64`."""
    machine = (machine or platform.machine()).lower()
    return f"{(system or platform.system()).lower()}-{'x86_64' if machine == 'amd64' else machine}"


def is_whole(pin: Pin, file: Path) -> bool:
    """Whether `file` is the pinned file, to the last bit."""
    try:
        if file.stat().st_size != pin.size_bytes:
            return False
        with file.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest() == pin.sha256
    except OSError:  # absent, or not to be read: whoever fetches it will say why
        return False
