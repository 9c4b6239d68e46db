"""Changes: which constants of a file are changed where the file runs, not only where they are used.

`const` keeps a name, not what it holds: `HABITS.push('moss')` and `LIMITS.max = 9` change that. As
nothing is run, such a name is no constant any more.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from orm.stacks.syntax import FUNCTIONS, Node, SourceFile, named, unwrap

_STATEMENTS: Final = frozenset(
    {
        "do_statement",
        "expression_statement",
        "for_in_statement",
        "for_statement",
        "if_statement",
        "statement_block",
        "switch_statement",
        "try_statement",
        "while_statement",
    }
)
_MEMBERS: Final = frozenset({"member_expression", "subscript_expression"})
_METHODS: Final = frozenset(
    {
        *("add", "clear", "copyWithin", "delete", "fill", "pop", "push", "reverse", "set"),
        *("shift", "sort", "splice", "unshift"),
    }
)
_OF_OBJECT: Final = frozenset({"Object.assign", "Object.defineProperty", "Object.setPrototypeOf"})


def changed_names(file: SourceFile) -> Iterator[str]:
    """The names whose value a statement at the top level changes, or may; some of them twice."""
    left = [one for one in named(file.root) if one.type in _STATEMENTS]
    while left:
        node = left.pop()
        if node.type in FUNCTIONS:
            continue
        target = _target(node, file)
        if target is not None and (name := _root(target)) is not None:
            yield file.text(name)
        left += named(node)


def _target(node: Node, file: SourceFile) -> Node | None:
    """What an expression changes a part of."""
    if node.type in ("assignment_expression", "augmented_assignment_expression"):
        return node.child_by_field_name("left")
    if node.type == "update_expression" or (
        node.type == "unary_expression" and file.text(node.children[0]) == "delete"
    ):
        return node.child_by_field_name("argument")
    function = node.child_by_field_name("function") if node.type == "call_expression" else None
    if function is None or function.type != "member_expression":
        return None
    if file.text(function) in _OF_OBJECT:
        arguments = node.child_by_field_name("arguments")
        return next(iter(named(arguments)), None) if arguments is not None else None
    method = function.child_by_field_name("property")
    return function if method is not None and file.text(method) in _METHODS else None


def _root(target: Node) -> Node | None:
    """The name that a chain of members begins with."""
    node = unwrap(target)
    while node.type in _MEMBERS:
        inner = node.child_by_field_name("object")
        if inner is None:
            return None
        node = unwrap(inner)
    return node if node.type == "identifier" else None
