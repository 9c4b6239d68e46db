"""Guarding: the values that guards compare with, as they are stored."""

from __future__ import annotations

import datetime as dt
import enum
import uuid

from orm.definitions.entity import Kind
from orm.errors import InvalidKeyError
from orm.sortable import sortable_datetime


def plain_value(value: object) -> object:
    """What is stored of an enumeration's member, a moment, a day or a UUID; else itself."""
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, dt.datetime):
        return value.isoformat()
    return str(value) if isinstance(value, dt.date | uuid.UUID) else value


def in_time(text: str, kind: Kind) -> str | None:
    """The day or moment of a text as it is stored; None where it is none."""
    try:
        if kind == "date":
            return text if dt.date.fromisoformat(text).isoformat() == text else None
        return sortable_datetime(dt.datetime.fromisoformat(text))
    except (ValueError, InvalidKeyError):
        return None
