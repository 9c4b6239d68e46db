"""Stacks model files: read as definitions, without running them."""

from orm.stacks.errors import (
    DuplicateModelError,
    ModelDeclarationError,
    NoModelError,
    Place,
    StacksError,
    StacksExtraError,
    StacksSyntaxError,
    UnreadableFileError,
)
from orm.stacks.parser import StacksModelParser
from orm.stacks.report import Parsed, Report, Skipped

__all__ = [
    "DuplicateModelError",
    "ModelDeclarationError",
    "NoModelError",
    "Parsed",
    "Place",
    "Report",
    "Skipped",
    "StacksError",
    "StacksExtraError",
    "StacksModelParser",
    "StacksSyntaxError",
    "UnreadableFileError",
]
