"""Records through a cache: what is read again costs no call, and what was saved is found."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from orm.caching import CachedDriver
from orm.clock import ManualClock
from orm.driver import MeteredDriver
from orm.errors import RowExistsError
from orm.records import Connection
from orm.records.errors import StaleRowError
from tests.contract.records.blog import Account, Place, Post, Sample, Session, User
from tests.support.meter import cost

SETTLED_SECONDS = 2.5


@pytest.fixture
def users(connection: Connection) -> Any:
    return User.using(connection)


def free(meter: MeteredDriver, read: Callable[[], Any]) -> Any:
    """What a read finds without a call."""
    with cost(meter) as spent:
        found = read()
    assert not spent.requests, "it was not kept"
    return found


def test_a_row_is_read_once(
    users: Any, meter: MeteredDriver, cache: CachedDriver, hands: ManualClock
) -> None:
    ann = users.create(name="Ann", email="ann@example.com", tags=["a"])
    hands.sleep(SETTLED_SECONDS)
    with cost(meter) as spent:
        first = users.find(ann.id)
    assert spent.requests == {"GetItem": 1}
    again = free(meter, lambda: users.find(ann.id))
    assert first == again == ann
    assert cache.statistics().hits == 1


def test_many_rows_are_read_once(users: Any, meter: MeteredDriver) -> None:
    ids = [users.create(name=name).id for name in ("Ann", "Bob")]
    found = list(users.find_many(ids))
    assert free(meter, lambda: list(users.find_many(ids))) == found
    found[0].name = "Eve"
    found[0].save()
    assert [user.name for user in users.find_many(ids)] == ["Eve", "Bob"]


def test_every_kind_of_value_comes_back_as_it_was(
    connection: Connection, meter: MeteredDriver, hands: ManualClock
) -> None:
    samples = Sample.using(connection)
    taken = dt.datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=dt.UTC)
    saved = samples.create(
        station="North",
        taken=taken,
        number=Decimal("12345678901234567890.123456789012345678"),
        raw=bytes(range(256)),
        words={"a", "ä"},
        tree={"deep": [{"er": None}], "big": 10**37, "none": {}},
        place=Place("Rome", 3),
        nothing=None,
    )
    first = samples.find("North", taken)
    assert free(meter, lambda: samples.find("North", taken)) == first == saved


def test_a_row_is_its_reader_s_own(users: Any, meter: MeteredDriver) -> None:
    """What one reader changes and does not save, no other sees, saves, or takes for stored."""
    ann = users.create(name="Ann", tags=["a"])
    users.find(ann.id)
    one = free(meter, lambda: users.find(ann.id))
    one.tags.append("ruined")
    one.name = "Ruined"
    other = free(meter, lambda: users.find(ann.id))
    assert (other.name, other.tags, other.is_dirty()) == ("Ann", ["a"], False)
    other.age = 31
    other.save()
    assert users.find(ann.id).tags == ["a"]


def test_whoever_saves_finds_it(users: Any) -> None:
    ann = users.create(name="Ann", town="Rome", age=30)
    for age in range(31, 35):
        assert users.find(ann.id).age == age - 1
        assert [user.age for user in users.query().where(town="Rome").get()] == [age - 1]
        ann.age = age
        ann.save()
        assert users.find(ann.id).age == age
        assert [user.age for user in users.query().where(town="Rome").get()] == [age]


def test_what_was_not_there_is_found_once_it_is(users: Any) -> None:
    assert users.find("7") is None
    assert users.query().where(town="Oslo").first() is None
    users.create(id="7", name="Ann", town="Oslo")
    assert users.find("7").name == "Ann"
    assert users.query().where(town="Oslo").first().name == "Ann"
    with pytest.raises(RowExistsError):
        users.create(id="7", name="Bob")


def test_what_is_deleted_is_gone(connection: Connection, users: Any) -> None:
    ann = users.create(name="Ann", email="ann@example.com")
    posts = Post.using(connection)
    post = posts.create(user_id=ann.id, title="Hello")
    assert users.find(ann.id) is not None
    assert posts.query().where(user_id=ann.id).get() == [post]
    ann.delete()
    post.delete()
    assert users.find(ann.id) is None
    assert posts.find(post.id) is None
    assert posts.query().where(user_id=ann.id).get() == []
    post.restore()
    assert posts.query().where(user_id=ann.id).get() == [post]


def test_a_unique_value_is_looked_up_strongly(users: Any, cache: CachedDriver) -> None:
    """A claim is never kept: it decides whose value it is."""
    users.create(name="Ann", email="ann@example.com")
    before = cache.statistics()
    for _ in range(2):
        assert users.query().where(email="ann@example.com").first().name == "Ann"
    assert cache.statistics() == before


def test_a_query_of_an_index_is_kept_until_its_table_is_written(
    users: Any, meter: MeteredDriver, hands: ManualClock
) -> None:
    users.create(name="Ann", town="Rome")
    hands.sleep(SETTLED_SECONDS)
    first = users.query().where(town="Rome").get()
    assert free(meter, users.query().where(town="Rome").get) == first
    users.create(name="Bob", town="Oslo")
    with cost(meter) as spent:
        assert users.query().where(town="Rome").get() == first
    assert spent.requests == {"Query": 1}


def test_strong_reads_see_what_others_wrote(
    connection: Connection, users: Any, meter: MeteredDriver
) -> None:
    """Another process has changed a row that is kept here: a strong read and `refresh` say so, and
    a save of the old row is refused where it has a version."""
    accounts: Any = Account.using(connection)
    account = accounts.create(pence=1)
    kept = accounts.find(account.id)
    elsewhere = Connection(meter, connection.config, tenant=connection.tenant)
    elsewhere.register(User, Post, Account, Session, Sample)
    foreign = Account.using(elsewhere).find_or_fail(account.id)
    foreign.pence = 2
    foreign.save()
    assert accounts.find(account.id).pence == 1
    assert accounts.query().consistent().find(account.id).pence == 2
    kept.pence = 3
    with pytest.raises(StaleRowError):
        kept.save()
    assert accounts.find(account.id).pence == 2


def test_another_tenant_s_rows_are_never_found(users: Any, connection: Connection) -> None:
    """The same key under another tenant is another read."""
    users.create(id="1", name="Ann", town="Rome")
    assert users.find("1").name == "Ann"
    assert users.query().where(town="Rome").count() == 1
    other: Any = User.using(connection.for_tenant("other"))
    assert other.find("1") is None
    assert other.query().where(town="Rome").count() == 0
    other.create(id="1", name="Bob", town="Rome")
    assert [users.find("1").name, other.find("1").name] == ["Ann", "Bob"]


def test_a_row_that_expires_is_not_found_though_it_is_kept(
    connection: Connection, meter: MeteredDriver, hands: ManualClock
) -> None:
    sessions = Session.using(connection)
    soon = hands.now_micros() // 1_000_000 + 5
    session = sessions.create(user_id="1", ttl=soon)
    assert sessions.find(session.id) == session
    hands.sleep(5)
    assert free(meter, lambda: sessions.find(session.id)) is None


def test_a_scan_reads_everything_each_time(users: Any, meter: MeteredDriver) -> None:
    users.create(name="Ann")
    for _ in range(2):
        with cost(meter) as spent:
            assert [user.name for user in users.all()] == ["Ann"]
        assert spent.requests == {"Scan": 1}
