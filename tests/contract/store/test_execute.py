"""Executing a command: load, decide, append; and again, where a race was lost."""

from __future__ import annotations

import pytest

from eventstore import (
    Aggregate,
    Draft,
    Event,
    Metadata,
    Rejected,
    VersionConflictError,
    WrongTokenError,
    applies,
    command,
)
from eventstore.errors import DefinitionError, UnknownEventError, UnwritableEventError
from orm.errors import ConfigurationError
from tests.contract.store.conftest import POLICY, House, Ids, Interrupted
from tests.support.tally import Added, Tally


def test_a_command_is_decided_on_the_present_state(house: House, id: str):
    """And its result brings the state and the token after it."""
    tallies = house.store().of(Tally)
    tallies.execute(id, Tally.add(5, 6))
    result = house.store().of(Tally).execute(id, Tally.take(11))
    assert result.state.total == 0
    assert (result.token.commit, result.token.version) == (2, 3)
    assert (result.skipped, result.conflicts) == (False, 0)
    assert house.amounts(id) == [5, 6, 11]


def test_a_result_is_where_loading_would_arrive(house: House, id: str):
    tallies = house.store().of(Tally)
    result = tallies.execute(id, Tally.add(5))
    result = tallies.execute(id, Tally.take(2), at=result.loaded)
    loaded = house.store().of(Tally).load(id)
    assert (result.state, result.token) == (loaded.state, loaded.token)


def test_rejected_writes_nothing(house: House, id: str):
    """The domain's no is an answer, and leaves no trace."""
    tallies = house.store().of(Tally)
    tallies.execute(id, Tally.add(1))
    with pytest.raises(Rejected, match="not that much there") as rejected:
        tallies.execute(id, Tally.take(2), command_id="no")
    assert rejected.value.applied is False
    assert house.amounts(id) == [1]
    assert tallies.execute(id, Tally.take(1), command_id="no").skipped is False


def test_a_command_may_decide_nothing(house: House, id: str):
    ids = Ids()
    result = house.store(ids=ids).of(Tally).execute(id, Tally.leave())
    assert (result.events, result.token.commit) == ((), 0)
    assert ids.given == []
    assert house.recorded(id) == []


class Other(Aggregate):
    """Another aggregate, whose commands are not for a tally."""

    @command
    def go(self) -> None:
        """Do nothing."""


@pytest.mark.parametrize("given", [Other.go(), Tally.add, "add", None])
def test_only_its_own_commands_are_executed(house: House, id: str, given: object):
    """Forgotten parentheses among them; nothing is read and nothing written."""
    with pytest.raises(DefinitionError, match="is no command"):
        house.store().of(Tally).execute(id, given)
    assert house.recorded(id) == []


def test_an_event_that_could_not_be_read_again_is_not_written(house: House, id: str):
    """A wrong value in a field would spoil the stream for ever."""
    tallies = house.store().of(Tally)
    with pytest.raises(UnwritableEventError, match=f"{id}.*nothing was sent"):
        tallies.execute(id, Tally.add("7"))  # type: ignore[arg-type]
    assert house.recorded(id) == []
    assert tallies.execute(id, Tally.add(7)).state.total == 7


def test_an_event_that_cannot_be_read_is_named_by_its_commit(house: House, id: str):
    """Among many that are read in one go; whether it is loaded or read."""
    store = house.store()
    stream = store.of(Tally).stream(id)
    token = store.of(Tally).execute(id, Tally.add(1)).token
    for number in range(2, 101):
        data = store.codec.encode([Added(number)])
        spoilt = data.replace(b"added", b"wrong") if number == 90 else data
        [token] = store.log.append([Draft(stream, token, spoilt, 1)], commit_id=Ids()())
    for read in (lambda: store.of(Tally).load(id), lambda: list(store.read(stream))):
        with pytest.raises(UnknownEventError, match=f"{id}, commit 90: .*'wrong'"):
            read()
    assert store.of(Tally).load(id, up_to=89).state.total == sum(range(90))


def test_a_lost_race_is_decided_again_under_a_new_commit_id(house: House, id: str):
    """The second decision sees what the rival did, and is another decision."""
    ids, rivals = Ids(), iter([1, 2])
    store = house.store(ids=ids)
    store.log = Interrupted(store.log, lambda: house.rival(id) if next(rivals, 0) else None)
    result = store.of(Tally).execute(id, Tally.add(7))
    assert result.conflicts == 2
    assert result.state.total == 207
    assert len(set(ids.given)) == len(ids.given) == 3
    assert house.amounts(id) == [100, 100, 7]


