"""A region of DynamoDB Local: without `-sharedDb`, tables of one are not seen from another."""

from __future__ import annotations

import secrets
from typing import Any

import msgspec

from orm.driver.boto import BotoTransport
from orm.local.ephemeral import EphemeralEngine


class Region(msgspec.Struct, frozen=True):
    """One region of a running engine, and how to get there."""

    engine: EphemeralEngine
    name: str

    @classmethod
    def fresh(cls, engine: EphemeralEngine) -> Region:
        """One that nobody has been in."""
        return cls(engine, f"test-{secrets.token_hex(4)}")

    @property
    def options(self) -> dict[str, Any]:
        """What a `BotoTransport` is made with."""
        return {
            "region": self.name,
            "endpoint_url": self.engine.endpoint_url,
            "access_key": self.engine.access_key,
            "secret_key": self.engine.secret_key,
        }

    @property
    def environ(self) -> dict[str, str]:
        """The environment that brings a command here."""
        return {
            "KEYFOLD_ENDPOINT": self.engine.endpoint_url,
            "AWS_REGION": self.name,
            "AWS_ACCESS_KEY_ID": self.engine.access_key,
            "AWS_SECRET_ACCESS_KEY": self.engine.secret_key,
        }

    def transport(self, **options: Any) -> BotoTransport:
        """What carries requests here; options are those of `BotoTransport`."""
        return BotoTransport(**{**self.options, **options})
