"""A cache over a table of the test's own."""

from __future__ import annotations

import pytest

from tests.unit.orm.caching.fakes import Bench


@pytest.fixture
def bench() -> Bench:
    return Bench()
