"""One lost answer, on purpose: the write is carried out and its answer thrown away."""

from __future__ import annotations

from typing import Any

from orm.config import SingleTableConfig
from orm.driver import Fault


class LoseOneAnswer:
    """A plan for `FaultyTransport`: loses the answer of one append, the `after`th or a later one.

    Args:
        config: the event table's names.
        after: how many appends to let pass.

    Attributes:
        key: of the commit whose answer was lost; None until then.
    """

    def __init__(self, config: SingleTableConfig, after: int) -> None:
        self._config, self._left = config, after
        self.key: tuple[str, str] | None = None

    def __call__(self, operation: str, params: dict[str, Any]) -> Fault | None:
        if self.key is not None or operation != "PutItem":
            return None
        self._left -= 1
        item = params["Item"]
        pk, sk = item[self._config.pk]["S"], item[self._config.sk]["S"]
        # a flight's first commit may be there already when a run is repeated; a later one is new
        if self._left >= 0 or not pk.startswith("FLIGHT") or sk.endswith("0001"):
            return None
        self.key = (pk, sk)
        return Fault.LOST
