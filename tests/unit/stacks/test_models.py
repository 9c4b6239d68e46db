"""The lending library's model files, against definitions that were checked by hand."""

from __future__ import annotations

import pytest

from orm.definitions import Reference, RuleCall
from tests.unit.stacks.reading import FOLDER, GOLDEN, attribute, golden, library, model, read, shown

pytest.importorskip("tree_sitter", reason="needs the extra stacks")

NAMES = sorted(path.stem for path in GOLDEN.glob("*.json"))


@pytest.mark.parametrize("name", NAMES)
def test_model_file_is_the_golden_definition(name: str) -> None:
    """Every attribute, relation, index, trait, key and unresolved value, and nothing else."""
    assert shown(library()[name]) == golden(name)


def test_every_model_of_the_folder_is_read_and_the_rest_is_reported() -> None:
    """Subfolders too; a file of constants is passed over with its reason, tests are no models."""
    parsed = library()
    assert sorted(one.name for one in parsed.definitions) == NAMES
    assert [(one.file, one.reason) for one in parsed.report.skipped] == [
        ((FOLDER / "constants.ts").as_posix(), "has no default export")
    ]


def test_each_unresolved_value_of_the_folder_is_reported_with_its_line() -> None:
    """Each stands in the report and in its definition."""
    parsed = library()
    found = {(one.file.rsplit("/", 1)[1], one.line, one.text) for one in parsed.report.unresolved}
    shout = "function shout(text: string) { return text.toUpperCase() }"
    assert found == {
        ("Loan.ts", 10, "returned_at IS NULL"),
        ("Loan.ts", 12, "today()"),
        ("Loan.ts", 13, "days"),
        ("Loan.ts", 13, "7 * 4"),
        ("constants.ts", 8, shout),
        ("Loan.ts", 14, r"/^\p{Lu}/u"),
        ("Loan.ts", 15, "Math.max(1, 2)"),
        ("Loan.ts", 16, "Object.values({ a: 1 })"),
    }
    assert set(parsed["Loan"].unresolved) == set(parsed.report.unresolved)


def test_factories_that_are_no_single_call_are_reported_and_kept() -> None:
    """Their source stands in the definition, for people."""
    factories = library().report.factories
    assert [one.line for one in factories] == [65, 66, 17, 27]
    added = library()["Book"].attribute("added_at")
    assert added is not None
    assert added.factory is not None
    assert (added.factory.source, added.factory.faker) == (factories[0].text, None)


def test_report_reads_as_lines() -> None:
    """One line for each, as a compiler would print it."""
    lines = library().report.lines()
    assert any("Loan.ts:12: today(): is a call, which is not run" in line for line in lines)
    assert lines[-1].endswith("constants.ts: has no default export")


OBJECT = "{ name: 'Thing', table: 'things' }"


@pytest.mark.parametrize(
    "text",
    [
        f"export default {OBJECT}",
        f"export default defineModel({OBJECT} as const)",
        f"export default defineModel<Thing>({OBJECT} as any)",
        f"export default orm.defineModel(({OBJECT}))",
        f"export default {OBJECT} satisfies Model",
        f"export default <Model>{OBJECT}",
        f"export default ({OBJECT} as const)!",
        f"const thing: Model = {OBJECT}; export default thing",
        f"const thing = defineModel({OBJECT}); export default thing",
        f"const thing = {OBJECT}; export default defineModel(thing)",
        f"const thing = {OBJECT}; export {{ thing as default }}",
        f"export const thing = {OBJECT}\nexport default thing",
        "const table = 'things'; export default { name: 'Thing', table }",
        "const rest = { table: 'things' }; export default { name: 'Thing', ...rest }",
        "export default { 'name': `Thing`, ['table']: 'things' }",
        "export default { table: 'things' }",
    ],
)
def test_every_form_of_export_is_one_model(text: str) -> None:
    """Wrappers say nothing; a model without a name has its file's."""
    found = read(text)
    assert (found.name, found.table) == ("Thing", "things")


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("schema.string().min(2).required()", [("string",), ("min", 2), ("required",)]),
        ("schema.required().max(9).string()", [("required",), ("max", 9), ("string",)]),
        ("v.enum(['a', 'b'] as const)", [("enum", "a", "b")]),
        ("schema.enum('a', 'b')", [("enum", "a", "b")]),
        ("schema.number().min(-1.5)", [("number",), ("min", -1.5)]),
        (r"schema.string().matches(/^\d+$/i)", [("string",), ("regex", r"(?ai)^[0-9]+\Z")]),
        ("schema.timestampTz()", [("timestamp_tz",)]),
        ("'string|required|min:3|enum:a,b'", None),
    ],
)
def test_chain_is_a_list_of_rules(rule: str, expected: list[tuple[object, ...]] | None) -> None:
    """In the order in which they stand, names in snake_case."""
    found = attribute(f"validation: {{ rule: {rule} }}").rules
    expected = expected or [("string",), ("required",), ("min", 3), ("enum", "a", "b")]
    assert found == tuple(RuleCall(str(name), tuple(rest)) for name, *rest in expected)


