"""What the placeholders of one request stand for.

All expressions of a request share one scope, since a name or value that none of them uses is an
error of the request.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from orm.memory.refusals import Invalid
from orm.memory.values import Value, read_value


class Scope:
    """ExpressionAttributeNames and ExpressionAttributeValues, with a record of their use."""

    def __init__(
        self, names: Mapping[str, str] | None, values: Mapping[str, Mapping[str, Any]] | None
    ) -> None:
        if names is not None and not names:
            raise Invalid("ExpressionAttributeNames must not be empty")
        if values is not None and not values:
            raise Invalid("ExpressionAttributeValues must not be empty")
        self._names = names or {}
        if "" in self._names.values():
            raise Invalid("ExpressionAttributeNames contains invalid value: Empty attribute name")
        self._values = {key: read_value(raw)[0] for key, raw in (values or {}).items()}
        self._used: set[str] = set()
        self.attributes: set[str] = set()  # top-level names that bound paths read

    def name(self, placeholder: str) -> str:
        if placeholder not in self._names:
            raise Invalid(
                "An expression attribute name used in the document path is not defined; "
                f"attribute name: {placeholder}"
            )
        self._used.add(placeholder)
        return self._names[placeholder]

    def value(self, placeholder: str) -> Value:
        if placeholder not in self._values:
            raise Invalid(
                "An expression attribute value used in expression is not defined; "
                f"attribute value: {placeholder}"
            )
        self._used.add(placeholder)
        return self._values[placeholder]

    def finish(self) -> None:
        """Refuse what no expression used."""
        for kind, given in (("Names", self._names), ("Values", self._values)):
            unused = given.keys() - self._used
            if unused:
                raise Invalid(
                    f"Value provided in ExpressionAttribute{kind} unused in expressions: "
                    f"keys: {{{', '.join(sorted(unused))}}}"
                )
