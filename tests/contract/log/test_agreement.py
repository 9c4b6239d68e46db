"""One script, every log, the same answers."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, cast

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test

from eventstore import (
    ANY,
    EXISTS,
    NO_STREAM,
    Commit,
    Draft,
    Log,
    Receipt,
    StreamId,
    Token,
    VersionConflictError,
)
from eventstore.errors import CommitIdReusedError
from eventstore.log import Payloads
from orm.errors import KeyfoldError
from tests.contract.log.conftest import open_store
from tests.counts import count
from tests.support.logs import fresh_stream

STREAMS = 4
DATA = st.sampled_from([b"a", b"b", b"a" * 3_000])
DEMANDS = st.one_of(
    st.sampled_from([NO_STREAM, ANY, EXISTS]),
    st.integers(-1, 12),
    st.builds(lambda n: ("token", n), st.integers(0, 10**6)),
)
WHICH = st.integers(0, STREAMS - 1)
Part = tuple[int, Any, bytes, int]
PARTS = st.tuples(WHICH, DEMANDS, DATA, st.integers(1, 3))


def form(answer: Any) -> Any:
    """An answer without what differs from store to store: epochs, and whose clock it was."""
    if isinstance(answer, Token):
        return answer.stream, answer.commit, answer.version
    if isinstance(answer, Receipt):
        return answer.stream, answer.commit, answer.version, answer.commit_id, answer.content_hash
    if isinstance(answer, Commit):
        c = answer
        return c.stream, c.number, c.first, c.count, c.id, c.data, c.metadata
    if isinstance(answer, tuple | list):
        return [form(one) for one in answer]
    return answer


def summed_up(pages: Iterable[Payloads]) -> Any:
    """What folding gets, without where one page ends and another begins."""
    found = list(pages)
    data = [one for page in found for one in zip(page.data, page.metadata, strict=True)]
    return data, [(page.last, page.version) for page in found[-1:]]


def facts(error: KeyfoldError) -> Any:
    if isinstance(error, VersionConflictError):
        return error.stream, error.expected, error.actual
    if isinstance(error, CommitIdReusedError):
        return error.stream, error.commit_id
    return ()


class LogsAgree(RuleBasedStateMachine):
    """Appends, repetitions, reused ids, receipts and reads, in any order."""

    def __init__(self, logs: dict[str, Log]) -> None:
        super().__init__()
        self.logs = logs
        self.category = fresh_stream().category
        self.streams = [StreamId(self.category, str(n)) for n in range(STREAMS)]
        self.tokens: list[dict[str, Token]] = []
        self.receipts: list[dict[str, Receipt]] = []
        self.calls: list[tuple[dict[str, list[Draft]], bytes]] = []

    def ask(self, question: Callable[[str, Log], Any]) -> dict[str, Any] | None:
        """Ask every log; insist on one answer; return it for each, or None for an error."""
        answers: dict[str, Any] = {}
        said: dict[str, Any] = {}
        for name, log in self.logs.items():
            try:
                answers[name] = question(name, log)
                said[name] = ("ok", form(answers[name]))
            except KeyfoldError as error:
                said[name] = (type(error).__name__, facts(error), error.applied, error.retry)
        first = next(iter(said.values()))
        assert all(one == first for one in said.values()), said
        return answers if answers else None

    def drafts(self, parts: list[Part]) -> dict[str, list[Draft]]:
        """The same drafts for each log, with each its own tokens."""
        return {
            name: [
                Draft(self.streams[which], self.demand(name, which, expected), data, events)
                for which, expected, data, events in parts
            ]
            for name in self.logs
        }

    def demand(self, name: str, which: int, expected: Any) -> Any:
        """A token stands for one that was had before; where there is none yet, for the first."""
        if not isinstance(expected, tuple):
            return expected
        if not self.tokens:
            return Token(self.streams[which], 0, 0, self.logs[name].epoch)
        return self.tokens[expected[1] % len(self.tokens)][name]

    def send(self, drafts: dict[str, list[Draft]], commit_id: bytes) -> None:
        receipts = self.ask(lambda name, log: log.receipts(drafts[name], commit_id=commit_id))
        tokens = self.ask(lambda name, log: log.append(drafts[name], commit_id=commit_id))
        for i in range(len(next(iter(drafts.values())))):
            if receipts:
                self.receipts.append({name: all_[i] for name, all_ in receipts.items()})
            if tokens:
                self.tokens.append({name: all_[i] for name, all_ in tokens.items()})

    def send_new(self, parts: list[Part]) -> None:
        drafts, commit_id = self.drafts(parts), len(self.calls).to_bytes(16, "big")
        self.calls.append((drafts, commit_id))
        self.send(drafts, commit_id)

    @rule(part=PARTS)
    def append(self, part: Part) -> None:
        self.send_new([part])

    @rule(parts=st.lists(PARTS, min_size=2, max_size=STREAMS, unique_by=lambda part: part[0]))
    def append_together(self, parts: list[Part]) -> None:
        self.send_new(parts)

    @precondition(lambda self: self.calls)
    @rule(n=st.integers(0, 10**6))
    def repeat(self, n: int) -> None:
        self.send(*self.calls[n % len(self.calls)])

    @precondition(lambda self: self.calls)
    @rule(n=st.integers(0, 10**6), parts=st.lists(PARTS, min_size=1, max_size=STREAMS))
    def reuse_an_id(self, n: int, parts: list[Part]) -> None:
        self.send(self.drafts(parts), self.calls[n % len(self.calls)][1])

    @precondition(lambda self: self.receipts)
    @rule(n=st.integers(0, 10**6))
    def resolve(self, n: int) -> None:
        receipts = self.receipts[n % len(self.receipts)]
        self.ask(lambda name, log: log.resolve(receipts[name]))

    @rule(which=WHICH, after=st.integers(0, 6), up_to=st.none() | st.integers(0, 8))
    def read(self, which: int, after: int, up_to: int | None) -> None:
        stream = self.streams[which]
        self.ask(lambda _, log: list(log.read(stream, after=after, up_to=up_to)))

    @rule(which=WHICH, up_to=st.none() | st.integers(0, 8))
    def replay(self, which: int, up_to: int | None) -> None:
        stream = self.streams[which]
        self.ask(lambda _, log: summed_up(log.payloads(stream, up_to=up_to)))

    @rule(which=WHICH)
    def head(self, which: int) -> None:
        self.ask(lambda _, log: log.head(self.streams[which]))

    @rule()
    def list_streams(self) -> None:
        found = self.ask(lambda _, log: sorted(s.id for s in log.streams(self.category)))
        assert found

    def teardown(self) -> None:
        for which in range(STREAMS):
            self.read(which, 0, None)
            self.replay(which, None)


@pytest.mark.parametrize("renamed", [False, True], ids=["document names", "all renamed"])
def test_logs_agree(request: pytest.FixtureRequest, renamed: bool):
    """A list in memory, a table on the memory engine and one on DynamoDB Local: one random script
    of appends, repetitions, reused ids and reads brings the same tokens, commits and errors."""
    names = ", renamed" if renamed else ""
    kinds = ("memory log", f"memory engine{names}", f"dynamodb{names}")
    logs = {kind: open_store(request, kind).log for kind in kinds}
    run_state_machine_as_test(  # typed for a class; takes whatever makes a machine
        cast(type[LogsAgree], lambda: LogsAgree(logs)),
        settings=settings(max_examples=count(12, 300), stateful_step_count=25),
    )