def test_chain_in_a_constant_may_be_continued() -> None:
    """`const title = schema.string(); … title.max(3)`."""
    text = "const t = schema.string(); export default { attributes: { x: { rule: t.max(3) } } }"
    assert read(text).attributes[0].rules == (RuleCall("string"), RuleCall("max", (3,)))


def test_schema_that_is_the_files_own_is_no_chain() -> None:
    """A name means what the file says."""
    text = "const schema = { a: 1 }; export default { attributes: { x: { rule: schema.a() } } }"
    assert [one.text for one in read(text).unresolved] == ["schema.a()"]


@pytest.mark.parametrize(
    ("factory", "call"),
    [
        ("faker => faker.number.int({ min: 1, max: 9 })", ("number.int", ({"min": 1, "max": 9},))),
        ("(f: Faker) => f.person.firstName('f')", ("person.first_name", ("f",))),
        ("function (faker) { return faker.date.past() }", ("date.past", ())),
        ("({ faker }) => faker.lorem.word()", ("lorem.word", ())),
        ("faker => faker.lorem.word(length())", None),
        ("faker => faker.lorem.word().trim()", None),
        ("async faker => faker.lorem.word()", None),
        ("faker => { const n = 1; return faker.lorem.words(n) }", None),
        ("() => Math.random()", None),
    ],
)
def test_one_call_of_fakers_is_translated(factory: str, call: object) -> None:
    """Anything more keeps its source alone."""
    found = attribute(f"factory: {factory}").factory
    assert (found.source, found.faker) == (factory, call)


def test_method_shorthand_is_a_factory_too() -> None:
    """`factory(faker) { return … }`."""
    assert attribute("factory(faker) { return faker.a.b() }").factory.faker == ("a.b", ())


@pytest.mark.parametrize("value", ["0", "'x'", "null", "[1, { a: -2 }]", "true"])
def test_constant_factory_is_a_literal(value: str) -> None:
    """`() => 0`; faker may be named and not used."""
    expected = {"0": 0, "'x'": "x", "null": None, "true": True}.get(value, [1, {"a": -2}])
    assert attribute(f"factory: () => ({value})").factory.literal == expected
    assert attribute(f"factory: faker => ({value})").factory.literal == expected


@pytest.mark.parametrize(
    ("function", "template"),
    [
        ("v => `SITE#${v.siteId}`", ("SITE", Reference("site_id"))),
        ("(v: any) => `${v.a}#${v['b']}`", (Reference("a"), Reference("b"))),
        ("({ siteId }) => 'SITE#' + siteId", ("SITE", Reference("site_id"))),
        ("v => { return String(v.at) }", (Reference("at"),)),
        ("() => 'ALL'", ("ALL",)),
        ("'ALL#SITES'", ("ALL", "SITES")),
    ],
)
def test_key_function_is_a_template(function: str, template: object) -> None:
    """Texts and attributes, in parts that `#` separates."""
    assert model(f"dynamodb: {{ pk: {function} }}").keys == {"pk": template}
    assert model(f"keys: {{ pk: {function} }}").keys == {"pk": template}


@pytest.mark.parametrize(
    "function",
    [
        "v => `SITE-${v.siteId}`",
        "v => `SITE#${v.at.slice(0, 10)}`",
        "v => `SITE##${v.at}`",
        "v => `SITE#${v.a ?? 'none'}`",
        "v => { const a = v.a; return a }",
        "makeKey",
        "'A##B'",
    ],
)
def test_key_function_that_is_no_template_is_reported(function: str) -> None:
    """Nothing stands in `keys` for it, and the report names it."""
    found = model(f"dynamodb: {{ pk: {function} }}")
    assert found.keys == {}
    assert [(one.text, one.line) for one in found.unresolved] == [(function.strip("'"), 1)]
    assert found.others["dynamodb"]
