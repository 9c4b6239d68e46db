"""The environment in `.venv`: make it, repair it, or find that nothing is to be done.

    scripts/python.sh scripts/env.py          make `.venv` agree with requirements.lock
    scripts/python.sh scripts/env.py lock     write requirements.lock anew from pyproject.toml

Everything that is installed stands in `requirements.lock` with its hashes, pip and the build
backend too, so that the project itself installs without looking anything up. `uv` does the
work where it is on the path, else venv and pip with the same lock.

Two files inside `.venv` make it safe to stop this at any moment. `keyfold-unfinished` stands
there from the first step to the last: an environment that has it is thrown away. The stamp names
the lock, the project file and the folder that the environment was made for: while it agrees,
nothing is run and no network is needed. A `.venv` with neither was made by other means: it is
filled as it stands, and ours from then on. Two runs at once take turns through a lock
on a file, which the installers inherit: it is free again when this process and every installer
that it started have ended.

Standard library only: this runs before anything is installed.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

PYTHON_MIN = (3, 11)
FORMAT = "1"  # raise it when environments made by an older version of this file must be remade
LOCK_NAME = "requirements.lock"
LOCK_OPTIONS = (
    *("--universal", "--python-version", "3.11", "--generate-hashes", "--no-header"),
    *("--all-extras", "--group", "dev", "--quiet"),
)
# Settings of the caller's shell that would send packages elsewhere or mix another Python in.
# PIP_FIND_LINKS and its like stay: where packages come from is the caller's business, which
# bytes they hold is the lock's.
FOREIGN_SETTINGS = (
    *("PYTHONHOME", "PYTHONPATH", "VIRTUAL_ENV", "CONDA_PREFIX"),
    *("PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "PIP_USER", "PIP_REQUIRE_HASHES", "PIP_CONSTRAINT"),
    *("UV_SYSTEM_PYTHON", "UV_PYTHON", "UV_TARGET", "UV_PREFIX", "UV_CONSTRAINT", "UV_OVERRIDE"),
)


class SetupError(Exception):
    """The environment could not be made; the text says why and what to type next."""


class Environment:
    """The virtual environment of one copy of the project.

    Args:
        root: the folder that holds pyproject.toml and requirements.lock.
        say: told one line about each step.
    """

    def __init__(self, root: Path, say: Callable[[str], None]) -> None:
        self.root, self.say = root, say
        self.path = root / ".venv"
        self.python = self.path / "bin" / "python"
        self.stamp = self.path / "keyfold-stamp"
        self.unfinished = self.path / "keyfold-unfinished"

    def ensure(self, installers: Sequence[Installer]) -> None:
        """Make the environment agree with the lock; do nothing where it does already.

        Args:
            installers: tried in turn until one can do it; at least one.

        Raises:
            SetupError: this machine lacks something; the text says what.
            CalledProcessError: the last installer failed; it has printed why.
        """
        with self._turn():
            self._sweep()
            if self.is_current():
                return
            started = time.monotonic()
            self._make(installers)
            self.say(f"environment ready in {time.monotonic() - started:.0f} s")

    def is_current(self) -> bool:
        """Whether the last set-up ended well and was for this lock, project file and folder."""
        return (
            not self.unfinished.exists()
            and self.python.exists()
            and _text(self.stamp) == self._fingerprint()
        )

    def _make(self, installers: Sequence[Installer]) -> None:
        *others, last = installers
        for installer in others:
            try:
                return self._make_with(installer)
            except subprocess.CalledProcessError as error:
                self.say(f"{installer.name} ended with code {error.returncode}; trying another way")
        return self._make_with(last)

    def _make_with(self, installer: Installer) -> None:
        if self._must_go():
            self._discard()
        self._check_foreign()
        self.path.mkdir(exist_ok=True)
        self.unfinished.touch()
        self.stamp.unlink(missing_ok=True)
        if not self.python.exists():
            self.say(f"making .venv with Python {_version(sys.version_info)} and {installer.name}")
            installer.create(self.path)
        self.say(
            f"installing the locked packages with {installer.name} (90 MB where none is cached)"
        )
        installer.install(self.python, self.root / LOCK_NAME)
        self.say("installing keyfold itself, editable")
        installer.install_project(self.python, self.root)
        _write(self.stamp, self._fingerprint())
        self.unfinished.unlink()

    def _must_go(self) -> bool:
        """Whether an environment of ours was left half made, moved here, or has lost its Python."""
        moved = _text(self.stamp).splitlines()[::2] != [FORMAT, str(self.root)]
        broken = moved or not self.python.exists()
        return self.unfinished.exists() or (self.stamp.exists() and broken)

    def _check_foreign(self) -> None:
        """Refuse a `.venv` that somebody else made and that cannot be used."""
        if self.stamp.exists() or not self.path.exists() or not any(self.path.iterdir()):
            return
        test = f"import sys; sys.exit(sys.version_info < {PYTHON_MIN})"
        try:
            _run((str(self.python), "-c", test), self.root)
        except (OSError, subprocess.CalledProcessError) as error:
            raise SetupError(
                f"{self.path} was made by other means and holds no working Python "
                f"{_version(PYTHON_MIN)} or newer.\n  Next: delete or rename that folder and run "
                "the same command again."
            ) from error

    def _discard(self) -> None:
        """Move the environment away in one step, so that no half of one is ever met."""
        self.say("removing the .venv of an unfinished or moved set-up")
        self.path.rename(self.root / f".venv.trash-{os.getpid()}")
        self._sweep()

    def _sweep(self) -> None:
        for trash in self.root.glob(".venv.trash-*"):
            trash.unlink() if trash.is_symlink() else shutil.rmtree(trash)

    def _fingerprint(self) -> str:
        digest = hashlib.sha256()
        for name in (LOCK_NAME, "pyproject.toml"):
            digest.update(hashlib.sha256((self.root / name).read_bytes()).digest())
        return f"{FORMAT}\n{digest.hexdigest()}\n{self.root}\n"

    @contextlib.contextmanager
    def _turn(self) -> Iterator[None]:
        """Hold the folder's lock; an installer that outlives this process still holds it."""
        with (self.root / ".venv.lock").open("w") as handle:
            os.set_inheritable(handle.fileno(), True)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                self.say("another set-up is at work in this folder; waiting for it")
                fcntl.flock(handle, fcntl.LOCK_EX)
            yield


