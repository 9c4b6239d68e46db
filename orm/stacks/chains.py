"""Chains of methods: `schema.string().required().min(2)`, taken apart from its end."""

from __future__ import annotations

from typing import Final

import msgspec

from orm.stacks.modules import Import, Module
from orm.stacks.syntax import Node, SourceFile, named, unwrap

ROOTS: Final = frozenset({"schema", "v"})
"""What a chain of rules begins with, unless the file gives the name another meaning."""

PACKAGES: Final = frozenset({"@stacksjs/validation", "@stacksjs/ts-validation", "ts-validation"})

LENGTH_MAX: Final = 100


class MethodCall(msgspec.Struct, frozen=True):
    """One call of a chain: what it is called on, its name, its arguments."""

    target: Node
    name: str
    arguments: list[Node]


def method_calls(node: Node, file: SourceFile) -> tuple[Node, list[MethodCall]]:
    """What a chain begins with, and its calls in order; none where it is no such chain."""
    calls: list[MethodCall] = []
    while node.type == "call_expression":
        function = node.child_by_field_name("function")
        function = unwrap(function) if function is not None else node
        if function.type != "member_expression":
            return node, []
        target = function.child_by_field_name("object")
        name = function.child_by_field_name("property")
        arguments = node.child_by_field_name("arguments")
        if target is None or name is None or arguments is None or len(calls) >= LENGTH_MAX:
            return node, []
        calls.append(MethodCall(target, file.text(name), named(arguments)))
        node = unwrap(target)
    return node, calls[::-1]


def is_root(node: Node, module: Module) -> bool:
    """Whether a chain of rules begins here."""
    node = unwrap(node)
    if node.type != "identifier":
        return False
    name = module.file.text(node)
    binding = module.bindings.get(name)
    if isinstance(binding, Import):
        return binding.source in PACKAGES or (name in ROOTS and not binding.source.startswith("."))
    return binding is None and name in ROOTS
