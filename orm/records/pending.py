"""Pending writes: what is to be written of records, and what they know once it is."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from orm.config import SingleTableConfig
from orm.driver.protocol import Driver
from orm.records.committing import Write, carry_out


class Pending(msgspec.Struct, frozen=True):
    """One write.

    Args:
        write: what is sent.
        done: tells the record that it is stored so, or is gone.
    """

    write: Write
    done: Callable[[], object]


def finish(driver: Driver, config: SingleTableConfig, pending: Sequence[Pending]) -> None:
    """Carry out writes together, or none of them; see `carry_out`."""
    carry_out(driver, config, [one.write for one in pending])
    for one in pending:
        one.done()
