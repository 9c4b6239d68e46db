"""Key functions: `` v => `SITE#${v.siteId}` `` as the template ("SITE", Reference("site_id"))."""

from __future__ import annotations

from typing import Final

from orm.definitions.entity import KeyTemplate, Reference, Unresolved
from orm.definitions.templates import TemplateError, split_template
from orm.stacks.evaluate import Evaluator, as_text
from orm.stacks.functions import first_parameter, path_from, returned
from orm.stacks.syntax import Node, named, unwrap
from orm.stacks.values import Function

PIECES_MAX: Final = 100
_TEXT_OF: Final = "String"


def read_key(function: Function, evaluator: Evaluator) -> KeyTemplate | Unresolved:
    """The template that a key's function makes; unresolved where it is none."""
    body = returned(function.node)
    if body is None or function.module is None:
        return _unresolved(function, "does more than return a template")
    pieces = _Pieces(function, evaluator).of(body)
    if isinstance(pieces, str):
        return _unresolved(function, pieces)
    try:
        return split_template(pieces)
    except TemplateError as error:
        return _unresolved(function, str(error))


def _unresolved(function: Function, reason: str) -> Unresolved:
    return Unresolved(function.text, function.file, function.line, reason)


class _Pieces:
    """The texts and references in a row that an expression joins; or why there are none."""

    def __init__(self, function: Function, evaluator: Evaluator) -> None:
        assert function.module is not None
        self.function, self.module, self.evaluator = function, function.module, evaluator
        self.parameter = first_parameter(function.node)
        self.count = 0

    def of(self, node: Node) -> list[str | Reference] | str:
        node = unwrap(node)
        self.count += 1
        if self.count > PIECES_MAX:
            return f"joins more than {PIECES_MAX} pieces"
        if node.type == "template_string":
            return self._template(node)
        if node.type == "binary_expression" and self._operator(node) == "+":
            return self._sum(node)
        reference = self._reference(node)
        if reference is not None:
            return [Reference(reference)]
        text = as_text(self.evaluator.value(node, self.module, self.function.scope))
        return f"`{self.module.file.text(node)}` is no attribute" if text is None else [text]

    def _operator(self, node: Node) -> str:
        operator = node.child_by_field_name("operator")
        return self.module.file.text(operator) if operator is not None else ""

    def _sum(self, node: Node) -> list[str | Reference] | str:
        found: list[str | Reference] = []
        for side in ("left", "right"):
            inner = node.child_by_field_name(side)
            pieces = self.of(inner) if inner is not None else "is half a sum"
            if isinstance(pieces, str):
                return pieces
            found += pieces
        return found

    def _template(self, node: Node) -> list[str | Reference] | str:
        found: list[str | Reference] = []
        at = node.start_byte + 1
        for hole in named(node):
            if hole.type != "template_substitution":
                continue
            found.append(self.evaluator.raw(node, self.module, at, hole.start_byte))
            inner = named(hole)
            pieces = self.of(inner[0]) if inner else "holds nothing"
            if isinstance(pieces, str):
                return pieces
            found += pieces
            at = hole.end_byte
        return [*found, self.evaluator.raw(node, self.module, at, node.end_byte - 1)]

    def _reference(self, node: Node) -> str | None:
        """The attribute in `v.siteId`, `v['siteId']`, `String(v.siteId)`, `v.siteId.toString()`."""
        node = self._inside_text_of(node)
        if self.parameter is None:
            return None
        if self.parameter.type == "identifier":
            path = path_from(node, self.module.file.text(self.parameter), self.module)
            return path[0] if path and len(path) == 1 else None
        name = self.module.file.text(node)
        names = {
            self.module.file.text(one)
            for one in named(self.parameter)
            if one.type == "shorthand_property_identifier_pattern"
        }
        return name if node.type == "identifier" and name in names else None

    def _inside_text_of(self, node: Node) -> Node:
        if node.type != "call_expression":
            return node
        called, listed = node.child_by_field_name("function"), node.child_by_field_name("arguments")
        inner = named(listed) if listed is not None else []
        if called is None:
            return node
        if self.module.file.text(called) == _TEXT_OF and len(inner) == 1:
            return unwrap(inner[0])
        member = called.child_by_field_name("property")
        if member is not None and self.module.file.text(member) == "toString" and not inner:
            return unwrap(called.child_by_field_name("object"))
        return node
