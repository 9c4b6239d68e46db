"""Validation: declared rules over the values of a row, every error of every field.

    Validator("User", attributes).validate({"email": "ann@example.com"})

`docs/orm/validation.md` says what each rule takes.
"""

from orm.definitions.rule_text import parse_rules
from orm.validation.context import AsyncLookup, Context, Lookup
from orm.validation.custom import CustomRule, rule
from orm.validation.errors import (
    REDACTED,
    AwaitNeededError,
    Errors,
    Failure,
    InvalidRowError,
    InvalidRuleError,
    RuleTimeoutError,
)
from orm.validation.judging import AsyncRule, Rule
from orm.validation.python_types import rules_of
from orm.validation.rules import RULES, Registry
from orm.validation.validator import Validator

__all__ = [
    "REDACTED",
    "RULES",
    "AsyncLookup",
    "AsyncRule",
    "AwaitNeededError",
    "Context",
    "CustomRule",
    "Errors",
    "Failure",
    "InvalidRowError",
    "InvalidRuleError",
    "Lookup",
    "Registry",
    "Rule",
    "RuleTimeoutError",
    "Validator",
    "parse_rules",
    "rule",
    "rules_of",
]
