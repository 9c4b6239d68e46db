"""Relations: every shape in which they are declared, as one.

    hasMany: ['Essay']                              names of models
    belongsTo: {Writer: 'Author'}                   a name of the relation for each
    belongsTo: [{model: 'Author', foreignKey: …}]   everything said
    belongsToMany: {tags: {model: 'Tag', pivot: …}} by the name of the relation

What is not said derives from the models' names: `author_id`, `essays`, `comment` + `able`. A
model is meant as it is spelled, so that `APIKey` and `book` are found; a name that no model has is
for the planner to report.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, Literal, cast

import msgspec

from orm.definitions.entity import PivotDefinition, RelationDefinition, RelationKind, Unresolved
from orm.definitions.names import foreign_key, nearest, plural, singular, snake_case
from orm.definitions.pivots import edge_name, read_pivot
from orm.definitions.section import Section, camel_case, describe, plain

KINDS: Final[tuple[RelationKind, ...]] = (
    "belongs_to",
    "belongs_to_many",
    "has_one",
    "has_many",
    "has_one_through",
    "has_many_through",
    "morph_one",
    "morph_many",
    "morph_to",
    "morph_to_many",
    "morphed_by_many",
)

_MANY: Final = frozenset(
    [
        "belongs_to_many",
        "has_many",
        "has_many_through",
        "morph_many",
        "morph_to_many",
        "morphed_by_many",
    ]
)
_THROUGH: Final = frozenset({"has_one_through", "has_many_through"})
_MORPH: Final = frozenset(
    {"morph_one", "morph_many", "morph_to", "morph_to_many", "morphed_by_many"}
)
_EDGES: Final = frozenset({"belongs_to_many", "morph_to_many", "morphed_by_many"})
KNOWN: Final = frozenset(
    [
        "columns",
        "foreign_key",
        "id",
        "id_column",
        "local_key",
        "model",
        "morph_name",
        "morph_type",
        "name",
        "on_delete",
        "on_update",
        "order_by",
        "owned",
        "owner_key",
        "pivot",
        "related_key",
        "relation_name",
        "table",
        "through",
        "through_foreign_key",
        "type",
        "type_column",
    ]
)
_SAID: Final = KNOWN - {"columns", "id", "name", "owned", "table", "type"}
"""What tells a relation's own mapping from one of relations by name."""

_ACTIONS: Final = {
    "": "",
    "no_action": "",
    "cascade": "cascade",
    "restrict": "restrict",
    "set_null": "set_null",
}

OnDelete = Literal["", "cascade", "restrict", "set_null"]
OnUpdate = Literal["", "cascade", "restrict"]


class ReadRelation(msgspec.Struct, frozen=True):
    """A relation, and what else stood in its declaration."""

    definition: RelationDefinition
    others: dict[str, Any]


def read_relations(section: Section, declared: frozenset[str]) -> list[ReadRelation]:
    """The relations of a declaration, in its order.

    Args:
        section: the whole declaration of the model; its relations are taken from it.
        declared: the names of the attributes that it declares.

    Raises:
        DefinitionError: one is of the wrong form, or two have one name.
    """
    order = [(section.place_of(kind), kind) for kind in KINDS if kind in section.spelling]
    found: list[ReadRelation] = []
    names: set[str] = set()
    for _, kind in sorted(order):
        for entry in _entries(section, kind):
            relation = entry.read(kind, declared)
            if relation.definition.name in names:
                reason = f"makes a second relation {relation.definition.name!r}"
                raise entry.section.refuse(reason, "give it a relationName of its own")
            names.add(relation.definition.name)
            found.append(relation)
    return found


def _entries(section: Section, kind: str) -> Iterator[_Entry]:
    spelled = section.spelling[kind]
    value = section.take(kind)
    path = (*section.path, spelled)
    if plain(value) is None:
        return
    if isinstance(value, str):
        yield _Entry(section, path, "", value)
    elif isinstance(value, Mapping):
        yield from _from_mapping(section, path, value)
    elif isinstance(value, list | tuple):
        for place, one in enumerate(value):
            yield from _from_item(section, (*path, place), one)
    else:
        raise section.refuse(f"is {describe(value)}, which is no relation", "", spelled)


def _from_item(section: Section, path: tuple[str | int, ...], one: Any) -> Iterator[_Entry]:
    if plain(one) is None:
        return
    if not isinstance(one, str | Mapping):
        raise Section({}, section.model, path).refuse(f"is {describe(one)}, which is no relation")
    if isinstance(one, Mapping):
        yield from _from_mapping(section, path, one)
    else:
        yield _Entry(section, path, "", one)


def _from_mapping(
    section: Section, path: tuple[str | int, ...], value: Mapping[str, Any]
) -> Iterator[_Entry]:
    """One relation with everything said, or one for each name of a relation: what is said of one is
    no mapping but for its pivot, and a relation that is called `model` is one."""
    said = {snake_case(str(key)) for key, one in value.items() if not isinstance(one, Mapping)}
    if said & _SAID:
        yield _Entry(section, path, "", value)
        return
    inner = Section(value, section.model, path)
    for alias, one in inner.items():
        _check_alias(inner, alias, one)
        if plain(one) is not None:
            yield _Entry(section, (*path, alias), snake_case(alias), one)


def _check_alias(inner: Section, alias: str, model: Any) -> None:
    """Refuse `{'modle': 'Essay'}`, which would be a relation `modle`; but `{'modal': 'Modal'}` is
    one."""
    name = snake_case(alias)
    near = nearest(name, _SAID)
    if near and isinstance(model, str) and name not in (one := snake_case(model), plural(one)):
        hint = f"write {near if name == alias else camel_case(near)}"
        raise inner.refuse("is no name of a relation", f"{hint}, or relationName", alias)


