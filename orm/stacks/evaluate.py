"""Evaluating: the value of an expression where its text alone tells it.

Literals, arrays, objects, templates, constants of the file and of files beside it, `.length`,
members of constants, `.map` with an arrow, and chains of rules. Anything else is an `Unresolved`
value with its place. Nothing is run; work is bounded, so that no file can hold a reader up.
"""

from __future__ import annotations

import itertools
import re
from typing import Any, Final

from orm.definitions.entity import Unresolved
from orm.stacks.chains import is_root, method_calls
from orm.stacks.modules import Import, Module, Opaque
from orm.stacks.regex import to_python
from orm.stacks.syntax import FUNCTIONS, Node, named, unescape, unwrap
from orm.stacks.values import Function, Regex, Row, Tree

Scope = dict[str, Any]
"""What the parameters of an arrow stand for."""

DEPTH_MAX: Final = 100
WORK_MAX: Final = 200_000
_CONSTANT_WORDS: Final = {"true": True, "false": False, "null": None}
_DIGITS_MAX: Final = 400
_EXACT_MAX: Final = 2**53
_NUMBER: Final = re.compile(r"(?:0|[1-9][0-9]*)?(?:\.[0-9]*)?(?:[eE][+-]?[0-9]+)?")
_MISSING: Final = object()

_REASONS: Final = {
    "await_expression": "is known only when it is run",
    "binary_expression": "is computed",
    "call_expression": "is a call, which is not run",
    "class": "is a class",
    "new_expression": "is a call, which is not run",
    "ternary_expression": "depends on a condition",
    "this": "is known only when it is run",
}


class Undefined:
    """JavaScript's `undefined`: an entry that has it is not there."""


UNDEFINED: Final = Undefined()


