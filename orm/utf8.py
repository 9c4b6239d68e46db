"""UTF-8: which texts it carries, and so DynamoDB, its keys and JSON."""

from __future__ import annotations


def is_carried(text: str) -> bool:
    """Whether a text can be written as UTF-8: it holds no lone surrogate."""
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
