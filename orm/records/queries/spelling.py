"""Spelling: the forms in which clauses and lists of values are said."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from orm.errors import ConfigurationError
from orm.records.attr import Attr
from orm.records.queries.clauses import OPERATORS, Clause, spelled_alike


def spelled(said: tuple[Any, ...], equal: dict[str, Any]) -> list[Clause]:
    """The clauses of `where(…)`, in any of its forms."""
    found = [Clause(name, "=", (value,)) for name, value in equal.items()]
    if said and all(isinstance(one, Clause) for one in said):
        return [*said, *found]
    if said:
        found.insert(0, _by_parts(said))
    return found


def _by_parts(said: tuple[Any, ...]) -> Clause:
    """`("age", ">=", 18)` or `("name", "Ann")`."""
    if not isinstance(said[0], str | Attr) or len(said) not in (2, 3):
        raise ConfigurationError(
            "where", "takes clauses, ('attribute', value) or ('attribute', operator, value)"
        )
    attribute, *rest = said
    named = isinstance(attribute, Attr)
    name, model = (attribute.name, attribute.model) if named else (attribute, "")
    operator, value = ("=", rest[0]) if len(rest) == 1 else rest
    if operator not in OPERATORS:
        known = " ".join(OPERATORS)
        raise ConfigurationError("where", f"{operator!r} is no operator", f"there are {known}")
    return Clause(name, operator, (value,), model)


def several(method: str, values: Iterable[Any]) -> tuple[Any, ...]:
    """The values of a list; a text is one value, though it could be read as many."""
    if isinstance(values, str | bytes) or not isinstance(values, Iterable):
        kind = type(values).__name__
        raise ConfigurationError(method, f"takes a list of values, was given {kind}")
    if isinstance(values, set | frozenset):  # whose order differs from process to process
        return tuple(sorted(values, key=spelled_alike))
    return tuple(values)
