"""Gates: whatever arrives in whatever order, the rows are what the streams say; at what cost."""

from __future__ import annotations

import pytest

from eventstore import StreamId
from orm import Table
from orm.driver import RetryingDriver
from orm.driver.faults import Fault, FaultyTransport
from orm.driver.wire import WireDriver
from projections import Projector, handles
from projections.dispatch import gate_of
from projections.effects import Effects
from projections.projection import Declared
from projections.row_gate import RowGate
from tests.contract.projections.bank import (
    Branch,
    Closed,
    Deposited,
    Ledger,
    Named,
    OpenAccount,
    Opened,
    Seen,
    Statement,
    expected_rows,
)
from tests.contract.projections.house import House, fresh_account, fresh_branch
from tests.support.meter import cost

BOTH = pytest.mark.parametrize("declared", [Statement, Ledger()], ids=["row", "marker"])


def account_of(house: House, stream: StreamId) -> Statement:
    return house.table(stream.tenant).get_or_fail(Statement, account=stream.id)


def branch_of(house: House, branch: str, tenant: str | None = None) -> Branch:
    return house.table(tenant).get_or_fail(Branch, branch=branch)


# --- what comes out ---------------------------------------------------------------------------


def test_rows_are_what_the_events_say(house: House) -> None:
    """Puts, additions, deletions and a row that one stream makes; judged by a fold of its own."""
    branch = fresh_branch()
    one, other = fresh_account(), fresh_account()
    events = {
        one: [Opened(branch), Deposited(500, branch), Named("eve"), Deposited(-20, branch)],
        other: [Opened(branch), Deposited(7, branch), Closed()],
    }
    commits = [c for stream in events for c in house.append(stream, *events[stream])]
    for declared in (Statement, Ledger()):
        house.deliver(house.gate(declared), commits)
    found = house.rows_of([one.id, other.id], [branch])
    assert found == expected_rows(events.items())
    assert house.table().get(OpenAccount, account=other.id) is None


@BOTH
def test_what_was_delivered_before_changes_nothing(house: House, declared: Declared) -> None:
    branch, stream = fresh_branch(), fresh_account()
    commits = house.append(stream, Deposited(5, branch), Deposited(6, branch))
    gate = house.gate(declared)
    assert +house.deliver(gate, commits).counts == {"applied": 2}
    assert +house.deliver(gate, commits).counts == {"duplicate": 2}
    assert +house.deliver(house.gate(declared), commits).counts == {"duplicate": 2}
    if declared is Statement:
        assert account_of(house, stream).lines == [5, 6]
    else:
        assert branch_of(house, branch).deposits == 2


@BOTH
def test_a_gap_is_filled_from_the_store(house: House, declared: Declared) -> None:
    """Only the last commit arrives: those before it are read, and applied first."""
    branch, stream = fresh_branch(), fresh_account()
    commits = house.append(stream, *(Deposited(n, branch) for n in range(1, 6)))
    applied = house.deliver(house.gate(declared), commits[-1:])
    assert +applied.counts == {"applied": 5, "gap-filled": 4}
    late = house.deliver(house.gate(declared), commits[:4])
    assert late.counts["applied"] == 0
    if declared is Statement:
        assert account_of(house, stream).lines == [1, 2, 3, 4, 5]
    else:
        assert branch_of(house, branch).pence == 15


@BOTH
def test_a_hole_in_the_middle_is_filled(house: House, declared: Declared) -> None:
    branch, stream = fresh_branch(), fresh_account()
    commits = house.append(stream, *(Deposited(n, branch) for n in range(1, 6)))
    gate = house.gate(declared)
    house.deliver(gate, commits[:1])
    applied = house.deliver(gate, [commits[4], commits[2]])
    assert +applied.counts == {"applied": 4, "gap-filled": 2}


