"""The command with the groups that these tests use, in this process or as one of its own."""

from __future__ import annotations

import sys
from importlib.metadata import EntryPoint

from orm.cli import main

GROUPS = tuple(
    EntryPoint(name, value, "keyfold.commands")
    for name, value in {
        "parked": "projections.cli.parked:app",
        "projection": "projections.cli.projection:app",
        "tables": "eventstore.cli.tables:app",
        "worker": "projections.cli.worker:app",
    }.items()
)

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], GROUPS))
