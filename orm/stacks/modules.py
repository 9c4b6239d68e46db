"""Modules: what a file's names stand for: constants, functions, imports from files beside it.

Only `const` at the top level counts; what `let` holds may change, and a package is not read. Files
are read when a name of theirs is asked for, each once.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

import msgspec

from orm.stacks.changes import changed_names
from orm.stacks.errors import UnreadableFileError
from orm.stacks.syntax import Node, SourceFile, named, unescape

_ENDINGS: Final = ("", ".ts", ".mts", ".cts", ".d.ts", "/index.ts")
_FUNCTIONS: Final = frozenset({"function_declaration", "generator_function_declaration"})


class Import(msgspec.Struct, frozen=True):
    """A name from another file: `default`, `*` or the name that it has there."""

    name: str
    source: str


class Opaque(msgspec.Struct, frozen=True):
    """A name whose value may not be taken from the text."""

    reason: str


Binding = Node | Import | Opaque


class Module:
    """One file's names.

    Args:
        file: its text and tree.
        path: where it is, for what it imports; None where it imports nothing.
        library: which reads the files that it imports.
    """

    def __init__(self, file: SourceFile, path: Path | None, library: Library) -> None:
        self.file, self.path, self.library = file, path, library
        self.bindings: dict[str, Binding] = {}
        self.exports: dict[str, Binding] = {}
        self.stars: list[str] = []
        file.check_outline()
        for statement in named(file.root):
            self._enter(statement)
        for name in changed_names(file):
            self._change(name)

    def _change(self, name: str) -> None:
        """Take nothing from the text of what the file changes after it is declared."""
        before, now = self.bindings.get(name), Opaque("changed after it is declared")
        if before is None or isinstance(before, Opaque):
            return
        self.bindings[name] = now
        self.exports.update({said: now for said, one in self.exports.items() if one is before})

    def _enter(self, statement: Node) -> None:
        if statement.type == "import_statement":
            self._import(statement)
        elif statement.type == "export_statement":
            self._export(statement)
        else:
            self.bindings.update(self._declared(statement))

    def _declared(self, statement: Node) -> dict[str, Binding]:
        if statement.type in _FUNCTIONS:
            name = statement.child_by_field_name("name")
            return {self.file.text(name): statement} if name else {}
        if statement.type not in ("lexical_declaration", "variable_declaration"):
            name = statement.child_by_field_name("name")
            kind = statement.type.replace("_", " ")
            article = "an" if kind[0] in "aeiou" else "a"
            declared = Opaque(f"declared by {article} {kind}")
            return {self.file.text(name): declared} if name else {}
        keyword = self.file.text(statement.children[0]) if statement.children else ""
        return {
            self.file.text(target): self._value(one, keyword)
            for one in named(statement)
            if one.type == "variable_declarator"
            and (target := one.child_by_field_name("name")) is not None
        }

    def _value(self, declarator: Node, keyword: str) -> Binding:
        value = declarator.child_by_field_name("value")
        if value is None or keyword != "const":
            return Opaque(f"declared with {keyword}, so it may change")
        return value

    def _import(self, statement: Node) -> None:
        source = self._source(statement)
        for clause in named(statement):
            if clause.type != "import_clause":
                continue
            for one in named(clause):
                if one.type == "identifier":
                    self.bindings[self.file.text(one)] = Import("default", source)
                elif one.type == "namespace_import":
                    self.bindings[self.file.text(named(one)[-1])] = Import("*", source)
                else:
                    self._specifiers(one, source)

    def _specifiers(self, clause: Node, source: str) -> None:
        for one in named(clause):
            name = one.child_by_field_name("name")
            if one.type == "import_specifier" and name is not None:
                alias = one.child_by_field_name("alias") or name
                self.bindings[self.file.text(alias)] = Import(self._name(name), source)

    def _export(self, statement: Node) -> None:
        source = self._source(statement)
        declaration = statement.child_by_field_name("declaration")
        value = statement.child_by_field_name("value")
        is_default = any(one.type == "default" for one in statement.children)
        if is_default and "default" in self.exports:
            raise self.file.refuse(statement, "is a second default export", "leave one out")
        if is_default:
            self.exports["default"] = value or declaration or Opaque("exports nothing")
        if declaration is not None:
            found = self._declared(declaration)
            self.bindings.update(found)
            self.exports.update({} if is_default else found)
        for clause in named(statement):
            if clause.type == "export_clause":
                self._export_clause(clause, source)
        if source and any(one.type == "*" for one in statement.children):
            self.stars.append(source)

    def _export_clause(self, clause: Node, source: str) -> None:
        for one in named(clause):
            name = one.child_by_field_name("name")
            if name is None:
                continue
            alias = self._name(one.child_by_field_name("alias") or name)
            self.exports[alias] = Import(self._name(name), source) if source else name

    def _name(self, node: Node) -> str:
        text = self.file.text(node)
        return text[1:-1] if node.type == "string" else text

    def _source(self, statement: Node) -> str:
        node = statement.child_by_field_name("source")
        try:
            return unescape(self.file.text(node)[1:-1]) if node is not None else ""
        except ValueError as error:
            raise self.file.refuse(node, str(error)) from error


class Library:
    """The files that were read, each once."""

    def __init__(self) -> None:
        self._modules: dict[Path, Module] = {}

    def module(self, path: Path) -> Module:
        """The file at a path.

        Raises:
            StacksError: it cannot be read, or is no TypeScript.
        """
        key = path.absolute()
        if key not in self._modules:
            self._modules[key] = Module(SourceFile.read(path), path, self)
        return self._modules[key]

    def imported(self, module: Module, source: str) -> Module | None:
        """The file that a module names; None for a package, or where there is none."""
        if module.path is None or not source.startswith(("./", "../")) or "\0" in source:
            return None
        base = module.path.parent / source
        bare = base.with_suffix("") if base.suffix in (".js", ".mjs") else base
        for ending in _ENDINGS:
            path = Path(os.path.normpath(f"{bare}{ending}"))
            try:
                if path.is_file():
                    return self.module(path)
            except OSError as error:
                raise UnreadableFileError(
                    module.file.place(module.file.root), str(error)
                ) from error
        return None
