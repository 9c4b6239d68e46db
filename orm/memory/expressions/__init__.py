"""DynamoDB's expressions: parsed once by text, bound to each request, evaluated on items."""

from orm.memory.expressions.conditions import Test, parse_condition
from orm.memory.expressions.keyconditions import KeyCondition, KeyTerm, bind_key_condition
from orm.memory.expressions.projection import Projection, bind_projection
from orm.memory.expressions.scope import Scope
from orm.memory.expressions.updates import Update, parse_update

__all__ = [
    "KeyCondition",
    "KeyTerm",
    "Projection",
    "Scope",
    "Test",
    "Update",
    "bind_key_condition",
    "bind_projection",
    "parse_condition",
    "parse_update",
]
