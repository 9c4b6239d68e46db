"""The wheel and the source distribution: everything in them, nothing else."""

from __future__ import annotations

import json
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("orm", "eventstore", "projections")
EXAMPLES = ("examples/__init__.py", "examples/demo", "examples/flights", "examples/packages")
SHIPPED_WITH_SOURCE = ("tests", "docs", "benchmarks", "scripts", "examples", *PACKAGES)
LEFTOVERS = {"__pycache__", ".mypy_cache", ".ruff_cache", ".pytest_cache", ".hypothesis"}


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Both distributions, built without network by the locked backend."""
    folder = tmp_path_factory.mktemp("dist")
    command = (sys.executable, "-m", "hatchling", "build", "-d", str(folder))
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, stdin=subprocess.DEVNULL)
    return folder


@pytest.fixture(scope="module")
def wheel(dist: Path) -> dict[str, bytes]:
    (path,) = dist.glob("*.whl")
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.fixture(scope="module")
def sdist(dist: Path) -> set[str]:
    (path,) = dist.glob("*.tar.gz")
    with tarfile.open(path) as archive:
        return {name.partition("/")[2] for name in archive.getnames()}


def source_files(*tops: str) -> set[str]:
    """What stands on disk below these names, without what tools leave behind."""
    found = (path for top in tops for path in ((ROOT / top), *(ROOT / top).rglob("*")))
    relative = (path.relative_to(ROOT) for path in found if path.is_file())
    return {path.as_posix() for path in relative if not LEFTOVERS.intersection(path.parts)}


def test_wheel_holds_exactly_the_packages_and_the_demo(wheel: dict[str, bytes]) -> None:
    members = {name for name in wheel if ".dist-info/" not in name}
    assert members == source_files(*PACKAGES, *EXAMPLES)


def test_wheel_is_typed_and_licensed(wheel: dict[str, bytes]) -> None:
    assert {f"{package}/py.typed" for package in PACKAGES} <= wheel.keys()
    assert any(name.endswith(".dist-info/licenses/LICENSE") for name in wheel)


def test_wheel_holds_the_pins_of_the_engine_and_not_the_engine(wheel: dict[str, bytes]) -> None:
    """DynamoDB Local may not be redistributed: its checksums are shipped, its files never."""
    pins = json.loads(wheel["orm/local/artifacts.json"])
    assert pins
    assert not [name for name in wheel if name.endswith((".jar", ".so", ".dylib", ".dll"))]


def test_wheel_holds_the_data_of_the_demo(wheel: dict[str, bytes]) -> None:
    data = [name for name in wheel if name.startswith("examples/flights/") and ".csv" in name]
    assert data
    assert all(len(wheel[name]) > 0 for name in data)


def test_wheel_declares_the_command(wheel: dict[str, bytes]) -> None:
    (name,) = (name for name in wheel if name.endswith(".dist-info/entry_points.txt"))
    assert b"keyfold = orm.cli:main" in wheel[name]


def test_source_distribution_can_be_tested_and_demonstrated(sdist: set[str]) -> None:
    """All that `make demo` and `make test` use, and the pages that say so."""
    assert source_files(*SHIPPED_WITH_SOURCE) <= sdist
    assert {"Makefile", "requirements.lock", "pyproject.toml", ".ci/run"} <= sdist
    assert {"README.md", "LICENSE", "CHANGELOG.md", "CONTRIBUTING.md"} <= sdist


def test_source_distribution_holds_nothing_that_was_made_here(sdist: set[str]) -> None:
    assert not [name for name in sdist if LEFTOVERS.intersection(name.split("/"))]
    assert not [name for name in sdist if name.startswith((".venv", ".git/", "dist/"))]
    assert not [name for name in sdist if name.endswith((".jar", ".pyc"))]
