"""The flights demo on a small file: `python -m tests.integration.examples.slice FILE ENDPOINT`."""

from __future__ import annotations

import sys

import msgspec

from examples.demo.actors import ActorFailedError
from examples.demo.cli import exit_code
from examples.demo.engine import ground
from examples.demo.progress import Silence
from examples.flights import demo


def main(path: str, endpoint: str) -> int:
    tables = ground("local", endpoint, demo.EXAMPLE, lambda line: None)
    try:
        outcome = demo.run(tables, demo.Size(path=path), Silence(), threads=False, fresh=False)
    except ActorFailedError as failed:
        print(failed, file=sys.stderr)
        return 1
    sys.stdout.buffer.write(msgspec.json.encode(outcome))
    return exit_code(outcome)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
