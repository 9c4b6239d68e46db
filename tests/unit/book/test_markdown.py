"""The book in Markdown: read back by a parser, every cell and name is as it was."""

from __future__ import annotations

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

from orm.book.escaping import markdown_code, markdown_text
from tests.unit.book.schemas import BLOG, ODD, ODD_ENTITY, SCHEMAS, Schema
from tests.unit.book.test_book import generator

PARSER = MarkdownIt("commonmark", {"html": True}).enable("table")


def tokens(schema: Schema) -> list[Token]:
    return PARSER.parse(generator(schema).markdown())


def read(inline: Token) -> str:
    """The text that a reader sees."""
    return "".join(
        child.content for child in inline.children or () if child.type in ("text", "code_inline")
    )


def tables(found: list[Token]) -> list[list[list[str]]]:
    """Every table: rows of cells."""
    made: list[list[list[str]]] = []
    for at, token in enumerate(found):
        if token.type == "table_open":
            made.append([])
        elif token.type == "tr_open":
            made[-1].append([])
        elif token.type in ("th_open", "td_open"):
            made[-1][-1].append(read(found[at + 1]))
    return made


@pytest.mark.parametrize("schema", [*SCHEMAS, ODD], ids=lambda schema: schema.name)
def test_every_pattern_is_a_row_of_its_entity_s_table(schema: Schema) -> None:
    book = generator(schema).book()
    found = [table for table in tables(tokens(schema)) if table[0][0] == "pattern"]
    assert len(found) == len(book.entities)
    rows = [row for table in found for row in table[1:]]
    assert [row[0] for row in rows] == [f"{e.name}{e.origin}" for e in book.patterns]
    assert all(all(cell.strip() for cell in row) for table in found for row in table)


@pytest.mark.parametrize("schema", [*SCHEMAS, ODD], ids=lambda schema: schema.name)
def test_both_diagrams_are_in_it(schema: Schema) -> None:
    fences = [token for token in tokens(schema) if token.type == "fence"]
    book = generator(schema).book()
    assert [(fence.info, fence.content) for fence in fences] == [
        ("mermaid", book.entity_diagram),
        ("mermaid", book.table_diagram),
    ]


def test_names_are_read_as_they_are() -> None:
    """Whatever has a meaning in Markdown."""
    found = tokens(ODD)
    headings = [read(found[at + 1]) for at, one in enumerate(found) if one.type == "heading_open"]
    assert ODD_ENTITY in headings
    assert "*Post* [a](b)" in headings


@pytest.mark.parametrize("text", ["a|b", "`x`", "<b>", "\\", "a_b _c_", "1. x", "$x$ @me :x:", "~"])
@pytest.mark.parametrize("written", [markdown_text, markdown_code], ids=["text", "code"])
def test_a_text_in_a_cell_is_read_as_it_is(text: str, written: object) -> None:
    assert callable(written)
    lines = f"| head | more |\n| --- | --- |\n| {written(text)} | after |\n"
    (table,) = tables(PARSER.parse(lines))
    assert table[1] == [text, "after"]


def test_a_line_break_ends_no_row() -> None:
    assert markdown_text("a\nb\u2028c") == "a b c"
    assert markdown_code("a\nb") == "`a b`"


def test_what_is_written_where() -> None:
    """The parts that a reviewer looks for, in order."""
    text = generator(BLOG).markdown()
    heads = [line for line in text.splitlines() if line.startswith("## ")]
    assert heads == [
        "## Entities",
        "## The table",
        "## Patterns",
        "## Relations",
        "## Writes",
        "## Worth knowing",
    ]
    assert "Table `app`: 8 entities, 8 indexes, 34 patterns." in text
    assert "| Team.posts | has many through | User, Team.posts through User<br>then Post" in text
    assert "| Post | update | 0 to 16 | 0 |" in text
