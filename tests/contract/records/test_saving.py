"""Saving: what is saved reloads equal; what changes is written with its keys, and nothing else."""

from __future__ import annotations

import asyncio
import datetime as dt
import itertools
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import pytest

from orm import SingleTableConfig, create_table, delete_table
from orm.clock import ManualClock, SystemClock
from orm.driver import Driver, MeteredDriver
from orm.errors import (
    ConfigurationError,
    InvalidKeyError,
    OrmError,
    RowExistsError,
    RowNotFoundError,
)
from orm.records import (
    Attr,
    Connection,
    ContendedRowError,
    DynamoDBModel,
    ImmutableAttributeError,
    NoSuchAttributeError,
    StaleRowError,
    UniqueError,
    attr,
    new_id,
)
from orm.validation import (
    RULES,
    AwaitNeededError,
    Context,
    InvalidRowError,
    RuleTimeoutError,
    rule,
)
from tests.contract.records.blog import MODELS, Account, Mood, Place, Post, Sample, Session, User

NOON = dt.datetime(2027, 1, 15, 8, tzinfo=dt.UTC)


def test_a_saved_row_reloads_equal(connection: Connection) -> None:
    """Id included, and it is known as stored."""
    users = User.using(connection)
    ann = users.create(name="Ann", email="ann@example.com", mood=Mood.WILD, tags=["a", "b"])
    found = users.find_or_fail(ann.id)
    assert found == ann
    assert not found.is_dirty()
    assert not ann.is_dirty()


def test_every_kind_of_value_comes_back_equal(connection: Connection) -> None:
    """38 digits, bytes, sets, nested maps, empty texts, None where something is the default."""
    samples = Sample.using(connection)
    made = samples.create(
        station="Ω",
        taken=NOON,
        number=Decimal("1234567890123456789012345678.9012345678"),
        raw=b"\x00\xff",
        words={"a", "b"},
        tree={"a": [1, {"b": None}, ""]},
        place=Place("Rome", 3),
        nothing=None,
    )
    found = samples.find_or_fail("Ω", NOON)
    assert found == made
    assert type(found.number) is Decimal
    assert found.nothing is None


@pytest.mark.parametrize(
    ("name", "value"), [("number", Decimal("NaN")), ("tree", {"a": float("inf")})]
)
def test_what_cannot_be_stored_is_refused_before_the_call(
    connection: Connection, meter: MeteredDriver, name: str, value: object
) -> None:
    before = meter.usage().requests.total()
    with pytest.raises(OrmError):
        Sample.using(connection).create({"station": "a", "taken": NOON, name: value})
    assert meter.usage().requests.total() == before


def test_a_second_row_at_a_key_is_refused(connection: Connection) -> None:
    """And the first is untouched."""
    users = User.using(connection)
    users.create(id="7", name="Ann")
    with pytest.raises(RowExistsError):
        users.create(id="7", name="Bob")
    assert users.find_or_fail("7").name == "Ann"


def test_a_change_is_one_call_of_what_changed(connection: Connection, meter: MeteredDriver) -> None:
    """Two writers change different attributes; neither undoes the other's, and the index has
    both."""
    users = User.using(connection)
    ann = users.create(id="7", name="Ann", town="Rome", age=30)
    mine, theirs = users.find_or_fail(ann.id), users.find_or_fail(ann.id)
    before = meter.usage().requests.total()
    theirs.update(name="Anna")
    assert meter.usage().requests.total() == before + 1
    mine.update(town="Oslo")
    found = users.find_or_fail("7")
    assert (found.name, found.town) == ("Anna", "Oslo")
    assert users.query().where(town="Oslo").get() == [found]
    assert users.query().where(town="Rome").get() == []


def test_index_keys_are_made_of_what_is_stored(connection: Connection) -> None:
    """One writer changes the town and another the age; the key of the index holds both."""
    users = User.using(connection)
    users.create(id="7", name="Ann", town="Rome", age=30)
    mine, theirs = users.find_or_fail("7"), users.find_or_fail("7")
    theirs.update(age=40)
    mine.update(town="Oslo")
    assert [row.id for row in users.query().where(town="Oslo", age=40).get()] == ["7"]
    assert users.query().where(town="Oslo", age=30).get() == []


def test_nothing_changed_is_no_call(connection: Connection, meter: MeteredDriver) -> None:
    ann = User.using(connection).create(name="Ann")
    before = meter.usage().requests.total()
    ann.save()
    ann.update(name="Ann")
    assert meter.usage().requests.total() == before


def test_a_change_in_place_is_seen(connection: Connection) -> None:
    users = User.using(connection)
    users.create(id="7", name="Ann", tags=["a"])
    found = users.find_or_fail("7")
    found.tags.append("b")
    assert found.is_dirty("tags")
    assert not found.is_dirty("name")
    found.save()
    assert users.find_or_fail("7").tags == ["a", "b"]


