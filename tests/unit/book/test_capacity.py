"""Capacity: what is predicted is DynamoDB's documented rounding, and what the text says."""

from __future__ import annotations

import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orm.book.entries import PatternEntry, WriteEntry
from orm.capacity import claim_units, read_units, write_units
from tests.unit.book.schemas import BLOG, LEDGER, Schema, defined
from tests.unit.book.test_book import generator

KB = 1_024


@pytest.mark.parametrize(
    ("rows", "item_bytes", "consistent", "shards", "units"),
    [
        (0, 0, False, 1, 0.5),
        (0, 0, True, 1, 1),
        (1, 4 * KB, False, 1, 0.5),
        (1, 4 * KB + 1, False, 1, 1),
        (25, KB, False, 1, 3.5),
        (25, KB, True, 1, 7),
        (25, KB, False, 4, 4),
        (2_000, 700, False, 1, 171),
    ],
)
def test_a_query_is_billed_for_the_sum_of_what_it_reads(
    rows: int, item_bytes: int, consistent: bool, shards: int, units: float
) -> None:
    assert read_units(rows, item_bytes, consistent=consistent, shards=shards) == units


def test_a_claim_is_read_before_the_row_and_alone_where_there_is_none() -> None:
    assert (claim_units(1, KB), claim_units(1, 9 * KB), claim_units(0, KB)) == (2, 4, 1)


@pytest.mark.parametrize(("item_bytes", "units"), [(0, 1), (KB, 1), (KB + 1, 2), (400 * KB, 400)])
def test_a_write_is_billed_in_whole_kilobytes(item_bytes: int, units: int) -> None:
    assert write_units(item_bytes) == units


def test_a_write_with_claims_costs_double() -> None:
    plain = WriteEntry(entity="A", operation="create", entries=(1, 3), claims=0)
    claimed = WriteEntry(entity="A", operation="create", entries=(1, 3), claims=2)
    assert plain.predict(2 * KB) == (4, 8)
    assert claimed.predict(2 * KB) == (12, 20)


PATTERNS = [*generator(BLOG).book().patterns, *generator(LEDGER).book().patterns]


@given(
    entry=st.sampled_from(PATTERNS), rows=st.integers(1, 5_000), item_bytes=st.integers(1, 9_999)
)
def test_the_text_says_what_is_predicted(entry: PatternEntry, rows: int, item_bytes: int) -> None:
    rows = 1 if entry.one else rows
    assert evaluated(entry.units, rows, item_bytes) == entry.predict(rows, item_bytes)


def evaluated(text: str, rows: int, item_bytes: int) -> float:
    """A formula of the book as Python reads it."""
    found = text.replace("½", "0.5").replace("×", "*").replace("÷", "/")
    found = found.replace("⌈", "math.ceil(").replace("⌉", ")")
    found = re.sub(r"([^()]*math\.ceil\([^)]*\)), at least ([\d.]+)", r"max(\1, \2)", found)
    named = {"math": math, "rows": rows, "bytes": item_bytes, "max": max}
    return float(eval(found, {"__builtins__": {}}, named))


def test_writes_of_an_entity_are_counted_by_its_indexes_and_claims() -> None:
    """A user stands in one index always, by the team that may change, and has a unique e-mail."""
    found = {one.operation: one for one in generator(BLOG).book().writes if one.entity == "User"}
    counted = {name: (one.entries, one.claims) for name, one in found.items()}
    assert counted == {"create": ((1, 1), 1), "update": ((1, 2), 0), "delete": ((1, 1), 1)}


def test_an_update_may_leave_an_index_alone_that_copies_less() -> None:
    attributes = {"a": {"required": True, "rule": "immutable"}, "body": {"required": True}}
    listed = {"name": "listed", "equal": ["a"], "project": ["a"]}
    schema = Schema(
        "narrow", defined({"name": "Note", "attributes": attributes, "patterns": [listed]})
    )
    found = {one.operation: one.entries for one in generator(schema).book().writes}
    assert found == {"create": (1, 1), "update": (0, 1), "delete": (1, 1)}
