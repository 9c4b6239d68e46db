"""What cannot be meant is refused with file, line, column and the text there."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from orm.errors import ConfigurationError
from orm.stacks import (
    DuplicateModelError,
    ModelDeclarationError,
    NoModelError,
    StacksError,
    StacksExtraError,
    StacksModelParser,
    StacksSyntaxError,
    UnreadableFileError,
)

pytest.importorskip("tree_sitter", reason="needs the extra stacks")

OPEN = "export default {\n  name: 'Thing',\n"


def refused(text: str) -> StacksError:
    with pytest.raises(StacksError) as caught:
        StacksModelParser().parse_text(text, "app/Thing.ts")
    return caught.value


@pytest.mark.parametrize(
    ("text", "kind", "line", "column", "shown"),
    [
        (OPEN + "  hasMany: [,,\n", StacksSyntaxError, 3, 14, ","),
        (OPEN + "  hasMany: @@,\n}", StacksSyntaxError, 3, 3, "hasMany: @@"),
        (OPEN + "  hasMany: [@],\n}", StacksSyntaxError, 3, 13, "@"),
        (OPEN + "  a: 1 +,\n}", StacksSyntaxError, 3, 8, "+"),
        (OPEN + "  table: 'a',\n  table: 'b',\n}", StacksSyntaxError, 4, 3, "table: 'b'"),
        (OPEN + r"  table: 'a\u{110000}'," + "\n}", StacksSyntaxError, 3, 10, r"'a\u{110000}'"),
        (OPEN + "  atributes: {},\n}", ModelDeclarationError, 3, 3, "atributes: {}"),
        (OPEN + "  hasMany: 3,\n}", ModelDeclarationError, 3, 3, "hasMany: 3"),
        (OPEN + "  hasMany: ['A', 3],\n}", ModelDeclarationError, 3, 18, "3"),
        (OPEN + "  primaryKey: key(),\n}", ModelDeclarationError, 3, 3, "primaryKey: key()"),
        (OPEN + "  attributes: all(),\n}", ModelDeclarationError, 3, 3, "attributes: all()"),
        (OPEN + "  belongsTo: [{ foreignKey: 'a' }],\n}", ModelDeclarationError, 3, 15, None),
        (OPEN + "  traits: { useTimestamp: true },\n}", ModelDeclarationError, 3, 13, None),
        (OPEN + "  indexes: [{ name: 'a' }],\n}", ModelDeclarationError, 3, 13, None),
        (
            OPEN + "  attributes: { é: { unique: 1 } },\n}",
            ModelDeclarationError,
            3,
            22,
            "unique: 1",
        ),
        ("export default { name: f() }", ModelDeclarationError, 1, 18, "name: f()"),
        ("export const a = 1", NoModelError, 0, 0, ""),
        ("export default class A {}", NoModelError, 1, 16, "class A {}"),
        ("export default defineModel()", NoModelError, 1, 16, "defineModel()"),
        ("export default nowhere", NoModelError, 1, 16, "nowhere"),
        ("export default {}\nexport default {}", StacksSyntaxError, 2, 1, "export default {}"),
        ("export default extendModel(A)", StacksSyntaxError, 1, 16, "extendModel(A)"),
        ("const a = a\nexport default a", NoModelError, 0, 0, ""),
    ],
)
def test_refused_with_its_place(
    text: str, kind: type[StacksError], line: int, column: int, shown: str | None
) -> None:
    """Each error says where, in characters from 1, and shows the source there."""
    error = refused(text)
    assert type(error) is kind
    assert isinstance(error, ConfigurationError)
    assert (error.file, error.line, error.column) == ("app/Thing.ts", line, column)
    assert shown is None or error.text == shown
    assert str(error).startswith(f"app/Thing.ts:{line}:{column}:" if line else "app/Thing.ts:")


@pytest.mark.parametrize(
    ("text", "line", "shown"),
    [
        ("export default {\n  name: 'Bed'\n  table: 'beds'\n}", 2, "name: 'Bed'"),
        ("export default f({\n  name: 'Bed' // so\n  'table': 'beds'\n})", 2, "name: 'Bed' // so"),
        (OPEN + "  attributes: {\n    a: {}\n    b: {}\n  }\n}", 4, "a: {}"),
        (OPEN + "  hasMany: ['A']\n  traits: { useUuid: true }\n}", 3, "hasMany: ['A']"),
        (OPEN + "  unique: f(1)\n\n c: 2 }", 3, "unique: f(1)"),
    ],
)
def test_a_comma_that_is_missing_is_named(text: str, line: int, shown: str) -> None:
    """With the line after which it belongs, whatever the tree makes of it."""
    error = refused(text)
    assert type(error) is StacksSyntaxError
    assert (error.line, error.text, error.hint) == (line, shown, "a comma is missing after it")


def test_near_miss_names_the_right_spelling() -> None:
    """In the spelling that the source uses."""
    assert refused(OPEN + "  primaryKye: 'id',\n}").hint == "write primaryKey"


def test_errors_pickle() -> None:
    """Facts stand in `args`."""
    for error in (refused(OPEN + "  hasMany: 3,\n}"), refused(""), StacksExtraError("tree_sitter")):
        copy = pickle.loads(pickle.dumps(error))
        assert (type(copy), str(copy), copy.args) == (type(error), str(error), error.args)


def test_missing_extra_is_named() -> None:
    """The text says what is missing, the hint what to type."""
    error = StacksExtraError("tree_sitter")
    assert str(error) == (
        "stacks: reading model files needs tree_sitter; pip install 'keyfold[stacks]'"
    )
    assert error.hint == "pip install 'keyfold[stacks]'"


def test_files_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    """Not there, and not UTF-8."""
    (tmp_path / "bad.ts").write_bytes(b"export default {\n  name: '\xff' }")
    for name, line in (("gone.ts", 0), ("bad.ts", 2)):
        with pytest.raises(UnreadableFileError) as caught:
            StacksModelParser().parse(tmp_path / name)
        assert caught.value.file.endswith(name)
        assert caught.value.line == line


def test_two_files_of_one_model_are_refused(tmp_path: Path) -> None:
    """The error names both."""
    for name in ("a.ts", "b.ts"):
        (tmp_path / name).write_text("export default { name: 'Thing' }")
    with pytest.raises(DuplicateModelError, match=r"b\.ts: declares Thing, as .*a\.ts does"):
        StacksModelParser().parse(tmp_path)


@pytest.mark.parametrize("index", ["index.ts", "Zindex.ts"])
def test_a_file_that_passes_a_model_on_is_no_second_one(tmp_path: Path, index: str) -> None:
    """Whichever of the two is read first, and from wherever it is passed on."""
    (tmp_path / "deep").mkdir()
    (tmp_path / "Thing.ts").write_text("export default { name: 'Thing' }")
    (tmp_path / index).write_text("export { default } from './Thing'")
    (tmp_path / "deep" / "index.ts").write_text("import T from '../Thing'\nexport default T")
    assert [one.name for one in StacksModelParser().parse(tmp_path).definitions] == ["Thing"]


def test_hidden_files_are_not_read(tmp_path: Path) -> None:
    """Editors leave some."""
    (tmp_path / ".Thing.ts").write_text("export default {")
    assert StacksModelParser().parse(tmp_path).definitions == ()


def test_models_that_extend_each_other_are_refused(tmp_path: Path) -> None:
    """Also in a folder: they are models, and wrong ones."""
    for one, other in (("A", "B"), ("B", "A")):
        text = f"import Base from './{other}'\nexport default extendModel(Base, {{}})"
        (tmp_path / f"{one}.ts").write_text(text)
    with pytest.raises(ModelDeclarationError, match="extends itself"):
        StacksModelParser().parse(tmp_path)


def test_a_model_that_was_not_read_is_told_from_those_that_were() -> None:
    parsed = StacksModelParser().parse_text("export default { name: 'Thing' }")
    with pytest.raises(ConfigurationError, match="parsed: has no model 'thing'") as caught:
        parsed["thing"]
    assert caught.value.hint == "write 'Thing'"


def test_byte_order_mark_is_no_syntax(tmp_path: Path) -> None:
    """Editors on Windows write one."""
    (tmp_path / "Thing.ts").write_bytes(b"\xef\xbb\xbfexport default { table: 'things' }\r\n")
    assert StacksModelParser().parse(tmp_path).definitions[0].name == "Thing"


def test_error_in_code_beside_the_model_does_not_matter() -> None:
    """Only what a model needs must be known syntax."""
    text = "function beside() { const = 3 }\nexport default { name: 'Thing' }"
    assert StacksModelParser().parse_text(text).definitions[0].name == "Thing"


@pytest.mark.parametrize(
    "text",
    [
        "export default { name: 'A', custom: " + "[" * 500 + "]" * 500 + " }",
        "export default " + "f(" * 3000 + "{ name: 'A' }" + ")" * 3000,
        "const a = [1, 2]\n"
        + "".join(f"const a{n} = [...a{n - 1 or ''}, ...a{n - 1 or ''}]\n" for n in range(1, 30))
        + "export default { name: 'A', custom: a29 }",
    ],
)
def test_work_is_bounded(text: str) -> None:
    """Depth and size that no model has are refused, not computed."""
    assert refused(text).line > 0
