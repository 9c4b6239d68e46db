"""`keyfold local`: start, stop and look at the local engine, from any shell.

Exit codes: 0 done, 1 failed, 2 wrong usage, 3 attention needed (the engine does not run).
"""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import Annotated, Any, Final

from cyclopts import App, Parameter
from cyclopts.validators import Number

from orm.cli.output import ATTENTION, OK, USAGE, AsJson, Output
from orm.local.server import EngineStatus, LocalEngine, Started, StartOptions
from orm.local.state import EngineState

EXPOSURE: Final = (
    "it listens on all interfaces (it has no bind option), so keep nothing secret in it; "
    "its tables are seen only with this access key"
)
NEXT: Final = {
    "starting": "wait, then keyfold local status",
    "silent": "keyfold local logs; if it stays so, keyfold local stop",
    "died": "keyfold local logs, then keyfold local start",
    "stopped": "keyfold local start",
}

PORTS = Number(gte=1, lte=65_535)

app = App(
    name="local",
    help="Run DynamoDB Local on this machine; no Java, Maven or Docker is needed.",
)


@app.command
def start(
    *,
    port: Annotated[
        int | None,
        Parameter(validator=PORTS, help="Exactly this port; else 8000 or the next."),
    ] = None,
    persist: Annotated[bool, Parameter(negative="", help="Keep tables over a stop.")] = False,
    data: Annotated[Path | None, Parameter(help="Keep tables, in this folder.")] = None,
    docker: Annotated[bool, Parameter(negative="", help="Run it with Docker.")] = False,
    json: AsJson = False,
) -> int:
    """Start the engine, fetching it first where needed, and wait until it answers.

    A second start changes nothing and says where the running engine is. What it prints to
    standard output can be given to `eval` in a shell.

    Example: `keyfold local start --persist`
    """
    output = Output(json)
    engine = LocalEngine(report=output.note)
    folder = data or (engine.default_data_folder if persist else None)
    return _tell_started(engine.start(StartOptions(port, folder, docker)), output)


@app.command
def stop(*, json: AsJson = False) -> int:
    """Stop the engine. Tables in memory are gone, kept ones stay.

    Example: `keyfold local stop`
    """
    output = Output(json)
    state = LocalEngine(report=output.note).stop()
    text = f"stopped {state.endpoint_url}" if state else "no engine was running"
    output.said({"condition": "stopped", "was_running": state is not None}, text)
    return OK


@app.command
def status(
    *,
    env: Annotated[
        bool, Parameter(negative="", help="Print only `export` lines, for `eval` in a shell.")
    ] = False,
    json: AsJson = False,
) -> int:
    """Say whether the engine runs, where, and its first tables. Exit code 3 when it does not.

    Example: `eval "$(keyfold local status --env)"`
    """
    output = Output(json)
    engine = LocalEngine(report=output.note)
    seen = engine.status()
    if not env:
        output.facts(_status_facts(engine, seen))
    elif seen.condition == "running" and seen.state:
        print(_exports(seen.state))
    if seen.condition == "running":
        return OK
    output.note(f"the engine does not run ({seen.condition}); next: {NEXT[seen.condition]}")
    return ATTENTION


@app.command
def reset(
    *,
    yes: Annotated[bool, Parameter(negative="", help="Drop kept tables without asking.")] = False,
    json: AsJson = False,
) -> int:
    """Drop every table; a running engine goes on with the same port and access key.

    Example: `keyfold local reset --yes`
    """
    output = Output(json)
    engine = LocalEngine(report=output.note)
    folder = engine.kept_tables()
    if folder and not yes:
        question = f"drop the kept tables in {folder} for good? Type yes:"
        if not output.confirms(question, "yes"):
            output.note(f"nothing was dropped; next: keyfold local reset --yes drops {folder}")
            return USAGE
    started = engine.reset()
    if started:
        return _tell_started(started, output)
    output.said({"condition": "stopped"}, "no engine runs, and no tables are kept")
    return OK


@app.command
def logs(
    *,
    lines: Annotated[int, Parameter(help="How many lines from the end.")] = 50,
    json: AsJson = False,
) -> int:
    """Print the end of the engine's log.

    Example: `keyfold local logs --lines 20`
    """
    output = Output(json)
    engine = LocalEngine(report=output.note)
    tail = engine.log_tail(lines)
    output.said({"log_file": str(engine.log_file), "lines": tail}, "\n".join(tail))
    return OK


def _tell_started(started: Started, output: Output) -> int:
    state = started.state
    for note in started.notes:
        output.note(f"note: {note}")
    if output.json:
        known = {"already_running": started.already_running, "notes": started.notes}
        output.facts(_facts(state) | known)
        return OK
    reach = "it listens on 127.0.0.1 only" if state.docker else EXPOSURE
    output.note("already running" if started.already_running else f"started; {reach}")
    if output.terminal:
        output.note('to use it in any shell: eval "$(keyfold local status --env)"')
    print(_exports(state))
    return OK


def _status_facts(engine: LocalEngine, seen: EngineStatus) -> dict[str, Any]:
    facts: dict[str, Any] = {"condition": seen.condition}
    if seen.state:
        facts |= _facts(seen.state) | {"tables": seen.tables, "log_file": str(engine.log_file)}
    if seen.condition == "died":
        facts["log"] = engine.log_tail(5)
    return facts


def _facts(state: EngineState) -> dict[str, Any]:
    return {
        "endpoint_url": state.endpoint_url,
        "access_key": state.credentials.access_key,
        "secret_key": state.credentials.secret_key,
        "region": state.credentials.region,
        "pid": state.pid or None,
        "started_at": state.started_at,
        "data_folder": state.data_folder or None,
        "docker": state.docker,
    }


def _exports(state: EngineState) -> str:
    word = "set" if sys.platform == "win32" else "export"
    return "\n".join(f"{word} {k}={shlex.quote(v)}" for k, v in state.environment.items())
