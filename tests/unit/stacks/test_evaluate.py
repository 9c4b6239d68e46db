"""What an expression is worth without running it, and what cannot be known."""

from __future__ import annotations

from pathlib import Path

import pytest

from orm.definitions import Unresolved
from orm.stacks import StacksError, StacksModelParser
from tests.unit.stacks.reading import read

pytest.importorskip("tree_sitter", reason="needs the extra stacks")

CONSTANTS = """
const WORDS = ['a', 'b']
const LIMITS = { max: 9, deep: { list: [1, 2] } }
let changing = 1
enum Tone { Dry }
"""


def value(expression: str) -> object:
    """What stands under `custom` of a model that has this expression there."""
    return read(f"{CONSTANTS}export default {{ custom: {expression} }}").others["custom"]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("-2.5e3", -2500),
        ("0xff", 255),
        ("0b101", 5),
        ("1_000", 1000),
        (".5", 0.5),
        ("10n", 10),
        (r"'it\'s \x41\u0042\u{43}\n'", "it's ABC\n"),
        (r"'\ud83d\ude00'", "😀"),
        ("'a\\\nb'", "ab"),
        ("`n ${WORDS.length} ${LIMITS.max}`", "n 2 9"),
        ("`${true}${null}`", "truenull"),
        ("WORDS", ["a", "b"]),
        ("[...WORDS, 'c']", ["a", "b", "c"]),
        ("{ ...LIMITS, max: 1 }", {"max": 1, "deep": {"list": [1, 2]}}),
        ("LIMITS.deep.list[1]", 2),
        ("LIMITS['max']", 9),
        ("'😀'.length", 2),
        ("WORDS.map(w => ({ value: w }))", [{"value": "a"}, {"value": "b"}]),
        ("WORDS.map((w, i) => `${i}${w}`)", ["0a", "1b"]),
        ("{ a: undefined, b: 1 }", {"b": 1}),
        ("((WORDS as const) satisfies any)!", ["a", "b"]),
        ("/^a\\/b/gi", "/^a\\/b/gi"),
        ("[ /* none */ ]", []),
        ("(x) => x + 1", "(x) => x + 1"),
    ],
)
def test_known_expression(expression: str, expected: object) -> None:
    """Constants, templates, members, spreads, `.length` and `.map` are evaluated."""
    assert value(expression) == expected


@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        ("now()", "is a call, which is not run"),
        ("new Date()", "is a call, which is not run"),
        ("1 + 1", "is computed"),
        ("!0", "is computed"),
        ("a ? 1 : 2", "depends on a condition"),
        ("process.env.X", "is no constant of this file"),
        ("changing", "is declared with let, so it may change"),
        ("Tone", "is declared by an enum declaration"),
        ("nowhere", "is no constant of this file"),
        ("LIMITS.min", "'min' is not known of it"),
        ("`${now()}`", "holds a value that is not known"),
        ("WORDS.map(w => { return w })", "has a body of statements, which is not run"),
        ("WORDS.filter(w => w)", "is a call, which is not run"),
        ("017", "is no number that can be kept"),
        ("1e999", "is no number that can be kept"),
        ("schema.string", "is no rule without its call, as in string()"),
        ("await x", "is known only when it is run"),
    ],
)
def test_unknown_expression_is_kept_with_its_place(expression: str, reason: str) -> None:
    """An explicit value in its place, with file, line, text and reason."""
    found = value(expression)
    assert isinstance(found, Unresolved)
    assert (found.text, found.file, found.line) == (expression, "Thing.ts", 6)
    assert found.reason == reason


def test_unknown_spread_and_name_are_reported() -> None:
    """What they would bring is not known; what stands beside them is read."""
    found = read("export default { ...base(), [key()]: 1, attributes: { x: { ...more } } }")
    assert [one.text for one in found.unresolved] == ["base()", "[key()]: 1", "more"]
    assert found.attribute("x") is not None


def test_unknown_values_of_an_attribute_leave_the_others() -> None:
    """A flag that is not known is off, and reported."""
    found = read("export default { attributes: { x: { unique: f(), hidden: true, rule: g() } } }")
    one = found.attributes[0]
    assert (one.unique, one.hidden, one.rules) == (False, True, ())
    assert [each.text for each in found.unresolved] == ["f()", "g()"]


