"""DynamoDBDriver: the parts together, and what the service behind it can do."""

from __future__ import annotations

import msgspec
import pytest

from orm import SingleTableConfig, TableShape, create_table, delete_table
from orm.clock import SystemClock
from orm.driver import RetryPolicy, ServiceError, Transport, TransportError
from orm.driver.capabilities import Capabilities, capabilities_of
from orm.driver.dynamodb import DynamoDBDriver, region_of
from orm.errors import UnreachableError
from orm.records import Attr, Connection, DynamoDBModel
from orm.requests import GetItem, Item
from tests.support.region import Region


class Thing(DynamoDBModel):
    id: Attr[str]


@pytest.fixture(params=[False, True], ids=["lean", "stock"])
def driver(region: Region, request: pytest.FixtureRequest) -> DynamoDBDriver:
    return DynamoDBDriver(**region.options, stock=request.param)


def test_records_are_saved_and_found_through_it(driver: DynamoDBDriver) -> None:
    connection = Connection(driver, SingleTableConfig(table="through-the-driver"))
    connection.register(Thing)
    create_table(driver, connection.shape(), SystemClock())
    connection.repository(Thing).create(id="1")
    assert connection.repository(Thing).find("1") == Thing(id="1")
    delete_table(driver, connection.config.table, SystemClock())


def test_dynamodb_local_says_what_it_cannot(driver: DynamoDBDriver) -> None:
    """Backups and recovery are not there; streams, expiry and PartiQL are."""
    found = driver.capabilities()
    assert (found.backups, found.point_in_time_recovery, found.export) == (False, False, False)
    assert (found.streams, found.time_to_live, found.partiql) == (True, True, True)


def test_the_memory_engine_says_what_it_cannot(memory_transport: Transport) -> None:
    found = capabilities_of(memory_transport)
    assert (found.backups, found.partiql) == (False, False)
    assert found.streams is True


class Service:
    """Answers every operation with one error, or none."""

    def __init__(self, code: str) -> None:
        self._code = code

    def call(self, operation: str, params: dict[str, object], /) -> bytes:
        if self._code == "lost":
            raise TransportError("lost", "nobody answered")
        if self._code:
            raise ServiceError(self._code, operation)
        return b"{}"


@pytest.mark.parametrize(
    ("code", "knows"),
    [
        ("", True),
        ("ResourceNotFoundException", True),
        ("TableNotFoundException", True),
        ("ValidationException", True),
        ("UnknownOperationException", False),
        ("AccessDeniedException", None),
        ("ExpiredTokenException", None),
        ("InvalidSignatureException", None),
        ("ThrottlingException", None),
        ("InternalServerError", None),
        ("502", None),
    ],
)
def test_a_service_knows_what_it_answers(code: str, knows: bool | None) -> None:
    found = capabilities_of(Service(code))
    assert set(msgspec.structs.asdict(found).values()) == {knows}
    assert isinstance(found, Capabilities)


def test_a_region_is_that_of_other_sdks_where_none_is_given() -> None:
    environ = {"AWS_REGION": "eu-west-1", "AWS_DEFAULT_REGION": "us-east-1"}
    assert region_of("eu-north-1", environ) == "eu-north-1"
    assert region_of(None, environ) == "eu-west-1"
    assert region_of(None, {"AWS_REGION": ""}) is None


def test_nobody_there_is_no_answer() -> None:
    with pytest.raises(TransportError):
        capabilities_of(Service("lost"))


def test_retries_end_by_the_deadline_where_nobody_listens() -> None:
    policy = RetryPolicy(attempts_max=2, deadline_seconds=1.0)
    driver = DynamoDBDriver(
        region="us-east-1",
        endpoint_url="http://127.0.0.1:9",
        access_key="a",
        secret_key="b",
        policy=policy,
    )
    ask: GetItem[Item] = GetItem(table_name="t", key={"pk": {"S": "x"}})
    with pytest.raises(UnreachableError):
        driver.send(ask)


def test_a_table_of_the_driver_is_made_as_any(driver: DynamoDBDriver) -> None:
    shape = TableShape(config=SingleTableConfig(table="shape-of-the-driver"))
    assert create_table(driver, shape, SystemClock())
    delete_table(driver, shape.config.table, SystemClock())