@BOTH
def test_two_workers_on_one_stream_double_nothing(house: House, declared: Declared) -> None:
    """Each believes what it remembers; the one that is behind is refused and reads again."""
    branch, stream = fresh_branch(), fresh_account()
    commits = house.append(stream, *(Deposited(n, branch) for n in range(1, 7)))
    one, other = house.gate(declared), house.gate(declared)
    house.deliver(one, commits[:2])
    house.deliver(other, commits[:3])
    house.deliver(one, commits[2:5])
    house.deliver(other, commits[3:])
    house.deliver(one, commits)
    if declared is Statement:
        assert account_of(house, stream).lines == [1, 2, 3, 4, 5, 6]
    else:
        assert branch_of(house, branch) == Branch(branch=branch, pence=21, deposits=6)


def test_a_tenants_stream_makes_the_tenants_rows(house: House) -> None:
    """Same id, same branch, two tenants: neither sees the other's."""
    branch = fresh_branch()
    mine, theirs = fresh_account("acme"), fresh_account("other")
    theirs = StreamId(theirs.category, mine.id, theirs.tenant)
    commits = house.append(mine, Opened(branch), Deposited(5, branch))
    commits += house.append(theirs, Deposited(900, branch))
    for declared in (Statement, Ledger()):
        house.deliver(house.gate(declared), commits)
    for stream, pence in ((mine, 5), (theirs, 900)):
        assert account_of(house, stream).balance == pence
        assert branch_of(house, branch, stream.tenant).pence == pence
    assert house.table("other").get(OpenAccount, account=mine.id) is None
    assert house.rows_of([mine.id], [branch]) == expected_rows([])


def test_rows_are_found_by_their_indexes(house: House) -> None:
    """The index keys of a row move with it, whether it was put or made by a read model."""
    branch, streams = fresh_branch(), [fresh_account() for _ in range(3)]
    commits = []
    for pence, stream in zip((30, 10, 20), streams, strict=True):
        commits += house.append(stream, Opened(branch), Deposited(pence, branch))
    commits += house.append(streams[0], Deposited(-25, branch))[-1:]
    for declared in (Statement, Ledger()):
        house.deliver(house.gate(declared), commits)
    table = Table(house.plain, house.rows)  # an index cannot be read consistently
    by_balance = table.query(Statement).where(branch=branch)
    assert [row.balance for row in by_balance.all()] == [5, 10, 20]
    found = table.query(OpenAccount).where(branch=branch).all()
    assert {row.account for row in found} == {stream.id for stream in streams}


# --- what it costs ----------------------------------------------------------------------------


def test_a_read_model_costs_one_put_a_stream_and_batch(house: House) -> None:
    branch, streams = fresh_branch(), [fresh_account() for _ in range(3)]
    first = [
        c for s in streams for c in house.append(s, Deposited(1, branch), Deposited(2, branch))
    ]
    gate = house.gate(Statement)
    with cost(house.meter) as spent:
        house.deliver(gate, first)
    assert spent.requests == {"PutItem": 3}
    more = [house.append(s, Deposited(3, branch))[-1] for s in streams]
    with cost(house.meter) as spent:
        house.deliver(gate, more)
    assert spent.requests == {"PutItem": 3}
    with cost(house.meter) as spent:
        house.deliver(gate, [*first, *more])
    assert spent.requests == {}


def test_a_projector_costs_one_transaction_a_batch(house: House) -> None:
    """Ten streams, twenty commits, one branch: eleven actions, one request, and nothing read."""
    branch, streams = fresh_branch(), [fresh_account() for _ in range(10)]
    first = [
        c for s in streams for c in house.append(s, Deposited(1, branch), Deposited(2, branch))
    ]
    gate = house.gate(Ledger())
    with cost(house.meter) as spent:
        house.deliver(gate, first)
    assert spent.requests == {"TransactWriteItems": 1}
    with cost(house.meter) as spent:
        house.deliver(gate, first)
    assert spent.requests == {}
    assert branch_of(house, branch) == Branch(branch=branch, pence=30, deposits=20)


def test_units_of_a_projector_are_twice_its_items(engine, timed_house: House) -> None:
    """By AWS's rule, on the memory engine: two units for each small row and marker."""
    streams, branch = [fresh_account() for _ in range(4)], fresh_branch()
    commits = [c for s in streams for c in timed_house.append(s, Deposited(1, branch))]
    with cost(timed_house.meter) as spent:
        timed_house.deliver(timed_house.gate(Ledger()), commits)
    assert spent.capacity_units == {"TransactWriteItems": 2 * (4 + 1)}


