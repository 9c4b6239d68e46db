"""Tables of a test's own."""

from __future__ import annotations

import secrets

from orm.config import SingleTableConfig


def fresh_config(**names: str) -> SingleTableConfig:
    """A configuration for a table that no other test has; `names` as `SingleTableConfig` takes."""
    return SingleTableConfig(table=f"t-{secrets.token_hex(6)}", **names)
