"""`make env`: once is enough, and stopping it at any moment does no harm."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from scripts.env import Environment, Installer, SetupError

STEPS = ("create", "install", "install_project")


class FakeInstaller(Installer):
    """Notes what it was asked to do; ends with `failure` in the step that it is told to."""

    name = "fake"

    def __init__(self, failing: str = "", failure: BaseException | None = None) -> None:
        self.failing, self.failure = failing, failure
        self.done: list[str] = []

    def create(self, path: Path) -> None:
        (path / "bin").mkdir(parents=True)
        self._step("create")
        (path / "bin" / "python").symlink_to(sys.executable)

    def install(self, python: Path, lock: Path) -> None:
        (python.parent.parent / "half").touch()
        self._step("install")
        (python.parent.parent / "half").unlink()

    def install_project(self, python: Path, root: Path) -> None:
        self._step("install_project")

    def _step(self, name: str) -> None:
        self.done.append(name)
        if self.failure is not None and self.failing == name:
            raise self.failure


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "a folder with spaces"
    folder.mkdir()
    (folder / "requirements.lock").write_text("one==1\n")
    (folder / "pyproject.toml").write_text("[project]\n")
    return folder


def environment(root: Path, lines: list[str] | None = None) -> Environment:
    return Environment(root, ([] if lines is None else lines).append)


def ensure(root: Path, *installers: FakeInstaller) -> list[str]:
    """The steps that the last installer was asked for."""
    environment(root).ensure(installers)
    return installers[-1].done


def test_second_run_does_nothing(root: Path) -> None:
    assert ensure(root, FakeInstaller()) == list(STEPS)
    assert ensure(root, FakeInstaller()) == []


@pytest.mark.parametrize("step", STEPS)
def test_run_after_an_interruption_starts_anew(root: Path, step: str) -> None:
    """Whatever half-made thing the interruption left is gone."""
    with pytest.raises(KeyboardInterrupt):
        ensure(root, FakeInstaller(step, KeyboardInterrupt()))
    assert not environment(root).is_current()
    assert ensure(root, FakeInstaller()) == list(STEPS)
    assert not (root / ".venv" / "half").exists()
    assert not list(root.glob(".venv.trash*"))


@pytest.mark.parametrize("name", ["requirements.lock", "pyproject.toml"])
def test_changed_requirements_are_installed_into_what_is_there(root: Path, name: str) -> None:
    ensure(root, FakeInstaller())
    (root / name).write_text("# changed\n")
    assert ensure(root, FakeInstaller()) == ["install", "install_project"]


def test_copied_folder_makes_its_own(root: Path, tmp_path: Path) -> None:
    """An environment names its folder in its scripts: one that was moved works for the old one."""
    ensure(root, FakeInstaller())
    moved = root.rename(tmp_path / "moved")
    assert ensure(moved, FakeInstaller()) == list(STEPS)


def test_environment_that_lost_its_python_is_made_anew(root: Path) -> None:
    ensure(root, FakeInstaller())
    (root / ".venv" / "bin" / "python").unlink()
    assert ensure(root, FakeInstaller()) == list(STEPS)


def test_environment_made_by_other_means_is_filled(root: Path) -> None:
    (root / ".venv" / "bin").mkdir(parents=True)
    (root / ".venv" / "bin" / "python").symlink_to(sys.executable)
    (root / ".venv" / "mine").touch()
    assert ensure(root, FakeInstaller()) == ["install", "install_project"]
    assert (root / ".venv" / "mine").exists()


def test_folder_without_a_python_is_refused_and_kept(root: Path) -> None:
    (root / ".venv").mkdir()
    (root / ".venv" / "mine").touch()
    with pytest.raises(SetupError, match="delete or rename"):
        ensure(root, FakeInstaller())
    assert (root / ".venv" / "mine").exists()


@pytest.mark.parametrize("step", STEPS)
def test_second_installer_takes_over_from_one_that_fails(root: Path, step: str) -> None:
    failing = FakeInstaller(step, subprocess.CalledProcessError(2, "fake"))
    assert ensure(root, failing, FakeInstaller()) == list(STEPS)


def test_failure_of_the_last_installer_is_told(root: Path) -> None:
    with pytest.raises(subprocess.CalledProcessError):
        ensure(root, FakeInstaller("install", subprocess.CalledProcessError(1, "fake")))
    assert ensure(root, FakeInstaller()) == list(STEPS)


def test_two_runs_at_once_take_turns(root: Path) -> None:
    """The second waits, says so, and finds nothing left to do."""
    lines: list[str] = []
    waiting = threading.Event()

    def say(line: str) -> None:
        lines.append(line)
        waiting.set()

    second = FakeInstaller()
    rival = threading.Thread(target=Environment(root, say).ensure, args=([second],))

    class Slow(FakeInstaller):
        def install(self, python: Path, lock: Path) -> None:
            rival.start()
            assert waiting.wait(timeout=30)
            super().install(python, lock)

    environment(root).ensure([Slow()])
    rival.join(timeout=30)
    assert (second.done, len(lines)) == ([], 1)
    assert "waiting" in lines[0]
