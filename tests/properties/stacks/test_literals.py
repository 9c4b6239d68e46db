"""Literals: what is printed as TypeScript is read back as the same tree."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orm.stacks import StacksModelParser

pytest.importorskip("tree_sitter", reason="needs the extra stacks")

texts = st.text(st.characters(codec="utf-8"), max_size=12)
numbers = st.integers(-(10**30), 10**30) | st.floats(allow_nan=False, allow_infinity=False)
keys = texts.filter(lambda key: key != "")
literals = st.recursive(
    st.none() | st.booleans() | numbers | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4),
    max_leaves=20,
)
wrappers = st.sampled_from(["{}", "({})", "{} as const", "({} as any)", "{} satisfies T", "({})!"])


class Printer:
    """Prints a tree in one of the ways in which TypeScript can say it; `data` chooses."""

    def __init__(self, data: st.DataObject) -> None:
        self.draw = data.draw

    def tree(self, value: Any) -> str:
        return self.draw(wrappers).replace("{}", self._bare(value), 1)

    def _bare(self, value: Any) -> str:
        if isinstance(value, str):
            return self._text(value)
        if isinstance(value, list):
            return "[" + ", ".join(map(self.tree, value)) + "]"
        if isinstance(value, dict):
            entries = (f"{self._key(key)}: {self.tree(one)}" for key, one in value.items())
            return "{ " + ",\n".join(entries) + " }"
        return json.dumps(value)

    def _key(self, key: str) -> str:
        if key.isascii() and key.isidentifier() and self.draw(st.booleans()):
            return key
        return f"[{self._text(key)}]" if self.draw(st.booleans()) else json.dumps(key)

    def _text(self, text: str) -> str:
        quote = self.draw(st.sampled_from(["'", "`", "json", "ascii"]))
        if quote in ("json", "ascii"):
            return json.dumps(text, ensure_ascii=quote == "ascii")
        inside = text.replace("\\", "\\\\").replace(quote, "\\" + quote).replace("\r", "\\r")
        if quote == "'":
            inside = inside.replace("\n", "\\n").replace("\u2028", "\\u2028")
            return "'" + inside.replace("\u2029", "\\u2029").replace("\0", "\\0") + "'"
        return "`" + inside.replace("$", "\\$").replace("\0", "\\0") + "`"


@given(literals, st.data())
def test_printed_tree_is_read_back(tree: Any, data: st.DataObject) -> None:
    """Whatever quotes, escapes, keys and wrappers are chosen."""
    printer = Printer(data)
    text = f"export default {{ name: 'Thing', custom: {printer.tree(tree)} }}"
    found = StacksModelParser().parse_text(text).definitions[0]
    assert same(found.others["custom"], tree)
    assert found.unresolved == ()


def same(found: Any, tree: Any) -> bool:
    """Equal, true apart from 1, and floats to the bit (an integral one may be an integer)."""
    if isinstance(tree, bool) or isinstance(found, bool) or tree is None:
        return found is tree
    if isinstance(tree, list):
        return len(found) == len(tree) and all(map(same, found, tree))
    if isinstance(tree, dict):
        return list(found) == list(tree) and all(same(found[key], tree[key]) for key in tree)
    if isinstance(tree, float):
        return math.isclose(found, tree, rel_tol=0, abs_tol=0)
    return bool(found == tree)


@given(literals)
def test_constant_is_worth_what_it_is_set_to(tree: Any) -> None:
    """The same value by name, by spread and through `.map`."""
    text = json.dumps([tree])
    model = "export default { custom: [a, [...a], a.map(x => x), { ...{ k: a[0] } }] }"
    found = StacksModelParser().parse_text(f"const a = {text}\n{model}", "Thing.ts")
    assert found.definitions[0].others["custom"] == [[tree], [tree], [tree], {"k": tree}]