def test_a_stale_version_is_refused(connection: Connection) -> None:
    """Both loaded version 1; the second to save learns it and changes nothing."""
    accounts = Account.using(connection)
    accounts.create(id="a", pence=5)
    first, second = accounts.find_or_fail("a"), accounts.find_or_fail("a")
    first.update(pence=6)
    with pytest.raises(StaleRowError):
        second.update(pence=7)
    with pytest.raises(StaleRowError):
        second.delete()
    second.refresh().update(pence=8)
    assert (accounts.find_or_fail("a").pence, second.version) == (8, 3)


def test_a_row_that_is_gone_cannot_be_changed(connection: Connection) -> None:
    users = User.using(connection)
    users.create(id="7", name="Ann")
    mine = users.find_or_fail("7")
    users.find_or_fail("7").delete()
    with pytest.raises(RowNotFoundError):
        mine.update(name="Anna")
    assert users.find("7") is None


def test_keys_and_immutable_attributes_stay(connection: Connection) -> None:
    users = User.using(connection)
    ann = users.create(id="7", name="Ann", joined=dt.date(2020, 1, 1))
    for name, value in (("id", "8"), ("joined", dt.date(2021, 1, 1))):
        changed = users.find_or_fail("7")
        setattr(changed, name, value)
        with pytest.raises(ImmutableAttributeError, match=name):
            changed.save()
    assert users.find_or_fail("7") == ann


# --- unique ---


def test_of_fifty_creates_at_once_one_wins(connection: Connection) -> None:
    """With one e-mail, in two cases; the others leave nothing."""
    users = User.using(connection)

    def create(number: int) -> bool:
        try:
            email = "Ann@x.org" if number % 2 else "ann@x.org"
            users.create(id=str(number), name="Ann", email=email)
        except UniqueError:
            return False
        return True

    with ThreadPoolExecutor(50) as pool:
        won = list(pool.map(create, range(50)))
    assert won.count(True) == 1
    assert [row.id for row in users.query().consistent().scan()] == [str(won.index(True))]


def test_two_moves_of_one_claim_leave_no_orphan(connection: Connection) -> None:
    """A to B and A to C at once: one value is claimed in the end, and the others are free."""
    users = User.using(connection)
    users.create(id="7", name="Ann", email="a@x.org")
    copies = [users.find_or_fail("7") for _ in range(2)]
    with ThreadPoolExecutor(2) as pool:
        moves = zip(copies, ["b@x.org", "c@x.org"], strict=True)
        list(pool.map(lambda move: move[0].update(email=move[1]), moves))
    kept = users.find_or_fail("7").email
    free = {"a@x.org", "b@x.org", "c@x.org"} - {kept}
    for number, email in enumerate(sorted(free)):
        users.create(id=f"n{number}", name="New", email=email)
    with pytest.raises(UniqueError):
        users.create(name="New", email=kept)


def test_claims_follow_changes_deletions_and_the_bin(connection: Connection) -> None:
    """A row in the bin keeps its claim; one that is gone gives it up."""
    posts = Post.using(connection)
    post = posts.create(user_id="u", title="One", slug="one")
    post.update(slug="uno")
    posts.create(user_id="u", title="Two", slug="one")
    post.delete()
    with pytest.raises(UniqueError):
        posts.create(user_id="u", title="Three", slug="uno")
    post.restore()
    found = posts.query().where(slug="uno").first()
    assert found == post
    post.force_delete()
    posts.create(user_id="u", title="Four", slug="uno")


def test_a_taken_hidden_value_is_not_said(connection: Connection) -> None:
    users = User.using(connection)
    users.create(name="Ann", token="s3cret")
    with pytest.raises(UniqueError) as caught:
        users.create(name="Bob", token="s3cret")
    assert "s3cret" not in str(caught.value)
    assert "s3cret" not in repr(users.query().where(token="s3cret").first())


# --- traits ---


def test_a_row_in_the_bin_leaves_live_queries(connection: Connection) -> None:
    posts = Post.using(connection)
    post = posts.create(user_id="u", title="One")
    post.delete()
    assert posts.find(post.id) is None
    assert posts.query().where(user_id="u").get() == []
    assert posts.query().with_trashed().find(post.id) == post
    assert posts.query().only_trashed().find(post.id) == post
    post.restore()
    assert posts.query().where(user_id="u").get() == [post]
    assert posts.query().only_trashed().find(post.id) is None


