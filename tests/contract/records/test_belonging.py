"""Belonging: a row is of one table and tenant, and a copy of it is the same row."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable, Sequence
from typing import Any, Final

import msgspec
import pytest

from orm import SingleTableConfig
from orm.driver import Driver
from orm.errors import ConfigurationError, RowExistsError
from orm.records import (
    Attr,
    Connection,
    Dynamo,
    DynamoDBModel,
    ForeignRowError,
    Many,
    One,
    UnsavedRowError,
    attr,
    belongs_to,
    has_many,
)
from tests.contract.records.blog import MODELS, Account, User


class Place(DynamoDBModel):
    id: Attr[str]
    shops: Many[Shop] = has_many("Shop")


class Shop(DynamoDBModel):
    id: Attr[str]
    place_id: Attr[str | None] = attr(default=None)
    place: One[Place] = belongs_to("Place")


@pytest.fixture
def models() -> Sequence[type[DynamoDBModel]]:
    return (*MODELS, Place, Shop)


@pytest.mark.parametrize("loaded", [False, True])
def test_a_row_of_one_tenant_is_not_saved_as_anothers(connection: Connection, loaded: bool) -> None:
    """It is refused, and neither tenant sees a change."""
    mine, others = User.using(connection), User.using(connection.for_tenant("other"))
    ann = mine.create(name="Ann", town="Rome")
    row = mine.find_or_fail(ann.id) if loaded else ann
    row.town = "Oslo"
    with pytest.raises(ForeignRowError):
        others.save(row)
    assert others.query().where(town="Oslo").get() == []
    assert [found.id for found in mine.query().where(town="Rome").get()] == [ann.id]


def test_a_row_of_one_tenant_is_not_deleted_as_anothers(connection: Connection) -> None:
    """It is refused, and stays."""
    mine, others = User.using(connection), User.using(connection.for_tenant("other"))
    ann = mine.create(name="Ann")
    for do in (others.delete, others.force_delete, others.refresh):
        with pytest.raises(ForeignRowError):
            do(ann)
    assert mine.find(ann.id) is not None


def test_related_rows_are_of_one_tenant(connection: Connection) -> None:
    """A row of another is neither pointed at nor given the place of one."""
    others = connection.for_tenant("other")
    stranger = Place.using(others).create(id="p")
    shop = Shop.using(connection).create(id="s")
    with pytest.raises(ForeignRowError, match="other"):
        shop.related("place").associate(stranger)
    with pytest.raises(ForeignRowError, match="other"):
        Place.using(connection).create(id="p").related("shops").save(
            Shop.using(others).create(id="s")
        )


COPIES: Final = [copy.copy, copy.deepcopy, lambda row: pickle.loads(pickle.dumps(row))]


@pytest.mark.parametrize("copied", COPIES, ids=["copy", "deepcopy", "pickle"])
def test_a_copy_of_a_row_is_the_same_stored_row(
    connection: Connection, copied: Callable[[Any], Any]
) -> None:
    """It knows what is stored, is saved in its place and deletes it, but of its tenant only."""
    accounts = Account.using(connection)
    made = accounts.create(id="a", pence=1)
    made.pence = 2
    twin = copied(made)
    accounts.save(twin)
    assert (accounts.find_or_fail("a").pence, twin.version, made.version) == (2, 2, 1)
    with pytest.raises(ForeignRowError):
        Account.using(connection.for_tenant("other")).delete(copied(twin))
    accounts.delete(copied(twin))
    assert accounts.find("a") is None


@pytest.mark.parametrize("copied", COPIES, ids=["copy", "deepcopy", "pickle"])
def test_a_copy_in_depth_shares_no_list(
    connection: Connection, copied: Callable[[Any], Any]
) -> None:
    """A copy that is not shares them, as everywhere in Python."""
    ann = User.using(connection).create(name="Ann", tags=["a"])
    copied(ann).tags.append("b")
    assert ann.tags == (["a", "b"] if copied is copy.copy else ["a"])


def test_what_is_made_by_replacing_is_a_new_row(connection: Connection) -> None:
    """It cannot be deleted, for it was never saved; the row at its key is another."""
    users = User.using(connection)
    ann = users.create(name="Ann")
    new = msgspec.structs.replace(ann, name="Anna")
    with pytest.raises(UnsavedRowError):
        users.delete(new)
    with pytest.raises(RowExistsError):
        users.save(new)
    assert users.find_or_fail(ann.id).name == "Ann"


def test_a_deleted_row_may_be_deleted_again(connection: Connection) -> None:
    ann = User.using(connection).create(name="Ann")
    ann.delete()
    ann.delete()
    assert User.using(connection).find(ann.id) is None


def test_a_replica_shares_nothing(connection: Connection) -> None:
    """A list of it can be changed without the other's; a typing error is told as everywhere."""
    ann = User.using(connection).create(name="Ann", tags=["a"])
    ann.replicate().tags.append("b")
    assert ann.tags == ["a"]
    with pytest.raises(ConfigurationError, match="write name"):
        ann.replicate(nme="Bo")


def test_models_follow_the_connection_that_was_made_last(
    driver: Driver, config: SingleTableConfig
) -> None:
    """Once they are registered there; what was found before stays where it is."""

    class Thing(DynamoDBModel):
        id: Attr[str]

    dynamo = Dynamo()
    dynamo.connection(driver=driver, config=config)
    dynamo.register_model(Thing, {"name": "Tag", "attributes": {"label": {"fillable": True}}})
    before = Thing.repository().make(id="1")
    dynamo.connection(driver=driver, config=msgspec.structs.replace(config, table="another"))
    with pytest.raises(ConfigurationError, match=r"Thing: is no model .*register_model\(\) it"):
        Thing.repository()
    dynamo.register_model(Thing)
    assert Thing.repository().connection is dynamo.current
    with pytest.raises(ForeignRowError, match="another"):
        Thing.repository().save(before)
