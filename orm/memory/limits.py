"""The limits that the memory engine enforces, as the service documents them.

They are written down here a second time on purpose: an engine that shared constants with the code
it is meant to check would share that code's mistakes.
"""

from __future__ import annotations

# Service, account, and table quotas in Amazon DynamoDB
ITEM_SIZE_BYTES_MAX = 400 * 1024
PARTITION_KEY_SIZE_BYTES_MAX = 2048
SORT_KEY_SIZE_BYTES_MAX = 1024
NESTING_LEVELS_MAX = 32
ATTRIBUTE_NAME_SIZE_BYTES_MAX = 64 * 1024 - 1
EXPRESSION_SIZE_BYTES_MAX = 4096
EXPRESSION_OPERATORS_MAX = 300
IN_OPERANDS_MAX = 100
PAGE_SIZE_BYTES_MAX = 1024 * 1024
BATCH_GET_KEYS_MAX = 100
BATCH_GET_SIZE_BYTES_MAX = 16 * 1024 * 1024
BATCH_WRITE_REQUESTS_MAX = 25
TRANSACTION_ACTIONS_MAX = 100
TRANSACTION_SIZE_BYTES_MAX = 4 * 1024 * 1024
SCAN_SEGMENTS_MAX = 1_000_000

# API reference, data type Number
NUMBER_DIGITS_MAX = 38
NUMBER_EXPONENT_MAX = 125
NUMBER_EXPONENT_MIN = -130

# API reference, TransactWriteItems
CLIENT_TOKEN_SECONDS = 10 * 60
CLIENT_TOKEN_LENGTH_MAX = 36

# Developer guide, change data capture for DynamoDB Streams
STREAM_RETENTION_SECONDS = 24 * 60 * 60
ITERATOR_SECONDS = 15 * 60
STREAM_RECORDS_MAX = 1000
STREAM_PAGE_SIZE_BYTES_MAX = 1024 * 1024
STREAM_SHARDS_LISTED_MAX = 100

# Developer guide, time to live: older than five years is taken for a mistake
TTL_AGE_SECONDS_MAX = 5 * 365 * 24 * 60 * 60

# Developer guide, read and write capacity
READ_UNIT_BYTES = 4096
WRITE_UNIT_BYTES = 1024
