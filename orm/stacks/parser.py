"""StacksModelParser: Stacks model files as definitions, read and never run.

    parsed = StacksModelParser().parse("app/models")
    for definition in parsed.definitions: ...
    print("\\n".join(parsed.report.lines()))

A file is a model if its default export is one, in any of these forms:

    export default defineModel({…} as const)        any call; its first argument counts
    export default {…} satisfies Model
    const Essay: Model = {…}; export default Essay  and so with a call
    export default extendModel(Base, {…})
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import msgspec

from orm.definitions.declare import define, extend
from orm.definitions.entity import EntityDefinition, FactoryDefinition, Unresolved
from orm.definitions.errors import DefinitionError
from orm.definitions.indexes import SQL_REASON
from orm.definitions.templates import TemplateError, key_name, split_template
from orm.stacks.errors import (
    DuplicateModelError,
    ModelDeclarationError,
    NoModelError,
    Place,
    StacksError,
    UnreadableFileError,
)
from orm.stacks.evaluate import Evaluator
from orm.stacks.factories import read_factory
from orm.stacks.keys import read_key
from orm.stacks.modules import Import, Library, Module, Opaque
from orm.stacks.report import Parsed, Report, Skipped
from orm.stacks.syntax import FUNCTIONS, Node, SourceFile, named, unwrap
from orm.stacks.values import Function, Row, Tree, place_of

ENDINGS: Final = (".ts", ".mts", ".cts")
_NO_MODELS: Final = (".d.ts", ".d.mts", ".d.cts", ".test.ts", ".spec.ts")
_EXTEND: Final = "extendModel"
_EXTENSIONS_MAX: Final = 20


class StacksModelParser:
    """Reads model files; holds nothing between two calls.

    Raises:
        StacksExtraError: tree-sitter is not installed; from each method.
    """

    def parse(self, path: str | os.PathLike[str]) -> Parsed:
        """The models of a file, or of all files of a folder and of the folders in it.

        In a folder, a file without a model (of constants, say) is passed over and reported.

        Raises:
            StacksError: a file cannot be read, is no TypeScript, or declares what cannot be
                meant; names file, line, column and text.
        """
        path = Path(path)
        if not path.is_dir():
            return self._parsed([_Reading(Library().module(path)).definition()])
        return self._folder(path)

    def parse_text(self, text: str, file: str = "model.ts") -> Parsed:
        """The model that a text declares; what it imports is not read.

        Raises:
            StacksError: as `parse`.
        """
        content = text.encode(errors="surrogatepass")
        module = Module(SourceFile(file, content), None, Library())
        return self._parsed([_Reading(module).definition()])

    def _folder(self, folder: Path) -> Parsed:
        library = Library()
        found: dict[str, _Definition] = {}
        skipped: list[Skipped] = []
        for path in model_files(folder):
            try:
                read = _Reading(library.module(path)).definition()
            except NoModelError as error:
                skipped.append(Skipped(path.as_posix(), error.reason))
                continue
            name = read.definition.name
            if name in found and found[name].definition.source != read.definition.source:
                reason = f"declares {name}, as {found[name].definition.source} does"
                raise DuplicateModelError(Place(path.as_posix()), reason, "rename one")
            found[name] = read
        return self._parsed(list(found.values()), tuple(skipped))

    def _parsed(self, read: list[_Definition], skipped: tuple[Skipped, ...] = ()) -> Parsed:
        unresolved = [one for found in read for one in found.definition.unresolved]
        factories = [one for found in read for one in found.factories]
        report = Report(
            unresolved=tuple(dict.fromkeys(unresolved)),
            factories=tuple(dict.fromkeys(factories)),
            skipped=skipped,
        )
        return Parsed(tuple(found.definition for found in read), report)


def model_files(folder: Path) -> Iterator[Path]:
    """The files of a folder and those in it that may be models, in order."""

    def refuse(error: OSError) -> None:
        raise UnreadableFileError(Place(str(error.filename)), f"cannot be read: {error.strerror}")

    for root, folders, names in os.walk(folder, onerror=refuse):
        folders[:] = sorted(n for n in folders if n != "node_modules" and not n.startswith("."))
        for name in sorted(names):
            if name.endswith(ENDINGS) and not name.endswith(_NO_MODELS) and name[0] != ".":
                yield Path(root) / name


class _Definition(msgspec.Struct, frozen=True):
    """A definition, and the factories of it that keep their source."""

    definition: EntityDefinition
    factories: tuple[Unresolved, ...] = ()


class _Reading:
    """One file while it is read."""

    def __init__(
        self,
        module: Module,
        evaluator: Evaluator | None = None,
        depth: int = 0,
        *,
        extends: bool = False,
    ) -> None:
        self.module, self.file, self.depth = module, module.file, depth
        self.extends = extends
        self.evaluator = evaluator or Evaluator()
        self.factories: list[Unresolved] = []

    def definition(self) -> _Definition:
        """The model that the file's default export is."""
        export = self.module.exports.get("default")
        if export is None:
            raise NoModelError(Place(self.file.name), "has no default export", _HINT)
        return self._bound(export)

    def _bound(self, binding: Any) -> _Definition:
        """The model that a name stands for, here or in the file that it is imported from."""
        if self.depth > _EXTENSIONS_MAX:
            raise self._endless()
        if isinstance(binding, Opaque):
            raise NoModelError(Place(self.file.name), f"exports {binding.reason}", _HINT)
        if not isinstance(binding, Import):
            return self._model(binding)
        there = self.module.library.imported(self.module, binding.source)
        if there is None or binding.name == "*":
            reason = f"exports what {binding.source!r} has, which is not read"
            raise NoModelError(Place(self.file.name), reason, _HINT)
        reading = _Reading(there, self.evaluator, self.depth + 1, extends=self.extends)
        if binding.name == "default":
            return reading.definition()
        return reading._bound(there.exports.get(binding.name, Opaque("nothing of this name")))

    def _endless(self) -> StacksError:
        """A name that leads to itself is no model; models that extend each other are wrong ones."""
        if not self.extends:
            return NoModelError(Place(self.file.name), "refers to itself", _HINT)
        reason = f"extends itself, or over {_EXTENSIONS_MAX} models one after another"
        hint = "extend a model that extends none of these"
        return ModelDeclarationError(Place(self.file.name), reason, hint)

    def _model(self, node: Node) -> _Definition:
        self.file.check(node)
        node = unwrap(node)
        if node.type == "identifier":
            return self._named(node)
        if node.type == "call_expression":
            return self._call(node)
        if node.type == "object":
            return self._own(node)
        kind = "function" if node.type in FUNCTIONS else node.type.replace("_", " ")
        raise NoModelError(self.file.place(node), f"is no model but: {kind}", _HINT)

    def _named(self, node: Node) -> _Definition:
        name = self.file.text(node)
        if name not in self.module.bindings:
            raise NoModelError(self.file.place(node), "is declared nowhere in this file", _HINT)
        self.depth += 1
        return self._bound(self.module.bindings[name])

    def _call(self, node: Node) -> _Definition:
        called, listed = node.child_by_field_name("function"), node.child_by_field_name("arguments")
        inner = named(listed) if listed is not None and listed.type == "arguments" else []
        if not inner:
            raise NoModelError(self.file.place(node), "is a call without a model", _HINT)
        if called is not None and self._called(called) == _EXTEND:
            return self._extension(node, inner)
        self.depth += 1
        if self.depth > _EXTENSIONS_MAX:
            raise NoModelError(self.file.place(node), "is a call of calls without an end", _HINT)
        return self._model(inner[0])

    def _called(self, called: Node) -> str:
        """The name of what is called, where it comes from."""
        called = unwrap(called)
        name = self.file.text(called.child_by_field_name("property") or called)
        binding = self.module.bindings.get(name)
        return binding.name if isinstance(binding, Import) else name

    def _own(self, node: Node) -> _Definition:
        tree = self._tree(node)
        if "name" not in tree:
            tree.enter("name", Path(self.file.name).name.split(".")[0], self.file.place(node))
        definition = self._defined(tree, node, lambda: define(tree, file=self.file.name))
        return _Definition(definition, tuple(self.factories))

    def _extension(self, node: Node, inner: list[Node]) -> _Definition:
        if len(inner) != 2:
            reason = "takes a model and what is added to it"
            raise self.file.refuse(node, reason, "write extendModel(Base, {…})")
        base = self._base(inner[0])
        extra = self._tree(inner[1])
        if base is not None:
            definition = self._defined(
                extra, node, lambda: extend(base.definition, extra, file=self.file.name)
            )
            return _Definition(definition, (*base.factories, *self.factories))
        unread = self._unread(inner[0])
        if "name" not in extra:
            extra.enter("name", self.file.text(inner[0]).strip("'\"`"), self.file.place(inner[0]))
        extra.enter("..." + unread.text, unread, self.file.place(inner[0]))
        definition = self._defined(extra, node, lambda: define(extra, file=self.file.name))
        return _Definition(definition, tuple(self.factories))

    def _base(self, node: Node) -> _Definition | None:
        """The model that is extended; None for one that stands in a package."""
        node = unwrap(node)
        if node.type == "string":
            return None
        if node.type == "identifier":
            binding = self.module.bindings.get(self.file.text(node))
            there = binding.source if isinstance(binding, Import) else "."
            if binding is None or not there.startswith("."):
                return None
            if isinstance(binding, Import) and (
                self.module.library.imported(self.module, there) is None
            ):
                return None
        return _Reading(self.module, self.evaluator, self.depth + 1, extends=True)._model(node)

    def _unread(self, node: Node) -> Unresolved:
        reason = "is extended and cannot be read; only what is added to it is known"
        return self.evaluator.unresolved(node, self.module, reason)

    def _tree(self, node: Node) -> Tree:
        value = self.evaluator.value(node, self.module)
        if not isinstance(value, Tree):
            raise NoModelError(self.file.place(node), "is no object", _HINT)
        tree = Tree()
        for key, one in value.items():
            tree.enter(key, one, value.places[key])
        self._translate(tree)
        return tree

    def _translate(self, tree: Tree) -> None:
        """Functions of factories and keys as what they say."""
        attributes, keys = tree.get("attributes"), tree.get("dynamodb", tree.get("keys"))
        indexes = tree.get("indexes")
        for index in indexes if isinstance(indexes, Row) else ():
            if isinstance(index, Tree) and isinstance(index.get("where"), str):
                place = index.places["where"]
                index["where"] = Unresolved(index["where"], place.file, place.line, SQL_REASON)
        if isinstance(attributes, Tree):
            for config in attributes.values():
                if isinstance(config, Tree) and isinstance(config.get("factory"), Function):
                    config["factory"] = self._factory(config["factory"])
        if isinstance(keys, Tree):
            for name, value in keys.items():
                if key_name(name):
                    keys[name] = self._key(value, keys.places[name])

    def _factory(self, function: Function) -> FactoryDefinition:
        found = read_factory(function, self.evaluator)
        if found.faker is None and found.literal is msgspec.UNSET:
            reason = "a factory that is not one call of faker's; its source is kept"
            self.factories.append(Unresolved(function.text, function.file, function.line, reason))
        return found

    def _key(self, value: Any, place: Place) -> Any:
        if isinstance(value, Function):
            return read_key(value, self.evaluator)
        if not isinstance(value, str):
            return value
        try:
            return split_template([str(value)])
        except TemplateError as error:
            return Unresolved(value, place.file, place.line, str(error))

    def _defined(self, tree: Tree, node: Node, make: Any) -> EntityDefinition:
        try:
            definition: EntityDefinition = make()
        except DefinitionError as error:
            place = place_of(tree, error.path) or self.file.place(node)
            where = ".".join(map(str, error.path))
            reason = f"{where}: {error.reason}" if where else error.reason
            raise ModelDeclarationError(place, reason, error.hint, error.path) from error
        return definition


_HINT: Final = "write export default defineModel({…})"
