"""Attributes: what a declaration says of each, and those that it implies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from orm.definitions.entity import (
    AttributeDefinition,
    FactoryDefinition,
    RuleCall,
    Unresolved,
)
from orm.definitions.kinds import KINDS, kind_of
from orm.definitions.names import nearest, snake_case
from orm.definitions.rules import RULE_HINT, RuleFormError, read_rules
from orm.definitions.section import Section, describe, plain, settled
from orm.definitions.source import Source

KNOWN: Final = frozenset(
    [
        "cast",
        "casefold",
        "choices",
        "comment",
        "default",
        "encrypted",
        "enum",
        "factory",
        "fillable",
        "foreign_key",
        "guarded",
        "hidden",
        "message",
        "messages",
        "nullable",
        "order",
        "required",
        "rule",
        "rules",
        "type",
        "unique",
        "validation",
    ]
)


class ReadAttribute(msgspec.Struct, frozen=True):
    """An attribute, and what else stood in its declaration."""

    definition: AttributeDefinition
    others: dict[str, Any]


def read_attributes(section: Section) -> dict[str, ReadAttribute]:
    """The attributes of a declaration by name, in its order.

    Raises:
        DefinitionError: one is of the wrong form, or two are one column.
    """
    found: dict[str, ReadAttribute] = {}
    for spelled, content in section.items():
        found[snake_case(spelled)] = read_attribute(spelled, content, section)
    return found


def read_attribute(spelled: str, content: Any, parent: Section) -> ReadAttribute:
    """One attribute; where its declaration could not be read, an attribute of which no more is
    known than its name."""
    section = Section(_form(content), parent.model, (*parent.path, spelled))
    _check_name(snake_case(spelled), section)
    rules, messages = _validation(section)
    cast = section.text("cast", default="") or None
    declared_type = section.text("type", default="") or None
    required, nullable = section.flag("required"), section.flag("nullable")
    names = {rule.name for rule in rules}
    choices = _choices(section, rules)
    default = _default(section)
    kind = kind_of(rules, cast, declared_type)
    definition = AttributeDefinition(
        name=snake_case(spelled),
        declared=spelled,
        kind="enum" if choices and kind in ("any", "string") else kind,
        choices=choices,
        required=("required" in names) if required is None else required,
        nullable=bool(nullable) or required is False or "nullable" in names or default is None,
        default=default,
        fillable=bool(section.flag("fillable")),
        guarded=bool(section.flag("guarded")),
        hidden=bool(section.flag("hidden")),
        encrypted=bool(section.flag("encrypted")) or cast == "encrypted",
        unique=bool(section.flag("unique")) or "unique" in names,
        casefold=bool(section.flag("casefold")),
        cast=cast,
        rules=rules,
        messages=messages,
        factory=read_factory(section),
        comment=section.text("comment"),
        order=_order(section),
        foreign_key=section.flag("foreign_key") is not False,
    )
    others = section.rest(KNOWN)
    if declared_type and (said := snake_case(declared_type.partition("(")[0])) not in KINDS:
        if near := nearest(said, KINDS):
            raise section.refuse(f"is {declared_type!r}", f"write {near}", "type")
        others["type"] = declared_type
    return ReadAttribute(definition, others)


def _check_name(name: str, section: Section) -> None:
    """Refuse what no attribute of a row can be called; two underscores are Python's."""
    if not name.isidentifier() or name.startswith("__"):
        hint = "begin it with a letter, and go on with letters, digits and _"
        raise section.refuse("is no name of an attribute", hint)


def _form(content: Any) -> Any:
    """`'required|min:3'` in place of a mapping is the rule alone; `True` and None say nothing."""
    if content is True or plain(content) is None:
        return {}
    if isinstance(content, str | list | tuple):
        return {"rule": content}
    return content