def test_timestamps_are_of_the_connections_clock(
    connection: Connection, hands: ManualClock
) -> None:
    users = User.using(connection)
    ann = users.create(name="Ann")
    assert ann.created_at == ann.updated_at == NOON
    hands.sleep(60)
    ann.update(name="Anna")
    found = users.find_or_fail(ann.id)
    assert (found.created_at, found.updated_at) == (NOON, NOON + dt.timedelta(minutes=1))


def test_an_expired_row_is_not_found_and_its_place_is_free(
    connection: Connection, hands: ManualClock
) -> None:
    """By key, by index and by claim, although DynamoDB has not deleted it yet."""
    sessions = Session.using(connection)
    second = hands.now_micros() // 1_000_000
    sessions.create(id="s", user_id="u", code="c", ttl=second + 60)
    assert sessions.query().where(user_id="u").count() == 1
    hands.sleep(61)
    assert sessions.find("s") is None
    assert sessions.query().where(user_id="u").get() == []
    assert sessions.query().where(code="c").first() is None
    sessions.create(id="s", user_id="u", code="d", ttl=second + 600)
    sessions.create(id="t", user_id="u", code="c", ttl=second + 600)
    assert sessions.query().where(user_id="u").count() == 2


def test_a_uuid_is_given_beside_the_key(connection: Connection) -> None:
    post = Post.using(connection).create(user_id="u", title="One")
    assert post.uuid
    assert post.uuid != post.id


# --- filling ---


def test_bad_values_name_attribute_and_rule_and_nothing_is_sent(
    connection: Connection, meter: MeteredDriver
) -> None:
    before = meter.usage().requests.total()
    with pytest.raises(InvalidRowError) as caught:
        User.using(connection).create(email="nobody", age=200)
    assert set(caught.value.errors) == {"name", "email", "age"}
    assert meter.usage().requests.total() == before


def test_guarded_and_unknown_attributes_are_refused(connection: Connection) -> None:
    users = User.using(connection)
    with pytest.raises(ConfigurationError, match="guarded"):
        users.create(name="Ann", is_admin=True)
    with pytest.raises(ConfigurationError, match="no attribute") as caught:
        users.create(nmae="Ann")
    assert "name" in caught.value.hint
    ann = users.create(name="Ann")
    ann.is_admin = True
    ann.save()
    assert users.find_or_fail(ann.id).is_admin


def test_a_replica_is_another_row(connection: Connection) -> None:
    users = User.using(connection)
    ann = users.create(name="Ann", town="Oslo")
    copy = ann.replicate(name="Anna").save()
    assert copy.id != ann.id
    assert (copy.town, users.find_or_fail(ann.id).name) == ("Oslo", "Ann")


def test_a_primary_key_of_another_size_is_refused(connection: Connection) -> None:
    with pytest.raises(InvalidKeyError, match="station, taken"):
        Sample.using(connection).find("Ω")


def test_many_are_found_in_the_order_asked(connection: Connection, meter: MeteredDriver) -> None:
    """A hundred a call; those that are not there are left out."""
    users = User.using(connection)
    for number in range(5):
        users.create(id=str(number), name="Ann")
    before = meter.usage().requests.total()
    found = users.find_many(["3", "9", "0", *(f"x{n}" for n in range(150))])
    assert [row.id for row in found] == ["3", "0"]
    assert meter.usage().requests.total() == before + 2


def test_tenants_do_not_see_each_other(connection: Connection) -> None:
    """The same id and the same e-mail for each."""
    other = connection.for_tenant("other")
    for place in (connection, other):
        User.using(place).create(id="7", name=f"Ann of {place.tenant}", email="a@x.org")
    for place in (connection, other):
        users = User.using(place)
        assert users.find_or_fail("7").name == f"Ann of {place.tenant}"
        assert [row.name for row in users.query().where(town="Rome").get()] == [
            f"Ann of {place.tenant}"
        ]
        if place.tenant:
            assert [row.name for row in users.all()] == [f"Ann of {place.tenant}"]


def test_what_a_model_does_not_have_cannot_be_set(connection: Connection) -> None:
    """It would not be saved, and nobody would notice. Names with an underscore are one's own."""
    ann: Any = User.using(connection).create(name="Ann")
    with pytest.raises(NoSuchAttributeError, match=r"User\.emial: is no attribute.*write email"):
        ann.emial = "ann@example.org"
    with pytest.raises(AttributeError):
        ann.nothing = 1
    with pytest.raises(ConfigurationError, match="write email"):
        ann.is_dirty("emial")
    ann._seen = True
    ann.email = "ann@example.org"
    ann.save()
    assert User.using(connection).find_or_fail(ann.id).email == "ann@example.org"


def test_the_value_of_a_member_means_the_member(connection: Connection) -> None:
    """As JSON has it; another value is told with the choices."""
    ann: Any = User.using(connection).create(name="Ann", mood="calm")
    assert ann.mood is Mood.CALM
    ann.update(mood="wild")
    assert User.using(connection).find_or_fail(ann.id).mood is Mood.WILD
    with pytest.raises(InvalidRowError, match="mood"):
        ann.update(mood="odd")


