"""Factories: `faker => faker.person.fullName()` as a call by name, `() => 0` as a value.

Only one call of faker's, with arguments that are known, is translated; anything more keeps its
source, and values are made up from the rules instead.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from orm.definitions.entity import FactoryDefinition, Unresolved
from orm.definitions.names import snake_case
from orm.definitions.section import settled
from orm.definitions.source import Source
from orm.stacks.evaluate import UNDEFINED, Evaluator
from orm.stacks.functions import first_parameter, is_async, path_from, returned
from orm.stacks.modules import Module
from orm.stacks.syntax import Node, named
from orm.stacks.values import Function, Regex


def read_factory(function: Function, evaluator: Evaluator) -> FactoryDefinition:
    """What a factory's function says."""
    body = returned(function.node)
    module = function.module
    if body is None or module is None or is_async(function.node):
        return FactoryDefinition(function.text)
    if body.type == "call_expression":
        return FactoryDefinition(function.text, faker=_faker_call(function, body, evaluator))
    value = evaluator.value(body, module, function.scope)
    if is_known(value):
        return FactoryDefinition(function.text, literal=settled(value))
    return FactoryDefinition(function.text)


def _faker_call(
    function: Function, body: Node, evaluator: Evaluator
) -> tuple[str, tuple[Any, ...]] | None:
    module, parameter = function.module, first_parameter(function.node)
    called = body.child_by_field_name("function")
    listed = body.child_by_field_name("arguments")
    if module is None or parameter is None or called is None or listed is None:
        return None
    path = _path(called, parameter, module)
    if not path or listed.type != "arguments":
        return None
    values = tuple(evaluator.value(one, module, function.scope) for one in named(listed))
    if not all(map(is_known, values)):
        return None
    return ".".join(map(snake_case, path)), tuple(map(settled, values))


def _path(called: Node, parameter: Node, module: Module) -> list[str] | None:
    """`["person", "fullName"]` for both `faker => faker.person…` and `({ person }) => person…`."""
    if parameter.type == "identifier":
        return path_from(called, module.file.text(parameter), module)
    for one in named(parameter):
        if one.type == "shorthand_property_identifier_pattern":
            name = module.file.text(one)
            path = path_from(called, name, module)
            if path is not None:
                return path if name == "faker" else [name, *path]
    return None


def is_known(value: Any) -> bool:
    """Whether a value is data throughout."""
    if value is UNDEFINED or isinstance(value, Unresolved | Source | Regex):
        return False
    if isinstance(value, Mapping):
        return all(map(is_known, value.values()))
    if isinstance(value, list | tuple):
        return all(map(is_known, value))
    return True
