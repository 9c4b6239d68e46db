"""Whatever becomes of a model file, reading it ends in a definition or an error of the tree.

Each valid file is cut off, or changed by a character, at places that Hypothesis chooses; the parser
may call the result no model, but may not fall over.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orm.stacks import Parsed, StacksError, StacksModelParser
from tests.counts import count

pytest.importorskip("tree_sitter", reason="needs the extra stacks")

MODELS = Path(__file__).parents[2] / "unit" / "stacks" / "models"
TEXTS = [path.read_text(encoding="utf-8") for path in sorted(MODELS.rglob("*.ts"))]
CHARACTERS = st.sampled_from(list("{}[]()<>`'\"$\\/.,:;=>-+!?#@|&*0aZ_ \n\t\0é😀"))


@st.composite
def damaged(draw: st.DrawFn) -> str:
    text = draw(st.sampled_from(TEXTS))
    place = draw(st.integers(0, len(text)))
    kind = draw(st.sampled_from(["cut", "drop", "replace", "insert", "double"]))
    if kind == "cut":
        return text[:place]
    if kind == "drop":
        return text[:place] + text[place + 1 :]
    if kind == "double":
        return text[:place] + text[max(0, place - 20) :]
    return text[:place] + draw(CHARACTERS) + text[place + (kind == "replace") :]


def outcome(text: str) -> Parsed | StacksError:
    try:
        return StacksModelParser().parse_text(text, "Damaged.ts")
    except StacksError as error:
        return error


@settings(max_examples=count(400, 20_000))
@given(damaged())
def test_damaged_file_is_read_or_refused_with_its_place(text: str) -> None:
    """Never another exception, and every error names the file."""
    found = outcome(text)
    if isinstance(found, StacksError):
        assert found.file == "Damaged.ts"
        assert str(found).startswith("Damaged.ts")
    else:
        assert len(found.definitions) == 1


@settings(max_examples=count(200, 5_000))
@given(st.text(CHARACTERS, max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    """Also inside a model, where each place has an expression of its own."""
    for whole in (text, f"export default {{ name: 'A', hasMany: {text} }}"):
        outcome(whole)
