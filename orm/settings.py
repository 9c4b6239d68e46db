"""Settings of a project: which engine, which tables, which aggregates and projections.

They stand in `[tool.keyfold]` of a `pyproject.toml`, or at the top of a `keyfold.toml`, in the
nearest folder upwards that has one:

    [tool.keyfold]
    engine = "local"                        # or "aws", or "memory"
    events_table = "events"
    read_models_table = "read-models"
    aggregates = ["bank.account:Account"]
    projections = ["bank.balances:balances"]

    [tool.keyfold.events]                   # names of the event table, see SingleTableConfig
    pk = "hash"

The environment overrides the file (KEYFOLD_ENGINE, KEYFOLD_ENDPOINT, KEYFOLD_REGION,
KEYFOLD_TRANSPORT, KEYFOLD_EVENTS_TABLE, KEYFOLD_READ_MODELS_TABLE), and a command's flags override
both. Credentials are never settings: they come from AWS's own variables and files, or from the
local engine.
"""

from __future__ import annotations

import importlib
import os
import re
import sys
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

import msgspec

from orm.config import SingleTableConfig
from orm.definitions.names import nearest
from orm.errors import ConfigurationError
from orm.tables import TableShape

if TYPE_CHECKING:
    from orm.driver.protocol import Driver
    from orm.driver.retry import RetryPolicy
    from orm.driver.transport import Transport

Engine = Literal["local", "aws", "memory"]

READ_MODEL_INDEXES: Final = 4
"""How many overloaded indexes a table of read models is made with."""

VARIABLES: Final = {
    "KEYFOLD_ENGINE": "engine",
    "KEYFOLD_ENDPOINT": "endpoint",
    "KEYFOLD_REGION": "region",
    "KEYFOLD_TRANSPORT": "transport",
    "KEYFOLD_TELEMETRY": "telemetry",
    "KEYFOLD_EVENTS_TABLE": "events_table",
    "KEYFOLD_READ_MODELS_TABLE": "read_models_table",
}
"""The environment variables that override the file, and what each of them sets."""

_LOCAL_REGION: Final = "us-east-1"
_NAMES: Final = tuple(name for name in SingleTableConfig.__struct_fields__ if name != "table")


