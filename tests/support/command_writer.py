"""A writer in a process of its own, to be killed: `python -m tests.support.command_writer`.

Carries out commands 0, 1, 2, … under ids that are the same every time, and prints one line for
each. Its settings come as JSON on the command line.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from eventstore import DynamoDBLog, EventStore, Step
from orm.config import SingleTableConfig
from orm.driver import RetryingDriver, WireDriver
from orm.driver.boto import BotoTransport
from tests.support.tally import Tally


def main(settings: dict[str, Any]) -> None:
    transport = BotoTransport(**settings["transport"])
    config = SingleTableConfig(table=settings["table"])
    store = EventStore(DynamoDBLog(RetryingDriver(WireDriver(transport)), config), [Tally])
    tallies = store.of(Tally)
    for n in range(settings["commands"]):
        command_id = f"command-{n}"
        if n % 3 == 2:
            steps = [Step(tallies, "a", Tally.take(1)), Step(tallies, "b", Tally.add(1))]
            results = store.execute_together(*steps, command_id=command_id)
        else:
            results = (tallies.execute("a", Tally.add(1), command_id=command_id),)
        print("skipped" if results[0].skipped else "done", flush=True)


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
