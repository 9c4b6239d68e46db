"""Attacks: rivals, refusals half-way and odd rows, after which every promise still holds."""

from __future__ import annotations

import copy
import pickle
import threading
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import Any, Final

import msgspec
import pytest

from orm import SingleTableConfig, create_table, delete_table
from orm.clock import ManualClock, SystemClock
from orm.definitions import PatternDefinition as Pattern
from orm.definitions.entity import IndexDefinition
from orm.driver import Driver, MeteredDriver
from orm.errors import (
    ConfigurationError,
    InvalidKeyError,
    ItemTooLargeError,
    NoIndexError,
    OrmError,
    RowNotFoundError,
)
from orm.records import (
    Attr,
    Connection,
    Dynamo,
    DynamoDBModel,
    SoftDeletes,
    StaleRowError,
    UniqueError,
    Versioned,
    attr,
    new_id,
)
from orm.requests import PutItem
from orm.validation import InvalidRowError, InvalidRuleError
from tests.contract.records.blog import Account, Mood, Post, Session, User
from tests.contract.records.conftest import NOON_MICROS

NOON_SECONDS: Final = NOON_MICROS // 1_000_000
SECRET: Final = "s3cret-of-ann"


class Member(
    DynamoDBModel,
    indexes=(
        IndexDefinition(name="active", columns=("email",), unique=True, where={"status": "on"}),
    ),
):
    """Has an e-mail that is unique among those who are on."""

    id: Attr[str] = attr(default_factory=new_id)
    email: Attr[str]
    status: Attr[str] = attr(default="on")


class Note(DynamoDBModel, SoftDeletes, Versioned):
    """Goes into a bin and counts its changes."""

    id: Attr[str] = attr(default_factory=new_id)
    text: Attr[str] = attr(default="", rules="max:9")


class Bag(DynamoDBModel, Versioned):
    """Holds values that equal others of another type."""

    id: Attr[str] = attr(default_factory=new_id)
    price: Attr[float] = attr(default=0.0)
    words: Attr[set[str]] = attr(default_factory=set)


class City(DynamoDBModel, patterns=(Pattern(name="by land", equal=("land",), sort="size"),)):
    """Was written before `land` stood in an index."""

    id: Attr[str]
    land: Attr[str] = attr(default="")
    size: Attr[int] = attr(default=1)


class Page(DynamoDBModel, keys={"pk": "SITE#{site}", "sk": "PAGE#{id}"}):
    """Is keyed by more than its primary key."""

    id: Attr[str]
    site: Attr[str]


class Feeling(DynamoDBModel, patterns=(Pattern(name="by who", equal=("who",), sort="mood"),)):
    """Is sorted by an enumeration."""

    id: Attr[str] = attr(default_factory=new_id)
    who: Attr[str]
    mood: Attr[Mood]


MINE: Final = (Member, Note, Bag, City, Page, Feeling)


@pytest.fixture
def own(driver: Driver, config: SingleTableConfig, hands: ManualClock) -> Iterator[Connection]:
    """A table with the models above, without a tenant."""
    made = Connection(driver, config, clock=hands)
    made.register(*MINE)
    create_table(driver, made.shape(), SystemClock())
    yield made
    delete_table(driver, config.table, SystemClock())


class Cut:
    """A driver whose line may be cut: then nothing is sent."""

    def __init__(self, inner: Driver) -> None:
        self._inner, self.cut = inner, False

    def send(self, request: Any, /) -> Any:
        if self.cut:
            raise ConnectionError("the line is cut")
        return self._inner.send(request)


class Between:
    """A driver that lets a rival act once, before the first request of a kind."""

    def __init__(self, inner: Driver, kind: str, act: Callable[[], object]) -> None:
        self._inner, self._kind, self._act = inner, kind, act
        self._acted = False

    def send(self, request: Any, /) -> Any:
        if type(request).__name__ == self._kind and not self._acted:
            self._acted = True
            self._act()
        return self._inner.send(request)


def seen_by(connection: Connection, driver: Any, *models: Any) -> Connection:
    """The same table through another driver."""
    made = Connection(driver, connection.config, tenant=connection.tenant, clock=connection.clock)
    made.register(*models)
    return made


