"""Hidden values: no error says one, and no traceback shows the stored row."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import pytest

from orm.errors import (
    OrmError,
)
from orm.records import (
    Connection,
)
from tests.contract.records.blog import User

SECRET: Final = "s3cret-of-ann"


@contextmanager
def says_nothing_of(secret: str) -> Iterator[None]:
    """An error comes, and nothing that a log would hold of it says the secret."""
    with pytest.raises(OrmError) as caught:
        yield
    assert secret not in str(caught.value)
    assert secret not in repr(caught.value)
    assert secret not in "".join(traceback.format_exception(caught.value))


def test_a_row_that_exists_is_refused_without_its_hidden_values(connection: Connection) -> None:
    """The traceback has the answer of the service in it; that must not have the row."""
    users = User.using(connection)
    ann = users.create(name="Ann", token=SECRET)
    with says_nothing_of(SECRET):
        users.create(id=ann.id, name="Bo")


@pytest.mark.parametrize("value", [[SECRET], SECRET + "\ud800"], ids=["list", "surrogate"])
def test_a_bad_question_is_refused_without_hidden_values(
    connection: Connection, value: Any
) -> None:
    """A value that no key can carry is not said where its attribute is hidden."""
    with says_nothing_of(SECRET):
        User.using(connection).query().where(token=value).get()
