"""Regular expressions hold of the same texts in both languages."""

from __future__ import annotations

import re

import pytest

from orm.stacks.regex import to_python


@pytest.mark.parametrize(
    ("pattern", "flags", "text", "found"),
    [
        ("^[a-z]+$", "i", "ABC", True),
        ("^[a-z]+$", "i", "\u017f", False),  # the long s, whose capital is S
        ("^k$", "i", "\u212a", False),  # the sign of Kelvin, whose small letter is k
        ("^\u017f$", "i", "\u017f", True),
        (r"\bb", "", "äb", True),  # to JavaScript ä is no letter of a word
        (r"\bb", "", "ab", False),
        ("^é$", "i", "É", True),
    ],
)
def test_what_letters_are_alike_is_as_in_javascript(
    pattern: str, flags: str, text: str, found: bool
) -> None:
    """Run in a JavaScript engine once; Python's `re` alone would differ in three of them."""
    made = to_python(pattern, flags)
    assert made is not None
    assert bool(re.search(made, text)) is found
