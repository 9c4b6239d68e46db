"""Threads: a type that many of them use for the first time does not crash the process."""

from __future__ import annotations

import subprocess
import sys

SCRIPT = """
import sys, threading
import msgspec
from orm.decoding import json_decoder
sys.setswitchinterval(1e-6)
body = b'{"items":[{' + b",".join(b'"f%d":{"S":"x"}' % n for n in range(20)) + b"}]}"
for number in range(60):
    texts = [msgspec.defstruct(f"Text{n}", [("S", str | None, None)]) for n in range(6)]
    row = msgspec.defstruct("Row", [(f"f{n}", texts[n % 6]) for n in range(20)])
    page = msgspec.defstruct("Page", [("items", list[row])])
    start = threading.Barrier(8)

    def read():
        start.wait()
        for _ in range(3):
            json_decoder(page).decode(body)

    threads = [threading.Thread(target=read) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
print("whole")
"""


def test_eight_threads_may_meet_a_type_at_once() -> None:
    """A decoder made by each of them on its own crashes one process in two."""
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=False, timeout=120
    )
    assert (done.returncode, done.stdout) == (0, "whole\n"), done.stderr
