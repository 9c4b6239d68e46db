"""Sums and means of attributes, of decimals above all."""

from __future__ import annotations

import decimal
from collections.abc import Iterator
from decimal import Decimal
from typing import Final

import pytest

from orm.errors import ConfigurationError
from orm.records.queries.ordering import mean, total

AMOUNT: Final = Decimal("9" * 36 + ".99")


@pytest.fixture(autouse=True)
def coarse() -> Iterator[None]:
    """A program that computes with five digits."""
    with decimal.localcontext(decimal.Context(prec=5)):
        yield


def test_a_sum_of_decimals_is_exact() -> None:
    """To the last of 38 digits, however far apart they are."""
    assert total("A.n", [AMOUNT]) == AMOUNT
    assert total("A.n", [AMOUNT, Decimal("0.01"), 1]) == 10**36 + 1
    least, most = Decimal("1E-130"), Decimal("9.9E+125")
    assert total("A.n", [least, most, -most]) == least


def test_a_mean_of_decimals_has_38_digits() -> None:
    assert mean("A.n", [AMOUNT, Decimal("0.01")]) == 5 * 10**35
    assert str(mean("A.n", [Decimal(1), Decimal(0), 0])) == "0." + "3" * 38


def test_other_numbers_are_added_as_they_are() -> None:
    assert (total("A.n", []), total("A.n", [1, 2]), mean("A.n", [1, 2])) == (0, 3, 1.5)
    assert total("A.n", [0.5, 0.25]) == 0.75


@pytest.mark.parametrize("value", ["a", True, None, [1]])
def test_what_is_no_number_is_not_added(value: object) -> None:
    with pytest.raises(ConfigurationError, match=r"A\.n: holds no numbers"):
        total("A.n", [value])
