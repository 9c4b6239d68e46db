"""The one door to DynamoDB, what carries it, and what wraps it."""

from orm.driver.boto import BotoTransport
from orm.driver.faults import Fault, FaultyTransport
from orm.driver.meter import MeteredDriver, Usage
from orm.driver.protocol import Driver
from orm.driver.retry import RetryingDriver, RetryPolicy
from orm.driver.transport import ServiceError, Transport, TransportError
from orm.driver.wire import WireDriver

__all__ = [
    "BotoTransport",
    "Driver",
    "Fault",
    "FaultyTransport",
    "MeteredDriver",
    "RetryPolicy",
    "RetryingDriver",
    "ServiceError",
    "Transport",
    "TransportError",
    "Usage",
    "WireDriver",
]
