"""Pending writes: what is to be written of records, and what they know once it is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import msgspec

from orm.records.committing import Write, carry_out

if TYPE_CHECKING:
    from orm.records.connection import Connection


class Pending(msgspec.Struct, frozen=True):
    """One write.

    Args:
        write: what is sent.
        done: tells the record that it is stored so, or is gone. Until then it knows nothing of the
            write, so that one that failed can be repeated.
    """

    write: Write
    done: Callable[[], object]


def finish(connection: Connection, pending: Sequence[Pending]) -> None:
    """Carry out writes together, or none of them; see `carry_out`."""
    writes = [one.write for one in pending]
    carry_out(connection.driver, connection.config, connection.clock, writes)
    for one in pending:
        one.done()
