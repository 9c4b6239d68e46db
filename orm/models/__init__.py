"""Models: typed rows, how they are keyed, and how they are written and asked for."""

from orm.models.actions import delete_row, put_row, row_item, row_key, upsert
from orm.models.key import Desc, Index, Key
from orm.models.layout import Layout, layout_of
from orm.models.model import Model
from orm.models.plan import Plan
from orm.models.query import Query
from orm.models.table import Table

__all__ = [
    "Desc",
    "Index",
    "Key",
    "Layout",
    "Model",
    "Plan",
    "Query",
    "Table",
    "delete_row",
    "layout_of",
    "put_row",
    "row_item",
    "row_key",
    "upsert",
]