class SettingsError(ConfigurationError):
    """A setting in a file, the environment or a flag is unknown or cannot work."""

    exit_code = 2  # for a command it is wrong usage


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The settings of one project.

    Args:
        engine: `local` (the engine that `keyfold local start` runs), `aws`, or `memory` (in this
            process, forgotten at its end).
        endpoint: where DynamoDB answers, if not where the engine says.
        region: the AWS region, if not the one of the environment or the profile.
        transport: `lean` (Keyfold signs and sends) or `stock` (botocore does all of it).
        telemetry: whether OpenTelemetry is told of every call, where the program sets a provider:
            `on` or `off`.
        local_region: the region on the local engine, which keeps the tables of each region apart.
            DynamoDB Local looks through the change records of older tables of the same region at
            each write, so what writes much and often begins anew has one of its own.
        events_table: the table of the event store.
        read_models_table: the table of the read models.
        events: other names of the event table's attributes and indexes; see SingleTableConfig.
        read_models: the same for the table of the read models.
        aggregates: import strings, `package.module:Name`.
        projections: import strings.
    """

    engine: Engine = "local"
    endpoint: str | None = None
    region: str | None = None
    transport: Literal["lean", "stock"] = "lean"
    telemetry: Literal["on", "off"] = "on"
    local_region: str | None = None
    events_table: str = "events"
    read_models_table: str = "read-models"
    events: dict[str, str] = {}
    read_models: dict[str, str] = {}
    aggregates: tuple[str, ...] = ()
    projections: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.events_table == self.read_models_table and self.events != self.read_models:
            raise SettingsError(
                "read_models", "one shared table has one set of names; write both alike"
            )

    @property
    def events_config(self) -> SingleTableConfig:
        """The names of the event table."""
        return SingleTableConfig(table=self.events_table, **self.events)

    @property
    def read_models_config(self) -> SingleTableConfig:
        """The names of the table of the read models."""
        return SingleTableConfig(table=self.read_models_table, **self.read_models)

    @property
    def read_models_shape(self) -> TableShape:
        """What the table of the read models looks like."""
        return TableShape(
            config=self.read_models_config, indexes=READ_MODEL_INDEXES, index_projection="ALL"
        )


class Project(msgspec.Struct, frozen=True):
    """Settings and where they come from.

    Args:
        settings: what holds.
        root: the project's folder, from which import strings are resolved.
        file: the file that was read; None where there is none.
    """

    settings: Settings
    root: Path
    file: Path | None = None

    def aggregates(self) -> tuple[Any, ...]:
        """The objects that `aggregates` names, imported."""
        return tuple(import_object(s, self.root, "aggregates") for s in self.settings.aggregates)

    def projections(self) -> tuple[Any, ...]:
        """The objects that `projections` names, imported."""
        return tuple(import_object(s, self.root, "projections") for s in self.settings.projections)


def load_project(
    folder: Path | None = None,
    environ: Mapping[str, str] = os.environ,
    file: Path | None = None,
    **flags: str | None,
) -> Project:
    """The project that a folder belongs to: its file, the environment, then flags that are given.

    Args:
        folder: where to begin looking; the current folder unless given.
        environ: the environment.
        file: read this file and look for none.
        flags: settings by name; None means that the flag was not given.

    Raises:
        ConfigurationError: an unknown setting, or one of the wrong type; names the nearest right.
    """
    start = (folder or Path.cwd()).absolute()
    found = file.absolute() if file else find_file(start)
    values = _read(found) if found else {}
    sources = dict.fromkeys(values, str(found))
    for name, key, value in _overrides(environ, flags):
        values[key], sources[key] = value, name
    return Project(_settings(values, sources), found.parent if found else start, found)


def _overrides(
    environ: Mapping[str, str], flags: Mapping[str, str | None]
) -> Iterator[tuple[str, str, str]]:
    """What overrides the file: where it comes from, the setting, the value; the strongest last."""
    # Every other AWS SDK reads AWS_REGION; botocore knows only AWS_DEFAULT_REGION.
    for name, key in {"AWS_REGION": "region", **VARIABLES}.items():
        if value := environ.get(name):
            yield name, key, value
    for key, flag in flags.items():
        if flag is not None:
            yield "--" + key.replace("_", "-"), key, flag


def load_settings(
    folder: Path | None = None, environ: Mapping[str, str] = os.environ, **flags: str | None
) -> Settings:
    """The settings alone; see `load_project`."""
    return load_project(folder, environ, None, **flags).settings


def find_file(start: Path) -> Path | None:
    """The nearest file with settings, from `start` upwards."""
    for folder in (start, *start.parents):
        own, shared = folder / "keyfold.toml", folder / "pyproject.toml"
        if own.is_file():
            return own
        if shared.is_file() and "keyfold" in _toml(shared).get("tool", {}):
            return shared
    return None


def _read(file: Path) -> dict[str, Any]:
    content = _toml(file)
    if file.name == "pyproject.toml":
        content = content.get("tool", {}).get("keyfold", {})
    _check_names(content, Settings.__struct_fields__, str(file))
    for table in ("events", "read_models"):
        names = content.get(table)
        if isinstance(names, dict):
            _check_names(names, _NAMES, f"{file}, [{table}]")
    return dict(content)


def _toml(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise SettingsError(str(file), "there is no such file", "name one that is") from error
    except (OSError, UnicodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(str(file), f"cannot be read: {error}", "repair the file") from error


def _check_names(content: Mapping[str, Any], known: tuple[str, ...], where: str) -> None:
    for name in content:
        if name not in known:
            if name == "tool":
                hint = "in keyfold.toml the settings stand without [tool.keyfold]"
                raise SettingsError(f"{where}: {name}", "there is no such setting", hint)
            near = nearest(name.replace("-", "_"), known, 0.5)
            hint = f"write {near}" if near else f"there are {', '.join(known)}"
            raise SettingsError(f"{where}: {name}", "there is no such setting", hint)


def _settings(values: Mapping[str, Any], sources: Mapping[str, str]) -> Settings:
    try:
        settings = msgspec.convert(values, Settings)
    except msgspec.ValidationError as error:
        what, _, where = str(error).partition(" - at `$.")
        setting = re.split(r"\W", where)[0]
        hint = "engine is one of local, aws, memory" if setting == "engine" else "see docs/cli.md"
        source = sources.get(setting, "settings")
        raise SettingsError(f"{setting} ({source})", what, hint) from error
    # Made once here, so that names that cannot work are refused before anything is done.
    _ = settings.events_config, settings.read_models_config
    return settings


def import_object(name: str, root: Path, setting: str) -> Any:
    """The object that an import string (`package.module:Name`) names, `root` being importable.

    Raises:
        ConfigurationError: it cannot be imported; the text says what Python said.
    """
    module_name, _, attribute = name.partition(":")
    if not module_name or not attribute:
        raise ConfigurationError(setting, f"{name!r} is not of the form package.module:Name")
    if str(root) not in sys.path:
        sys.path.insert(0, str(root))
    hint = f"look at {setting} in the settings; names are looked for from {root}"
    try:
        found = importlib.import_module(module_name)
    except Exception as error:  # a user's module may raise anything
        reason = f"{name!r} cannot be imported: {type(error).__name__}: {error}"
        raise ConfigurationError(setting, reason, hint) from error
    try:
        for part in attribute.split("."):
            found = getattr(found, part)
    except AttributeError as error:
        raise ConfigurationError(setting, f"{name!r}: {error}", hint) from error
    return found


def open_transport(settings: Settings, environ: Mapping[str, str] = os.environ) -> Transport:
    """What carries calls to the engine of the settings.

    Raises:
        EngineNotRunningError: the local engine does not run.
        ConfigurationError: the engine `local` needs the extra `local`.
    """
    if settings.engine == "memory":
        from orm.memory import MemoryTransport

        return MemoryTransport(region=settings.region or _LOCAL_REGION)
    if settings.engine == "local" and settings.endpoint is None:
        return _local_transport(environ, settings)
    from orm.driver.boto import BotoTransport

    if settings.endpoint and not settings.endpoint.startswith(("http://", "https://")):
        raise SettingsError(
            "endpoint", f"{settings.endpoint!r} is no URL", "write it as http://127.0.0.1:8000"
        )
    region = settings.region or (_LOCAL_REGION if settings.engine == "local" else None)
    stock = settings.transport == "stock"
    return BotoTransport(region=region, endpoint_url=settings.endpoint, stock=stock)


def _local_transport(environ: Mapping[str, str], settings: Settings) -> Transport:
    try:
        from orm.local import LocalEngine
    except ModuleNotFoundError as error:
        raise ConfigurationError(
            "engine", f"local needs {error.name}", "pip install 'keyfold[local]'"
        ) from error
    from orm.driver.boto import BotoTransport

    state = LocalEngine(environ).require_running()
    return BotoTransport(
        region=settings.local_region or state.credentials.region,
        endpoint_url=state.endpoint_url,
        access_key=state.credentials.access_key,
        secret_key=state.credentials.secret_key,
        stock=settings.transport == "stock",
    )


def open_driver(
    settings: Settings,
    environ: Mapping[str, str] = os.environ,
    policy: RetryPolicy | None = None,
) -> Driver:
    """The driver for the engine of the settings; it retries, and tells OpenTelemetry of its calls.
    Errors are those of the transport."""
    from orm.driver.retry import RetryingDriver
    from orm.driver.wire import WireDriver

    wire = WireDriver(open_transport(settings, environ))
    if settings.telemetry == "off":
        return RetryingDriver(wire, policy)
    from orm.driver.telemetry import traced, traced_attempts

    driver = RetryingDriver(traced_attempts(wire), policy)
    return traced(driver, endpoint_url=settings.endpoint, region=settings.region)