@contextmanager
def says_nothing_of(secret: str) -> Iterator[None]:
    """An error comes, and nothing that a log would hold of it says the secret."""
    with pytest.raises(OrmError) as caught:
        yield
    assert secret not in str(caught.value)
    assert secret not in repr(caught.value)
    assert secret not in "".join(traceback.format_exception(caught.value))


# --- rivals -----------------------------------------------------------------------------------


def test_what_a_rival_has_saved_is_not_saved_back(connection: Connection) -> None:
    """A save that was made anew of what is stored leaves nothing dirty that was not set here."""
    users = User.using(connection)
    ann = users.create(name="Ann", town="Rome")
    mine, rival = users.find_or_fail(ann.id), users.find_or_fail(ann.id)
    rival.update(town="Oslo")
    mine.update(age=31)
    assert not mine.is_dirty()
    mine.update(name="Anna")
    assert users.find_or_fail(ann.id).town == "Oslo"


def test_a_save_takes_no_row_out_of_the_bin(connection: Connection) -> None:
    """Someone put it there between load and save: it stays, however often this one saves."""
    posts = Post.using(connection)
    made = posts.create(user_id="u", title="t", status="open")
    mine = posts.find_or_fail(made.id)
    posts.find_or_fail(made.id).delete()
    mine.update(title="new")
    mine.update(title="newer")
    assert posts.find(made.id) is None


def test_a_claim_that_a_rival_took_is_deleted_with_the_row(connection: Connection) -> None:
    """The row had no e-mail when it was loaded; the rival gave it one."""
    users = User.using(connection)
    ann = users.create(name="Ann")
    mine = users.find_or_fail(ann.id)
    users.find_or_fail(ann.id).update(email="ann@example.com")
    mine.delete()
    assert users.create(name="Bo", email="ann@example.com").email


def test_another_spelling_does_not_outrun_a_moved_claim(connection: Connection) -> None:
    """`ann` to `ANN` moves no claim, unless the rival moved it meanwhile."""
    users = User.using(connection)
    ann = users.create(name="Ann", email="ann@example.com")
    mine = users.find_or_fail(ann.id)
    users.find_or_fail(ann.id).update(email="bo@example.com")
    mine.update(email="ANN@example.com")
    with pytest.raises(UniqueError):
        users.create(name="Cy", email="ann@example.com")
    assert users.create(name="Di", email="bo@example.com").email


@pytest.mark.parametrize(("loaded", "rivals"), [("off", "on"), ("on", "off")])
def test_a_partial_claim_follows_what_is_stored(own: Connection, loaded: str, rivals: str) -> None:
    """The rival changes whether the row has a claim, while this one changes which."""
    members = Member.using(own)
    members.create(id="1", email="a", status=loaded)
    mine = members.find_or_fail("1")
    members.find_or_fail("1").update(status=rivals)
    mine.update(email="b")
    if rivals == "on":
        with pytest.raises(UniqueError):
            members.create(email="b")
    else:
        members.create(email="b")
    assert members.create(email="a").email == "a"


def test_a_partial_claim_is_deleted_with_the_row(own: Connection) -> None:
    """Also where the rival made the row one that has it."""
    members = Member.using(own)
    members.create(id="1", email="a", status="off")
    mine = members.find_or_fail("1")
    members.find_or_fail("1").update(status="on")
    mine.delete()
    assert members.create(email="a").email == "a"


def test_a_row_that_lost_the_value_is_not_found_by_it(connection: Connection) -> None:
    """It moved between the reading of the claim and of the row."""
    users = User.using(connection)
    ann = users.create(name="Ann", email="ann@example.com")

    def move() -> None:
        users.find_or_fail(ann.id).update(email="bo@example.com")

    rival = seen_by(connection, Between(connection.driver, "Query", move), User)
    found = User.using(rival).query().where(email="ann@example.com").get()
    assert [row.email for row in found] in ([], ["ann@example.com"])


def test_a_row_that_was_made_again_is_another(connection: Connection) -> None:
    """Its version is the same, the row is not the one that was loaded."""
    accounts = Account.using(connection)
    accounts.create(id="1", pence=5)
    mine = accounts.find_or_fail("1")
    accounts.find_or_fail("1").delete()
    accounts.create(id="1", pence=100)
    with pytest.raises((StaleRowError, RowNotFoundError)):
        mine.update(pence=0)


