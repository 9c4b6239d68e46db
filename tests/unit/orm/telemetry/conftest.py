from __future__ import annotations

import pytest

from tests.unit.orm.telemetry.observatory import Observatory


@pytest.fixture
def observatory() -> Observatory:
    return Observatory()