def _validation(section: Section) -> tuple[tuple[RuleCall, ...], dict[str, str]]:
    value = section.take("validation", "rule", "rules")
    inner = section
    if isinstance(value, Mapping) and _is_validation(value):
        path = (*section.path, section.spelling.get("validation", "validation"))
        inner = Section(value, section.model, path)
        value = inner.take("rule", "rules")
    try:
        rules = read_rules(value)
    except RuleFormError as error:
        place = next((s for n, s in inner.spelling.items() if n in ("rule", "rules")), "validation")
        raise inner.refuse(str(error), RULE_HINT, place) from error
    messages = {**_said(rules), **_messages(inner, rules)}
    rules = tuple(RuleCall("required") if _says(rule) else rule for rule in rules)
    if inner is not section:
        _refuse_rest(inner)
    return rules, messages


def _says(rule: RuleCall) -> bool:
    """Whether this is `required('Give a name')`, whose argument is its message."""
    return (
        rule.name == "required" and len(rule.arguments) == 1 and isinstance(rule.arguments[0], str)
    )


def _said(rules: tuple[RuleCall, ...]) -> dict[str, str]:
    return {rule.name: str(rule.arguments[0]) for rule in rules if _says(rule)}


def _is_validation(value: Mapping[str, Any]) -> bool:
    return any(snake_case(str(name)) in ("rule", "rules", "message", "messages") for name in value)


def _refuse_rest(inner: Section) -> None:
    known = ("message", "messages", "rule", "rules")
    for name, value in inner.rest(known, 0.7).items():
        if not isinstance(value, Unresolved):
            hint = "there are rule and message"
            raise inner.refuse("is no name that stands here", hint, inner.spelling[name])


def _messages(section: Section, rules: tuple[RuleCall, ...]) -> dict[str, str]:
    value = plain(section.take("message", "messages", default=None))
    if value is None:
        return {}
    if isinstance(value, str):
        return {rule.name: value for rule in rules}
    if not isinstance(value, Mapping):
        raise section.refuse(f"is {describe(value)}, not a text or texts by rule", "", "message")
    by_rule = Section(value, section.model, (*section.path, "message"))
    return {snake_case(name): text for name, text in by_rule.items() if isinstance(text, str)}


def _choices(section: Section, rules: tuple[RuleCall, ...]) -> tuple[Any, ...]:
    name = next((one for one in ("enum", "choices") if one in section.spelling), "enum")
    said = plain(section.take("choices", "enum", default=None))
    if isinstance(said, list | tuple):
        return tuple(one for one in said if plain(one) is not None)
    if said is not None:
        hint = "write ['open', 'closed']"
        raise section.refuse(f"is {describe(said)}, not a list", hint, section.spelling[name])
    found = next((rule.arguments for rule in rules if rule.name == "enum"), ())
    return tuple(one for one in found if not isinstance(one, Unresolved))


def _default(section: Section) -> Any:
    value = section.take("default")
    if isinstance(value, Source):
        return value.unresolved()
    if callable(value):
        hint = "give a value, or declare a class with attr(default_factory=…)"
        raise section.refuse("is a function; a definition holds none", hint, "default")
    return value if isinstance(value, Unresolved) else settled(value)


def _order(section: Section) -> int | None:
    value = plain(section.take("order", default=None))
    if value is None or (isinstance(value, int) and not isinstance(value, bool)):
        return value
    if isinstance(value, float) and value.is_integer():
        return int(value)
    raise section.refuse(f"is {describe(value)}, not a whole number", "", "order")


def read_factory(section: Section) -> FactoryDefinition | None:
    """How values are made up: a function's source, a call by name, or a value."""
    value = section.take("factory", default=None)
    if value is None or isinstance(value, FactoryDefinition):
        return value
    if isinstance(value, Source | Unresolved):
        return FactoryDefinition(value.text)
    if callable(value):
        hint = "write {'faker': 'person.full_name', 'arguments': []}, or give it to the factory"
        raise section.refuse("is a function; a definition holds none", hint, "factory")
    if isinstance(value, Mapping) and "faker" in value:
        name, arguments = value["faker"], value.get("arguments", ())
        if not isinstance(name, str) or not isinstance(arguments, list | tuple):
            hint = "write {'faker': 'person.full_name', 'arguments': []}"
            raise section.refuse("is no call of faker's", hint, "factory")
        return FactoryDefinition(name, (name, tuple(map(settled, arguments))))
    return FactoryDefinition(repr(value), literal=settled(value))
