"""Models: rows as msgspec Structs whose class says how they are keyed.

    class Order(Model, key=Key("id"), indexes=(Index(1, "customer", sort=("placed",)),)):
        id: str
        customer: str
        placed: datetime

A model is an ordinary Struct (keyword arguments only) and knows nothing of tables; `Table` reads
and writes it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, dataclass_transform

import msgspec

from orm.definitions.paths import KeyPath
from orm.errors import ConfigurationError
from orm.keys import entity_prefix
from orm.models.key import Path, check_paths


class Shape(msgspec.Struct, frozen=True):
    """How a model is keyed, as its class statement says.

    Args:
        entity: the model's name, stored in each item.
        prefix: what its keys begin with.
        key: its own key.
        indexes: the other ways to its rows.
    """

    entity: str
    prefix: str
    key: Path
    indexes: tuple[Path, ...] = ()

    def paths(self, prefix: str) -> tuple[KeyPath, ...]:
        """Every way to the rows, the table's own first, their keys beginning with `prefix`."""
        return tuple(path.key_path(prefix) for path in (self.key, *self.indexes))


class ModelMeta(msgspec.StructMeta):
    """Takes the keys out of a class statement; the rest is msgspec's."""

    def __new__(
        mcls,
        name: str,
        bases: tuple[type, ...],
        namespace: dict[str, Any],
        *,
        prefix: str | None = None,
        key: Path | None = None,
        indexes: Sequence[Path] = (),
        **options: Any,
    ) -> ModelMeta:
        """Make the class and keep its shape on it."""
        options.setdefault("kw_only", True)
        cls = super().__new__(mcls, name, bases, namespace, **options)
        if key is not None:
            check_paths(name, key, indexes, cls.__struct_fields__)
            own_prefix = entity_prefix(name) if prefix is None else prefix
            cls.__shape__ = Shape(name, own_prefix, key, tuple(indexes))  # type: ignore[attr-defined]
        elif prefix is not None or indexes:
            raise ConfigurationError(name, "prefix= and indexes= mean nothing without key=")
        return cls


# on the class, not on its metaclass: mypy asks the classes first, and Struct among them has one
@dataclass_transform(kw_only_default=True, field_specifiers=(msgspec.field,))
class Model(msgspec.Struct, metaclass=ModelMeta):
    """The base of every model. Class keywords: `key`, and optionally `prefix` and `indexes`.

    `prefix` defaults to the class name in capitals. A subclass of a model says its own `key`; a
    class without one is a base for others and has no rows.
    """

    __shape__: ClassVar[Shape]


def shape_of(model: type[Model]) -> Shape:
    """How `model` is keyed.

    Raises:
        ConfigurationError: it has no key of its own.
    """
    shape = model.__dict__.get("__shape__")
    if shape is None:
        raise ConfigurationError(model.__name__, "has no key; say class …(Model, key=Key(…))")
    return shape  # type: ignore[no-any-return]