@BOTH
def test_what_nobody_handles_costs_nothing(house: House, declared: Declared) -> None:
    """No write, and no read as long as the commits are contiguous."""
    commits = house.append(fresh_account(), Seen(), Seen(), [Seen(), Seen()])
    gate = house.gate(declared)
    with cost(house.meter) as spent:
        applied = house.deliver(gate, commits)
        house.deliver(gate, commits)
    assert spent.requests == {}
    assert +applied.counts == {"unhandled": 3}


@BOTH
def test_unhandled_commits_in_between_are_neither_written_nor_read(
    house: House, declared: Declared
) -> None:
    """Handled, twice unhandled, handled: the second handled one knows that nothing lies between."""
    branch, stream = fresh_branch(), fresh_account()
    house.append(stream, Deposited(1, branch), Seen(), Seen(), Deposited(2, branch), Seen())
    commits = house.commits(stream)
    gate = house.gate(declared)
    for commit in commits[:3]:
        house.deliver(gate, [commit])
    with cost(house.meter) as spent:
        house.deliver(gate, commits[3:4])
        house.deliver(gate, commits[4:])
    assert spent.requests == {"PutItem" if declared is Statement else "TransactWriteItems": 1}
    house.deliver(house.gate(declared), house.append(stream, Deposited(4, branch))[-1:])
    if declared is Statement:
        assert account_of(house, stream).lines == [1, 2, 4]
    else:
        assert branch_of(house, branch).pence == 7


@BOTH
def test_a_gap_that_hides_an_unhandled_commit_is_not_settled(
    house: House, declared: Declared
) -> None:
    """An unhandled commit behind a gap proves nothing about the gap."""
    branch, stream = fresh_branch(), fresh_account()
    house.append(stream, Deposited(1, branch), Deposited(2, branch), Seen(), Deposited(4, branch))
    commits = house.commits(stream)
    gate = house.gate(declared)
    house.deliver(gate, commits[:1])
    house.deliver(gate, commits[2:3])
    applied = house.deliver(gate, commits[3:])
    assert +applied.counts == {"applied": 3, "gap-filled": 2}
    if declared is Statement:
        assert account_of(house, stream).lines == [1, 2, 4]
    else:
        assert branch_of(house, branch).pence == 7


def test_a_gap_costs_one_query(house: House) -> None:
    branch, stream = fresh_branch(), fresh_account()
    commits = house.append(stream, *(Deposited(1, branch) for _ in range(5)))
    with cost(house.meter) as spent:
        house.deliver(house.gate(Statement), commits[-1:])
    assert spent.requests == {"GetItem": 1, "Query": 1, "PutItem": 1}
    with cost(house.meter) as spent:
        house.deliver(house.gate(Ledger()), commits[-1:])
    assert spent.requests == {"BatchGetItem": 1, "Query": 1, "TransactWriteItems": 1}


def test_a_fresh_gate_on_old_commits_costs_one_refusal_and_one_read(house: House) -> None:
    """It takes the row to be absent; the refusal says otherwise."""
    branch, stream = fresh_branch(), fresh_account()
    commits = house.append(stream, Deposited(1, branch), Deposited(2, branch))
    house.deliver(house.gate(Statement), commits)
    house.deliver(house.gate(Ledger()), commits)
    with cost(house.meter) as spent:
        house.deliver(house.gate(Statement), commits)
    assert spent.requests == {"PutItem": 1, "GetItem": 1}
    with cost(house.meter) as spent:
        house.deliver(house.gate(Ledger()), commits)
    assert spent.requests == {"TransactWriteItems": 1, "BatchGetItem": 1}


