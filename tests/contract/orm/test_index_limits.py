"""What DynamoDB refuses of a table's indexes, each engine refuses."""

from __future__ import annotations

from typing import Any

import pytest

from orm import SingleTableConfig, TableShape, delete_table
from orm.clock import SystemClock
from orm.driver import Driver
from orm.errors import InvalidRequestError
from orm.requests import CreateTable, KeyElement, Projection, SecondaryIndex
from orm.requests.tables import AttributeDefinition


def named(*names: str) -> Projection:
    return Projection(projection_type="INCLUDE", non_key_attributes=list(names))


def request(config: SingleTableConfig, kind: str, projections: list[Projection]) -> CreateTable:
    """A table with indexes of one kind, each with this projection, past what a shape would do."""
    plain = TableShape(config=config).request()
    indexes, keys = [], []
    for number, projection in enumerate(projections, 1):
        pk, sk = config.index_keys(number)
        pair = (config.pk, config.local_index_key(number)) if kind == "local" else (pk, sk)
        keys += [name for name in pair if name != config.pk]
        schema = [
            KeyElement(attribute_name=name, key_type=each)
            for name, each in zip(pair, ("HASH", "RANGE"), strict=True)
        ]
        indexes.append(
            SecondaryIndex(
                index_name=config.index_name(number), key_schema=schema, projection=projection
            )
        )
    more: dict[str, Any] = {f"{kind}_secondary_indexes": indexes}
    return CreateTable(
        table_name=config.table,
        key_schema=plain.key_schema,
        attribute_definitions=[
            *plain.attribute_definitions,
            *(AttributeDefinition(attribute_name=name, attribute_type="S") for name in keys),
        ],
        billing_mode="PAY_PER_REQUEST",
        **more,
    )


REFUSED = {
    "six local": ("local", [Projection()] * 6),
    "twenty-one global": ("global", [Projection()] * 21),
    "one attribute twice": ("global", [named("a", "a")]),
    "more than a hundred": ("global", [named(*(f"a{n}" for n in range(17)))] * 6),
    "none of INCLUDE": ("local", [Projection(projection_type="INCLUDE")]),
}
TAKEN = {
    "five local": ("local", [Projection()] * 5),
    "a hundred": ("global", [named(*(f"a{n}" for n in range(20)))] * 5),
}


@pytest.mark.parametrize("case", REFUSED)
def test_more_than_a_table_can_have_is_refused(
    driver: Driver, config: SingleTableConfig, case: str
) -> None:
    with pytest.raises(InvalidRequestError):
        driver.send(request(config, *REFUSED[case]))


@pytest.mark.parametrize("case", TAKEN)
def test_as_much_as_a_table_can_have_is_taken(
    driver: Driver, config: SingleTableConfig, case: str
) -> None:
    driver.send(request(config, *TAKEN[case]))
    delete_table(driver, config.table, SystemClock())
