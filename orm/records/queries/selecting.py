"""Selecting: some attributes of the rows that a query finds, and no more of them.

Fewer bytes come over the wire, and an index that copies only these attributes can answer. What is
read is no row: it cannot be saved.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property, lru_cache
from typing import Any

import msgspec

from orm.decoding import learn
from orm.models.layout import Layout, row_of
from orm.models.reading import RowReader
from orm.requests import Item, Query


class Selection:
    """Some attributes of the rows of a layout.

    Attributes:
        model: a type that has these attributes alone.
    """

    def __init__(self, layout: Layout[Any], names: Iterable[str]) -> None:
        infos = {info.name: info for info in msgspec.structs.fields(layout.model)}
        self._layout = layout
        self._attributes = {name: infos[name].encode_name for name in names}
        self.model = msgspec.defstruct(
            layout.model.__name__, [_field(infos[name]) for name in self._attributes], kw_only=True
        )
        learn(self.model)

    @cached_property
    def reader(self) -> RowReader:
        """Reads them straight from the wire."""
        return RowReader(self.model, self._attributes)

    def row(self, item: Item) -> Any:
        """The attributes of an item.

        Raises:
            UnreadableRowError: one is missing or of another type.
        """
        return row_of(self._layout.config, self.model, self._attributes.values(), item)

    def of(self, query: Query[Item]) -> Query[Item]:
        """The same question about these attributes alone."""
        marks = {f"#s{at}": name for at, name in enumerate(self._attributes.values())}
        return msgspec.structs.replace(
            query,
            projection_expression=", ".join(marks),
            expression_attribute_names={**(query.expression_attribute_names or {}), **marks},
        )


def _field(info: msgspec.structs.FieldInfo) -> tuple[str, Any, Any]:
    options: dict[str, Any] = {"name": info.encode_name}
    if info.default is not msgspec.NODEFAULT:
        options["default"] = info.default
    if info.default_factory is not msgspec.NODEFAULT:
        options["default_factory"] = info.default_factory
    return info.name, info.type, msgspec.field(**options)


@lru_cache(maxsize=256)
def selection(layout: Layout[Any], names: tuple[str, ...]) -> Selection:
    """The selection of these attributes, made once."""
    return Selection(layout, names)
