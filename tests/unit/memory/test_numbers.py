"""Numbers in their one text: exact, plain, bounded, billed by pairs of digits."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orm.codec import number_size_bytes
from orm.driver.transport import ServiceError
from orm.memory.numbers import add, canonical_number, number, subtract

numbers = st.decimals(
    min_value=Decimal("-1e20"), max_value=Decimal("1e20"), allow_nan=False, places=6
).map(str)


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("-0", "0"),
        ("+5", "5"),
        (".50", "0.5"),
        ("1e3", "1000"),
        ("1.50", "1.5"),
        ("1E-5", "0.00001"),
        ("0e400", "0"),
        ("9" * 38, "9" * 38),
        ("1" + "0" * 100, "1" + "0" * 100),
    ],
)
def test_a_number_has_one_text(text: str, canonical: str) -> None:
    assert canonical_number(text) == canonical


@pytest.mark.parametrize("text", ["", "abc", "NaN", "Infinity", "1_0", " 1", "1" * 39, "1E126", 1])
def test_what_is_no_number_is_refused(text: object) -> None:
    with pytest.raises(ServiceError) as caught:
        canonical_number(text)
    assert caught.value.code == "ValidationException"


@given(numbers, numbers)
def test_sums_are_exact(left: str, right: str) -> None:
    """And what was added can be taken away again."""
    one, other = canonical_number(left), canonical_number(right)
    total = add(one, other)
    assert Decimal(total) == Decimal(left) + Decimal(right)
    assert subtract(total, other) == one


@given(numbers, numbers)
def test_order_is_numeric(left: str, right: str) -> None:
    one, other = (number(canonical_number(text)) for text in (left, right))
    assert (one < other) == (Decimal(left) < Decimal(right))
    assert (one == other) == (canonical_number(left) == canonical_number(right))


def test_a_sum_that_needs_39_digits_is_refused() -> None:
    """It is never rounded."""
    assert add("9" * 38, "1") == "1" + "0" * 38
    with pytest.raises(ServiceError):
        add("9" * 38, "0.1")


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("0", 1),
        ("1", 2),
        ("-1", 3),
        ("100", 2),
        ("123", 3),
        ("1.5", 3),
        ("0.05", 2),
        ("-12.5", 4),
        ("1E+2", 2),
    ],
)
def test_size_counts_pairs_of_digits(text: str, size: int) -> None:
    assert number_size_bytes(text) == size