def test_eight_writers_at_one_row_all_get_through(connection: Connection) -> None:
    """Each moves the same claim; they wait for each other rather than give up."""
    users = User.using(connection)
    ann = users.create(name="Ann", email="ann@example.com")
    gate = threading.Barrier(8)

    def move(number: int) -> None:
        row = users.find_or_fail(ann.id)
        gate.wait()
        row.update(email=f"a{number}@example.com")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(move, range(8)))
    held = users.find_or_fail(ann.id).email
    for number in range(8):
        if held != f"a{number}@example.com":
            users.create(name="Bo", email=f"a{number}@example.com")


# --- expiry and claims ------------------------------------------------------------------------


def test_a_claim_lives_as_long_as_its_row(connection: Connection, hands: ManualClock) -> None:
    """A row that was to expire and got more time keeps its unique value."""
    sessions = Session.using(connection)
    made = sessions.create(user_id="u", code="x", ttl=NOON_SECONDS + 10)
    made.update(ttl=NOON_SECONDS + 1000)
    hands.sleep(20)
    assert sessions.find(made.id) is not None
    with pytest.raises(UniqueError):
        sessions.create(user_id="v", code="x")


def test_a_claim_expires_with_its_row(connection: Connection, hands: ManualClock) -> None:
    """Also where the row was given an end only later."""
    sessions = Session.using(connection)
    sessions.create(user_id="u", code="x").update(ttl=NOON_SECONDS + 10)
    hands.sleep(20)
    assert sessions.create(user_id="v", code="x").code == "x"


def test_an_expired_row_can_be_deleted(connection: Connection, hands: ManualClock) -> None:
    """Another has its unique value by now, and keeps it."""
    sessions = Session.using(connection)
    expired = sessions.create(user_id="u", code="x", ttl=NOON_SECONDS + 10)
    hands.sleep(20)
    other = sessions.create(user_id="v", code="x")
    expired.delete()
    assert sessions.query().where(code="x").get() == [other]


def test_a_row_made_over_an_expired_one_has_its_own_values(
    connection: Connection, hands: ManualClock
) -> None:
    """It is not found by the unique value of the row that was there before."""
    sessions = Session.using(connection)
    sessions.create(id="1", user_id="u", code="x", ttl=NOON_SECONDS + 10)
    hands.sleep(20)
    sessions.create(id="1", user_id="v", code="y")
    assert sessions.query().where(code="x").get() == []


def test_every_reader_agrees_on_what_has_expired(connection: Connection) -> None:
    """At second 0 too: by its key, by an index, and by who wants its place."""
    sessions = Session.using(connection)
    sessions.create(id="1", user_id="u", ttl=0)
    assert sessions.find("1") is None
    assert sessions.query().where(user_id="u").get() == []


# --- refused half-way -------------------------------------------------------------------------


def test_a_delete_that_failed_can_be_repeated(connection: Connection) -> None:
    """The row is not taken for one in the bin because someone tried."""
    made = Post.using(connection).create(user_id="u", title="t")
    line = Cut(connection.driver)
    row = Post.using(seen_by(connection, line, Post)).find_or_fail(made.id)
    line.cut = True
    with pytest.raises(ConnectionError):
        row.delete()
    line.cut = False
    row.delete()
    assert Post.using(connection).find(made.id) is None


def test_a_stale_delete_is_refused_each_time(own: Connection) -> None:
    """Not only the first."""
    notes = Note.using(own)
    made = notes.create()
    notes.find_or_fail(made.id).update(text="a")
    for _ in range(2):
        with pytest.raises(StaleRowError):
            made.delete()


def test_a_stale_restore_is_refused_each_time(own: Connection) -> None:
    """Not only the first."""
    notes = Note.using(own)
    made = notes.create()
    made.delete()
    stale = notes.query().with_trashed().find_or_fail(made.id)
    made.update(text="a")
    for _ in range(2):
        with pytest.raises(StaleRowError):
            stale.restore()


def test_delete_changes_nothing_else(own: Connection) -> None:
    """What was set here and not saved is not saved by the way."""
    notes = Note.using(own)
    made = notes.create(text="kept")
    made.text = "other"
    made.delete()
    assert notes.query().with_trashed().find_or_fail(made.id).text == "kept"


