"""What may be said to the planner beside the definitions, and the limits that it keeps to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec

from orm.errors import ConfigurationError
from orm.keys import entity_prefix
from orm.limits import GSIS_MAX, TRANSACTION_ACTIONS_MAX

# "Quotas in Amazon DynamoDB" and the API reference, unless said otherwise.
COLLECTION_GIGABYTES_MAX: Final = 10  # LSIs: item collection of a table that has one
PARTITION_WRITES_MAX: Final = 1_000  # write units a second of one partition
WRITES_PER_SHARD: Final = 500  # half of that: a partition is never filled evenly
READS_PER_SHARD: Final = 1_500  # half of 3,000 read units a second
SHARDS_MAX: Final = 256  # our own: a read of one partition asks all of them
CLAIMS_MAX: Final = (TRANSACTION_ACTIONS_MAX - 1) // 2  # each may move: one delete and one put


class PlanOptions(msgspec.Struct, frozen=True, kw_only=True):
    """How to plan.

    Args:
        gsis_max: the most global secondary indexes to use, at most 20.
        lsi: whether local secondary indexes may be used for patterns declared strong. They can be
            made with the table only, five at most, and with one every item collection is kept to
            10 GB.
        strict: whether a relation to an entity that is not defined is an error, not a finding.
        trashed: entities whose soft-deleted rows are to be found by the same patterns as the live
            ones, each through a sparse template of its own.
        prefixes: entity → its key prefix, where it is not its name in capitals.
        prefix_form: what the table makes of every prefix, those of edges among them; see
            `SingleTableConfig.prefix`, which a connection gives here.
    """

    gsis_max: int = 5
    lsi: bool = False
    strict: bool = False
    trashed: frozenset[str] = frozenset()
    prefixes: Mapping[str, str] = {}
    prefix_form: str = "{prefix}"

    def __post_init__(self) -> None:
        number = isinstance(self.gsis_max, int) and not isinstance(self.gsis_max, bool)
        if not number or not 0 <= self.gsis_max <= GSIS_MAX:
            raise ConfigurationError(
                "gsis_max",
                f"{self.gsis_max!r} is not within 0 and {GSIS_MAX}, DynamoDB's limit",
                "give a whole number",
            )
        for entity, prefix in self.prefixes.items():
            if not isinstance(prefix, str) or not prefix:
                hint = f"leave {entity} out to have its name in capitals"
                raise ConfigurationError("prefixes", f"{prefix!r} of {entity} is no prefix", hint)

    def prefix(self, entity: str) -> str:
        """The key prefix of an entity."""
        own = self.prefixes.get(entity, entity_prefix(entity))
        return self.prefix_form.replace("{prefix}", own)