class Evaluator:
    """Evaluates expressions of any number of modules; the bound on work is for all together."""

    def __init__(self) -> None:
        self.work = 0
        self.depth = 0
        self._open: set[tuple[int, str]] = set()
        self._known: dict[tuple[int, str], Any] = {}

    def value(self, node: Node, module: Module, scope: Scope | None = None) -> Any:
        """The value of an expression.

        Raises:
            StacksSyntaxError: it is no TypeScript, or deeper or larger than any model.
        """
        self._count(node, module, 1)
        self.depth += 1
        if self.depth > DEPTH_MAX:
            self.depth = 0
            raise module.file.refuse(node, f"is nested deeper than {DEPTH_MAX} levels")
        found = self._value(unwrap(node), module, scope or {})
        self.depth -= 1
        return found

    def _count(self, node: Node, module: Module, work: int) -> None:
        self.work += work
        if self.work > WORK_MAX:
            raise module.file.refuse(node, f"comes to over {WORK_MAX:,} values")

    def unresolved(self, node: Node, module: Module, reason: str) -> Unresolved:
        """An expression whose value is not known."""
        file = module.file
        return Unresolved(file.text(node), file.name, file.line(node), reason)

    def _value(self, node: Node, module: Module, scope: Scope) -> Any:
        kind = node.type
        if kind in FUNCTIONS:
            file = module.file
            return Function(file.text(node), file.name, file.line(node), node, module, scope)
        if node.is_error or node.is_missing:
            module.file.check(node)
        if kind in _CONSTANT_WORDS:
            return _CONSTANT_WORDS[kind]
        if kind == "undefined":
            return UNDEFINED
        reader = _READERS.get(kind)
        if reader is None:
            reason = _REASONS.get(kind, f"is a {kind.replace('_', ' ')}, which is not evaluated")
            return self.unresolved(node, module, reason)
        return reader(self, node, module, scope)

    def _string(self, node: Node, module: Module, scope: Scope) -> Any:
        return self._unescaped(node, module.file.text(node)[1:-1], module)

    def _unescaped(self, node: Node, raw: str, module: Module) -> str:
        try:
            return unescape(raw)
        except (ValueError, OverflowError) as error:
            raise module.file.refuse(node, f"holds an escape that is none: {error}") from error

    def _number(self, node: Node, module: Module, scope: Scope) -> Any:
        text = module.file.text(node).replace("_", "").removesuffix("n")
        if len(text) > _DIGITS_MAX:
            return self.unresolved(node, module, "is longer than any number")
        found = _number(text)
        if found is None:
            return self.unresolved(node, module, "is no number that can be kept")
        return found

    def _unary(self, node: Node, module: Module, scope: Scope) -> Any:
        operator = module.file.text(node.children[0])
        argument = node.child_by_field_name("argument")
        inner = self.value(argument, module, scope) if argument is not None else None
        if isinstance(inner, int | float) and not isinstance(inner, bool) and operator in "+-":
            return -inner if operator == "-" else inner
        return self.unresolved(node, module, "is computed")

    def _template(self, node: Node, module: Module, scope: Scope) -> Any:
        parts: list[str] = []
        at = node.start_byte + 1
        for hole in named(node):
            if hole.type != "template_substitution":
                continue
            parts.append(self.raw(node, module, at, hole.start_byte))
            inner = named(hole)
            value = self.value(inner[0], module, scope) if inner else UNDEFINED
            text = as_text(value)
            if text is None:
                return self.unresolved(node, module, "holds a value that is not known")
            parts.append(text)
            at = hole.end_byte
        parts.append(self.raw(node, module, at, node.end_byte - 1))
        found = "".join(parts)
        self._count(node, module, len(found) // 1000)
        return found

    def raw(self, node: Node, module: Module, start: int, end: int) -> str:
        raw = module.file.content[start:end].decode(errors="replace").replace("\r\n", "\n")
        return self._unescaped(node, raw, module)

    def _regex(self, node: Node, module: Module, scope: Scope) -> Any:
        pattern = node.child_by_field_name("pattern")
        flags = node.child_by_field_name("flags")
        text = module.file.text
        return Regex.of(text(pattern) if pattern else "", text(flags) if flags else "")

    def _array(self, node: Node, module: Module, scope: Scope) -> Any:
        row = Row()
        if _has_hole(node):
            return self.unresolved(node, module, "has a hole between two commas")
        for one in named(node):
            if one.is_error or one.is_missing:
                module.file.check(one)
            if one.type != "spread_element":
                value = self.value(one, module, scope)
                if value is UNDEFINED:
                    value = self.unresolved(one, module, "is undefined")
                row.enter(value, module.file.place(one))
            else:
                self._spread_row(one, row, module, scope)
        return row

    def _spread_row(self, node: Node, row: Row, module: Module, scope: Scope) -> None:
        inner = named(node)
        value = self.value(inner[0], module, scope) if inner else UNDEFINED
        if isinstance(value, Row):
            self._count(node, module, len(value))
            for one, place in zip(list(value), list(value.places), strict=True):
                row.enter(one, place)
            return
        if not isinstance(value, Unresolved):
            value = self.unresolved(node, module, "spreads what is no list")
        row.enter(value, module.file.place(node))

    def _object(self, node: Node, module: Module, scope: Scope) -> Any:
        tree = Tree()
        written: set[str] = set()
        for one in named(node):
            if one.type == "spread_element":
                self._spread_tree(one, tree, module, scope)
                continue
            key, value = self._entry(one, module, scope)
            if key in written:
                raise module.file.refuse(one, f"is a second {key!r} here", "leave one out")
            written.add(key)
            tree.pop(key, None)
            if value is not UNDEFINED:
                tree.enter(key, value, module.file.place(one))
        return tree

    def _entry(self, node: Node, module: Module, scope: Scope) -> tuple[str, Any]:
        if node.type == "shorthand_property_identifier":
            return module.file.text(node), self._name(node, module, scope)
        key_node = node.child_by_field_name("name" if node.type == "method_definition" else "key")
        if node.type not in ("pair", "method_definition") or key_node is None:
            raise module.file.refuse(node, "is no entry of an object")
        key = self._key(key_node, module, scope)
        if key is None:
            reason = "has a name that is not known without running it"
            return f"...{module.file.text(node)}", self.unresolved(node, module, reason)
        if node.type == "method_definition":
            return key, self._value(node, module, scope)
        value = node.child_by_field_name("value")
        if value is None:
            raise module.file.refuse(node, "has no value")
        return key, self.value(value, module, scope)

    def _key(self, node: Node, module: Module, scope: Scope) -> str | None:
        if node.type == "string":
            return str(self._string(node, module, scope))
        if node.type in ("computed_property_name", "number"):
            inner = node if node.type == "number" else (named(node) or [node])[0]
            if inner.type == "computed_property_name":
                raise module.file.refuse(node, "names nothing")
            value = self.value(inner, module, scope)
            return as_text(value)
        return self._unescaped(node, module.file.text(node), module)

    def _spread_tree(self, node: Node, tree: Tree, module: Module, scope: Scope) -> None:
        inner = named(node)
        value = self.value(inner[0], module, scope) if inner else UNDEFINED
        if isinstance(value, Tree):
            self._count(node, module, len(value))
            for key, one in list(value.items()):
                tree.pop(key, None)
                tree.enter(key, one, value.places[key])
            return
        if value is None or value is UNDEFINED or value is False:
            return
        if not isinstance(value, Unresolved):
            value = self.unresolved(node, module, "spreads what is no object")
        tree.enter(module.file.text(node), value, module.file.place(node))

    def _name(self, node: Node, module: Module, scope: Scope) -> Any:
        name = module.file.text(node)
        if name in scope:
            return scope[name]
        if name == "undefined":
            return UNDEFINED
        found = self.named_value(name, module, node)
        return self.unresolved(node, module, found.reason) if isinstance(found, Opaque) else found

    def named_value(self, name: str, module: Module, node: Node) -> Any:
        """What a name of a module stands for; `Opaque` with the reason where that is not known."""
        return self._bound(module.bindings.get(name, _MISSING), name, module, node)

    def exported_value(self, name: str, module: Module, node: Node) -> Any:
        """What a module exports under a name."""
        binding = module.exports.get(name, _MISSING)
        if binding is not _MISSING:
            return self._bound(binding, f"export {name}", module, node)
        return self._starred(name, module, node)

    def _starred(self, name: str, module: Module, node: Node) -> Any:
        for source in module.stars:
            there = module.library.imported(module, source)
            key = (id(there), f"star {name}")
            if there is None or key in self._open:
                continue
            self._open.add(key)
            found = self.exported_value(name, there, node)
            self._open.discard(key)
            if not isinstance(found, Opaque):
                return found
        return Opaque(f"{module.file.name} exports no {name!r}")

    def _bound(self, binding: Any, name: str, module: Module, node: Node) -> Any:
        if binding is _MISSING:
            return Opaque("is no constant of this file")
        if isinstance(binding, Opaque):
            return Opaque(f"is {binding.reason}")
        key = (id(module), name)
        if key in self._known:
            return self._known[key]
        if key in self._open:
            return Opaque("refers to itself")
        self._open.add(key)
        try:
            if isinstance(binding, Import):
                found = self._imported(binding, module, node)
            else:
                module.file.check(binding)
                found = self.value(binding, module)
        finally:
            self._open.discard(key)
        self._known[key] = found
        return found

    def _imported(self, binding: Import, module: Module, node: Node) -> Any:
        there = module.library.imported(module, binding.source)
        if there is None:
            why = "a package, which is not read"
            if binding.source.startswith("."):
                why = "where there is no such file"
                why = "and a text has no files beside it" if module.path is None else why
            return Opaque(f"is imported from {binding.source!r}, {why}")
        if binding.name != "*":
            return self.exported_value(binding.name, there, node)
        tree = Tree()
        for name in there.exports:
            value = self.exported_value(name, there, node)
            if not isinstance(value, Opaque):
                tree.enter(name, value, there.file.place(there.file.root))
        return tree

    def _member(self, node: Node, module: Module, scope: Scope) -> Any:
        target = node.child_by_field_name("object")
        name = node.child_by_field_name("property")
        if name is None:
            index = node.child_by_field_name("index")
            key: Any = self.value(index, module, scope) if index is not None else UNDEFINED
        else:
            key = module.file.text(name)
        if target is None or is_root(target, module):
            return self.unresolved(node, module, "is no rule without its call, as in string()")
        value = self.value(target, module, scope)
        found = _member_of(value, key)
        if found is _MISSING:
            if isinstance(value, Unresolved):
                return self.unresolved(node, module, value.reason)
            return self.unresolved(node, module, f"{key!r} is not known of it")
        return found

    def _call(self, node: Node, module: Module, scope: Scope) -> Any:
        base, calls = method_calls(node, module.file)
        if calls and is_root(base, module):
            return self._chain((), calls, module, scope)
        if calls and calls[-1].name == "map" and len(calls[-1].arguments) == 1:
            return self._map(node, calls[-1].target, calls[-1].arguments[0], module, scope)
        if calls and unwrap(base).type == "identifier":
            start = self.value(base, module, scope)
            if isinstance(start, tuple):
                return self._chain(start, calls, module, scope)
        return self.unresolved(node, module, _REASONS["call_expression"])

    def _chain(self, start: tuple[Any, ...], calls: list[Any], module: Module, scope: Scope) -> Any:
        chain = list(start)
        for call in calls:
            values = tuple(self._argument(one, module, scope) for one in call.arguments)
            chain.append((call.name, values))
        return tuple(chain)

    def _argument(self, node: Node, module: Module, scope: Scope) -> Any:
        value = self.value(node, module, scope)
        if isinstance(value, Regex):
            found = to_python(value.pattern, value.flags)
            reason = "is a regular expression that Python cannot say"
            return self.unresolved(node, module, reason) if found is None else found
        if value is UNDEFINED:
            return self.unresolved(node, module, "is undefined")
        return value

    def _map(self, node: Node, target: Node, arrow: Node, module: Module, scope: Scope) -> Any:
        arrow = unwrap(arrow)
        row = self.value(target, module, scope)
        names = arrow_parameters(arrow, module)
        body = arrow.child_by_field_name("body")
        if not isinstance(row, Row) or names is None or body is None:
            return self.unresolved(node, module, _REASONS["call_expression"])
        if unwrap(body).type == "statement_block":
            return self.unresolved(node, module, "has a body of statements, which is not run")
        found = Row()
        for place, one in enumerate(row):
            inner = {**scope, **dict(zip(names, (one, place), strict=False))}
            value = self.value(body, module, inner)
            if value is UNDEFINED:
                value = self.unresolved(body, module, "is undefined")
            found.enter(value, module.file.place(body))
        return found


def _has_hole(node: Node) -> bool:
    """Whether a list has a comma with nothing before it, as in `[1,,2]`."""
    kinds = [one.type for one in node.children if one.type != "comment"]
    return any(kind == "," and before in ("[", ",") for before, kind in itertools.pairwise(kinds))


_READERS: Final[dict[str, Any]] = {
    "array": Evaluator._array,
    "call_expression": Evaluator._call,
    "identifier": Evaluator._name,
    "member_expression": Evaluator._member,
    "number": Evaluator._number,
    "object": Evaluator._object,
    "regex": Evaluator._regex,
    "string": Evaluator._string,
    "subscript_expression": Evaluator._member,
    "template_string": Evaluator._template,
    "unary_expression": Evaluator._unary,
}


def arrow_parameters(arrow: Node, module: Module) -> list[str] | None:
    """The names of an arrow's parameters; None where it is no arrow, or takes something apart."""
    if arrow.type != "arrow_function":
        return None
    single = arrow.child_by_field_name("parameter")
    if single is not None:
        return [module.file.text(single)]
    names: list[str] = []
    listed = arrow.child_by_field_name("parameters")
    for one in named(listed) if listed is not None else []:
        pattern = one.child_by_field_name("pattern")
        if pattern is None or pattern.type != "identifier":
            return None
        names.append(module.file.text(pattern))
    return names


def as_text(value: Any) -> str | None:
    """What a template makes of a value; None where that is not known."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return "null"
    if isinstance(value, str):
        return str(value)
    if isinstance(value, int) and abs(value) < _EXACT_MAX:
        return str(value)
    if isinstance(value, float) and 1e-6 <= abs(value) < 1e21:
        return repr(value)
    return None


def _number(text: str) -> int | float | None:
    lowered = text.lower()
    for prefix, base in (("0x", 16), ("0b", 2), ("0o", 8)):
        if lowered.startswith(prefix):
            return int(lowered[2:], base) if lowered[2:] else None
    if not _NUMBER.fullmatch(text) or not any(one.isdigit() for one in text):
        return None
    if text.isdigit():
        return int(text)
    found = float(text)
    if found != found or abs(found) == float("inf"):
        return None
    return int(found) if found.is_integer() and abs(found) < _EXACT_MAX else found


def _member_of(value: Any, key: Any) -> Any:
    if isinstance(value, Tree):
        return value.get(key, _MISSING) if isinstance(key, str) else _MISSING
    if key == "length" and isinstance(value, str) and not isinstance(value, Regex):
        return len(value.encode("utf-16-le", "surrogatepass")) // 2
    if isinstance(value, Row):
        if key == "length":
            return len(value)
        whole = isinstance(key, int) and not isinstance(key, bool)
        return value[key] if whole and 0 <= key < len(value) else _MISSING
    return _MISSING
