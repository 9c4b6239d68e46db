"""Actors: progress, results, failures, and that none outlives its run."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import psutil  # type: ignore[import-untyped]
import pytest

from examples.demo.actors import ActorFailedError, Json, ProcessActor, Stage, ThreadActor
from examples.demo.child import named
from examples.demo.projecting import percentiles
from examples.demo.site import Site
from orm.errors import ConfigurationError
from orm.settings import Settings

WAIT_SECONDS = 30.0
HERE = "tests.unit.examples.test_actors"


# --- works -----------------------------------------------------------------------------------


def answers(stage: Stage) -> Json:
    stage.tell({"half": 1})
    return {"double": stage.job["number"] * 2}


def fails(stage: Stage) -> Json:
    raise ConfigurationError("it", "is broken", "mend it")


def waits(stage: Stage) -> Json:
    stage.tell({"pid": os.getpid()})
    stage.stopping.wait(WAIT_SECONDS)
    return {"stopped": stage.stopping.is_set()}


def starts_one(stage: Stage) -> Json:
    """A run that starts an actor and is then killed."""
    actor = ProcessActor("inner", f"{HERE}:waits", Settings(engine="memory"), {})
    until(lambda: "pid" in actor.progress)
    stage.tell({"pid": os.getpid(), "inner": actor.progress["pid"]})
    stage.stopping.wait(WAIT_SECONDS)
    return {}


# --- what they promise -----------------------------------------------------------------------


def process(work: str, **job: object) -> ProcessActor:
    return ProcessActor(work, f"{HERE}:{work}", Settings(engine="memory"), job)


def until(condition) -> None:
    deadline = time.monotonic() + WAIT_SECONDS
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_process_gives_progress_and_a_result() -> None:
    actor = process("answers", number=21)
    assert actor.result() == {"double": 42}
    assert actor.progress == {"half": 1}
    assert actor.finished


def test_a_failure_says_what_and_what_next() -> None:
    actor = process("fails")
    with pytest.raises(ActorFailedError) as failed:
        actor.result()
    assert "fails: ConfigurationError" in str(failed.value)
    assert failed.value.hint == "mend it"


def test_sigterm_lets_it_finish() -> None:
    actor = process("waits")
    until(lambda: "pid" in actor.progress)
    actor.stop()
    assert actor.result() == {"stopped": True}


def test_killed_it_has_no_result_and_the_next_start_goes_on() -> None:
    actor = process("waits")
    until(lambda: "pid" in actor.progress)
    actor.kill()
    with pytest.raises(ActorFailedError, match="signal 9 before it was done") as failed:
        actor.result()
    assert failed.value.retry
    assert "goes on" in failed.value.hint


def test_an_actor_does_not_outlive_a_run_that_was_killed() -> None:
    """Its standard input closes with the run, and that ends it."""
    run = process("starts_one")
    until(lambda: "inner" in run.progress)
    inner = psutil.Process(run.progress["inner"])
    run.kill()
    with pytest.raises(ActorFailedError):
        run.result()
    inner_gone, _ = psutil.wait_procs([inner], timeout=WAIT_SECONDS)
    assert inner_gone


def test_a_thread_does_the_same() -> None:
    site = Site(Settings(engine="memory"))
    actor = ThreadActor("answers", answers, site, {"number": 4})
    assert actor.result() == {"double": 8}
    assert actor.progress == {"half": 1}
    waiting = ThreadActor("waits", waits, site, {})
    waiting.stop()
    assert waiting.result() == {"stopped": True}
    with pytest.raises(ConfigurationError):
        ThreadActor("fails", fails, site, {}).result()


def test_ctrl_c_is_the_runs_to_answer() -> None:
    """A terminal sends it to every process of the run; only the run itself ends by it."""
    actor = process("waits")
    until(lambda: "pid" in actor.progress)
    os.kill(actor.progress["pid"], signal.SIGINT)
    time.sleep(0.2)
    assert not actor.finished
    actor.stop()
    assert actor.result() == {"stopped": True}


def test_work_is_named_by_module_and_function() -> None:
    assert named("examples.flights.reading:read").__name__ == "read"


def test_percentiles_are_by_nearest_rank() -> None:
    assert percentiles([]) == {}
    assert percentiles([5.0]) == {"p50": 5.0, "p99": 5.0, "max": 5.0}
    assert percentiles([float(n) for n in range(1, 201)]) == {
        "p50": 100.0,
        "p99": 198.0,
        "max": 200,
    }


def test_the_command_line_of_a_child_says_its_work() -> None:
    """`ps` shows which process is the worker."""
    said = subprocess.run(
        [sys.executable, "-m", "examples.demo.child", "nowhere:nothing"],
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    assert said.returncode == 1
    assert "nowhere" in said.stderr
