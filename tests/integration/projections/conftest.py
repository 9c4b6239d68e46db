"""A scratch project with its tables, on the engine of this worker process."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from orm.local.ephemeral import EphemeralEngine
from tests.integration.projections.site import Site
from tests.unit.cli.command import standing_in


@pytest.fixture
def site(tmp_path: Path, local_engine: EphemeralEngine) -> Iterator[Site]:
    site = Site(tmp_path, local_engine)
    with standing_in(tmp_path, **site.environ):
        assert site.keyfold("tables", "create").code == 0
        yield site
        site.keyfold("tables", "delete", "all", "--yes")
