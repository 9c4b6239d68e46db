"""The testing kit: scenarios, and property tests that follow from an aggregate's own declaration.

    given(Order, LineAdded("A", 2)).when(Order.add_line("A", 9)).rejected("limit")

    TestOrder = state_machine(Order).TestCase

Names are loaded when first asked for: pytest imports this package wherever Keyfold is installed,
also where Hypothesis is not.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from eventstore.testing.arguments import Arguments
    from eventstore.testing.laws import BrokenLawError
    from eventstore.testing.machine import AggregateMachine, state_machine
    from eventstore.testing.scenario import Given, Outcome, given
    from eventstore.testing.tables import fresh_config

__all__ = [
    "AggregateMachine",
    "Arguments",
    "BrokenLawError",
    "Given",
    "Outcome",
    "fresh_config",
    "given",
    "state_machine",
]

_MODULES = {
    "AggregateMachine": "machine",
    "Arguments": "arguments",
    "BrokenLawError": "laws",
    "Given": "scenario",
    "Outcome": "scenario",
    "fresh_config": "tables",
    "given": "scenario",
    "state_machine": "machine",
}


def __getattr__(name: str) -> object:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
