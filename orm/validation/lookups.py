"""Rules that ask the table: `unique` and `exists`.

Their answers may be out of date as soon as they are given. What keeps values unique is the claim in
the transaction that saves the row; these rules say it early, beside the other errors.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Final

from orm.validation.arguments import ArgumentError, Arguments
from orm.validation.context import AsyncLookup, Context, Lookup

KEY: Final = "id"


class LookupRule:
    """Asks whether a row has the value.

    Args:
        name: by which it is declared.
        model: whose rows.
        attribute: which of theirs.
        wanted: whether there must be one, or must be none.
    """

    def __init__(self, name: str, model: str, attribute: str, *, wanted: bool) -> None:
        self.name, self._model, self._attribute, self._wanted = name, model, attribute, wanted
        self.facts = {"value": f"{model}.{attribute}"}
        self._message = f"is no {attribute} of any {model}" if wanted else "is taken"

    def check(self, value: Any, context: Context, /) -> str | None:
        """What is wrong; asks a plain lookup."""
        lookup: Any = context.lookup
        return self._judge(
            lookup.exists(self._model, self._attribute, value, self._but_not(context))
        )

    async def check_async(self, value: Any, context: Context, /) -> str | None:
        """What is wrong; awaits the lookup, or asks a plain one in a thread."""
        lookup: Any = context.lookup
        question = (self._model, self._attribute, value, self._but_not(context))
        if awaits(lookup):
            return self._judge(await lookup.exists_async(*question))
        return self._judge(await asyncio.to_thread(lookup.exists, *question))

    def _but_not(self, context: Context) -> Any:
        # the row itself may have its own value; what it points at has to be there all the same, and
        # a row of another model is never itself, though it may have its key
        return None if self._wanted or self._model != context.model else context.but_not

    def _judge(self, found: bool) -> str | None:
        return None if found is self._wanted else self._message


def awaits(lookup: Lookup | AsyncLookup | None) -> bool:
    """Whether a lookup can be awaited."""
    return callable(getattr(lookup, "exists_async", None))


def answers(lookup: Lookup | AsyncLookup | None) -> bool:
    """Whether a lookup can be asked plainly."""
    return callable(getattr(lookup, "exists", None))


def build_unique(arguments: Arguments) -> LookupRule:
    """No other row has the value."""
    arguments.count(0, 2)
    target = arguments.target
    model = arguments.text(0) if arguments.values else target.model
    attribute = arguments.text(1) if len(arguments.values) > 1 else target.attribute.name
    return LookupRule("unique", model, attribute, wanted=False)


def build_exists(arguments: Arguments) -> LookupRule:
    """A row has the value: what a foreign key points at."""
    if not arguments.values:
        raise ArgumentError("takes the model whose rows are meant, as in exists:Team,id")
    arguments.count(1, 2)
    attribute = arguments.text(1) if len(arguments.values) > 1 else KEY
    return LookupRule("exists", arguments.text(0), attribute, wanted=True)


BUILDERS: Final[dict[str, Callable[[Arguments], LookupRule]]] = {
    "exists": build_exists,
    "unique": build_unique,
}
