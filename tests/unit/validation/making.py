"""Attributes and validators, made short."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from orm.clock import ManualClock
from orm.definitions import AttributeDefinition, RuleCall
from orm.validation import Validator, parse_rules


def attribute(
    rules: str | tuple[RuleCall, ...] = "", name: str = "field", **more: Any
) -> AttributeDefinition:
    """An attribute with rules as text or as calls."""
    calls = parse_rules(rules) if isinstance(rules, str) else rules
    return AttributeDefinition(**{"name": name, "declared": name, "rules": calls, **more})


def broken(
    rules: str | tuple[RuleCall, ...],
    value: object,
    others: Mapping[str, object] | None = None,
    *siblings: AttributeDefinition,
    **more: Any,
) -> tuple[str, ...]:
    """The rules that a value breaks. The clock stands at 2023-11-14T22:13:20Z."""
    found = Validator("Thing", [attribute(rules, **more), *siblings], clock=ManualClock())
    return found.check({**(others or {}), "field": value}).rules("field")


class Rows:
    """Rows in memory that can be asked plainly, and remember what they were asked."""

    def __init__(self, rows: Mapping[str, object] | None = None) -> None:
        self.rows, self.asked = dict(rows or {}), list[tuple[Any, ...]]()

    def exists(self, model: str, attribute: str, value: Any, but_not: Any = None) -> bool:
        self.asked.append((model, attribute, value, but_not))
        return any(found == value and key != but_not for key, found in self.rows.items())