def test_a_row_that_breaks_a_rule_can_be_deleted(own: Connection) -> None:
    """As a row can that breaks one since the rule is there."""
    notes = Note.using(own)
    made = notes.create()
    made.text = "longer than nine"
    made.delete()
    assert notes.find(made.id) is None


def test_a_row_that_was_never_saved_is_not_deleted_into_the_bin(connection: Connection) -> None:
    """Deleting it writes nothing."""
    posts = Post.using(connection)
    made = posts.make(user_id="u", title="t")
    with suppress(OrmError):
        made.delete()
    assert list(posts.query().with_trashed().scan()) == []


def test_a_refused_save_leaves_what_the_orm_counts(connection: Connection) -> None:
    """The version of a row that could not be saved is the one that it was loaded at."""
    accounts = Account.using(connection)
    made = accounts.create()
    accounts.find_or_fail(made.id).update(pence=1)
    with pytest.raises(StaleRowError):
        made.update(pence=2)
    assert made.version == 1


@pytest.mark.parametrize(("name", "value"), [("age", -5), ("tags", [1])])
def test_a_change_breaks_rules_as_a_new_row_does(
    connection: Connection, name: str, value: object
) -> None:
    """The same value is refused by the same error."""
    users = User.using(connection)
    with pytest.raises(InvalidRowError):
        users.create({"name": "Ann", name: value})
    ann = users.create(name="Ann")
    with pytest.raises(InvalidRowError):
        ann.update({name: value})


def test_a_change_that_makes_a_row_too_large_is_refused(
    connection: Connection, meter: MeteredDriver
) -> None:
    """By the same error as a new row, which names the attribute, and before the call."""
    ann = User.using(connection).create(name="Ann")
    with pytest.raises(ItemTooLargeError):
        ann.update(name="x" * 410_000)


# --- whose row --------------------------------------------------------------------------------


@pytest.mark.parametrize("loaded", [False, True])
def test_a_row_of_one_tenant_is_not_saved_as_anothers(connection: Connection, loaded: bool) -> None:
    """It is refused, and neither tenant sees a change."""
    mine, others = User.using(connection), User.using(connection.for_tenant("other"))
    ann = mine.create(name="Ann", town="Rome")
    row = mine.find_or_fail(ann.id) if loaded else ann
    row.town = "Oslo"
    with pytest.raises(OrmError):
        others.save(row)
    assert others.query().where(town="Oslo").get() == []
    assert [found.id for found in mine.query().where(town="Rome").get()] == [ann.id]


def test_a_row_of_one_tenant_is_not_deleted_as_anothers(connection: Connection) -> None:
    """It is refused, and stays."""
    mine, others = User.using(connection), User.using(connection.for_tenant("other"))
    ann = mine.create(name="Ann")
    with pytest.raises(OrmError):
        others.delete(ann)
    assert mine.find(ann.id) is not None


@pytest.mark.parametrize(
    "copied", [copy.copy, copy.deepcopy, lambda row: pickle.loads(pickle.dumps(row))]
)
def test_a_copy_of_a_row_is_deleted_or_refuses(
    connection: Connection, copied: Callable[[User], User]
) -> None:
    """It never says that it was deleted when it is there."""
    users = User.using(connection)
    ann = users.create(name="Ann")
    try:
        users.delete(copied(ann))
    except OrmError:
        return
    assert users.find(ann.id) is None


def test_a_replica_shares_nothing(connection: Connection) -> None:
    """A list of it can be changed without the other's."""
    ann = User.using(connection).create(name="Ann", tags=["a"])
    ann.replicate().tags.append("b")
    assert ann.tags == ["a"]


def test_models_go_to_the_connection_that_was_made_last(
    driver: Driver, config: SingleTableConfig
) -> None:
    """As `dynamo.connection` says; or they say that they are registered with none."""

    class Thing(DynamoDBModel):
        id: Attr[str]

    dynamo = Dynamo()
    dynamo.connection(driver=driver, config=config)
    dynamo.register_model(Thing)
    other = msgspec.structs.replace(config, table="another")
    dynamo.connection(driver=driver, config=other)
    try:
        repository = Thing.repository()
    except ConfigurationError:
        return
    assert repository.connection.config.table == "another"


# --- values -----------------------------------------------------------------------------------


def test_an_equal_value_of_another_type_is_no_change(own: Connection) -> None:
    """5 in a float attribute: what was saved is not dirty, and the next save is none."""
    made = Bag.using(own).create(price=5)
    assert not made.is_dirty()
    made.save()
    assert made.version == 1


