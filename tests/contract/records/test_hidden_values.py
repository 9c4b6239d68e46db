"""Hidden values: no error says one, and no traceback shows the stored row."""

from __future__ import annotations

from typing import Any, Final

import pytest

from orm.errors import (
    ConditionFailedError,
    RowExistsError,
    TransactionCanceledError,
)
from orm.records import (
    Connection,
)
from tests.contract.records.blog import User
from tests.contract.records.odd import Vault
from tests.support.hiding import says_nothing_of

SECRET: Final = "s3cret-of-ann"


def test_a_row_that_exists_is_refused_without_its_hidden_values(connection: Connection) -> None:
    """The traceback has the answer of the service in it; that must not have the row."""
    users = User.using(connection)
    ann = users.create(name="Ann", token=SECRET)
    with says_nothing_of(SECRET):
        users.create(id=ann.id, name="Bo")


def test_a_hidden_key_is_not_said(own: Connection) -> None:
    """By none of the errors that name a row."""
    vaults = Vault.using(own)
    made = vaults.create(code=SECRET)
    stale = vaults.find_or_fail(SECRET)
    made.update(tree={"a": 1})
    with says_nothing_of(SECRET):
        vaults.create(code=SECRET)
    with says_nothing_of(SECRET):
        stale.update(tree={"a": 2})
    made.delete()
    with says_nothing_of(SECRET):
        stale.update(tree={"a": 2})
    with says_nothing_of(SECRET):
        stale.refresh()
    with says_nothing_of(SECRET):
        vaults.make(code=SECRET).delete()


def test_what_a_driver_raises_is_told_without_items(connection: Connection) -> None:
    """Of its own call and of a transaction; who needs the item finds it on the error."""
    users = User.using(connection)
    users.create(id="7", name="Ann", token=SECRET)
    with pytest.raises(RowExistsError) as alone:
        users.create(id="7", name="Bo")
    with pytest.raises(RowExistsError) as together:
        users.create(id="7", name="Bo", email="bo@example.com")
    failed, cancelled = alone.value.__cause__, together.value.__cause__
    assert isinstance(failed, ConditionFailedError)
    assert isinstance(cancelled, TransactionCanceledError)
    assert failed.item is not None
    for told in (failed, failed.__cause__, cancelled, cancelled.__cause__, cancelled.reasons):
        assert SECRET not in repr(told)


@pytest.mark.parametrize("value", [{SECRET: {1}, "b": object()}, {"a": SECRET + "\ud800"}])
def test_a_bad_value_is_refused_without_being_said(own: Connection, value: Any) -> None:
    """Nor is the name of a member that stands in its path."""
    field = Vault.using(own).layout.fields["tree"]
    with says_nothing_of(SECRET):
        field.to_wire(value)


@pytest.mark.parametrize("value", [[SECRET], SECRET + "\ud800"], ids=["list", "surrogate"])
def test_a_bad_question_is_refused_without_hidden_values(
    connection: Connection, value: Any
) -> None:
    """A value that no key can carry is not said where its attribute is hidden."""
    with says_nothing_of(SECRET):
        User.using(connection).query().where(token=value).get()
