"""Merging: actions of one transaction that meet at one item become one action.

DynamoDB takes one action for each item of a transaction. Writes of several records meet at the
claim of a unique value, where one gives it up and another takes it. What both do then is one put:
it replaces the claim that is free, or its taker's, as a taking alone demands, or the giver's, whose
row's own action stands in the same transaction and demands that it still is as it was known. So
the value passes from hand to hand, and never between them to a third.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any, Final, NamedTuple, TypeVar

import msgspec

from orm.config import SingleTableConfig
from orm.errors import CancellationReason
from orm.requests import Action, Item

Part = TypeVar("Part")
_PLACEHOLDER: Final = re.compile(r"([#:])(?=\w)")
_NOTHING: Final = CancellationReason("None")


class Spot(NamedTuple):
    """Where an action comes from: the number of its write, and its number in that one."""

    write: int
    action: int


class Merged(NamedTuple):
    """Actions as they are sent.

    Args:
        actions: one for each item.
        told: for each of them whose actions are told why it is refused; None where all are those of
            one write, as they are.
        repeated: two that cannot be made one.
    """

    actions: list[Action]
    told: list[list[Spot]] | None
    repeated: tuple[Spot, Spot] | None

    def own(
        self, reasons: Sequence[CancellationReason], parts: Sequence[Sequence[Action]]
    ) -> list[list[CancellationReason]]:
        """The reasons of each write, one for each of its actions."""
        found = [[_NOTHING] * len(part) for part in parts]
        if self.told is None:
            found[0][: len(reasons)] = reasons
            return found
        for spots, reason in zip(self.told, reasons, strict=False):
            for spot in spots:
                found[spot.write][spot.action] = reason
        return found


def merged(parts: Sequence[Sequence[Action]], config: SingleTableConfig) -> Merged:
    """The actions of several writes, those that meet at an item made one; those of one never do."""
    if len(parts) == 1:
        return Merged([*parts[0]], None, None)
    meeting: dict[tuple[str, str], list[tuple[Spot, Action]]] = {}
    for number, part in enumerate(parts):
        for place, action in enumerate(part):
            key = _key_of(action, config)
            meeting.setdefault(key, []).append((Spot(number, place), action))
    actions, told, repeated = list[Action](), list[list[Spot]](), None
    for met in meeting.values():
        action, spots, exclude = _one_of(met)
        actions.append(action)
        told.append(spots)
        repeated = repeated or exclude
    return Merged(actions, told, repeated)


def _one_of(
    met: list[tuple[Spot, Action]],
) -> tuple[Action, list[Spot], tuple[Spot, Spot] | None]:
    """The one action that does what all of them do, who is told of its refusal, and two that
    exclude each other."""
    (first, action), *others = met
    if not others:
        return action, [first], None
    takes = [one for one in met if one[1].put is not None]
    gives = [one for one in met if one[1].delete is not None]
    leaves = [one for one in met if one[1].condition_check is not None]
    if not all(spot.action for spot, _ in met):  # rows, not claims
        return action, [first], (first, others[0][0])
    if len(takes) > 1:
        return action, [first], (takes[0][0], takes[1][0])
    if takes:
        ((spot, action),) = takes
        return _with(action, [one for _, one in gives], "OR"), [spot], None
    # what gives up a claim demands that it is its own, so it is no other's that left it
    same, word = (gives, "OR") if gives else (leaves, "AND")
    (_, action), *rest = same
    return _with(action, [one for _, one in rest], word), [spot for spot, _ in same], None


def _with(action: Action, others: Iterable[Action], word: str) -> Action:
    field, request = _said(action)
    joined = demanding(request, [_said(one)[1] for one in others], word)
    return msgspec.structs.replace(action, **{field: joined})


def also(action: Action, checks: Iterable[Action]) -> Action:
    """The action, which demands what these checks of its item do."""
    return _with(action, checks, "AND")


def demanding(request: Part, others: Iterable[Any], word: str) -> Part:
    """A request whose condition is joined with those of others by `AND` or `OR`."""
    made: Any = request
    said = [f"({made.condition_expression})"] if made.condition_expression else []
    names, values = dict(made.expression_attribute_names or {}), _values(made)
    for number, other in enumerate(others):
        spelled = rf"\1x{number}"
        said.append(f"({_PLACEHOLDER.sub(spelled, other.condition_expression)})")
        given = (other.expression_attribute_names or {}).items()
        names |= {_PLACEHOLDER.sub(spelled, key): name for key, name in given}
        values |= {_PLACEHOLDER.sub(spelled, key): one for key, one in _values(other).items()}
    changed: Part = msgspec.structs.replace(
        made,
        condition_expression=f" {word} ".join(said) or None,
        expression_attribute_names=names or None,
        expression_attribute_values=values or None,
    )
    return changed


def _values(request: Any) -> Item:
    return dict(request.expression_attribute_values or {})


def _said(action: Action) -> tuple[str, Any]:
    """Which of an action's fields is set, and its request."""
    return next(
        (name, request)
        for name in action.__struct_fields__
        if (request := getattr(action, name)) is not None
    )


def _key_of(action: Action, config: SingleTableConfig) -> tuple[str, str]:
    _, request = _said(action)
    item: Item = request.item if action.put is not None else request.key
    return config.place(item)
