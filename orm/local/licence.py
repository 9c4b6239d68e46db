"""DynamoDB Local's licence, in short, shown once before the first file is fetched."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

NOTICE = """\
DynamoDB Local is Amazon's, not part of Keyfold, and not open source. Its licence, in short:
you need an AWS account in good standing to use it; it is for your own development and testing;
you may not distribute it, change it or build it into a program of yours. The whole text is in
LICENSE.txt of the distribution that AWS publishes. Without an AWS account: --engine memory.
Telemetry is switched off."""

RECORD = "licence-shown.txt"


def show_once(folder: Path, report: Callable[[str], None]) -> None:
    """Show the notice unless `folder` records that it was shown."""
    record = folder / RECORD
    if record.exists():
        return
    report(NOTICE)
    record.write_text(NOTICE + "\n", encoding="utf-8")
