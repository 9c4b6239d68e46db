"""The script in a process of its own, as a shell runs it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tomllib
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest
from cyclopts import App

from tests.needs import LOCAL
from tests.unit.cli.command import GROUPS, installed

ROOT = Path(__file__).parents[3]
SCRIPT = "import sys; from orm.cli import main; sys.exit(main())"


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A folder on the path with a distribution whose groups are those of the tests."""
    folder = tmp_path / "site"
    folder.mkdir()
    installed(folder, "groups-of-the-tests", {group.name: group.value for group in GROUPS})
    return folder


def keyfold(
    site: Path, *words: str, script: str = SCRIPT, **environ: str
) -> subprocess.CompletedProcess[str]:
    path = os.pathsep.join([str(site), str(ROOT)])
    return subprocess.run(
        [sys.executable, "-c", script, *words],
        capture_output=True,
        text=True,
        timeout=60,
        cwd=site,
        env={**os.environ, "PYTHONPATH": path, "KEYFOLD_STATE": str(site / "state"), **environ},
    )


def test_groups_are_found_through_entry_points(site: Path) -> None:
    done = keyfold(site, "--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert all(group.name in done.stdout for group in GROUPS)


def test_only_the_group_that_is_asked_for_is_imported(site: Path) -> None:
    """So that one start is quick, and a broken group breaks nothing but itself."""
    script = (
        "import sys; from orm.cli import main; main(['local', '--help']);"
        "print(sorted({'eventstore', 'projections', 'examples'} & set(sys.modules)))"
    )
    assert keyfold(site, script=script).stdout.splitlines()[-1] == "[]"


def test_without_the_extra_the_script_says_which_to_install(site: Path) -> None:
    """As on a machine where only `pip install keyfold` was run."""
    script = "import sys; sys.modules['cyclopts'] = None; " + SCRIPT
    done = keyfold(site, "--help", script=script)
    assert done.returncode == 1
    assert "pip install 'keyfold[cli]'" in done.stderr
    assert "Traceback" not in done.stderr


def test_without_the_extra_local_the_group_says_so(site: Path) -> None:
    """And the others work."""
    gone = "import sys; sys.modules['platformdirs'] = None; "
    done = keyfold(site, "local", "status", script=gone + SCRIPT)
    assert done.returncode == 1
    assert "pip install 'keyfold[local]'" in done.stderr
    assert keyfold(site, "--help", script=gone + SCRIPT).returncode == 0
    store = keyfold(site, "stream", "ls", "A", script=gone + SCRIPT)
    assert store.returncode == 1
    assert "pip install 'keyfold[local]'" in store.stderr


def test_without_a_running_engine_a_person_should_look(site: Path) -> None:
    """One error, one next command."""
    done = keyfold(site, "tables", "describe", "--json")
    told = json.loads(done.stderr)["error"]
    assert told["next"] == "keyfold local start"
    assert told["applied"] is False
    assert done.returncode == told["exit_code"] == 3
    assert done.stdout == ""


def test_memory_engine_says_that_it_forgets(site: Path) -> None:
    done = keyfold(site, "tables", "create", KEYFOLD_ENGINE="memory")
    assert done.returncode == 0
    assert done.stdout == "events\tevents\tcreated\nread-models\tread-models\tcreated\n"
    assert "forgets everything" in done.stderr


def test_a_closed_port_is_told_at_once(site: Path) -> None:
    done = keyfold(
        site,
        *("stream", "ls", "A", "--endpoint", "http://127.0.0.1:9"),
        AWS_ACCESS_KEY_ID="x",
        AWS_SECRET_ACCESS_KEY="x",
    )
    assert done.returncode == 1
    assert "nothing was written" in done.stderr
    assert "next: keyfold local status" in done.stderr


def test_without_credentials_the_next_step_is_told(site: Path) -> None:
    nobody = {
        **dict.fromkeys(("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"), ""),
        "AWS_SHARED_CREDENTIALS_FILE": str(site / "none"),
        "AWS_CONFIG_FILE": str(site / "none"),
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    done = keyfold(site, "stream", "ls", "A", "--endpoint", "http://127.0.0.1:9", **nobody)
    assert done.returncode == 1
    assert "AWS_ACCESS_KEY_ID" in done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="there is no head on Windows")
def test_head_may_stop_reading(site: Path) -> None:
    """`keyfold … | head -1` says nothing on standard error."""
    script = f"import sys; sys.argv = ['keyfold', '--help']; {SCRIPT}"
    done = subprocess.run(
        ["sh", "-c", '"$0" -c "$1" | head -c 1', sys.executable, script],
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(site), str(ROOT)])},
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_groups_that_the_project_registers_are_apps() -> None:
    """What pyproject.toml promises is there, and can be loaded."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    registered = project["entry-points"]["keyfold.commands"]
    assert {group.name for group in GROUPS} <= set(registered)
    for name, value in registered.items():
        assert isinstance(EntryPoint(name, value, "keyfold.commands").load(), App), name


@pytest.mark.needs(LOCAL)
def test_a_whole_session_with_the_engine_of_this_user(site: Path) -> None:
    """Start, make, look, stop: each command in a process of its own, sharing only a folder."""
    assert keyfold(site, "local", "start", "--json").returncode == 0
    try:
        made = keyfold(site, "tables", "create")
        assert made.stdout == "events\tevents\tcreated\nread-models\tread-models\tcreated\n"
        assert made.stderr == ""
        assert keyfold(site, "tables", "describe").returncode == 0
        assert keyfold(site, "stream", "ls", "ACCOUNT").returncode == 0
    finally:
        stopped = keyfold(site, "local", "stop")
    assert stopped.returncode == 0
    assert "keyfold local start" in keyfold(site, "tables", "describe").stderr
