"""Where the memory engine and DynamoDB Local are known to differ, by name.

The differential suite insists on equal answers everywhere else. Where Local departs from what AWS
documents, the memory engine follows AWS; where AWS promises nothing, the two merely differ. Each
entry is shown to be still true by a test, so one that Local mends is noticed.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Divergence:
    """One difference.

    Args:
        name: how tests refer to it.
        local: what DynamoDB Local 3.3.1 does.
        memory: what the memory engine does.
        because: why.
    """

    name: str
    local: str
    memory: str
    because: str


DOCUMENTED = "as AWS documents it"
UNDEFINED = "AWS leaves it open"
TIDY = "as AWS is reported to do; documented nowhere"

DIVERGENCES = (
    # writes
    Divergence(
        "remove-from-nothing",
        "UpdateItem with nothing but REMOVE or DELETE on an absent key creates the item",
        "it does not",
        TIDY,
    ),
    Divergence(
        "numbers-below",
        "numbers inside maps and lists, and those that an update computes, keep their spelling "
        "(1e3, 3.0)",
        "every number is answered in plain notation",
        DOCUMENTED,
    ),
    Divergence(
        "updated-parts",
        "UPDATED_OLD and UPDATED_NEW answer the whole attribute when a part of it was updated",
        "they answer the updated parts",
        DOCUMENTED,
    ),
    Divergence(
        "local-index-type",
        "an update may set the sort key of a local index to another type",
        "it is refused, as for a global index",
        DOCUMENTED,
    ),
    Divergence(
        "delete-of-nothing",
        "deleting an absent item costs 2 units in a batch and 1 in a transaction, and a DeleteItem "
        "with ALL_OLD reports its capacity unasked",
        "it costs 1 unit, 2 in a transaction, and is reported when asked for",
        DOCUMENTED,
    ),
    Divergence(
        "order-of-batch",
        "the deletes of a batch come after its puts in the stream",
        "both come in the order of the request",
        UNDEFINED,
    ),
    Divergence(
        "half-a-key",
        "an item that trades one part of an index key for another, and is in the index neither "
        "before nor after, costs an index write",
        "it costs none",
        DOCUMENTED,
    ),
    Divergence(
        "empty-values",
        "an empty ExpressionAttributeValues is accepted where there is no expression",
        "it is refused",
        DOCUMENTED,
    ),
    Divergence(
        "unknown-choices",
        "unknown values of ReturnConsumedCapacity, StreamViewType and the like are ignored",
        "they are refused",
        DOCUMENTED,
    ),
    # transactions
    Divergence(
        "operand-in-transaction",
        "an operand that does not fit the item makes the whole transaction a ValidationException",
        "the transaction is cancelled, with ValidationError as the reason of that action",
        DOCUMENTED,
    ),
    Divergence(
        "same-item-twice",
        "a transaction with two actions on one item is cancelled if a condition is false",
        "it is a ValidationException",
        DOCUMENTED,
    ),
    Divergence(
        "reasons-of-get",
        "TransactGetItems with a key of another form is cancelled without reasons",
        "it is cancelled with reasons",
        DOCUMENTED,
    ),
    Divergence(
        "empty-token",
        "an empty ClientRequestToken counts as none",
        "it is refused: at least one character",
        DOCUMENTED,
    ),
    Divergence(
        "transaction-units",
        "capacity of transactions has no ReadCapacityUnits and WriteCapacityUnits, and leaves out "
        "some actions that find or change nothing",
        "it has both, and every action counts double",
        DOCUMENTED,
    ),
    # expressions
    Divergence(
        "reserved-words",
        "CONVERT and SIZE may be used as attribute names",
        "they are reserved",
        DOCUMENTED,
    ),
    # reads
    Divergence(
        "empty-read",
        "a Query or Scan that reads nothing costs nothing",
        "it costs the smallest read",
        DOCUMENTED,
    ),
    Divergence(
        "batch-get-miss",
        "keys that BatchGetItem does not find cost nothing",
        "each costs the smallest read",
        DOCUMENTED,
    ),
    Divergence(
        "filtered-page",
        "with a filter, a page is not ended at 1 MB",
        "it is, filter or no filter",
        DOCUMENTED,
    ),
    Divergence(
        "limit-at-bound",
        "no LastEvaluatedKey where Limit ends the page on the very value of a closed bound, and "
        "such a key is refused as ExclusiveStartKey",
        "Limit always gives one, and it is accepted",
        UNDEFINED,
    ),
    Divergence(
        "long-key-in-query",
        "a partition key over 2,048 bytes in a key condition finds nothing",
        "it is refused",
        DOCUMENTED,
    ),
    Divergence(
        "scan-of-local-index",
        "a Scan of a local index filters by attributes that it does not project, and fetching the "
        "rest of the items costs nothing",
        "it is refused, and costs, as for a Query",
        DOCUMENTED,
    ),
    Divergence(
        "order-of-ties",
        "items with one index key come in an order of their own",
        "they come in the order of the table's key",
        UNDEFINED,
    ),
    Divergence("order-of-scan", "its own hash order", "its own hash order", UNDEFINED),
    # tables and streams
    Divergence(
        "creating",
        "CreateTable answers ACTIVE and no TableId; ARNs have the region ddblocal",
        "it answers CREATING and a TableId; ARNs have the region given",
        DOCUMENTED,
    ),
    Divergence(
        "index-sizes",
        "IndexSizeBytes counts whole items",
        "it counts what the index projects",
        DOCUMENTED,
    ),
    Divergence(
        "shards",
        "one shard for ever",
        "shards roll and split when told to; a shard and its records go after 24 hours",
        DOCUMENTED,
    ),
    Divergence(
        "empty-maps-in-records",
        "an empty map stands in a stream record as {}",
        'as {"M": {}}',
        DOCUMENTED,
    ),
    Divergence(
        "stream-page",
        "a page of GetRecords may exceed 1 MB",
        "it does not",
        DOCUMENTED,
    ),
    Divergence(
        "sequence-numbers",
        "21 digits with leading zeros, dense",
        "without leading zeros, growing in length, not dense",
        DOCUMENTED,
    ),
    Divergence(
        "time-of-records",
        "ApproximateCreationDateTime is rounded down to the minute",
        "to the second",
        DOCUMENTED,
    ),
    Divergence(
        "ttl-records",
        "expired items go some seconds later, with a record named UNKNOWN_TO_SDK_VERSION",
        "they go at the next call or tick, with a REMOVE by the service",
        DOCUMENTED,
    ),
    # what the memory engine leaves out
    Divergence(
        "legacy-parameters",
        "Expected, KeyConditions and their like are served",
        "they are refused: expressions replaced them in 2014",
        "nothing here uses them",
    ),
    Divergence(
        "operations",
        "PartiQL, tags and further operations are served",
        "UnknownOperationException; see OPERATIONS",
        "nothing here uses them",
    ),
)
