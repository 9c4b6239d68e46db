"""Explicit keys: templates that a definition gives are taken as they are, and checked.

They are named `pk`, `sk`, `gsi1pk`, `gsi1sk` and so on. Where a sort key is not given it is the
partition key's template. Rows of two entities may share a partition, which is what such templates
are for; they may never share a key.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from typing import Final

from orm.definitions import KeyTemplate, Reference, Unresolved
from orm.definitions.paths import KeyPath, attributes_of, template_text
from orm.definitions.templates import key_name
from orm.indexes.errors import KeyClashError, KeyTemplateError
from orm.indexes.facts import Facts
from orm.indexes.findings import Finding
from orm.indexes.options import PlanOptions
from orm.indexes.patterns import live
from orm.keys import TENANT_PREFIX
from orm.limits import GSIS_MAX

_INDEX_KEY: Final = re.compile(r"gsi([1-9]\d*)(pk|sk)")
_ROW_KEYS: Final = ("pk", "sk")


def explicit_key(facts: Facts) -> KeyPath | None:
    """The row key that the definition gives; None where it gives none.

    Raises:
        KeyTemplateError: it cannot be the key of a row.
    """
    keys = facts.definition.keys
    _check_both(facts, "pk", "sk")
    if "pk" not in keys:
        return None
    found = KeyPath(
        kind="table",
        partition=_checked(facts, "pk"),
        order=_checked(facts, "sk" if "sk" in keys else "pk"),
        explicit=True,
    )
    _check_apart(facts, tuple(dict.fromkeys((*found.hash, *found.sort))))
    return found


def _check_apart(facts: Facts, held: tuple[str, ...]) -> None:
    """Refuse a key that two rows could share: it must hold what tells rows apart.

    An entity of one row is no exception: it has an id of its own, always the same.
    """
    if any(set(names) <= set(held) for names in facts.telling_apart):
        return
    missing = [name for name in facts.identity if name not in held]
    key = "sk" if "sk" in facts.definition.keys else "pk"
    last = template_text((*facts.definition.keys[key], *map(Reference, missing)))
    also = f", or primaryKey: {list(held)}" if held else ""
    raise KeyTemplateError(
        facts.name,
        key,
        f"lacks {', '.join(missing)}, so that rows which differ in nothing else have one key",
        f"write {last!r}{also}",
    )


def explicit_indexes(facts: Facts, options: PlanOptions) -> list[KeyPath]:
    """The index keys that the definition gives.

    Raises:
        KeyTemplateError: one of them cannot be followed.
    """
    numbers = sorted({number for number, _ in _index_keys(facts)})
    if numbers and numbers[-1] > options.gsis_max:
        reason = f"is of index {numbers[-1]}, and {options.gsis_max} are allowed"
        hint = f"take a lower number, or raise gsis_max (DynamoDB allows {GSIS_MAX})"
        raise KeyTemplateError(facts.name, f"gsi{numbers[-1]}pk", reason, hint)
    return [_index(facts, number) for number in numbers]


def _index_keys(facts: Facts) -> Iterator[tuple[int, str]]:
    for name in facts.definition.keys:
        if name in _ROW_KEYS:
            continue
        match = _INDEX_KEY.fullmatch(name)
        if match is None:
            raise KeyTemplateError(
                facts.name, name, "is no key of a table", "name it pk, sk, gsi1pk, gsi1sk, …"
            )
        yield int(match[1]), match[2]


def _index(facts: Facts, number: int) -> KeyPath:
    pk, sk = f"gsi{number}pk", f"gsi{number}sk"
    _check_both(facts, pk, sk)
    partition = _checked(facts, pk)
    order = _checked(facts, sk if sk in facts.definition.keys else pk)
    fields = (*attributes_of(partition), *attributes_of(order))
    return KeyPath(
        kind="gsi",
        number=number,
        partition=partition,
        order=order,
        guards=live(facts, fields, ()),
        explicit=True,
    )


def _check_both(facts: Facts, pk: str, sk: str) -> None:
    """Refuse half a key; also where the other half was given and could not be read."""
    keys, unread = facts.definition.keys, _unread(facts)
    for key, other in ((pk, sk), (sk, pk)):
        if key in keys and other in unread:
            reason = f"could not be read: `{unread[other]}`"
            hint = "write texts and attributes, separated by #, and nothing more"
            raise KeyTemplateError(facts.name, other, reason, hint)
    if sk in keys and pk not in keys:
        raise KeyTemplateError(facts.name, sk, f"is given without {pk}", "give both, or none")


def _unread(facts: Facts) -> dict[str | None, str]:
    """Keys that were given as what could not be read → how they were written."""
    others = facts.definition.others
    given = others.get("keys", others.get("dynamodb", {}))
    return {
        key_name(name): one.text if isinstance(one, Unresolved) else str(one)
        for name, one in given.items()
    }


def _checked(facts: Facts, key: str) -> KeyTemplate:
    given = facts.definition.keys[key]
    if not given or "" in given:
        raise KeyTemplateError(
            facts.name, key, "has an empty part", "a part is a text or an attribute"
        )
    if given[0] == TENANT_PREFIX:
        raise KeyTemplateError(
            facts.name, key, f"begins with {TENANT_PREFIX!r}, which is kept for tenants"
        )
    if key.endswith("pk") and not isinstance(given[0], str):
        raise KeyTemplateError(
            facts.name,
            key,
            "begins with an attribute, so its values could pose as another entity's keys",
            "begin it with a text",
        )
    facts.check(f"key {key!r}", attributes_of(given))
    return given


def check_clashes(paths: Mapping[str, Sequence[KeyPath]]) -> list[Finding]:
    """Refuse row keys that two entities may share; say where their rows lie mixed.

    Args:
        paths: entity → all its paths.

    Raises:
        KeyClashError: a row of one entity could overwrite one of the other.
    """
    findings = []
    for first, second in combinations(paths, 2):
        for one, other in _in_one_place(paths[first], paths[second]):
            if not _may_equal(one.partition, other.partition):
                continue
            if one.kind == "table" and _may_equal(one.order, other.order):
                raise KeyClashError(first, second, one.place, " | ".join(one.texts()))
            if _mixed(one.order, other.order):
                findings.append(_mixture(first, second, one))
    return findings


def _in_one_place(
    ours: Sequence[KeyPath], theirs: Sequence[KeyPath]
) -> Iterator[tuple[KeyPath, KeyPath]]:
    for one in ours:
        for other in theirs:
            given = one.explicit or other.explicit or one.under or other.under
            if given and (one.kind, one.number) == (other.kind, other.number):
                yield one, other


def _may_equal(one: KeyTemplate, other: KeyTemplate) -> bool:
    """Whether two templates can give one key; a fixed text is taken for any attribute's value."""
    return len(one) == len(other) and all(
        a == b for a, b in zip(one, other, strict=True) if isinstance(a, str) and isinstance(b, str)
    )


def _leading(template: KeyTemplate) -> tuple[str, ...]:
    texts: list[str] = []
    for part in template:
        if not isinstance(part, str):
            break
        texts.append(part)
    return tuple(texts)


def _mixed(one: KeyTemplate, other: KeyTemplate) -> bool:
    """Whether what one is searched by may find the other."""
    ours, theirs = _leading(one), _leading(other)
    common = min(len(ours), len(theirs))
    return ours[:common] == theirs[:common]


def _mixture(first: str, second: str, path: KeyPath) -> Finding:
    return Finding(
        first,
        second,
        "mixed-rows",
        f"rows of {first} and {second} lie mixed in {path.place} at "
        f"{template_text(path.partition)}: a reader of one pays for the other's and leaves them "
        "out; begin their sort keys with different texts",
    )