def test_an_empty_set_is_a_value(own: Connection) -> None:
    """As a default, and where the last member was taken out."""
    bags = Bag.using(own)
    made = bags.create()
    assert bags.find_or_fail(made.id).words == set()
    made.update(words={"a"})
    made.words.clear()
    made.save()
    assert bags.find_or_fail(made.id).words == set()


@pytest.mark.parametrize("do", ["update", "delete"])
def test_a_row_from_before_an_index_can_be_changed(own: Connection, do: str) -> None:
    """It has a value that no key can carry, which is why it does not stand in the index."""
    config, cities = own.config, City.using(own)
    key = cities.layout.key({"id": "1"})
    item = {**key, config.entity: {"S": "City"}, "id": {"S": "1"}, "land": {"S": ""}}
    own.driver.send(PutItem(table_name=config.table, item=item))
    row = cities.find_or_fail("1")
    if do == "update":
        row.update(size=2)
        assert cities.find_or_fail("1").size == 2
    else:
        row.delete()
        assert cities.find("1") is None


def test_a_primary_key_is_of_one_row(own: Connection) -> None:
    """A second row of the same id elsewhere is refused; no query loses one of two."""
    pages = Page.using(own)
    pages.create(id="1", site="a")
    try:
        pages.create(id="1", site="b")
    except OrmError:
        return
    asked = pages.query().where(site="a").or_where(site="b")
    assert sorted(page.site for page in asked.get()) == ["a", "b"]


def test_an_empty_value_in_a_key_names_its_attribute(connection: Connection) -> None:
    """So that it is known which of twelve was empty."""
    with pytest.raises(OrmError, match=r"town") as caught:
        User.using(connection).create(name="Ann", town="")
    assert isinstance(caught.value, InvalidKeyError | InvalidRowError)


# --- hidden values ----------------------------------------------------------------------------


def test_a_row_that_exists_is_refused_without_its_hidden_values(connection: Connection) -> None:
    """The traceback has the answer of the service in it; that must not have the row."""
    users = User.using(connection)
    ann = users.create(name="Ann", token=SECRET)
    with says_nothing_of(SECRET):
        users.create(id=ann.id, name="Bo")


def test_what_is_not_found_is_said_without_hidden_values(connection: Connection) -> None:
    """`first_or_fail` says what was asked, but for these."""
    with says_nothing_of(SECRET):
        User.using(connection).query().where(token=SECRET).first_or_fail()


@pytest.mark.parametrize("value", [[SECRET], SECRET + "\ud800"], ids=["list", "surrogate"])
def test_a_bad_question_is_refused_without_hidden_values(
    connection: Connection, value: Any
) -> None:
    """A value that no key can carry is not said where its attribute is hidden."""
    with says_nothing_of(SECRET):
        User.using(connection).query().where(token=value).get()


# --- questions --------------------------------------------------------------------------------


def test_no_value_is_among_none(connection: Connection) -> None:
    """As SQL's `IN ()`, in a filter as in a clause."""
    users = User.using(connection)
    users.create(name="Ann", town="Rome")
    assert users.query().where_in("town", []).get() == []
    assert users.query().where(town="Rome").filter(User.name.is_in([])).get() == []


def test_none_among_values_is_what_is_absent(connection: Connection) -> None:
    """`in` and `not_in` read None as `=` and `!=` do."""
    users = User.using(connection)
    users.create(name="Ann", town="Rome")
    users.create(name="Bo", town="Rome", mood=Mood.WILD)
    asked = users.query().where(town="Rome")
    assert asked.filter(User.mood.is_in([None])).pluck("name") == ["Ann"]
    assert asked.where_not_in("mood", [None]).pluck("name") == ["Bo"]


def test_an_order_leaves_no_row_out(connection: Connection) -> None:
    """Rows found by their own key are all there, whether or not they have what they are sorted
    by; or the order is refused."""
    users = User.using(connection)
    ids = [users.create(name="Ann").id, users.create(name="Bo", mood=Mood.WILD).id]
    asked = users.query().where_in("id", ids).order_by("mood")
    try:
        found = asked.get()
    except ConfigurationError:
        return
    assert len(found) == 2


