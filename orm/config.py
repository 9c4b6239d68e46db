"""How a single table is laid out: the names of its attributes and indexes.

Every name is configuration. Code asks this object and never spells an attribute's name itself.
"""

from __future__ import annotations

import re
from typing import Final

import msgspec

from orm.errors import ConfigurationError
from orm.keys import FRAMEWORK_MARK, Keys
from orm.limits import GSIS_MAX, KEY_NAME_BYTES_MAX, LSIS_MAX
from orm.requests import Item

_NAME: Final = re.compile(r"[a-zA-Z0-9_.-]{3,255}")  # API reference, CreateTable


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
        local_index: the name of local secondary index n, from 1.
        local_index_sk: the sort key attribute of local index n; its partition key is the table's.
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
    local_index: str = "LSI{n}"
    local_index_sk: str = "lsi{n}sk"
    prefix: str = "{prefix}"
    delimiter: str = "#"

    def __post_init__(self) -> None:
        self._check_texts()
        for setting in ("index", "index_pk", "index_sk", "local_index", "local_index_sk"):
            if "{n}" not in getattr(self, setting):
                raise ConfigurationError(setting, "must contain {n}, the number of the index")
        self._check_names()
        if "{prefix}" not in self.prefix:
            raise ConfigurationError("prefix", "must contain {prefix}, the entity's own prefix")
        names = self._names()
        if len(set(names)) != len(names) or not all(names):
            raise ConfigurationError("names", f"must differ and not be empty: {_told(names)}")
        for name in names:
            _check_attribute(name)
        indexes = {self.index_name(n) for n in range(1, GSIS_MAX + 1)}
        if clash := indexes.intersection(map(self.local_index_name, range(1, LSIS_MAX + 1))):
            reason = f"calls local indexes as index calls global ones: {', '.join(sorted(clash))}"
            raise ConfigurationError("local_index", reason)
        Keys(self.delimiter)

    def _names(self) -> list[str]:
        names = [self.pk, self.sk, self.entity]
        names += [name for n in range(1, GSIS_MAX + 1) for name in self.index_keys(n)]
        return [*names, *(self.local_index_key(n) for n in range(1, LSIS_MAX + 1))]

    def _check_texts(self) -> None:
        for setting in self.__struct_fields__:
            value = getattr(self, setting)
            if not isinstance(value, str):
                raise ConfigurationError(setting, f"takes text, not {type(value).__name__}")

    def _check_names(self) -> None:
        """Refuse what no table or index may be called."""
        named = {"table": self.table, "index": self.index_name(1)}
        named["local_index"] = self.local_index_name(1)
        for setting, name in named.items():
            if not _NAME.fullmatch(name) and not (setting == "table" and name.startswith("arn:")):
                raise ConfigurationError(
                    setting, f"{name!r} is no name: DynamoDB's have 3 to 255 of a-z, A-Z, 0-9, _.-"
                )

    @property
    def reserved(self) -> frozenset[str]:
        """The attributes that are keys of the table or of an index it may have, or tell entities
        apart."""
        return frozenset(self._names())

    @property
    def keys(self) -> Keys:
        """The key builder of this table."""
        return Keys(self.delimiter)

    def entity_prefix(self, prefix: str) -> str:
        """The prefix that an entity whose own is `prefix` has in this table."""
        return self.prefix.replace("{prefix}", prefix)

    def is_entity_prefix(self, prefix: str) -> bool:
        """Whether `entity_prefix` may have made this one."""
        before, _, after = self.prefix.partition("{prefix}")
        return prefix.startswith(before) and prefix.endswith(after)

    def index_name(self, number: int) -> str:
        return self.index.replace("{n}", str(number))

    def index_keys(self, number: int) -> tuple[str, str]:
        """The partition and sort key attributes of index `number`."""
        return self.index_pk.replace("{n}", str(number)), self.index_sk.replace("{n}", str(number))

    def local_index_name(self, number: int) -> str:
        return self.local_index.replace("{n}", str(number))

    def local_index_key(self, number: int) -> str:
        """The sort key attribute of local index `number`."""
        return self.local_index_sk.replace("{n}", str(number))

    def place(self, item: Item) -> tuple[str, str]:
        """The texts of an item's key, which tell it from all others of the table."""
        return item[self.pk]["S"], item[self.sk]["S"]

    def key(self, pk: str, sk: str) -> Item:
        """The key of an item, in wire shape."""
        return {self.pk: {"S": pk}, self.sk: {"S": sk}}


def _check_attribute(name: str) -> None:
    """Refuse what no key attribute may be called, or what Keyfold calls attributes of its own."""
    if name.startswith(FRAMEWORK_MARK):
        reason = f"{name!r} begins with {FRAMEWORK_MARK!r}, as Keyfold's own attributes do"
        raise ConfigurationError("names", reason)
    if len(name.encode()) > KEY_NAME_BYTES_MAX:
        reason = f"{name[:20]!r}… is longer than the {KEY_NAME_BYTES_MAX} bytes of a key's name"
        raise ConfigurationError("names", reason)


def _told(names: list[str]) -> str:
    """The name that stands there twice, or all of the first few."""
    twice = [name for name in names if names.count(name) > 1]
    return repr(twice[0]) if twice else ", ".join(names[:6])


def default_config(table: str, **names: str) -> SingleTableConfig:
    """The names that a table has unless told otherwise: `pk`, `sk`, `_et`, `GSI1`, `gsi1pk`, …

    Args:
        table: the table's name.
        names: what is called otherwise; see `SingleTableConfig`.

    Raises:
        ConfigurationError: two names are the same, or one cannot work.
    """
    return SingleTableConfig(table=table, **names)
