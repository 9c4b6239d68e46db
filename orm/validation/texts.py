"""Rules for the form of text: identifiers, letters, beginnings and ends."""

from __future__ import annotations

import re
import unicodedata
import uuid
from typing import Any, Final

from orm.validation.arguments import ArgumentError, Arguments
from orm.validation.judging import ValueRule, listed

_UUID: Final = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_UUID_VERSION_AT: Final = 14
_ULID: Final = re.compile(r"[0-7][0-9A-HJKMNP-TV-Za-hjkmnp-tv-z]{25}")  # 128 bits, so at most 7ZZ…
# the modular crypt format, and as Django and Werkzeug write it; schemes that are slow to guess
_HASHED: Final = re.compile(
    r"\$(?:argon2(?:id|i|d)|2[abxy]|scrypt|7|y|gy|5|6|pbkdf2[\w-]*)\$\S+"
    r"|(?:argon2|bcrypt|pbkdf2|scrypt)[\w:]*\$\S+",
    re.ASCII,
)
_SLUG: Final = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


def is_uuid(value: Any, version: int | None = None) -> bool:
    if isinstance(value, uuid.UUID):
        value = str(value)
    if not isinstance(value, str) or not _UUID.fullmatch(value):
        return False
    return version is None or value[_UUID_VERSION_AT] == f"{version:x}"


def is_ulid(value: Any) -> bool:
    return isinstance(value, str) and _ULID.fullmatch(value) is not None


def is_alpha(value: Any) -> bool:
    return isinstance(value, str) and (value.isalpha() or _only(value, "LM"))


def is_alpha_num(value: Any) -> bool:
    if not isinstance(value, str):
        return False
    return (value.isascii() and value.isalnum()) or _only(value, "LMN")


def _only(value: str, groups: str) -> bool:
    # marks count with letters: Hindi and Thai are not written without them
    return bool(value) and all(unicodedata.category(letter)[0] in groups for letter in value)


def is_hashed(value: Any) -> bool:
    return isinstance(value, str) and _HASHED.fullmatch(value) is not None


def is_slug(value: Any) -> bool:
    return isinstance(value, str) and _SLUG.fullmatch(value) is not None


def build_uuid(arguments: Arguments) -> ValueRule:
    """A UUID in its 36 characters, of one version or any."""
    arguments.count(0, 1)
    if not arguments.values:
        return ValueRule("uuid", is_uuid, "must be a UUID")
    version = arguments.number(0)
    if version not in range(1, 9):
        raise ArgumentError(f"takes a version from 1 to 8, not {version}")
    return ValueRule(
        "uuid",
        lambda value: is_uuid(value, int(version)),
        f"must be a UUID of version {version}",
        {"value": version},
    )


_FORMS: Final = {
    "alpha": (is_alpha, "must be of letters alone"),
    "alpha_num": (is_alpha_num, "must be of letters and digits alone"),
    "hashed": (
        is_hashed,
        "must be a hash, such as $argon2id$… or $2b$…, not what it is made of, which would be "
        "stored in clear",
    ),
    "slug": (is_slug, "must be of a-z and 0-9, with single hyphens between"),
    "ulid": (is_ulid, "must be a ULID"),
}


def build_form(arguments: Arguments) -> ValueRule:
    """The rule of the form that `arguments` is named after."""
    arguments.count(0, 0)
    accepts, message = _FORMS[arguments.name]
    return ValueRule(arguments.name, accepts, message)


def build_starts_with(arguments: Arguments) -> ValueRule:
    """Text that begins with one of these."""
    arguments.count(1)
    starts, told = arguments.texts(), listed(arguments.values)
    return ValueRule(
        "starts_with",
        lambda value: isinstance(value, str) and value.startswith(starts),
        f"must start with {_one_of(starts)}",
        {"values": told},
    )


def build_contains(arguments: Arguments) -> ValueRule:
    """Text that holds this."""
    arguments.count(1, 1)
    part = arguments.text(0)
    return ValueRule(
        "contains",
        lambda value: isinstance(value, str) and part in value,
        f"must contain {part}",
        {"value": part},
    )


def build_ends_with(arguments: Arguments) -> ValueRule:
    """Text that ends with one of these."""
    arguments.count(1)
    ends, told = arguments.texts(), listed(arguments.values)
    return ValueRule(
        "ends_with",
        lambda value: isinstance(value, str) and value.endswith(ends),
        f"must end with {_one_of(ends)}",
        {"values": told},
    )


def _one_of(texts: tuple[str, ...]) -> str:
    return texts[0] if len(texts) == 1 else f"one of {listed(texts)}"


BUILDERS: Final = {
    **dict.fromkeys(_FORMS, build_form),
    "contains": build_contains,
    "ends_with": build_ends_with,
    "starts_with": build_starts_with,
    "uuid": build_uuid,
}
