"""Changes to an item as a value: what to set, add and remove, rendered with placeholders.

    UpdateExpression().set("status", "open").add("opened", 1).remove("closed_at")

Each method returns a new expression. An attribute may be changed once: DynamoDB refuses two
changes of one path, and so does this, before the call.
"""

from __future__ import annotations

import enum
from decimal import Decimal

import msgspec

from orm.codec import to_wire
from orm.errors import ConfigurationError, UnsupportedValueError
from orm.expressions import Condition, Placeholders, condition_fields
from orm.requests import AttributeValue, Item, Update, UpdateItem


class ChangeKind(enum.Enum):
    """What happens to an attribute, by the clause of the expression that says it."""

    SET = "SET"
    SET_IF_ABSENT = "SET if absent"
    ADD = "ADD"
    REMOVE = "REMOVE"


class Change(msgspec.Struct, frozen=True):
    """One change of one attribute."""

    kind: ChangeKind
    attribute: str
    value: AttributeValue | None = None

    def render(self, placeholders: Placeholders) -> str:
        """The change within its clause."""
        name = placeholders.name(self.attribute)
        if self.value is None:
            return name
        value = placeholders.value(self.value)
        if self.kind is ChangeKind.SET:
            return f"{name} = {value}"
        if self.kind is ChangeKind.SET_IF_ABSENT:
            return f"{name} = if_not_exists({name}, {value})"
        return f"{name} {value}"


_CLAUSES = {
    "SET": (ChangeKind.SET, ChangeKind.SET_IF_ABSENT),
    "ADD": (ChangeKind.ADD,),
    "REMOVE": (ChangeKind.REMOVE,),
}


class UpdateExpression(msgspec.Struct, frozen=True):
    """What an update changes, in the order it was said."""

    changes: tuple[Change, ...] = ()

    def set(self, attribute: str, value: object) -> UpdateExpression:
        """Give the attribute this value."""
        return self.set_wire(attribute, to_wire(value, attribute))

    def set_wire(self, attribute: str, wire: AttributeValue) -> UpdateExpression:
        """Give the attribute this value, which is in wire shape already."""
        return self._with(Change(ChangeKind.SET, attribute, wire))

    def set_if_absent(self, attribute: str, value: object) -> UpdateExpression:
        """Give the attribute this value where it has none."""
        return self.set_if_absent_wire(attribute, to_wire(value, attribute))

    def set_if_absent_wire(self, attribute: str, wire: AttributeValue) -> UpdateExpression:
        """Give the attribute this value, in wire shape, where it has none."""
        return self._with(Change(ChangeKind.SET_IF_ABSENT, attribute, wire))

    def add(self, attribute: str, number: int | float | Decimal) -> UpdateExpression:
        """Add to the number in the attribute; an absent one counts as 0."""
        if isinstance(number, bool) or not isinstance(number, (int, float, Decimal)):
            raise UnsupportedValueError(attribute, number, "only numbers can be added")
        return self._with(Change(ChangeKind.ADD, attribute, to_wire(number, attribute)))

    def remove(self, attribute: str) -> UpdateExpression:
        """Take the attribute away, if it is there."""
        return self._with(Change(ChangeKind.REMOVE, attribute))

    def _with(self, change: Change) -> UpdateExpression:
        if any(change.attribute == earlier.attribute for earlier in self.changes):
            raise ConfigurationError(
                "update", f"{change.attribute!r} is changed twice; an update changes a value once"
            )
        return UpdateExpression((*self.changes, change))

    def applied_to(self, item: Item) -> Item:
        """What the item is afterwards; only where attributes are set and removed.

        Raises:
            ConfigurationError: what comes of another change is known to the service alone.
        """
        made = dict(item)
        for change in self.changes:
            if change.kind not in (ChangeKind.SET, ChangeKind.REMOVE):
                raise ConfigurationError("update", f"{change.kind.value} is not known in advance")
            made.pop(change.attribute, None)
            if change.value is not None:
                made[change.attribute] = change.value
        return made

    def render(self, placeholders: Placeholders) -> str:
        """The expression as text made of placeholders."""
        if not self.changes:
            raise ConfigurationError("update", "it changes nothing")
        clauses = []
        for clause, kinds in _CLAUSES.items():
            said = [one.render(placeholders) for one in self.changes if one.kind in kinds]
            if said:
                clauses.append(f"{clause} {', '.join(said)}")
        return " ".join(clauses)

    def action(
        self,
        table: str,
        key: Item,
        condition: Condition | None = None,
        *,
        return_item_on_failure: bool = False,
    ) -> Update:
        """The update of one item, as part of a transaction; see `single`."""
        placeholders = Placeholders()
        return Update(
            table_name=table,
            key=key,
            update_expression=self.render(placeholders),
            return_values_on_condition_check_failure="ALL_OLD" if return_item_on_failure else None,
            **condition_fields(condition, placeholders),
        )


def single(update: Update, *, return_values: str | None = None) -> UpdateItem:
    """The same update as a call of its own."""
    return UpdateItem(**msgspec.structs.asdict(update), return_values=return_values)