# --- awaited ---


@rule("known")
async def known(value: Any, context: Context) -> str | None:
    """Asks somebody else."""
    await asyncio.sleep(0)
    return None if value == "yes" else "is not known"


class Guest(DynamoDBModel):
    id: Attr[str] = attr(default_factory=new_id)
    word: Attr[str] = attr(rules="known")
    host_id: Attr[str | None] = attr(default=None, rules="exists:User,id")


def test_rules_that_have_to_be_awaited_run_in_awaited_saves(
    meter: MeteredDriver, config: SingleTableConfig
) -> None:
    """In a plain one they are refused, and nothing is sent; what is pointed at has to be there."""
    made = Connection(meter, config, rules=RULES.plus(known))
    made.register(User, Guest)
    create_table(meter, made.shape(), SystemClock())
    guests, host = Guest.using(made), User.using(made).create(name="Ann")
    sent = meter.usage().requests.total()
    with pytest.raises(AwaitNeededError, match="known"):
        guests.create(word="yes")
    assert meter.usage().requests.total() == sent
    guest = guests.make(word="yes", host_id=host.id)
    asyncio.run(guest.save_async())
    assert guests.find_or_fail(guest.id) == guest
    with pytest.raises(InvalidRowError, match="is not known"):
        asyncio.run(guests.make(word="no").save_async())
    with pytest.raises(InvalidRowError, match="host_id"):
        asyncio.run(guests.make(word="yes", host_id="nobody").save_async())
    second = asyncio.run(guests.create_async(word="yes"))
    asyncio.run(second.update_async(host_id=host.id))
    assert guests.find_or_fail(second.id).host_id == host.id
    with pytest.raises(AwaitNeededError, match=r"update_async\(\)"):
        second.update(word="no")
    with pytest.raises(InvalidRowError, match="is not known"):
        asyncio.run(second.update_async(word="no"))
    with pytest.raises(InvalidRowError, match="is not known"):
        asyncio.run(guests.create_async(word="no"))
    delete_table(meter, config.table, SystemClock())


def test_rules_are_awaited_in_a_transaction(
    meter: MeteredDriver, config: SingleTableConfig
) -> None:
    """Where it is said; what is written is sent at the end, together."""
    made = Connection(meter, config, rules=RULES.plus(known))
    made.register(User, Guest)
    create_table(meter, made.shape(), SystemClock())
    guests = Guest.using(made)

    async def together(*words: str) -> list[Guest]:
        with made.transaction() as tx:
            return [await tx.save_async(guests.make(word=word)) for word in words]

    saved = asyncio.run(together("yes", "yes"))
    assert guests.find_many(guest.id for guest in saved) == saved
    with pytest.raises(InvalidRowError, match="is not known"):
        asyncio.run(together("yes", "no"))
    assert len(list(guests.query().consistent().scan())) == 2
    delete_table(meter, config.table, SystemClock())


def test_who_never_gets_through_is_told(connection: Connection) -> None:
    """A rival changes the town before each attempt; after ten the save gives up."""
    users = User.using(connection)
    ann, rival = users.create(id="7", name="Ann"), users.find_or_fail("7")
    rounds = itertools.count()

    class Rivalled:
        def send(self, request: Any) -> Any:
            if request.operation == "UpdateItem":
                rival.update(town=f"t{next(rounds)}")
            return connection.driver.send(request)

    hands = ManualClock(connection.clock.now_micros())
    theirs = Connection(Rivalled(), connection.config, tenant=connection.tenant, clock=hands)
    theirs.register(*MODELS)
    with pytest.raises(ContendedRowError, match="10 attempts"):
        User.using(theirs).find_or_fail(ann.id).update(age=40)
    assert next(rounds) == 10
    assert hands.monotonic() > 0  # it waited
    assert users.find_or_fail("7").age == 30


@rule("slow")
async def slow(value: Any, context: Context) -> str | None:
    """Never answers."""
    await asyncio.sleep(3_600)
    return None


class Waiting(DynamoDBModel):
    id: Attr[str] = attr(default_factory=new_id)
    word: Attr[str] = attr(rules="slow")


def test_a_connection_says_how_long_a_rule_is_awaited(
    driver: Driver, config: SingleTableConfig
) -> None:
    """Nothing is sent where one takes longer."""
    made = Connection(driver, config, rules=RULES.plus(slow), rule_timeout_seconds=0.01)
    made.register(Waiting)
    with pytest.raises(RuleTimeoutError, match=r"0\.01"):
        asyncio.run(made.repository(Waiting).create_async(word="w"))