def test_constants_that_refer_to_each_other_end(tmp_path: Path) -> None:
    """In one file and across two; both are reported, neither hangs."""
    (tmp_path / "a.ts").write_text("import { B } from './b'\nexport const A = [B]\n")
    (tmp_path / "b.ts").write_text("import { A } from './a'\nexport const B = [A]\n")
    (tmp_path / "M.ts").write_text(
        "import { A } from './a'\nconst x = y\nconst y = x\nexport default { name: 'M', custom: A, "
        "other: x }\n"
    )
    found = StacksModelParser().parse(tmp_path / "M.ts").definitions[0]
    assert {one.reason for one in found.unresolved} == {"refers to itself"}


def test_constants_come_through_reexports_and_namespaces(tmp_path: Path) -> None:
    """`export *`, `export { X as Y } from`, `import * as ns`, default imports, index files."""
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "index.ts").write_text("export const MAX = 3\nexport default ['d']\n")
    (tmp_path / "all.ts").write_text(
        "export * from './deep'\nexport { MAX as TOP } from './deep'\n"
    )
    (tmp_path / "M.ts").write_text(
        "import list, { MAX } from './deep/index.js'\nimport * as all from './all'\n"
        "import { MAX as M2 } from './all'\n"
        "export default { name: 'M', custom: [list, MAX, all.TOP, M2] }\n"
    )
    found = StacksModelParser().parse(tmp_path / "M.ts").definitions[0]
    assert found.others["custom"] == [["d"], 3, 3, 3]


def test_a_text_has_no_files_beside_it() -> None:
    """So that nothing is said of whether the file is there."""
    (one,) = read("import { A } from './a'\nexport default { custom: A }").unresolved
    assert one.reason == "is imported from './a', and a text has no files beside it"


def test_import_that_is_not_there_is_reported(tmp_path: Path) -> None:
    """A package is not read, a missing file cannot be."""
    (tmp_path / "M.ts").write_text(
        "import { A } from './gone'\nimport { B } from 'package'\n"
        "export default { name: 'M', custom: [A, B] }\n"
    )
    found = StacksModelParser().parse(tmp_path / "M.ts").definitions[0]
    assert [(one.line, one.reason) for one in found.unresolved] == [
        (3, "is imported from './gone', where there is no such file"),
        (3, "is imported from 'package', a package, which is not read"),
    ]


CHANGES = [
    "WORDS.push('c')",
    "WORDS[0] = 'z'",
    "WORDS.length = 0",
    "for (const word of extra) WORDS.push(word)",
    "if (isProd) { (WORDS as string[]).sort() }",
    "delete WORDS[0]",
    "Object.assign(WORDS, more)",
]


@pytest.mark.parametrize("statement", CHANGES)
def test_what_a_file_changes_after_its_declaration_is_not_known(statement: str) -> None:
    """`const` keeps the name; what it holds when it is used is not what stands there."""
    text = f"const WORDS = ['a']\n{statement}\nexport default {{ custom: WORDS }}"
    found = read(text).others["custom"]
    assert isinstance(found, Unresolved)
    assert found.reason == "is changed after it is declared"


def test_a_model_that_is_changed_after_its_declaration_is_refused() -> None:
    """What is added there would be dropped."""
    text = "const thing = { name: 'Thing' }\nthing.attributes = { a: {} }\nexport default thing"
    with pytest.raises(StacksError, match="changed after it is declared"):
        read(text)


def test_what_a_function_changes_when_it_is_called_is_known() -> None:
    """Nothing is run, and reading alone changes nothing: `register()` may never be called."""
    text = "const WORDS = ['a']\nfunction add() { WORDS.push('b') }\nconsole.log(WORDS)\n"
    assert read(f"{text}export default {{ custom: WORDS }}").others["custom"] == ["a"]


def test_a_list_with_a_hole_is_not_known() -> None:
    """JavaScript counts it as a value that is undefined; a comma at the end is none."""
    found = value("[1, , 2]")
    assert isinstance(found, Unresolved)
    assert "hole" in found.reason
    assert value("[1, /* , */ 2,]") == [1, 2]
