"""Belonging: a row is of one table and tenant, and a copy of it is the same row."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable

import msgspec
import pytest

from orm import SingleTableConfig
from orm.driver import Driver
from orm.errors import (
    ConfigurationError,
    OrmError,
)
from orm.records import (
    Attr,
    Connection,
    Dynamo,
    DynamoDBModel,
)
from tests.contract.records.blog import User


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
