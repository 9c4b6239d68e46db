"""Findings: what a plan works in spite of, said to whoever reads it.

A finding never changes a plan; where following a declaration is impossible there is an error.
"""

from __future__ import annotations

import msgspec


class Finding(msgspec.Struct, frozen=True, order=True):
    """One thing worth knowing.

    Args:
        entity: the entity that it is about.
        subject: the pattern, relation or index of it.
        code: what kind of thing, to filter by: `dangling`, `implied-attribute`, …
        text: a sentence for people.
    """

    entity: str
    subject: str
    code: str
    text: str

    def __str__(self) -> str:
        return f"{self.entity} / {self.subject}: {self.text} [{self.code}]"
