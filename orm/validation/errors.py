"""What validation raises.

    OrmError
    ├── ConfigurationError
    │   ├── InvalidRuleError       a rule that cannot be used; said when the validator is made
    │   └── AwaitNeededError       a rule that only `await` can run
    ├── InvalidRowError            values that break rules; carries every failure of every field
    └── RuleTimeoutError           a rule gave no answer in time, so nothing is known

Values of hidden attributes stand nowhere in them: `REDACTED` is in their place.
"""

from __future__ import annotations

import enum
import pickle
from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec

from orm.errors import ConfigurationError, OrmError

SHOWN_CHARACTERS_MAX: Final = 60
_UNPICKLABLE: Final = (pickle.PicklingError, TypeError, AttributeError, RecursionError, ValueError)


class Redacted(enum.Enum):
    """The type of `REDACTED`."""

    REDACTED = "redacted"

    def __repr__(self) -> str:
        return "REDACTED"


REDACTED: Final = Redacted.REDACTED
"""Stands where the value of a hidden attribute would."""


class Failure(msgspec.Struct, frozen=True):
    """One rule that a value breaks.

    Args:
        rule: the rule's own name (`regex`, also where `matches` was written).
        message: what is said of it.
        value: what was given: UNSET where it was absent, REDACTED where the attribute is hidden.
    """

    rule: str
    message: str
    value: Any = msgspec.UNSET

    def __str__(self) -> str:
        if self.value is msgspec.UNSET:
            return f"{self.message} ({self.rule})"
        return f"{self.message} ({self.rule}, got {_short(self.value)})"


def _short(value: object) -> str:
    # cut before repr: a value may be as large as an item
    text = repr(value[:SHOWN_CHARACTERS_MAX] if isinstance(value, (str, bytes)) else value)
    return text if len(text) <= SHOWN_CHARACTERS_MAX else f"{text[:SHOWN_CHARACTERS_MAX]}…"


def kept(value: object, *, hidden: bool) -> Any:
    """What an error holds of a value: itself, REDACTED, or its text where it cannot be pickled."""
    if hidden and value is not msgspec.UNSET:
        return REDACTED
    try:
        pickle.dumps(value)
    except _UNPICKLABLE:
        return f"<{type(value).__name__}>"
    return value


class Errors(Mapping[str, tuple[Failure, ...]]):
    """Field → its failures; empty, and so false, where all is well."""

    __slots__ = ("_fields", "model")

    def __init__(self, model: str, fields: Mapping[str, tuple[Failure, ...]]) -> None:
        self.model, self._fields = model, fields

    def __getitem__(self, field: str) -> tuple[Failure, ...]:
        return self._fields[field]

    def __iter__(self) -> Iterator[str]:
        return iter(self._fields)

    def __len__(self) -> int:
        return len(self._fields)

    def __repr__(self) -> str:
        return f"Errors({self.model!r}, {dict(self._fields)!r})"

    def rules(self, field: str) -> tuple[str, ...]:
        """The rules that a field breaks; empty where it breaks none."""
        return tuple(failure.rule for failure in self._fields.get(field, ()))


class InvalidRowError(OrmError):
    """Values that break rules of their model; nothing was written.

    `errors` maps each field to its failures.
    """

    hint = "correct these fields and save again; .errors holds them"

    def __init__(self, model: str, errors: Mapping[str, tuple[Failure, ...]]) -> None:
        super().__init__(model, dict(errors))
        self.model, self.errors = model, dict(errors)

    def __str__(self) -> str:
        lines = [f"  {field}: {one}" for field, failed in self.errors.items() for one in failed]
        head = f"{self.model} is not valid, nothing was written:"
        return "\n".join([head, *lines, self.hint])


class InvalidRuleError(ConfigurationError):
    """A rule that does not exist, or that does not take these arguments."""

    def __init__(self, model: str, attribute: str, rule: str, reason: str, hint: str = "") -> None:
        super().__init__(f"{model}.{attribute}, rule {rule!r}", reason, hint)
        self.args = (model, attribute, rule, reason, hint)
        self.model, self.attribute, self.rule = model, attribute, rule

    def __str__(self) -> str:
        return f"{self.setting}: {self.reason}" + (f"; {self.hint}" if self.hint else "")


class AwaitNeededError(ConfigurationError):
    """A rule that can only be awaited, met by a plain call."""

    def __init__(self, model: str, attribute: str, rule: str) -> None:
        reason = "has to be awaited, which a plain call cannot"
        hint = (
            "await save_async(), create_async() or update_async() (validate_async() of a "
            "validator); "
            "or give it a lookup with `exists`"
        )
        super().__init__(f"{model}.{attribute}, rule {rule!r}", reason, hint)
        self.args = (model, attribute, rule)
        self.model, self.attribute, self.rule = model, attribute, rule

    def __str__(self) -> str:
        return f"{self.setting}: {self.reason}; {self.hint}"


class RuleTimeoutError(OrmError):
    """A rule gave no answer in time: the row is neither valid nor invalid, nothing was written."""

    retry = True
    hint = "repeat; where it goes on, raise timeout_seconds or look at what the rule asks"

    def __init__(self, model: str, attribute: str, rule: str, timeout_seconds: float) -> None:
        super().__init__(model, attribute, rule, timeout_seconds)
        self.model, self.attribute, self.rule = model, attribute, rule
        self.timeout_seconds = timeout_seconds

    def __str__(self) -> str:
        return (
            f"{self.model}.{self.attribute}, rule {self.rule!r}: no answer within "
            f"{self.timeout_seconds:g} s, nothing was written; {self.hint}"
        )