class _Entry:
    """One relation's declaration."""

    def __init__(
        self, parent: Section, path: tuple[str | int, ...], alias: str, value: Any
    ) -> None:
        self.model, self.alias = parent.model, alias
        self.section = Section({}, parent.model, path)
        if isinstance(value, str):
            value = {"model": value}
        elif not isinstance(value, Mapping):
            raise self.section.refuse(f"is {describe(value)}, which is no relation")
        self.section = Section(value, parent.model, path)

    def read(self, kind: RelationKind, declared: frozenset[str]) -> ReadRelation:
        self.kind = kind
        self.related = self.section.text("model")
        self.morph = self._morph_name()
        if not self.related and kind != "morph_to":
            raise self.section.refuse("names no model", "write model: 'Essay'")
        name = self._name()
        relation = RelationDefinition(
            kind=kind,
            name=name,
            model="" if kind == "morph_to" else self.related,
            owner_key=snake_case(self.section.text("owner_key", "local_key")),
            order_by=self._order_by(),
            on_delete=cast("OnDelete", self._action("on_delete", _ACTIONS)),
            on_update=cast("OnUpdate", self._action("on_update", {**_ACTIONS, "set_null": None})),
            owned=bool(self.section.flag("owned")),
            **self._keys(name, declared),
        )
        return ReadRelation(relation, self.section.rest(KNOWN))

    def _name(self) -> str:
        if said := self.section.text("relation_name", "name"):
            return snake_case(said)
        if self.alias:
            return self.alias
        if self.kind == "morph_to":
            return self.morph
        name = snake_case(self.related)
        return plural(name) if self.kind in _MANY else name

    def _morph_name(self) -> str:
        if self.kind not in _MORPH:
            return ""
        if said := self.section.text("morph_name"):
            return snake_case(said)
        if self.kind == "morph_to":
            said = self.alias or self.related
            if not said:
                raise self.section.refuse("names no relation", "write morphName: 'commentable'")
            return snake_case(said)
        about = self.model if self.kind == "morphed_by_many" else self.related
        return snake_case(about) + "able"

    def _order_by(self) -> str:
        said = self.section.text("order_by")
        return "-" + snake_case(said[1:]) if said.startswith("-") else snake_case(said)

    def _action(self, name: str, allowed: Mapping[str, str | None]) -> str:
        said = self.section.text(name)
        action = allowed.get(snake_case(said))
        if action is None:
            known = ["cascade", "restrict", *(["set null"] if name == "on_delete" else [])]
            hint = f"there are {', '.join(known)} and no action"
            raise self.section.refuse(f"is {said!r}", hint, self.section.spelling[name])
        return action

    def _keys(self, name: str, declared: frozenset[str]) -> dict[str, Any]:
        if self.kind in _EDGES:
            return self._edge()
        if self.kind in _MORPH:
            type_column, id_column = self._morph_columns()
            return {
                "foreign_key": id_column,
                "morph_name": self.morph,
                "type_column": type_column,
                "id_column": id_column,
            }
        if self.kind in _THROUGH:
            return self._through()
        default = foreign_key(self.model)
        if self.kind == "belongs_to":
            default = self._belongs_key(declared)
        return {"foreign_key": self._column("foreign_key", default)}

    def _belongs_key(self, declared: frozenset[str]) -> str:
        """`writer_id` for `{Writer: 'Author'}`, unless only `author_id` is declared."""
        by_model = foreign_key(self.related)
        by_alias = foreign_key(self.alias) if self.alias else by_model
        return by_model if by_model in declared and by_alias not in declared else by_alias

    def _column(self, name: str, default: str) -> str:
        return snake_case(self.section.text(name, default=default))

    def _morph_columns(self) -> tuple[str, str]:
        type_default, id_default = f"{self.morph}_type", f"{self.morph}_id"
        return (
            snake_case(
                self.section.text("type", "type_column", "morph_type", default=type_default)
            ),
            snake_case(self.section.text("id", "id_column", default=id_default)),
        )

    def _through(self) -> dict[str, Any]:
        between = self.section.text("through")
        if not between:
            raise self.section.refuse("names no model to go through", "write through: 'Team'")
        return {
            "foreign_key": self._column("foreign_key", foreign_key(self.model)),
            "through": between,
            "through_foreign_key": self._column("through_foreign_key", foreign_key(between)),
        }

    def _edge(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        own, other = foreign_key(self.model), foreign_key(self.related)
        table = self.section.text("table")
        if self.kind in _MORPH:
            type_column, id_column = self._morph_columns()
            found = {"morph_name": self.morph, "type_column": type_column, "id_column": id_column}
            own, other = (own, id_column) if self.kind == "morphed_by_many" else (id_column, other)
            table = table or plural(self.morph)
        edge = edge_name(table, (singular(snake_case(n)) for n in (self.model, self.related)))
        if own == other and self.model == self.related:
            other = f"related_{other}"  # a model that has many of itself
        found["foreign_key"] = self._column("foreign_key", own)
        found["related_key"] = self._column("related_key", other)
        found["pivot"] = self._pivot(edge, found.get("type_column", ""))
        return found

    def _pivot(self, edge: str, type_column: str) -> PivotDefinition:
        columns = self.section.take("columns", default=None)
        pivot = self.section.take("pivot", default=None)
        if isinstance(pivot, Unresolved) or pivot is None or pivot is True:
            pivot = {}
        if columns is not None and isinstance(pivot, Mapping):
            pivot = {**pivot, "columns": columns}
        path = (*self.section.path, "pivot")
        return read_pivot(Section(pivot, self.model, path), edge, type_column)
