"""Key templates given explicitly: `("SITE", Reference("site_id"))`.

A text says the same: `SITE#{siteId}`. Its parts are separated by `#`, whatever delimiter the table
has, and each part is either a fixed text or one attribute in braces; a part of both could not be
taken apart again. In a list, too: `["SITE", "{siteId}"]`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Final

from orm.definitions.entity import KeyTemplate, Reference, Unresolved
from orm.definitions.names import nearest, snake_case
from orm.definitions.section import Section, describe
from orm.definitions.source import Source

SEPARATOR: Final = "#"
_KEY_NAME: Final = re.compile(r"(pk|sk|(gsi|lsi)[0-9]{1,2}(pk|sk))")
KEY_NAMES: Final = ("pk", "sk", "gsi1pk", "gsi1sk")
"""The names that others are like."""

_REFERENCE: Final = re.compile(r"\{([^{}]+)\}")


class TemplateError(ValueError):
    """A template that no key can follow; the text says why."""


def key_name(name: str) -> str | None:
    """`pk`, `gsi1pk` and so on for `gsi1Pk`, `GSI1PK`; None for what is no key's name."""
    bare = name.lower().replace("_", "")
    return bare if _KEY_NAME.fullmatch(bare) else None


def read_keys(section: Section) -> tuple[dict[str, KeyTemplate], dict[str, Any]]:
    """The templates by key, and what else stands there.

    Raises:
        DefinitionError: a template is of the wrong form.
    """
    keys: dict[str, KeyTemplate] = {}
    others: dict[str, Any] = {}
    for spelled, value in section.items():
        name = key_name(spelled)
        if name is None and (near := nearest(spelled, KEY_NAMES)):
            raise section.refuse("is no key of a table", f"write {near}", spelled)
        if name is None or isinstance(value, Unresolved | Source):
            others[spelled] = value.text if isinstance(value, Source) else value
        elif name in keys:
            raise section.refuse("stands here twice", "leave one out", spelled)
        else:
            keys[name] = _template(value, section, spelled)
    return keys, others


def _template(value: Any, section: Section, spelled: str) -> KeyTemplate:
    try:
        if isinstance(value, str):
            return parse_template(value)
        if isinstance(value, list | tuple):
            return join_template([part for one in value for part in _parts(one)])
    except TemplateError as error:
        raise section.refuse(str(error), "write 'SITE#{site_id}'", spelled) from error
    reason = f"is {describe(value)}, not a template"
    raise section.refuse(reason, "write 'SITE#{site_id}'", spelled)


def _parts(one: Any) -> Iterable[Any]:
    """What an entry of a list says; a text in it is read as one that stands alone."""
    return parse_template(one) if isinstance(one, str) else (one,)


def join_template(parts: list[Any]) -> KeyTemplate:
    """A template of parts that are given one by one.

    Raises:
        TemplateError: one is neither a text nor a reference, or empty.
    """
    if not parts:
        raise TemplateError("has no part")
    for part in parts:
        if not isinstance(part, str | Reference) or not part:
            raise TemplateError(f"holds {part!r}, which is neither a text nor a Reference")
    return tuple(
        Reference(snake_case(one.attribute)) if isinstance(one, Reference) else one for one in parts
    )


def parse_template(text: str) -> KeyTemplate:
    """The template that a text with braces says.

    Raises:
        TemplateError: a part is empty, or text and attribute together.
    """
    pieces: list[str | Reference] = []
    last = 0
    for match in _REFERENCE.finditer(text):
        pieces += [text[last : match.start()], Reference(match[1].strip())]
        last = match.end()
    return split_template([*pieces, text[last:]])


def split_template(pieces: list[str | Reference]) -> KeyTemplate:
    """The template that texts and references in a row make, separated by `#` inside the texts.

    Raises:
        TemplateError: a part is empty, or text and attribute together.
    """
    parts: list[list[str | Reference]] = [[]]
    for piece in pieces:
        if isinstance(piece, Reference):
            parts[-1].append(piece)
            continue
        first, *more = piece.split(SEPARATOR)
        parts[-1] += [first] if first else []
        parts += [[one] if one else [] for one in more]
    if any(len(part) > 1 for part in parts):
        raise TemplateError("has a part of text and attribute together; separate them with #")
    if any(not part for part in parts):
        raise TemplateError("has an empty part")
    return join_template([part[0] for part in parts])
