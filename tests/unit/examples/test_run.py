"""The run of a demo as an aggregate."""

from __future__ import annotations

from hypothesis import settings

from eventstore.testing import given, state_machine
from examples.demo.run import Run, RunBegun, RunFinished, WriterSignedOn


def test_writers_sign_on_while_a_run_is_under_way() -> None:
    begun = RunBegun("7 days")
    given(Run).when(Run.sign_on("writer 0")).rejected("no run")
    given(Run, begun).when(Run.sign_on("writer 0")).then(WriterSignedOn("writer 0"))
    given(Run, begun, RunFinished()).when(Run.sign_on("writer 0")).rejected("no run")


def test_a_run_begins_and_finishes_once() -> None:
    given(Run).when(Run.begin("7 days"), Run.finish()).then(RunBegun("7 days"), RunFinished())
    given(Run, RunBegun("7 days")).when(Run.begin("3 days")).rejected("begun already")
    given(Run, RunBegun("7 days"), RunFinished()).when(Run.finish()).rejected("no run")


TestRun = state_machine(
    Run, settings=settings(max_examples=25, stateful_step_count=10, deadline=None)
).TestCase