def test_a_lost_race_may_change_the_decision(house: House, id: str):
    """What was allowed on the old state is not on the new one."""
    tallies = house.store().of(Tally)
    tallies.execute(id, Tally.add(5))
    store = house.store()
    store.log = Interrupted(store.log, lambda: tallies.execute(id, Tally.take(4)))
    with pytest.raises(Rejected):
        store.of(Tally).execute(id, Tally.take(3))
    assert house.amounts(id) == [5, 4]


def test_races_are_lost_only_so_often(house: House, id: str):
    """Then the conflict is the caller's, and still nothing was written."""
    ids = Ids()
    store = house.store(ids=ids)
    store.log = Interrupted(store.log, lambda: house.rival(id))
    with pytest.raises(VersionConflictError) as conflict:
        store.of(Tally).execute(id, Tally.add(7))
    assert conflict.value.applied is False
    assert len(ids.given) == POLICY.attempts_max
    assert len(set(ids.given)) == len(ids.given)
    assert set(house.amounts(id)) == {100}


def test_a_stale_state_costs_a_race_and_no_more(house: House, id: str):
    """`at` is only where to begin."""
    tallies = house.store().of(Tally)
    old = tallies.execute(id, Tally.add(1)).loaded
    house.rival(id)
    result = tallies.execute(id, Tally.add(2), at=old)
    assert (result.conflicts, result.state.total) == (1, 103)


def test_metadata_is_kept_with_the_commit(house: House, id: str):
    """Who asked, and which command it was."""
    given = Metadata(actor="ann", correlation_id="c", causation_id="b", extra={"shop": "7"})
    house.store().of(Tally).execute(id, Tally.add(1), command_id="x-1", metadata=given)
    [one] = house.recorded(id)
    assert one.metadata == Metadata(
        actor="ann",
        correlation_id="c",
        causation_id="b",
        extra={"shop": "7"},
        command_id="x-1",
        command="Tally.add",
    )
    assert one.events == (Added(1),)


def test_a_state_of_the_past_can_be_loaded(house: House, id: str):
    tallies = house.store().of(Tally)
    for amount in (1, 2, 3):
        tallies.execute(id, Tally.add(amount))
    assert [tallies.load(id, up_to=n).state.total for n in range(5)] == [0, 1, 3, 6, 6]
    assert tallies.load(id, up_to=2).token.commit == 2


def test_tenants_have_streams_of_their_own(house: House, id: str):
    store = house.store()
    store.of(Tally, tenant="acme").execute(id, Tally.add(5))
    assert store.of(Tally).load(id).state.total == 0
    assert store.of(Tally, tenant="other").load(id).state.total == 0
    assert store.of(Tally, tenant="acme").load(id).state.total == 5


def test_a_state_of_another_stream_is_refused(house: House, id: str):
    """Bob's command does not land on Alice, whatever `at` says."""
    tallies = house.store().of(Tally)
    alice = tallies.execute(id, Tally.add(1)).loaded
    with pytest.raises(WrongTokenError, match="nothing was sent"):
        tallies.execute(f"{id}-bob", Tally.add(2), at=alice)
    assert house.amounts(id) == [1]
    assert house.recorded(f"{id}-bob") == []


def test_what_cannot_be_folded_is_not_written(house: House, id: str):
    """An applier that raises does so before the commit, which would be dead for ever after."""
    tallies = house.store(knows=[Fragile]).of(Fragile)
    with pytest.raises(ZeroDivisionError):
        tallies.execute(id, Fragile.divide(0))
    assert tallies.load(id).token.commit == 0


@pytest.mark.parametrize("bad", [Metadata(actor=5), Metadata(extra={"a": 1})])  # type: ignore[arg-type, dict-item]
def test_metadata_that_could_not_be_read_again_is_not_written(house: House, id: str, bad: Metadata):
    with pytest.raises(ConfigurationError, match="metadata"):
        house.store().of(Tally).execute(id, Tally.add(1), metadata=bad)
    assert house.recorded(id) == []


@pytest.mark.parametrize("bad", [5, "a\ud800"])
def test_a_command_id_is_text(house: House, id: str, bad: object):
    with pytest.raises(ConfigurationError, match="metadata"):
        house.store().of(Tally).execute(id, Tally.add(1), command_id=bad)  # type: ignore[arg-type]
    assert house.recorded(id) == []


class Divided(Event, tag="divided"):
    by: int


class Fragile(Aggregate):
    """One whose applier does not take every event."""

    share: float = 0.0

    @command
    def divide(self, by: int) -> Divided:
        return Divided(by)

    @applies
    def divided(self, event: Divided) -> None:
        self.share = 1 / event.by
