"""Pending writes: what is to be written of records, and what they know once it is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import msgspec

from orm.records.writes.committing import Write, carry_out

if TYPE_CHECKING:
    from orm.records.connection import Connection


class Pending(msgspec.Struct, frozen=True):
    """One write.

    Args:
        write: what is sent.
        done: tells the record that it is stored so, or is gone. Until then it knows nothing of the
            write, so that one that failed can be repeated.
        after: what is done when every record that is written with it knows.
    """

    write: Write
    done: Callable[[], object]
    after: tuple[Callable[[], object], ...] = ()

    def then(self, *what: Callable[[], object]) -> Pending:
        """The same write, with more to be done once all that is written with it is."""
        return msgspec.structs.replace(self, after=(*self.after, *what)) if what else self


def finish(connection: Connection, pending: Sequence[Pending]) -> None:
    """Carry out writes together, or none of them; see `carry_out`."""
    writes = [one.write for one in pending]
    carry_out(connection.driver, connection.config, connection.clock, writes)
    tell(pending)


def tell(pending: Sequence[Pending]) -> None:
    """Let records know that they are written, then do what is to be done after. Rows that were
    left as they are, are told nothing.

    Raises:
        Exception: the first that this raised; the rest is done all the same.
    """
    written = [one for one in pending if not one.write.is_left]
    for one in written:
        one.done()
    failed: list[Exception] = []
    for what in (what for one in written for what in one.after):
        try:
            what()
        except Exception as error:
            failed.append(error)
    if failed:
        raise failed[0]
