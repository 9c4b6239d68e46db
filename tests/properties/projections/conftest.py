"""A house on DynamoDB Local, one a module."""

from __future__ import annotations

import pytest

from orm.driver import Transport
from tests.conftest import fresh_config
from tests.contract.projections.house import House


@pytest.fixture(scope="module")
def local_house(local_transport: Transport) -> House:
    return House(local_transport, fresh_config(), fresh_config()).create()
