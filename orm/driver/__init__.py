"""The one door to DynamoDB, what carries it, and what wraps it.

`orm.driver.boto` is not imported here: boto3 takes a fifth of a second, which nobody should wait
for who does not use it.
"""

from orm.driver.faults import Fault, FaultyTransport
from orm.driver.meter import MeteredDriver, Usage
from orm.driver.protocol import Driver
from orm.driver.retry import RetryingDriver, RetryPolicy
from orm.driver.transport import ServiceError, Transport, TransportError
from orm.driver.wire import WireDriver

__all__ = [
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
