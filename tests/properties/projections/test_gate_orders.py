"""Every way in which commits can reach the gates leads to the same rows.

A plan says what arrives: batches of commits in any order, doubled, cut anywhere, with holes and
missing beginnings, at either of two workers, either of which may be restarted at any time. Then the
last commit of each stream arrives once, at a fresh worker, as it does on any change stream; and the
rows must be what a fold of the streams says.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from eventstore import Event, StreamId
from eventstore.log import Commit
from orm.memory import MemoryTransport
from orm.tables import TableShape, create_table
from projections.delivery import Delivery
from projections.gate import Gate
from tests.conftest import fresh_config
from tests.contract.projections.bank import (
    CATEGORY,
    Branch,
    Closed,
    Deposited,
    Ledger,
    Named,
    Opened,
    Seen,
    Statement,
    expected_rows,
)
from tests.contract.projections.house import House, fresh_account
from tests.counts import count

BRANCHES = ("north", "south")
WORKERS = 2
PROJECTIONS = (Statement, Ledger())

events: st.SearchStrategy[Event] = st.one_of(
    st.builds(Deposited, st.integers(-9, 99), st.sampled_from(BRANCHES)),
    st.builds(Opened, st.sampled_from(BRANCHES)),
    st.builds(Named, st.sampled_from(["eve", "bob"])),
    st.just(Closed()),
    st.just(Seen()),
)
# Within one commit a row may not be deleted and written, so an ending stands alone.
commits: st.SearchStrategy[list[Event]] = st.lists(events, min_size=1, max_size=3).map(
    lambda found: [found[0]] if any(isinstance(one, Closed) for one in found) else found
)
histories = st.lists(st.lists(commits, min_size=1, max_size=7), min_size=1, max_size=3)


class Batch(msgspec.Struct, frozen=True):
    """Commits that reach one worker together, by stream and number."""

    worker: int
    places: list[tuple[int, int]]


class Restart(msgspec.Struct, frozen=True):
    """A worker that forgets everything."""

    worker: int


class Plan(msgspec.Struct, frozen=True):
    """A history and how it is delivered."""

    history: list[list[list[Event]]]
    steps: list[Batch | Restart]


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    history = draw(histories)
    places = [(s, q) for s, stream in enumerate(history) for q in range(len(stream))]
    batches = st.builds(
        Batch,
        st.integers(0, WORKERS - 1),
        st.lists(st.sampled_from(places), min_size=1, max_size=8),
    )
    steps = st.lists(batches | st.builds(Restart, st.integers(0, WORKERS - 1)), max_size=10)
    return Plan(history, draw(steps))


class Delivered:
    """A plan carried out on one backend."""

    def __init__(self, house: House, plan: Plan, tenant: str | None = None) -> None:
        self.house, self.tenant = house, tenant
        self.streams = [fresh_account(tenant) for _ in plan.history]
        self.commits = [
            house.append(stream, *history)
            for stream, history in zip(self.streams, plan.history, strict=True)
        ]
        self.workers = [self.gates() for _ in range(WORKERS)]

    def gates(self) -> list[Gate]:
        return [self.house.gate(declared) for declared in PROJECTIONS]

    def run(self, steps: Sequence[Batch | Restart]) -> None:
        for step in steps:
            if isinstance(step, Restart):
                self.workers[step.worker] = self.gates()
            else:
                self.deliver(
                    self.workers[step.worker], [self.commits[s][q] for s, q in step.places]
                )
        self.deliver(self.gates(), [commits[-1] for commits in self.commits])

    def deliver(self, gates: Sequence[Gate], commits: Sequence[Commit]) -> None:
        for gate in gates:
            # Not sorted, and doubles kept: the gate is to make nothing of the order it is given.
            grouped: dict[StreamId, list[Delivery]] = {}
            for commit in commits:
                delivery = Delivery(commit, self.house.store)
                grouped.setdefault(commit.stream, []).append(delivery)
            applied = gate.apply(grouped)
            assert not applied.poisoned


def settle(house: House, plan: Plan) -> tuple[Delivered, set[str]]:
    """Carry a plan out; where the last commit is not handled, nothing says that any is missing."""
    delivered = Delivered(house, plan)
    delivered.run(plan.steps)
    return delivered, {stream.id for stream in delivered.streams}


def ending_handled(plan: Plan) -> Plan:
    """The plan with a deposit at the end of each stream, that both projections handle."""
    return Plan([[*stream, [Deposited(1, "north")]] for stream in plan.history], plan.steps)


def check(house: House, plan: Plan) -> None:
    plan = ending_handled(plan)
    before = house.rows_of((), BRANCHES).branches
    delivered, accounts = settle(house, plan)
    found = house.rows_of(accounts, BRANCHES)
    flat = {
        stream: [event for commit in history for event in commit]
        for stream, history in zip(delivered.streams, plan.history, strict=True)
    }
    wanted = expected_rows(flat.items())
    for branch, total in before.items():  # the table may hold what earlier examples added
        mine = wanted.branches.setdefault(branch, Branch(branch=branch))
        mine.pence, mine.deposits = mine.pence + total.pence, mine.deposits + total.deposits
    assert found == wanted


@settings(max_examples=count(80, 3_000))
@given(plan=plans())
def test_every_delivery_order_gives_the_same_rows(plan: Plan) -> None:
    """On the memory engine, each example in tables of its own."""
    house = House(MemoryTransport(), fresh_config(), fresh_config()).create()
    check(house, plan)


@settings(
    max_examples=count(12, 200),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(plan=plans())
def test_every_delivery_order_gives_the_same_rows_on_dynamodb(
    local_house: House, plan: Plan
) -> None:
    """The same on DynamoDB Local, whose conditions and transactions are its own."""
    check(local_house, plan)


def test_the_same_id_of_another_tenant_is_another_stream() -> None:
    """A shuffle over two tenants and none, all with one id and one branch."""
    house = House(MemoryTransport(), fresh_config(True), fresh_config(True)).create()
    streams = [StreamId(CATEGORY, "a", tenant) for tenant in (None, "acme", "other")]
    found = [
        house.append(stream, *(Deposited(10**n, "north") for _ in range(4)))
        for n, stream in enumerate(streams)
    ]
    mixed = [found[s][q] for q in (3, 0, 2, 1) for s in (2, 0, 1)]
    for declared in PROJECTIONS:
        gate = house.gate(declared)
        for commit in mixed:
            house.deliver(gate, [commit])
    for n, stream in enumerate(streams):
        rows = house.rows_of(["a"], ["north"], stream.tenant)
        assert rows.statements["a"].balance == 4 * 10**n
        assert rows.branches["north"].deposits == 4


@settings(max_examples=count(25, 500))
@given(plan=plans(), late=st.booleans())
def test_a_rebuild_gives_the_rows_that_live_delivery_gave(plan: Plan, late: bool) -> None:
    """A scan of the whole store through fresh gates, into fresh rows, live ones first or not."""
    plan = ending_handled(plan)
    house = House(MemoryTransport(), fresh_config(), fresh_config()).create()
    delivered = Delivered(house, plan)
    delivered.run(plan.steps)
    rebuilt = House(house.transport, house.events, fresh_config())
    create_table(rebuilt.plain, TableShape(config=rebuilt.rows, indexes=2), rebuilt.clock)
    dispatcher = rebuilt.dispatcher(*PROJECTIONS)
    live = rebuilt.dispatcher(*PROJECTIONS)
    for commits in delivered.commits if late else ():
        live.dispatch(commits[len(commits) // 2 :])  # the tail, while the scan has not begun
    assert dispatcher.catch_up(dispatcher.lanes) == sum(map(len, delivered.commits))
    accounts = {stream.id for stream in delivered.streams}
    assert rebuilt.rows_of(accounts, BRANCHES) == house.rows_of(accounts, BRANCHES)