def test_a_gate_keeps_a_bounded_number_of_rows(house: House) -> None:
    """Of a scan over what others have applied too, where every row is read and none is written."""
    branch, streams = fresh_branch(), [fresh_account() for _ in range(5)]
    commits = [c for s in streams for c in house.append(s, Deposited(1, branch))]
    house.deliver(house.gate(Statement), commits)
    gate = RowGate(Statement, house.metered_store(), house.driver, house.rows, rows_max=2)
    house.deliver(gate, commits)
    for stream, reads in ((streams[-1], 0), (streams[0], 1)):
        with cost(house.meter) as spent:
            house.deliver(gate, house.append(stream, Deposited(2, branch))[-1:])
        assert spent.requests.get("GetItem", 0) == reads
        assert account_of(house, stream).lines == [1, 2]


# --- the bounds of a transaction --------------------------------------------------------------


class Fan(Projector, source="ACCOUNT"):
    """One event, as many rows as it has pence."""

    @handles
    def deposited(self, event: Deposited, rows: Effects) -> None:
        for number in range(event.pence):
            rows.put(Branch(branch=f"{event.branch}-{number}", pence=1))


def test_99_rows_and_their_marker_are_one_transaction(house: House) -> None:
    branch, stream = fresh_branch(), fresh_account()
    commits = house.append(stream, Deposited(99, branch))
    with cost(house.meter) as spent:
        applied = house.deliver(house.gate(Fan()), commits)
    assert not applied.poisoned
    assert spent.requests == {"TransactWriteItems": 1}
    assert branch_of(house, f"{branch}-98").pence == 1


def test_100_rows_of_one_commit_park_the_stream(house: House) -> None:
    """With its marker that is one too many, and a commit is never split."""
    branch, stream = fresh_branch(), fresh_account()
    commits = house.append(stream, Deposited(3, branch), Deposited(100, f"{branch}-x"))
    [poisoned] = house.deliver(house.gate(Fan()), commits).poisoned
    assert (poisoned.error.commit, poisoned.error.tag) == (2, "deposited")
    assert "EffectsError" in poisoned.error.detail
    assert "99" in poisoned.error.detail
    assert branch_of(house, f"{branch}-2").pence == 1
    assert house.table().get(Branch, branch=f"{branch}-x-0") is None


def test_a_batch_that_does_not_fit_is_several_transactions(house: House) -> None:
    """60 rows and a marker, twice: two requests. Fifty streams of one row and a marker: one."""
    branch = fresh_branch()
    commits = [
        commit
        for number in range(2)
        for commit in house.append(fresh_account(), Deposited(60, f"{branch}-{number}"))
    ]
    with cost(house.meter) as spent:
        house.deliver(house.gate(Fan()), commits)
    assert spent.requests == {"TransactWriteItems": 2}
    many = [
        commit
        for number in range(50)
        for commit in house.append(fresh_account(), Deposited(1, f"{branch}-m{number}"))
    ]
    with cost(house.meter) as spent:
        house.deliver(house.gate(Fan()), many)
    assert spent.requests == {"TransactWriteItems": 1}


def test_one_stream_over_several_transactions_is_exact_after_a_rival(house: House) -> None:
    """A rival has applied the first part: the second is not lost, the first not doubled."""
    branch, stream = fresh_branch(), fresh_account()
    commits = house.append(
        stream,
        Deposited(60, f"{branch}a"),
        Deposited(60, f"{branch}b"),
        Deposited(60, f"{branch}c"),
    )
    house.deliver(house.gate(Fan()), commits[:1])
    applied = house.deliver(house.gate(Fan()), commits)
    assert not applied.poisoned
    for part in "abc":
        assert branch_of(house, f"{branch}{part}-59").pence == 1
    assert applied.counts["applied"] == 2


# --- coalescing -------------------------------------------------------------------------------


class Whim(Projector, source="ACCOUNT"):
    """Does what the event's owner says, in order: p put, a add, s set, d delete."""

    @handles
    def named(self, event: Named, rows: Effects) -> None:
        branch, steps = event.owner.split("/")
        for step in steps:
            match step:
                case "p":
                    rows.put(Branch(branch=branch, pence=100))
                case "a":
                    rows.add(Branch, {"branch": branch}, pence=1)
                case "s":
                    rows.set(Branch, {"branch": branch}, deposits=9)
                case "S":
                    rows.set(Branch, {"branch": branch}, pence=50)
                case "d":
                    rows.delete(Branch, branch=branch)


