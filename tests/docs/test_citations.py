"""What the documentation says is shown by a test is shown by a test that exists."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("examples/**/*.md")])
GUARANTEES = ROOT / "docs" / "guarantees.md"
_CITATION = re.compile(r"\b(tests/[\w/]+\.py)::(\w+)")
_LINK = re.compile(r"\]\((?!https?:)([^)#]*)#?([^)]*)\)")
_PATH = re.compile(r"`((?:tests|docs|orm|eventstore|projections|examples|benchmarks)/[\w/.-]*)")


def text(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def name(page: Path) -> str:
    return str(page.relative_to(ROOT))


@cache
def defined_in(file: Path) -> frozenset[str]:
    """The names of test functions and of test cases that are assigned at the top of a module."""
    found: set[str] = set()
    for node in ast.parse(text(file)).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.Assign):
            found.update(t.id for t in node.targets if isinstance(t, ast.Name))
    return frozenset(one for one in found if one.startswith(("test_", "Test")))


@pytest.mark.parametrize("page", [p for p in PAGES if _CITATION.search(text(p))], ids=name)
def test_every_test_that_a_page_names_exists(page: Path) -> None:
    missing = [
        f"{file}::{test}"
        for file, test in _CITATION.findall(text(page))
        if not (ROOT / file).is_file() or test not in defined_in(ROOT / file)
    ]
    assert not missing


@pytest.mark.parametrize("page", [p for p in PAGES if _PATH.search(text(p))], ids=name)
def test_every_path_that_a_page_names_exists(page: Path) -> None:
    missing = [path for path in _PATH.findall(text(page)) if not (ROOT / path).exists()]
    assert not missing


@pytest.mark.parametrize("page", [p for p in PAGES if _LINK.search(text(p))], ids=name)
def test_every_link_leads_to_a_page_and_a_heading(page: Path) -> None:
    wrong = []
    for path, anchor in _LINK.findall(text(page)):
        target = page.parent / path if path else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            wrong.append(f"{path}#{anchor}")
    assert not wrong


def anchors(page: Path) -> set[str]:
    """The headings of a page, in the form that links have them."""
    headings = re.findall(r"^#+ (.*)$", text(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def promises() -> list[str]:
    """The paragraphs of the guarantees that begin with a promise, which is set in bold."""
    return [part for part in text(GUARANTEES).split("\n\n") if part.startswith("**")]


@pytest.mark.parametrize("promise", promises(), ids=lambda promise: promise.split("**")[1])
def test_every_promise_names_what_shows_it(promise: str) -> None:
    _, shown, by = promise.partition("*Shown by* ")
    assert shown, "no *Shown by*"
    assert _CITATION.search(by), "no test is named"


def test_every_row_of_the_cost_table_names_what_shows_it() -> None:
    """Each row has its number; a second table has under that number the tests that count."""
    _, costs, shown = text(GUARANTEES).split("\n| |")[:3]
    numbered = re.findall(r"^\| (\d+) \|", costs, re.MULTILINE)
    shown_by = re.findall(r"^\| (\d+) \|.*`tests/.*::.*`", shown, re.MULTILINE)
    assert numbered
    assert shown_by == numbered
