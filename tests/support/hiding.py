"""Secrets: what nothing that a log would hold may say."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from orm.errors import OrmError


@contextmanager
def says_nothing_of(secret: str) -> Iterator[None]:
    """An error comes, and nothing that a log would hold of it says the secret."""
    with pytest.raises(OrmError) as caught:
        yield
    assert secret not in str(caught.value)
    assert secret not in repr(caught.value)
    assert secret not in "".join(traceback.format_exception(caught.value))
