"""What can go wrong between asking for a local engine and having one.

    OrmError
    └── EngineError                   the root of this module
        ├── UnsupportedPlatformError  the engine cannot run on this kind of machine
        ├── JavaNotFoundError         no Java that is new enough
        ├── ArtifactError             a file of the engine could not be had
        │   ├── FetchError            the repository did not deliver it
        │   └── ChecksumError         it arrived and is not the pinned file
        ├── PortInUseError            something else listens there
        ├── DockerError               the docker command is missing or refuses
        ├── EngineStartError          it was started and never answered
        ├── EngineBusyError           another start or stop is at work
        └── EngineNotRunningError     nothing runs, and the call needs an engine

Every one of them has a `hint`: what to type next.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from orm.errors import OrmError


class EngineError(OrmError):
    """The local engine cannot do what was asked."""


class UnsupportedPlatformError(EngineError):
    """DynamoDB Local has no native library for this kind of machine."""

    hint = "use --engine memory, which runs everywhere"

    def __init__(self, platform: str, supported: Sequence[str]) -> None:
        super().__init__(platform, tuple(supported))
        self.platform, self.supported = platform, tuple(supported)

    def __str__(self) -> str:
        return f"DynamoDB Local cannot run on {self.platform}, only on {', '.join(self.supported)}"


class JavaNotFoundError(EngineError):
    """No Java that is new enough; names every place that was looked at and what was there."""

    hint = "pip install 'keyfold[local]' brings a Java along, or set KEYFOLD_JAVA to a java >= 17"

    def __init__(self, looked_at: Sequence[str]) -> None:
        super().__init__(tuple(looked_at))
        self.looked_at = tuple(looked_at)

    def __str__(self) -> str:
        return "no Java of version 17 or later: " + "; ".join(self.looked_at)


class ArtifactError(EngineError):
    """A file of the engine could not be had; nothing was run."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(name, reason)
        self.name, self.reason = name, reason

    def __str__(self) -> str:
        return f"{self.name}: {self.reason}; nothing was run"


class FetchError(ArtifactError):
    """The repository did not deliver the file. The files that did arrive are kept."""

    hint = "check the network and repeat, or use --engine memory, which needs no download"

    def __init__(self, name: str, reason: str, retry: bool = True) -> None:
        super().__init__(name, reason)
        self.args = (name, reason, retry)
        self.retry = retry


class ChecksumError(ArtifactError):
    """The file that arrived is not the pinned one; it was thrown away."""

    hint = "look at what stands between here and the repository (a proxy, a mirror), then repeat"

    def __init__(self, name: str, expected: str, actual: str) -> None:
        super().__init__(name, f"expected {expected}, got {actual}")
        self.args = (name, expected, actual)
        self.expected, self.actual = expected, actual


class PortInUseError(EngineError):
    """Something else listens on the port."""

    hint = "stop it, name another port with --port, or leave --port out to take a free one"

    def __init__(self, port: int, owner: str = "") -> None:
        super().__init__(port, owner)
        self.port, self.owner = port, owner

    def __str__(self) -> str:
        return f"port {self.port} is in use by {self.owner or 'another process'}"


class DockerError(EngineError):
    """The docker command is missing, has no daemon, or refuses."""

    hint = "start Docker and repeat, or leave --docker out: no Docker is needed"

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason

    def __str__(self) -> str:
        return f"docker: {self.reason}"


class EngineStartError(EngineError):
    """The engine was started and never answered; carries the end of its log."""

    hint = "read the log above (keyfold local logs), then keyfold local start again"

    def __init__(
        self, reason: str, log_file: Path, tail: Sequence[str] = (), hint: str = ""
    ) -> None:
        super().__init__(reason, log_file, tuple(tail), hint)
        self.reason, self.log_file, self.tail = reason, log_file, tuple(tail)
        self.hint = hint or type(self).hint

    def __str__(self) -> str:
        lines = "".join(f"\n  | {line}" for line in self.tail)
        return f"the engine did not start: {self.reason}{lines}\n  log: {self.log_file}"


class EngineBusyError(EngineError):
    """Another process is starting or stopping the engine, or fetching it, and takes too long."""

    retry = True
    hint = "wait for it, then repeat"

    def __init__(self, lock_file: Path, waited_seconds: float) -> None:
        super().__init__(lock_file, waited_seconds)
        self.lock_file, self.waited_seconds = lock_file, waited_seconds

    def __str__(self) -> str:
        return f"another process has held {self.lock_file} for {self.waited_seconds:.0f} s"


class EngineNotRunningError(EngineError):
    """No local engine runs."""

    hint = "keyfold local start"
    exit_code = 3  # for a command: a person should look

    def __init__(self, detail: str = "no local engine runs") -> None:
        super().__init__(detail)
        self.detail = detail

    def __str__(self) -> str:
        return self.detail
