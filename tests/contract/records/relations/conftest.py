"""The club's models, in the fixtures of the records' suite."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from orm.records import DynamoDBModel
from tests.contract.records.relations.club import MODELS


@pytest.fixture
def models() -> Sequence[type[DynamoDBModel]]:
    """The models in the table."""
    return MODELS
