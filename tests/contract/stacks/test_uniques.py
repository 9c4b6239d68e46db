"""Unique attributes and unique indexes of parsed models: a second row with the values is refused,
and the values are free again once no row has them."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from orm.definitions import EntityDefinition
from orm.records import Connection, UniqueError
from tests.contract.stacks.samples import rows_of, sample

UNIQUES: dict[tuple[str, tuple[str, ...]], dict[str, Any]] = {
    ("Category", ("name",)): {"id": "2"},
    ("Order", ("shop", "number")): {"id": "2"},
    ("Payment", ("provider", "reference")): {"id": "2"},
    ("Product", ("sku",)): {"id": "2"},
    ("Supplier", ("slug",)): {"id": "2"},
    ("Tag", ("label",)): {"id": "2"},
    ("Team", ("name",)): {"id": "2"},
    ("User", ("email",)): {"id": "2"},
    ("Voucher", ("code",)): {"id": "2", "sku": "OT-0001"},
    ("Voucher", ("sku",)): {"id": "2", "code": "OTHER123"},
}
"""What a file says is unique, and how a second row differs from the first in all else."""

OTHERS: dict[str, Any] = {
    "code": "NEWCODE1",
    "email": "new@example.com",
    "label": "new",
    "name": "new name",
    "number": 8,
    "reference": "ref-new",
    "sku": "NE-0001",
    "slug": "new-slug",
}


def test_every_unique_of_every_file_is_tried(models: Sequence[EntityDefinition]) -> None:
    said: set[tuple[str, tuple[str, ...]]] = {
        (one.name, (each.name,)) for one in models for each in one.attributes if each.unique
    }
    said |= {(one.name, each.columns) for one in models for each in one.indexes if each.unique}
    assert said == set(UNIQUES)


@pytest.mark.parametrize(
    ("model", "columns"),
    sorted(UNIQUES),
    ids=lambda said: said if isinstance(said, str) else "+".join(said),
)
def test_a_second_row_with_the_values_is_refused(
    connection: Connection, model: str, columns: tuple[str, ...]
) -> None:
    rows = rows_of(connection, model)
    first = rows.create(sample(model))
    second = sample(model, **UNIQUES[model, columns])
    with pytest.raises(UniqueError) as refused:
        rows.create(second)
    assert (refused.value.model, refused.value.attributes) == (model, columns)
    assert rows.find("2") is None
    changed = {columns[-1]: OTHERS[columns[-1]]}
    other = rows.create({**second, **changed})
    with pytest.raises(UniqueError):
        other.update({columns[-1]: getattr(first, columns[-1])})
    assert rows.find_or_fail("2") == rows.query().where(**_values(other, columns, changed)).first()
    first.force_delete()
    found = rows.find_or_fail("2")
    found.update({columns[-1]: second[columns[-1]]})
    assert rows.query().where(**_values(found, columns, {})).get() == [found]
    assert rows.query().where(**_values(found, columns, changed)).get() == []


def _values(row: Any, columns: tuple[str, ...], changed: dict[str, Any]) -> dict[str, Any]:
    return {name: changed.get(name, getattr(row, name)) for name in columns}


def test_letters_of_both_cases_are_the_same_where_the_file_says_so(connection: Connection) -> None:
    tags = rows_of(connection, "Tag")
    tag = tags.create(label="Garden")
    with pytest.raises(UniqueError):
        tags.create(label="GARDEN")
    assert tags.query().where(label="gArDen").get() == [tag]
    teams = rows_of(connection, "Team")
    teams.create(name="Sales")
    teams.create(name="SALES")


def test_a_row_in_the_bin_keeps_its_values(connection: Connection) -> None:
    products = rows_of(connection, "Product")
    row = products.create(sample("Product"))
    row.delete()
    with pytest.raises(UniqueError):
        products.create(sample("Product", id="2"))
    row.restore()
    assert products.query().where(sku="AB-0001").get() == [row]


def test_of_many_rivals_one_wins(connection: Connection) -> None:
    users = rows_of(connection, "User")

    def rival(n: int) -> bool:
        try:
            users.create(sample("User", id=f"{n}"))
        except UniqueError:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(rival, range(8))) == 1
    assert len(list(users.query().scan())) == 1