@pytest.mark.parametrize(
    ("commits", "pence", "deposits"),
    [
        (["a", "a", "a"], 3, 0),
        (["aaa"], 3, 0),
        (["p"], 100, 0),
        (["p", "a"], 101, 0),
        (["pa", "s"], 101, 9),
        (["a", "p"], 100, 0),
        (["ap", "a"], 101, 0),
        (["s"], 0, 9),
        (["as"], 1, 9),
        (["d", "a"], 1, 0),
        (["p", "d", "a", "a"], 2, 0),
        (["p", "d", "p", "s"], 100, 9),
        (["a", "d"], None, None),
        (["pd"], None, None),
        (["d", "d"], None, None),
        (["S", "a"], 51, 0),
        (["a", "S"], 50, 0),
        (["a", "S", "a", "a"], 52, 0),
    ],
    ids=lambda value: ",".join(value) if isinstance(value, list) else "",
)
@pytest.mark.parametrize("together", [True, False], ids=["one batch", "one by one"])
def test_effects_on_one_row_end_as_if_applied_one_by_one(
    house: House, commits: list[str], pence: int | None, deposits: int | None, together: bool
) -> None:
    """Coalescing saves actions and changes nothing."""
    branch, stream = fresh_branch(), fresh_account()
    found = house.append(stream, *(Named(f"{branch}/{steps}") for steps in commits))
    gate = house.gate(Whim())
    for batch in [found] if together else [[commit] for commit in found]:
        assert not house.deliver(gate, batch).poisoned
    row = house.table().get(Branch, branch=branch)
    if pence is None:
        assert row is None
    else:
        assert row is not None
        assert (row.pence, row.deposits) == (pence, deposits)


def test_coalesced_additions_are_one_action(house: House) -> None:
    branch, stream = fresh_branch(), fresh_account()
    commits = house.append(stream, *(Named(f"{branch}/{'a' * 40}") for _ in range(5)))
    with cost(house.meter) as spent:
        house.deliver(house.gate(Whim()), commits)
    assert spent.requests == {"TransactWriteItems": 1}
    assert branch_of(house, branch).pence == 200


@pytest.mark.parametrize("steps", ["da", "dp", "ds", "Sa", "aS"])
def test_what_one_commit_cannot_do_in_one_transaction_parks(house: House, steps: str) -> None:
    """A row deleted and changed, or set and added to, by one commit: no transaction says that."""
    branch, stream = fresh_branch(), fresh_account()
    commits = house.append(stream, Named(f"{branch}/a"), Named(f"{branch}/{steps}"))
    [poisoned] = house.deliver(house.gate(Whim()), commits).poisoned
    assert poisoned.error.commit == 2
    assert "EffectsError" in poisoned.error.detail
    assert branch_of(house, branch).pence == 1


# --- faults -----------------------------------------------------------------------------------


@BOTH
@pytest.mark.parametrize("fault", [Fault.LOST, Fault.TWICE, Fault.EMPTY, Fault.SERVER_ERROR_AFTER])
def test_a_write_whose_answer_is_lost_is_not_done_twice(
    house: House, declared: Declared, fault: Fault
) -> None:
    """Every write's first answer is lost; what was written is found, not written again."""
    branch, stream = fresh_branch(), fresh_account()
    commits = house.append(stream, Deposited(1, branch), Deposited(2, branch), Deposited(3, branch))
    seen: list[object] = []

    def plan(operation: str, params: object) -> Fault | None:
        if operation not in ("PutItem", "TransactWriteItems") or params in seen:
            return None
        seen.append(params)
        return fault

    driver = RetryingDriver(WireDriver(FaultyTransport(house.transport, plan)))
    gate = gate_of(declared, house.store, driver, house.rows, house.clock)
    for commit in commits:
        house.deliver(gate, [commit])
    if declared is Statement:
        assert account_of(house, stream).lines == [1, 2, 3]
    else:
        assert branch_of(house, branch) == Branch(branch=branch, pence=6, deposits=3)
