"""What a model says instead of a rule's own words."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from orm.definitions.entity import AttributeDefinition
from orm.validation.rules import Registry

ANY_RULE: Final = "*"
_PLACEHOLDER: Final = re.compile(r":([a-z_]+)")


class Messages:
    """The messages of one attribute, by the rules' own names."""

    def __init__(self, model: str, attribute: AttributeDefinition, rules: Registry) -> None:
        self._facts = {"attribute": attribute.declared or attribute.name, "model": model}
        self._texts = {rules.canonical(name): text for name, text in attribute.messages.items()}
        if "in" in self._texts:  # `oneOf`, which is also what people call the choices of an enum
            self._texts.setdefault("enum", self._texts["in"])

    def text(self, rule: str, facts: Mapping[str, object]) -> str | None:
        """What is said of `rule`, its placeholders filled in; None where nothing was declared."""
        template = self._texts.get(rule, self._texts.get(ANY_RULE))
        if template is None:
            return None
        known = {**facts, **self._facts, "rule": rule}
        return _PLACEHOLDER.sub(lambda found: str(known.get(found[1], found[0])), template)
