"""What a user of projections sees through a type checker: checked, never run."""

from collections.abc import Sequence
from typing import Self, assert_type

from eventstore import EventStore
from orm import Index, Key, Model, SingleTableConfig, Table
from orm.driver import Driver
from projections import (
    Effects,
    Lag,
    Projection,
    Projector,
    ReadModel,
    Report,
    StreamId,
    Worker,
    handles,
    open_worker,
    projection_of,
)
from projections.projection import Declared
from tests.typing.domain import Account, Closed, Deposited


class AccountRow(
    ReadModel, key=Key("account"), indexes=(Index(1, "open", sort=("pence",)),), source="ACCOUNT"
):
    account: str
    pence: int = 0
    open: bool = True

    @classmethod
    def of(cls, stream: StreamId) -> Self:
        return cls(account=stream.id)

    @handles
    def deposited(self, event: Deposited) -> None:
        self.pence += event.pence

    @handles
    def closed(self, event: Closed) -> None:
        self.open = False


class Total(Model, key=Key("name")):
    name: str
    pence: int = 0


class Totals(Projector, source="ACCOUNT", version=2):
    @handles
    def deposited(self, event: Deposited, rows: Effects) -> None:
        rows.add(Total, {"name": "all"}, pence=event.pence)
        rows.set(Total, {"name": "last"}, pence=event.pence)
        rows.put(Total(name="one", pence=event.pence))
        rows.delete(Total, name="none")
        rows.put(event)  # type: ignore[arg-type]
        rows.add(Deposited, {"name": "all"}, pence=1)  # type: ignore[arg-type]
        rows.add(Total, {"name": "all"}, pence="1")  # type: ignore[arg-type]
        rows.delete(Total, "none")  # type: ignore[call-arg]


def a_read_model_is_a_model(table: Table) -> None:
    row = AccountRow.of(StreamId("ACCOUNT", "alice"))
    assert_type(row, AccountRow)
    assert_type(row.pence, int)
    assert_type(table.get(AccountRow, account="alice"), AccountRow | None)
    found = table.query(AccountRow).where(open=True).latest().limit(3).all()
    assert_type(found, list[AccountRow])
    assert_type(row.deposited(Deposited(5)), None)
    AccountRow()  # type: ignore[call-arg]
    AccountRow("alice")  # type: ignore[call-arg]
    AccountRow(account=1)  # type: ignore[arg-type]
    AccountRow.of("alice")  # type: ignore[arg-type]
    row.deposited(Closed())  # type: ignore[arg-type]


def a_worker_takes_read_models_and_projectors(store: EventStore, driver: Driver) -> None:
    events, rows = SingleTableConfig(table="events"), SingleTableConfig(table="rows")
    worker = open_worker(store, [AccountRow, Totals()], driver, events=events, read_models=rows)
    assert_type(worker, Worker)
    assert_type(worker.run(lambda: True), Report)
    projections: Sequence[Declared] = [AccountRow, Totals()]
    open_worker(store, projections, driver, events=events, read_models=rows)
    open_worker(store, [Account], driver, events=events, read_models=rows)  # type: ignore[list-item]
    open_worker(store, [Totals], driver, events=events, read_models=rows)  # type: ignore[list-item]
    open_worker(store, [], driver, events="events", read_models=rows)  # type: ignore[arg-type]


def what_an_operator_asks(lag: Lag) -> None:
    assert_type(projection_of(AccountRow), Projection)
    assert_type(projection_of(Totals()).id, str)
    assert_type(lag.is_caught_up, bool)
    assert_type(lag.commits_behind, int)
