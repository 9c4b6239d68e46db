"""A scratch project with its tables, in the region of its module."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.projections.site import Site
from tests.support.region import Region
from tests.unit.cli.command import standing_in


@pytest.fixture
def site(tmp_path: Path, region: Region) -> Iterator[Site]:
    site = Site(tmp_path, region)
    with standing_in(tmp_path, **site.environ):
        assert site.keyfold("tables", "create").code == 0
        yield site
        site.keyfold("tables", "delete", "all", "--yes")
