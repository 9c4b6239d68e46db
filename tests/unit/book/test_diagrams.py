"""Diagrams: every line is one that Mermaid reads, every link is drawn once."""

from __future__ import annotations

import re

import pytest

from orm.book.escaping import mermaid_text
from orm.indexes import PlanOptions
from tests.unit.book.schemas import BLOG, ODD, SCHEMAS, SHOP, Schema, defined
from tests.unit.book.test_book import generator

STRING = r'"[^"%&*;<>\\`~]*(?:#\d+;[^"%&*;<>\\`~]*)*"'
LABEL = r'"(?:[^"%&*;<>\\`~]|#\d+;|<br/>)*"'
ENTITY_LINES = (
    r"erDiagram",
    rf"    {STRING} \{{",
    rf"        [a-z]+ [A-Za-z_]\w*(?: (?:PK|FK|UK)(?:, (?:PK|FK|UK))*)?(?: {STRING})?",
    r"    \}",
    rf"    {STRING} (?:\|\||\|o)--(?:o\{{|o\|) {STRING} : {STRING}",
)
TABLE_LINES = (
    r"flowchart LR",
    rf"    subgraph place\d+\[{LABEL}\]",
    rf"        place\d+_\d+\[{LABEL}\]",
    r"    end",
    r"    place0 --> place\d+",
)


@pytest.mark.parametrize("schema", [*SCHEMAS, ODD], ids=lambda schema: schema.name)
def test_every_line_is_of_a_form_that_mermaid_reads(schema: Schema) -> None:
    book = generator(schema).book()
    for text, forms in ((book.entity_diagram, ENTITY_LINES), (book.table_diagram, TABLE_LINES)):
        wrong = [
            line
            for line in text.splitlines()
            if not any(re.fullmatch(form, line) for form in forms)
        ]
        assert not wrong
        assert re.fullmatch(forms[0], text.splitlines()[0])


def links(schema: Schema) -> list[str]:
    text = generator(schema).book().entity_diagram
    return [line.strip() for line in text.splitlines() if "--" in line]


def test_a_link_is_drawn_once_however_many_relations_say_it() -> None:
    assert links(BLOG) == [
        '"Post" |o--o{ "Comment" : "Comment.commentable / Post.comments"',
        '"Post" ||--o{ "PostTag" : "Post.tags"',
        '"Tag" ||--o{ "PostTag" : "Tag.posts"',
        '"Team" ||--o{ "User" : "Team.users / User.team"',
        '"User" ||--o{ "Post" : "Post.author / User.posts"',
        '"User" ||--o| "Profile" : "Profile.user / User.profile"',
        '"Video" |o--o{ "Comment" : "Comment.commentable / Video.comments"',
    ]


def test_a_relation_of_one_side_is_drawn() -> None:
    assert '"Product" ||--o{ "Line" : "Line.product / Product.lines"' in links(SHOP)
    assert '"Customer" ||--o{ "Order" : "Customer.orders / Order.customer"' in links(SHOP)


def test_attributes_have_their_kind_and_keys() -> None:
    text = generator(BLOG).book().entity_diagram
    assert "        string email UK\n" in text
    assert "        any post_id PK, FK\n" in text
    assert "        datetime published_at\n" in text


def test_the_table_is_drawn_with_the_keys_of_each_entity() -> None:
    text = generator(BLOG).book().table_diagram
    assert '    subgraph place0["table app: pk, sk"]' in text
    assert (
        '["Profile<br/>pk = USER#{user_id}<br/>sk = PROFILE#{id}<br/>lies with its User"]' in text
    )
    assert "<br/>if deleted_at is absent" in text


def test_indexes_are_drawn_in_the_order_of_their_numbers() -> None:
    """Also where there are more than nine."""
    patterns = [{"name": n, "equal": [n]} for n in "abcdefghijk"]
    attributes = {n: {"required": True} for n in "abcdefghijk"}
    wide = {"name": "Wide", "attributes": attributes, "patterns": patterns}
    schema = Schema("wide", defined(wide), PlanOptions(gsis_max=20))
    text = generator(schema).book().table_diagram
    assert re.findall(r"index GSI(\d+):", text) == [str(n) for n in range(1, 12)]


def test_no_name_ends_what_it_stands_in() -> None:
    assert mermaid_text('a "b"; c') == "a #34;b#34;#59; c"
    assert mermaid_text("direction LR") == "direction#32;LR"
