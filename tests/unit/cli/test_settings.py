"""Settings: where they are found, what overrides what, and how a mistake is told."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from orm.driver import RetryingDriver
from orm.driver.boto import BotoTransport
from orm.errors import ConfigurationError
from orm.memory import MemoryTransport
from orm.settings import (
    READ_MODEL_INDEXES,
    Settings,
    SettingsError,
    import_object,
    load_project,
    load_settings,
    open_driver,
    open_transport,
)
from orm.tables import table_names


def project(folder: Path, text: str, name: str = "keyfold.toml") -> Path:
    (folder / name).write_text(text, encoding="utf-8")
    return folder


def test_without_a_file_the_defaults_hold(tmp_path: Path) -> None:
    found = load_project(tmp_path, {})
    assert found.settings == Settings()
    assert found.settings.engine == "local"
    assert found.settings.events_config.table == "events"
    assert found.settings.read_models_config.table == "read-models"


def test_a_file_is_found_from_a_folder_below(tmp_path: Path) -> None:
    project(tmp_path, '[tool.keyfold]\nengine = "memory"\n', "pyproject.toml")
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)
    found = load_project(below, {})
    assert (found.settings.engine, found.root) == ("memory", tmp_path)


def test_a_pyproject_without_the_table_is_passed_by(tmp_path: Path) -> None:
    """A package inside a monorepo takes the settings of the folder above."""
    project(tmp_path, 'engine = "memory"\n')
    inner = tmp_path / "inner"
    inner.mkdir()
    project(inner, '[project]\nname = "x"\n', "pyproject.toml")
    assert load_settings(inner, {}).engine == "memory"


@pytest.mark.parametrize(("word", "stock"), [("lean", False), ("stock", True)])
def test_the_path_of_requests_can_be_chosen(tmp_path: Path, word: str, stock: bool) -> None:
    """In the file or the environment; anything else is refused."""
    project(tmp_path, f'engine = "aws"\ntransport = "{word}"\n')
    found = open_transport(load_settings(tmp_path, {}))
    assert isinstance(found, BotoTransport)
    assert found.stock is stock
    assert load_settings(tmp_path, {"KEYFOLD_TRANSPORT": "stock"}).transport == "stock"
    with pytest.raises(SettingsError, match="KEYFOLD_TRANSPORT"):
        load_settings(tmp_path, {"KEYFOLD_TRANSPORT": "fast"})


def test_keyfold_toml_wins_over_pyproject_beside_it(tmp_path: Path) -> None:
    project(tmp_path, 'events_table = "own"\n')
    project(tmp_path, '[tool.keyfold]\nevents_table = "shared"\n', "pyproject.toml")
    assert load_settings(tmp_path, {}).events_table == "own"


def test_environment_overrides_the_file_and_flags_override_both(tmp_path: Path) -> None:
    project(tmp_path, 'engine = "aws"\nevents_table = "file"\nregion = "eu-west-1"\n')
    environ = {"KEYFOLD_EVENTS_TABLE": "environment", "KEYFOLD_ENGINE": "memory"}
    assert load_settings(tmp_path, environ).events_table == "environment"
    settings = load_settings(tmp_path, environ, events_table="flag", endpoint=None)
    assert (settings.events_table, settings.engine) == ("flag", "memory")
    assert settings.region == "eu-west-1"


def test_keyfold_region_wins_over_aws_region(tmp_path: Path) -> None:
    assert load_settings(tmp_path, {"AWS_REGION": "eu-west-1"}).region == "eu-west-1"
    both = {"AWS_REGION": "eu-west-1", "KEYFOLD_REGION": "eu-north-1"}
    assert load_settings(tmp_path, both).region == "eu-north-1"


def test_every_name_of_both_tables_can_be_set(tmp_path: Path) -> None:
    project(tmp_path, '[events]\npk = "hash"\ndelimiter = " "\n[read_models]\nindex = "by-{n}"\n')
    settings = load_settings(tmp_path, {})
    assert (settings.events_config.pk, settings.events_config.delimiter) == ("hash", " ")
    assert settings.read_models_config.index_name(2) == "by-2"
    assert settings.read_models_shape.indexes == READ_MODEL_INDEXES


@pytest.mark.parametrize(
    ("text", "wrong", "right"),
    [
        ('evnets_table = "x"', "evnets_table", "events_table"),
        ('events-table = "x"', "events-table", "events_table"),
        ('[events]\ndelimeter = "#"', "delimeter", "delimiter"),
        ('[events]\ntable = "x"', "table", "pk"),
        ("zzz = 1", "zzz", "aggregates"),
    ],
)
def test_an_unknown_setting_names_the_nearest_right_one(
    tmp_path: Path, text: str, wrong: str, right: str
) -> None:
    project(tmp_path, text)
    with pytest.raises(SettingsError, match=wrong) as caught:
        load_settings(tmp_path, {})
    assert right in caught.value.hint
    assert str(tmp_path) in str(caught.value)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('engine = "lokal"', "engine"),
        ("events_table = 7", "events_table"),
        ('aggregates = "bank:Account"', "aggregates"),
        ("engine = ", "keyfold.toml"),
        ('[events]\ndelimiter = "x"', "delimiter"),
        ('[events]\nindex = "GSI"', "index"),
        ('read_models_table = "events"\n[events]\npk = "hash"', "read_models"),
    ],
)
def test_a_setting_that_cannot_work_is_named(tmp_path: Path, text: str, says: str) -> None:
    project(tmp_path, text)
    with pytest.raises(ConfigurationError, match=says):
        load_settings(tmp_path, {})


def test_a_wrong_value_names_the_variable_it_came_from(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="KEYFOLD_ENGINE"):
        load_settings(tmp_path, {"KEYFOLD_ENGINE": "lokal"})


def test_a_file_that_is_named_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="no such file"):
        load_project(tmp_path, {}, tmp_path / "nowhere.toml")


def test_import_strings_are_resolved_from_the_projects_folder(tmp_path: Path) -> None:
    path = list(sys.path)
    (tmp_path / "a_module_of_this_test.py").write_text("class Thing:\n    part = 7\n")
    try:
        assert import_object("a_module_of_this_test:Thing.part", tmp_path, "aggregates") == 7
    finally:
        sys.path[:] = path
        sys.modules.pop("a_module_of_this_test", None)


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("json", "of the form"),
        ("json:", "of the form"),
        ("nowhere_at_all:X", "No module named"),
        ("json:nothing_there", "nothing_there"),
    ],
)
def test_an_import_string_that_names_nothing_is_told(tmp_path: Path, name: str, says: str) -> None:
    path = list(sys.path)
    try:
        with pytest.raises(ConfigurationError, match=says):
            import_object(name, tmp_path, "aggregates")
    finally:
        sys.path[:] = path


def test_memory_engine_opens_an_engine_of_its_own() -> None:
    assert isinstance(open_transport(Settings(engine="memory")), MemoryTransport)
    assert list(table_names(open_driver(Settings(engine="memory")))) == []


@pytest.mark.parametrize("engine", ["aws", "local"])
def test_an_endpoint_is_reached_with_the_credentials_of_the_environment(engine: str) -> None:
    """Also for `local`: then it is any engine, not the one that this user runs."""
    settings = load_settings(
        Path("/"), {"KEYFOLD_ENGINE": engine, "KEYFOLD_ENDPOINT": "http://127.0.0.1:9"}
    )
    assert isinstance(open_transport(settings), BotoTransport)


def test_two_names_for_one_table_must_agree() -> None:
    with pytest.raises(SettingsError, match="one shared table"):
        Settings(read_models_table="events", read_models={"pk": "hash"})


def test_one_table_may_serve_as_both() -> None:
    names = {"pk": "hash"}
    settings = Settings(read_models_table="events", events=names, read_models=names)
    assert settings.events_config == settings.read_models_config


def test_opentelemetry_is_told_of_calls_unless_that_is_off(tmp_path: Path) -> None:
    told = open_driver(Settings(engine="memory"))
    silent = open_driver(load_settings(tmp_path, {"KEYFOLD_TELEMETRY": "off"}, engine="memory"))
    assert isinstance(silent, RetryingDriver)
    assert not isinstance(told, RetryingDriver)
    assert "telemetry" in type(told).__module__
    with pytest.raises(ConfigurationError, match="telemetry"):
        load_settings(tmp_path, {"KEYFOLD_TELEMETRY": "maybe"})
