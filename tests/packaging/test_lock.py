"""requirements.lock: what is installed is what was chosen, byte for byte."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).resolve().parents[2]
PYTHONS = ("3.11", "3.12", "3.13", "3.14")


@pytest.fixture(scope="module")
def project() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def lock_text() -> str:
    return (ROOT / "requirements.lock").read_text(encoding="utf-8")


def locked(lock_text: str) -> Iterator[tuple[Requirement, int]]:
    """Each pin with the number of its hashes."""
    without_comments = re.sub(r"^\s*#.*\n", "", lock_text, flags=re.MULTILINE)
    for line in without_comments.replace("\\\n", "").splitlines():
        pin, *hashes = line.split("--hash=sha256:")
        assert all(re.fullmatch(r"[0-9a-f]{64}", digest.strip()) for digest in hashes), pin
        yield Requirement(pin.strip()), len(hashes)


def wanted(project: dict[str, Any]) -> Iterator[Requirement]:
    """All that pyproject.toml asks for: at run time, in extras, to develop and to build."""
    texts = [
        *project["build-system"]["requires"],
        *project["project"]["dependencies"],
        *(line for lines in project["project"]["optional-dependencies"].values() for line in lines),
        *project["dependency-groups"]["dev"],
    ]
    return map(Requirement, texts)


@pytest.mark.parametrize("python", PYTHONS)
def test_lock_satisfies_pyproject(project: dict[str, Any], lock_text: str, python: str) -> None:
    """Every requirement has one pin that it allows, under every supported Python."""
    environment = {"python_version": python, "python_full_version": f"{python}.0"}
    pins = {
        canonicalize_name(pin.name): Version(next(iter(pin.specifier)).version)
        for pin, _ in locked(lock_text)
        if pin.marker is None or pin.marker.evaluate(environment)
    }
    for requirement in wanted(project):
        name = canonicalize_name(requirement.name)
        assert name in pins, f"{requirement} has no pin: run `make lock`"
        assert requirement.specifier.contains(pins[name], prereleases=True), requirement


def test_every_pin_is_exact_and_hashed(lock_text: str) -> None:
    for pin, hashes in locked(lock_text):
        assert [spec.operator for spec in pin.specifier] == ["=="], pin
        assert hashes >= 1, pin


def test_lock_names_no_host_and_no_path(lock_text: str) -> None:
    """Where packages come from is the caller's business."""
    assert "://" not in lock_text
    assert not re.search(r"(^|\s)(--?(i|f|r|c|e|[a-z-]*index[a-z-]*|find-links)\b)", lock_text)
    assert not re.search(r"(^|\s)[~/.]{0,2}/", lock_text)


def test_dependency_page_lists_every_pin(lock_text: str) -> None:
    """docs/dependencies.md gives a licence for exactly what is locked."""
    page = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| ([a-z0-9-]+) \| (\d\S*) \|", page, flags=re.MULTILINE)
    pins = [
        (canonicalize_name(p.name), next(iter(p.specifier)).version) for p, _ in locked(lock_text)
    ]
    assert sorted(rows) == sorted(pins)
