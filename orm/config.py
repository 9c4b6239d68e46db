"""How a single table is laid out: the names of its attributes and indexes.

Every name is configuration. Code asks this object and never spells an attribute's name itself.
"""

from __future__ import annotations

import msgspec

from orm.errors import ConfigurationError
from orm.keys import Keys
from orm.requests import Item


class SingleTableConfig(msgspec.Struct, frozen=True, kw_only=True):
    """Names of one table's attributes and indexes.

    Args:
        table: the table's name.
        pk: the partition key attribute.
        sk: the sort key attribute.
        entity: the attribute that names an item's entity.
        index: the name of global secondary index n, from 1.
        index_pk: the partition key attribute of index n.
        index_sk: the sort key attribute of index n.
        prefix: the key prefix of an entity, made from its own, e.g. `{prefix}.2` for the rows of a
            projection's second version.
        delimiter: what separates the parts of a key; see `orm.keys`.
    """

    table: str
    pk: str = "pk"
    sk: str = "sk"
    entity: str = "_et"
    index: str = "GSI{n}"
    index_pk: str = "gsi{n}pk"
    index_sk: str = "gsi{n}sk"
    prefix: str = "{prefix}"
    delimiter: str = "#"

    def __post_init__(self) -> None:
        for setting in ("index", "index_pk", "index_sk"):
            if "{n}" not in getattr(self, setting):
                raise ConfigurationError(setting, "must contain {n}, the number of the index")
        if "{prefix}" not in self.prefix:
            raise ConfigurationError("prefix", "must contain {prefix}, the entity's own prefix")
        names = [self.pk, self.sk, self.entity, *self.index_keys(1)]
        if len(set(names)) != len(names) or not all(names):
            raise ConfigurationError("names", f"must differ and not be empty: {', '.join(names)}")
        Keys(self.delimiter)

    @property
    def keys(self) -> Keys:
        """The key builder of this table."""
        return Keys(self.delimiter)

    def entity_prefix(self, prefix: str) -> str:
        """The prefix that an entity whose own is `prefix` has in this table."""
        return self.prefix.replace("{prefix}", prefix)

    def index_name(self, number: int) -> str:
        return self.index.replace("{n}", str(number))

    def index_keys(self, number: int) -> tuple[str, str]:
        """The partition and sort key attributes of index `number`."""
        return self.index_pk.replace("{n}", str(number)), self.index_sk.replace("{n}", str(number))

    def key(self, pk: str, sk: str) -> Item:
        """The key of an item, in wire shape."""
        return {self.pk: {"S": pk}, self.sk: {"S": sk}}
