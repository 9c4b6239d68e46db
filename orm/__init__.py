"""A typed single-table ORM on DynamoDB: models, keys, queries, and the one driver.

    class Order(Model, key=Key("id"), indexes=(Index(1, "customer", sort=("placed",)),)):
        id: str
        customer: str
        placed: datetime

    table = Table(driver, SingleTableConfig(table="shop"))
    table.put(Order(id="7", customer="ann", placed=now))
    table.query(Order).where(customer="ann").latest().limit(10).all()

`orm.driver` holds what carries requests, `orm.errors` everything that is raised, `orm.memory` an
engine in memory, `orm.local` the engine on this machine.
"""

from orm.config import SingleTableConfig, default_config
from orm.expressions import (
    Condition,
    all_of,
    any_of,
    begins_with,
    between,
    equals,
    exists,
    less_than,
    not_exists,
)
from orm.models import (
    Desc,
    Index,
    Key,
    Model,
    Query,
    Table,
    delete_row,
    put_row,
    row_item,
    row_key,
    upsert,
)
from orm.tables import TableShape, create_table, delete_table
from orm.transactions import transact
from orm.update import UpdateExpression, single

__all__ = [
    "Condition",
    "Desc",
    "Index",
    "Key",
    "Model",
    "Query",
    "SingleTableConfig",
    "Table",
    "TableShape",
    "UpdateExpression",
    "all_of",
    "any_of",
    "begins_with",
    "between",
    "create_table",
    "default_config",
    "delete_row",
    "delete_table",
    "equals",
    "exists",
    "less_than",
    "not_exists",
    "put_row",
    "row_item",
    "row_key",
    "single",
    "transact",
    "upsert",
]
