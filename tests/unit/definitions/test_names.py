"""Names derive from each other by rules that a reader can guess."""

from __future__ import annotations

import pytest

from orm.definitions.names import foreign_key, nearest, pascal_case, plural, singular, snake_case


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("penName", "pen_name"),
        ("PenName", "pen_name"),
        ("pen-name", "pen_name"),
        ("pen_name", "pen_name"),
        ("HTMLPage", "html_page"),
        ("userID", "user_id"),
        ("gsi1pk", "gsi1pk"),
        ("_v", "_v"),
        ("address2Line", "address2_line"),
    ],
)
def test_snake_case(name: str, expected: str) -> None:
    """And what is in snake_case stays."""
    assert snake_case(name) == expected
    assert snake_case(expected) == expected


@pytest.mark.parametrize(
    ("one", "many"),
    [
        ("essay", "essays"),
        ("category", "categories"),
        ("book_copy", "book_copies"),
        ("status", "statuses"),
        ("box", "boxes"),
        ("branch", "branches"),
        ("class", "classes"),
        ("house", "houses"),
        ("course", "courses"),
        ("database", "databases"),
        ("response", "responses"),
        ("analysis", "analyses"),
        ("person", "people"),
        ("shelf", "shelves"),
        ("news", "news"),
        ("movie", "movies"),
        ("alias", "aliases"),
        ("day", "days"),
        ("use", "uses"),
    ],
)
def test_plural_and_singular_are_each_others_inverse(one: str, many: str) -> None:
    """And each leaves its own result alone."""
    assert (plural(one), singular(many)) == (many, one)
    assert singular(one) == one


def test_names_of_models_and_keys() -> None:
    """`BookCopy` and `book_copy` name one model."""
    assert pascal_case("book_copy") == pascal_case("BookCopy") == "BookCopy"
    assert foreign_key("BookCopy") == "book_copy_id"


def test_nearest_name_is_one_that_could_be_meant() -> None:
    """Not just any."""
    assert nearest("atributes", ["attributes", "table"]) == "attributes"
    assert nearest("dashboard", ["attributes", "table"]) is None


def test_another_spelling_is_nearest() -> None:
    """Camel, snake or small letters."""
    assert nearest("latinName", ["latin", "latin_name"]) == "latin_name"
    assert nearest("e", ["E", "F"]) == "E"
    assert nearest("api_key", ["APIKeys", "APIKey"]) == "APIKey"
