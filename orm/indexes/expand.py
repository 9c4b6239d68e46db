"""From definitions to access patterns: the whole set at once, since relations cross entities."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from orm.definitions import EntityDefinition
from orm.definitions.names import nearest
from orm.errors import ConfigurationError
from orm.indexes.edges import add_edges
from orm.indexes.errors import ClaimOverflowError, PrefixClashError
from orm.indexes.facts import DEFAULT_KEY, Facts
from orm.indexes.options import CLAIMS_MAX, PlanOptions
from orm.indexes.patterns import Expansion, add_identity, add_own, report_missing
from orm.indexes.pointing import add_kinds
from orm.indexes.relations import add_inverses, add_relations
from orm.keys import TENANT_PREFIX


def expand(
    definitions: Iterable[EntityDefinition], options: PlanOptions | None = None
) -> Expansion:
    """Every question that these definitions imply.

    Raises:
        PlanError: one of them cannot be understood; names entity and pattern.
    """
    options, given = options or PlanOptions(), _given(definitions)
    names = [definition.name for definition in given]
    if len(set(names)) != len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise ConfigurationError(twice, "is defined twice; entity names are unique in a table")
    expansion = Expansion(given, options)
    add_edges(expansion, frozenset(names))
    _check_prefixes(expansion)
    _report_unknown(expansion)
    every = list(expansion.facts.values())
    for facts in every:
        add_identity(expansion, facts)
    for facts in every:
        add_relations(expansion, facts)
    add_inverses(expansion)
    add_kinds(expansion)
    for facts in every:
        _check_primary_key(facts)
        add_own(expansion, facts)
    report_missing(expansion)
    _check_claims(expansion)
    return expansion


def _given(definitions: object) -> tuple[EntityDefinition, ...]:
    """The definitions, where they are some; a mapping is easily taken for one."""
    if not isinstance(definitions, Iterable) or isinstance(definitions, str | Mapping):
        reason = f"is one {type(definitions).__name__}, not several definitions"
        raise ConfigurationError("definitions", reason, "write plan_indexes([define({…})])")
    given = tuple(definitions)
    for place, one in enumerate(given):
        if not isinstance(one, EntityDefinition):
            reason = f"is a {type(one).__name__}, no definition"
            raise ConfigurationError(f"definitions[{place}]", reason, "write define({…})")
    return given


def _check_primary_key(facts: Facts) -> None:
    """Refuse what is no attribute. Who gives a key may leave the primary key to be the default's
    name; what it is made of is checked with it."""
    if "pk" in facts.definition.keys and facts.primary_key == (DEFAULT_KEY,):
        return
    facts.check("primaryKey", facts.primary_key)


def _check_prefixes(expansion: Expansion) -> None:
    owners = {TENANT_PREFIX: "the tenants"}
    for name in expansion.facts:
        prefix = expansion.options.prefix(name)
        if (other := owners.setdefault(prefix, name)) != name:
            raise PrefixClashError(name, other, prefix)


def _report_unknown(expansion: Expansion) -> None:
    """Say of options which entities of theirs there are not: perhaps they are yet to come."""
    options = expansion.options
    for setting, named in (("trashed", options.trashed), ("prefixes", options.prefixes)):
        for name in sorted(set(named) - expansion.facts.keys()):
            near = nearest(name, expansion.facts)
            hint = f"write {near!r}" if near else f"register {name}"
            text = f"PlanOptions.{setting} names {name}, which is not defined; {hint}"
            expansion.find(name, "not-defined", setting, text)


def _check_claims(expansion: Expansion) -> None:
    for entity, claims in expansion.claims.items():
        if len(claims) > CLAIMS_MAX:
            names = [claim.name for claim in claims]
            raise ClaimOverflowError(entity, len(claims), CLAIMS_MAX, names)
