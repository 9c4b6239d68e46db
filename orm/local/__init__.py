"""DynamoDB Local on this machine: fetched, checked, started and stopped."""

from orm.local.ephemeral import EphemeralEngine, ephemeral_engine
from orm.local.errors import (
    ArtifactError,
    ChecksumError,
    DockerError,
    EngineBusyError,
    EngineError,
    EngineNotRunningError,
    EngineStartError,
    FetchError,
    JavaNotFoundError,
    PortInUseError,
    UnsupportedPlatformError,
)
from orm.local.server import EngineStatus, LocalEngine, Started, StartOptions
from orm.local.state import Credentials, EngineState

__all__ = [
    "ArtifactError",
    "ChecksumError",
    "Credentials",
    "DockerError",
    "EngineBusyError",
    "EngineError",
    "EngineNotRunningError",
    "EngineStartError",
    "EngineState",
    "EngineStatus",
    "EphemeralEngine",
    "FetchError",
    "JavaNotFoundError",
    "LocalEngine",
    "PortInUseError",
    "StartOptions",
    "Started",
    "UnsupportedPlatformError",
    "ephemeral_engine",
]
