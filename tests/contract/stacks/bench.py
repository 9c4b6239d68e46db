"""Tables for small files, each about one thing that the shop does not have."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from orm import create_table
from orm.clock import SystemClock
from orm.config import SingleTableConfig
from orm.driver import Driver, MeteredDriver
from orm.records import Connection, Repository
from orm.stacks import StacksModelParser


def parsed(*texts: str) -> Sequence[Any]:
    """The models that these texts declare."""
    return [one for text in texts for one in StacksModelParser().parse_text(text).definitions]


def model(attributes: str, more: str = "") -> str:
    """The text of a model `Thing` with these attributes."""
    return f"export default {{ name: 'Thing', attributes: {{ {attributes} }}, {more} }}"


class Bench:
    """Tables for models of a test's own."""

    def __init__(self, driver: Driver, config: SingleTableConfig) -> None:
        self.driver, self.config = MeteredDriver(driver), config

    def connection(self, *texts: str) -> Connection:
        made = Connection(self.driver, self.config)
        made.register(*parsed(*texts))
        create_table(self.driver, made.shape(), SystemClock())
        return made

    def things(self, attributes: str, more: str = "") -> Repository[Any]:
        found: Repository[Any] = self.connection(model(attributes, more)).repository("Thing")
        return found