def test_several_readings_are_merged_by_an_enumeration(own: Connection) -> None:
    """In the order that one reading has."""
    feelings = Feeling.using(own)
    for who in "ab":
        for mood in (Mood.WILD, Mood.CALM):
            feelings.create(who=who, mood=mood)
    asked = feelings.query().where_in("who", ["a", "b"]).order_by("mood")
    assert asked.pluck("mood") == [Mood.CALM, Mood.CALM, Mood.WILD, Mood.WILD]


def test_an_empty_range_has_no_rows(connection: Connection) -> None:
    """As in SQL, whichever bound is the greater, on a key and in a filter."""
    users = User.using(connection)
    users.create(name="Ann", town="Rome")
    asked = users.query().where(town="Rome")
    assert asked.where_between("age", 9, 1).get() == []
    assert asked.filter(User.age.between(9, 1)).get() == []


def test_no_row_of_none_is_the_first(connection: Connection) -> None:
    """`limit(0)` holds for `first` as well."""
    users = User.using(connection)
    users.create(name="Ann", town="Rome")
    assert users.query().where(town="Rome").limit(0).first() is None


def test_a_consistent_question_is_told_the_true_reason(connection: Connection) -> None:
    """Not to declare what is declared already."""
    with pytest.raises(NoIndexError) as caught:
        User.using(connection).query().where(town="Rome").consistent().get()
    assert "consistent" in str(caught.value)


def test_a_question_without_an_equality_is_told_to_scan(connection: Connection) -> None:
    """A pattern of no attributes cannot be declared."""
    with pytest.raises(NoIndexError) as caught:
        User.using(connection).query().get()
    assert "equal=()" not in str(caught.value)
    assert "scan()" in str(caught.value)


@pytest.mark.parametrize("name", ["pluck", "sum", "min"])
def test_an_unknown_attribute_is_named(connection: Connection, name: str) -> None:
    """By the ORM's own error, as everywhere."""
    users = User.using(connection)
    users.create(name="Ann", town="Rome")
    with pytest.raises(ConfigurationError):
        getattr(users.query().where(town="Rome"), name)("nmae")


def test_what_to_type_next_stands_in_the_error(connection: Connection) -> None:
    """A traceback is all that there is at night."""
    with pytest.raises(ConfigurationError) as caught:
        User.using(connection).create(nme="Ann")
    assert "name" in str(caught.value)


# --- declarations -----------------------------------------------------------------------------


def test_a_primary_key_that_is_no_attribute_is_named(
    driver: Driver, config: SingleTableConfig
) -> None:
    """Where the model is registered or first used, by model and attribute."""

    class Lost(DynamoDBModel, primary_key="nope"):
        id: Attr[str]

    with pytest.raises(OrmError, match="nope"):
        _used(Connection(driver, config), Lost)


def test_a_rule_that_does_not_exist_is_told_on_registering(
    driver: Driver, config: SingleTableConfig
) -> None:
    """Not by the first request that saves a row."""

    class Typo(DynamoDBModel):
        id: Attr[str]
        email: Attr[str] = attr(rules="emial")

    with pytest.raises(InvalidRuleError):
        Connection(driver, config).register(Typo)


def test_first_uses_at_once_make_one_plan(driver: Driver, config: SingleTableConfig) -> None:
    """Of many threads each gets the same."""
    made, gate = Connection(driver, config), threading.Barrier(8)
    made.register(*MINE)

    def first(_: int) -> int:
        gate.wait()
        return id(made.plan)

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(first, range(8)))) == 1


ODD_IDS: Final = ["#", "!", "!UNIQUE#x", "$", "a#b", "\x00", "\n", " ", "e\u0301", "😀", "x" * 900]


@pytest.mark.parametrize("key", ODD_IDS, ids=lambda key: ascii(key[:12]))
def test_any_text_is_an_id(own: Connection, key: str) -> None:
    """It is found by it, changed and deleted, and no other is."""
    notes = Note.using(own)
    other = notes.create(id=key + "x")
    made = notes.create(id=key)
    assert notes.find(key) == made
    assert notes.find_many([key, key]) == [made, made]
    made.update(text="a")
    made.force_delete()
    assert notes.find(key) is None
    assert notes.find(key + "x") == other


def _used(connection: Connection, model: Any) -> None:
    connection.register(model)
    model.using(connection)
