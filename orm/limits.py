"""DynamoDB's limits, each with its source; checked here before a call, never learned from one.

Sources: "Quotas in Amazon DynamoDB" and the API reference, in AWS's developer guide.
"""

from __future__ import annotations

from typing import Final

PARTITION_KEY_BYTES_MAX: Final = 2_048  # Quotas: partition keys
SORT_KEY_BYTES_MAX: Final = 1_024  # Quotas: sort keys
ITEM_BYTES_MAX: Final = 400 * 1_024  # Quotas: items
NESTING_LEVELS_MAX: Final = 32  # Quotas: attributes, nested levels
NUMBER_DIGITS_MAX: Final = 38  # Naming rules and data types: Number
NUMBER_EXPONENT_MAX: Final = 125  # Naming rules and data types: Number, up to 9.99E+125
NUMBER_EXPONENT_MIN: Final = -130  # Naming rules and data types: Number, from 1E-130
TRANSACTION_ACTIONS_MAX: Final = 100  # API reference: TransactWriteItems
TRANSACTION_BYTES_MAX: Final = 4 * 1_024 * 1_024  # API reference: TransactWriteItems
BATCH_WRITE_MAX: Final = 25  # API reference: BatchWriteItem
BATCH_GET_MAX: Final = 100  # API reference: BatchGetItem
PAGE_ROWS_MAX: Final = 2**31 - 1  # API reference: Limit of Query and Scan, an Integer
GET_RECORDS_MAX: Final = 1_000  # API reference (streams): GetRecords
WRITE_UNIT_BYTES: Final = 1_024  # Capacity modes: one write unit
READ_UNIT_BYTES: Final = 4_096  # Capacity modes: one strongly consistent read unit
GSIS_MAX: Final = 20  # Quotas: global secondary indexes of a table
INDEX_KEY_PARTS_MAX: Final = (
    4  # API reference: a global index's HASH attributes, and its RANGE ones
)
ATTRIBUTE_NAME_BYTES_MAX: Final = 64 * 1_024 - 1  # Naming rules: attribute names
KEY_NAME_BYTES_MAX: Final = 255  # Naming rules: names of key attributes
LSIS_MAX: Final = 5  # Quotas: local secondary indexes of a table
PROJECTED_PER_INDEX_MAX: Final = 20  # API reference: Projection.NonKeyAttributes
PROJECTED_PER_TABLE_MAX: Final = 100  # the same: of all indexes, each counted where it stands
SCAN_SEGMENTS_MAX: Final = 64  # our own, one thread each; DynamoDB takes a million
