"""The state file: what the running engine is and how to reach it, for every shell of this user.

It is written before the engine is started, without a pid, and again when it answers. So a start
that is killed half-way leaves the marker by which its process is found and ended.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Protocol, TypeVar

import msgspec

from orm.errors import ConfigurationError

T = TypeVar("T")

REGION = "us-east-1"
SECRET_KEY = "local"  # the engine checks no signature, so there is nothing to keep secret


class Credentials(msgspec.Struct, frozen=True):
    """The access key an engine is used with. It selects the tables: another key sees others.

    It is random, since the engine listens on all interfaces: who does not know it cannot see
    these tables. Letters and digits only, as the engine refuses anything else.
    """

    access_key: str
    secret_key: str = SECRET_KEY
    region: str = REGION

    @classmethod
    def random(cls) -> Credentials:
        """Fresh ones, never used before."""
        return cls(access_key="KEYFOLD" + secrets.token_hex(10).upper())


class EngineState(msgspec.Struct, frozen=True, omit_defaults=True):
    """One engine that was started.

    Args:
        marker: random text in its command line (or a label of its container): its identity.
        pid: 0 until its process is started, and always 0 for a container.
        ready: whether it has answered once.
        data_folder: where its tables are kept; empty where they are in memory only.
        docker: whether Docker runs it.
        started_at: when, in UTC, as ISO 8601.
    """

    marker: str
    port: int
    credentials: Credentials
    started_at: str
    pid: int = 0
    ready: bool = False
    data_folder: str = ""
    docker: bool = False

    @property
    def endpoint_url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        """The variables that make AWS's tools and SDKs use this engine."""
        return {
            "AWS_ENDPOINT_URL_DYNAMODB": self.endpoint_url,
            "AWS_ENDPOINT_URL_DYNAMODB_STREAMS": self.endpoint_url,
            "AWS_ACCESS_KEY_ID": self.credentials.access_key,
            "AWS_SECRET_ACCESS_KEY": self.credentials.secret_key,
            "AWS_DEFAULT_REGION": self.credentials.region,
        }


def read_state(file: Path) -> EngineState | None:
    """What the file says; None where there is no file or it is damaged."""
    return _read(file, EngineState)


def write_state(file: Path, state: EngineState) -> None:
    """Replace the file's content as one step; only this user may read it."""
    _write(file, msgspec.json.format(msgspec.json.encode(state)))


def credentials_of(data_folder: Path) -> Credentials:
    """The credentials that the tables in this folder belong to; new ones for a new folder."""
    file = data_folder / "keyfold-credentials.json"
    known = _read(file, Credentials)
    if known is None:
        known = Credentials.random()
        _write(file, msgspec.json.encode(known))
    return known


def _read(file: Path, kind: type[T]) -> T | None:
    try:
        return msgspec.json.decode(file.read_bytes(), type=kind)
    except (FileNotFoundError, NotADirectoryError, msgspec.MsgspecError):
        return None
    except OSError as error:
        hint = "make it readable, or set KEYFOLD_STATE to a folder of yours"
        raise ConfigurationError(str(file), f"cannot be read: {error}", hint) from error


def _write(file: Path, content: bytes) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    part = file.with_name(f"{file.name}.{os.getpid()}.part")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(content)
    part.replace(file)


class Host(Protocol):
    """What runs an engine: a Java process or a container. It finds it by its marker alone."""

    def launch(self, state: EngineState, /) -> EngineState:
        """Start it; gives the state with what is known of it now."""
        ...

    def lives(self, state: EngineState, /) -> bool:
        """Whether it runs."""
        ...

    def listens(self, state: EngineState, /) -> bool:
        """Whether it is this engine, and not a stranger, that listens on the port."""
        ...

    def end(self, state: EngineState, /) -> bool:
        """End it; whether there was anything to end."""
        ...

    def log_tail(self, state: EngineState | None, lines: int, /) -> tuple[str, ...]:
        """The last lines it wrote."""
        ...
