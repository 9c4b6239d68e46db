"""Functions: what can be told of one without running it: its parameter and what it returns."""

from __future__ import annotations

from orm.stacks.modules import Module
from orm.stacks.syntax import FUNCTIONS, Node, named, unwrap


def returned(function: Node) -> Node | None:
    """The expression that a function returns, if returning it is all it does."""
    body = function.child_by_field_name("body")
    if body is None or function.type not in FUNCTIONS:
        return None
    if unwrap(body).type != "statement_block":
        return unwrap(body)
    statements = named(body)
    if len(statements) != 1 or statements[0].type != "return_statement":
        return None
    inner = named(statements[0])
    return unwrap(inner[0]) if inner else None


def first_parameter(function: Node) -> Node | None:
    """The pattern of a function's first parameter: a name, or an object taken apart."""
    single = function.child_by_field_name("parameter")
    if single is not None:
        return single
    listed = function.child_by_field_name("parameters")
    inner = named(listed) if listed is not None else []
    return inner[0].child_by_field_name("pattern") if inner else None


def is_async(function: Node) -> bool:
    """Whether what it returns is a promise."""
    return any(one.type == "async" for one in function.children)


def path_from(node: Node, name: str, module: Module) -> list[str] | None:
    """The members in `name.a.b`; None where the expression is no such path."""
    path: list[str] = []
    node = unwrap(node)
    while node.type in ("member_expression", "subscript_expression"):
        member = node.child_by_field_name("property") or node.child_by_field_name("index")
        target = node.child_by_field_name("object")
        if member is None or target is None:
            return None
        text = module.file.text(member)
        if node.type == "subscript_expression":
            if member.type != "string":
                return None
            text = text[1:-1]
        path.append(text)
        node = unwrap(target)
    found = node.type == "identifier" and module.file.text(node) == name
    return path[::-1] if found else None
