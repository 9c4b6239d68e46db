"""Advice: what to do where no key or index answers a question, as it is typed."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import msgspec

from orm.errors import NoIndexError
from orm.records.made import is_made

if TYPE_CHECKING:
    from orm.records.queries.compiling import Asked
    from orm.records.repository import Repository


class Variant(msgspec.Struct, frozen=True, kw_only=True):
    """The same question asked otherwise.

    Args:
        equal: the attributes whose values it gives; None for the same ones.
        strong: whether every write before must be seen; None for the same.
        selects: whether the primary key alone is asked for.
        there: an attribute that has a value in the rows that are asked for; empty for none.
    """

    equal: tuple[str, ...] | None = None
    strong: bool | None = None
    selects: bool = False
    there: str = ""


class Advice:
    """What to say of one conjunction that has no answer.

    Args:
        repository: of the rows.
        asked: the whole question.
        equal: the attributes whose values are given.
        sort: the attribute that has a range or an order; empty for none.
        answers: whether there would be an answer, were it asked otherwise.
    """

    def __init__(
        self,
        repository: Repository[Any],
        asked: Asked,
        equal: Mapping[str, Any],
        sort: str,
        answers: Callable[[Variant], bool],
    ) -> None:
        self._repository, self._asked, self._answers = repository, asked, answers
        self._equal, self._sort = tuple(equal), sort

    def error(self) -> NoIndexError:
        """What is missing, and what to do about it."""
        layout = self._repository.layout
        fields = list(dict.fromkeys((*self._equal, *([self._sort] if self._sort else []))))
        paths = [str(keys.path) for keys in layout.paths]
        return NoIndexError(layout.entity, fields, paths, *self._said())

    def _said(self) -> tuple[str, str]:
        """What to declare, and what to do."""
        if self._asked.consistent and self._answers(Variant(strong=False)):
            return "", (
                "leave out consistent(): an index answers this, and DynamoDB reads those "
                "eventually consistent only; a primary key or a unique value is found consistently"
            )
        if not self._equal:
            return "", f"give a value that a key begins with, {self._begun()}, or say scan()"
        if self._asked.trashed != "without":
            name = self._repository.definition.name
            bin_ = f"the bin: Connection(…, options=PlanOptions(trashed=frozenset({{{name!r}}})))"
            return bin_, ""
        return self._to_declare()

    def _begun(self) -> str:
        """The beginnings of questions that have an answer."""
        return " or ".join(_where(names) for names in dict.fromkeys(self._beginnings()) if names)

    def _beginnings(self) -> Iterator[tuple[str, ...]]:
        yield self._repository.plan.identity
        yield from (one.attributes for one in self._repository.plan.claims if not one.guards)
        yield from (keys.path.hash for keys in self._repository.layout.indexes)

    def _to_declare(self) -> tuple[str, str]:
        declared = self._declared()
        for names in self._found_by():
            rest = [name for name in self._equal if name not in names]
            asked = f"ask {_where(names)}.{_where(rest, 'filter')}"
            return declared, f"{asked}, or declare {declared}"
        for name in self._lacking():
            hint = f"where_not_null({name!r}): rows without a value are not in the index"
            return declared, f"add {hint}, or declare {declared}, or {name} required"
        narrow = self._answers(Variant(selects=True))
        select = ", select() what an index copies" if narrow else ""
        scan = f"query().{_where(self._equal, 'filter')}.scan()"
        return declared, f"declare {declared}{select}, or read all rows: {scan}"

    def _declared(self) -> str:
        """The pattern as the model would declare it: a class, or a mapping."""
        if is_made(self._repository.model):
            sort = f', "sort": "{self._sort}"' if self._sort else ""
            equal = ", ".join(f'"{name}"' for name in self._equal)
            return f'"patterns": {{"…": {{"equal": [{equal}]{sort}}}}}'
        equal = ", ".join(map(repr, self._equal)) + ("," if len(self._equal) == 1 else "")
        sort = f", sort={self._sort!r}" if self._sort else ""
        return f"patterns=(Pattern(name=…, equal=({equal}){sort}),)"

    def _found_by(self) -> Iterator[tuple[str, ...]]:
        """Those of the given attributes that would find rows if the others were filters."""
        given = set(self._equal)
        for names in dict.fromkeys(self._beginnings()):
            left = names and set(names) < given
            if left and (self._is_unique(names) or self._answers(Variant(equal=names))):
                yield names

    def _lacking(self) -> Iterator[str]:
        """The attributes of an index without which rows are not in it, where it would answer for
        the others."""
        names = {name for keys in self._repository.layout.indexes for name in keys.path.attributes}
        for name in sorted(names - {*self._equal, self._sort}):
            if self._answers(Variant(there=name)):
                yield name

    def _is_unique(self, names: Collection[str]) -> bool:
        """Whether these find a row by its claim, which knows of no order."""
        claims = [one for one in self._repository.plan.claims if not one.guards]
        return not self._sort and any(set(one.attributes) == set(names) for one in claims)


def _where(names: Iterable[str], method: str = "where") -> str:
    return f"{method}({', '.join(f'{name}=…' for name in names)})"