class Installer:
    """How an environment is made and filled."""

    name: str

    def create(self, path: Path) -> None:
        """Make a virtual environment in the folder `path`, which may exist."""
        raise NotImplementedError

    def install(self, python: Path, lock: Path) -> None:
        """Install what the lock lists into the environment of `python`."""
        raise NotImplementedError

    def install_project(self, python: Path, root: Path) -> None:
        """Put the project's own folder on the environment's path, looking nothing up.

        The build backend is in the lock, so that neither isolation nor an index is needed.
        """
        offline = ("--no-index", "--no-deps", "--no-build-isolation", "--quiet")
        _run((str(python), "-m", "pip", "install", *offline, "--editable", "."), root)


class PipInstaller(Installer):
    """Python's own venv and pip."""

    name = "pip"

    def create(self, path: Path) -> None:
        missing = [name for name in ("venv", "ensurepip") if importlib.util.find_spec(name) is None]
        if missing:
            package = f"python{_version(sys.version_info[:2])}-venv"
            raise SetupError(
                f"{sys.executable} comes without {' and '.join(missing)}, so it can make no "
                f"virtual environment.\n  Next: on Debian or Ubuntu `apt install {package}`; or "
                "install uv; or name another Python with KEYFOLD_PYTHON."
            )
        _run((sys.executable, "-m", "venv", str(path)), path.parent)

    def install(self, python: Path, lock: Path) -> None:
        if not any(python.parent.parent.glob("lib/python3*/site-packages/pip")):
            _run((str(python), "-m", "ensurepip"), lock.parent)
        quiet = ("--disable-pip-version-check", "--no-input", "--quiet")
        command = (str(python), "-m", "pip", "install", *quiet, "--require-hashes", "-r", lock.name)
        _run(command, lock.parent)


class UvInstaller(Installer):
    """uv, kept from choosing or fetching an interpreter of its own."""

    name = "uv"

    def __init__(self, program: str) -> None:
        self.program = program

    def create(self, path: Path) -> None:
        options = ("--quiet", "--allow-existing", "--no-project", "--no-python-downloads")
        _run((self.program, "venv", *options, "--python", sys.executable, str(path)), path.parent)

    def install(self, python: Path, lock: Path) -> None:
        options = ("--quiet", "--python", str(python), "--require-hashes", "-r", lock.name)
        _run((self.program, "pip", "install", *options), lock.parent)


def write_lock(root: Path, say: Callable[[str], None]) -> None:
    """Resolve pyproject.toml for every platform and Python, keeping pins that still fit."""
    with tempfile.TemporaryDirectory() as folder:
        uv = shutil.which("uv")
        if uv is None:
            say("uv is not on the path: installing it into a throwaway environment")
            PipInstaller().create(Path(folder) / "venv")
            python = Path(folder) / "venv" / "bin" / "python"
            _run((str(python), "-m", "pip", "install", "--quiet", "uv"), root)
            uv = str(python.with_name("uv"))
        _run((uv, "pip", "compile", *LOCK_OPTIONS, "-o", LOCK_NAME, "pyproject.toml"), root)
    say(f"wrote {LOCK_NAME}")


def _run(command: Sequence[str], folder: Path) -> None:
    settings = _own_settings(os.environ)
    subprocess.run(command, cwd=folder, env=settings, close_fds=False, check=True)


def _own_settings(settings: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in settings.items() if name not in FOREIGN_SETTINGS}


def _version(parts: Sequence[object]) -> str:
    return ".".join(str(part) for part in parts[:3])


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return ""


def _write(path: Path, text: str) -> None:
    """Write whole or not at all."""
    beside = path.with_name(f"{path.name}.new")
    beside.write_text(text, encoding="utf-8")
    beside.replace(path)


def _say(line: str) -> None:
    print(f"keyfold: {line}", file=sys.stderr, flush=True)


def main(arguments: Sequence[str]) -> int:
    root = Path(__file__).resolve().parent.parent
    try:
        if arguments == ["lock"]:
            write_lock(root, _say)
        elif not arguments:
            uv = shutil.which("uv")
            found = [UvInstaller(uv)] if uv else []
            Environment(root, _say).ensure([*found, PipInstaller()])
        else:
            _say(f"unknown argument {arguments[0]!r}; it knows only `lock`")
            return 2
    except SetupError as error:
        _say(str(error))
        return 1
    except subprocess.CalledProcessError as error:
        _say(f"`{' '.join(error.cmd[:4])} …` ended with code {error.returncode}; see above.")
        _say("Next: see that the package index can be reached, then run the same command again.")
        return 1
    except KeyboardInterrupt:
        _say("interrupted; the next run starts this set-up anew")
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
