"""Keys: the one place that joins parts into a key, and takes a key apart.

A key is a row of parts joined by a delimiter: `USER#123`. Inside a part every code point up to
U+0024 becomes `$` and the character 0x30 above it, so that

* the encoding is injective and nothing can be injected: no part holds the delimiter,
* keys sort by bytes exactly as their rows of parts sort part by part,
* `prefix(...)` matches a key's children and nothing else: `USER#1#` is no prefix of `USER#10`.

ULIDs, UUIDs, e-mails and other plain text stand in a key unchanged.

Framework keys (events, snapshots, leases, markers) begin with `!`, which no encoded part can: they
sort before every user's key and cannot be forged. `Keys` is immutable and safe to share.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

import msgspec

from orm.errors import ConfigurationError, InvalidKeyError, KeyTooLargeError
from orm.limits import PARTITION_KEY_BYTES_MAX, SORT_KEY_BYTES_MAX
from orm.utf8 import is_carried

FRAMEWORK_MARK: Final = "!"
TENANT_PREFIX: Final = "T"
_ESCAPE: Final = "$"
LEAST: Final = _ESCAPE
"""Sorts before every key that `Keys.join` makes, or is one, and after every framework key."""

GREATEST: Final = "\U0010ffff" * (SORT_KEY_BYTES_MAX // 4)
"""No sort key sorts after it: the greatest character as often as one has room for."""

_SHIFT: Final = 0x30
_PLAIN: Final = re.compile("[\x25-\x7f]+").fullmatch
_ESCAPED: Final = re.compile("[\x00-\x24]")
_TABLE: Final = {c: _ESCAPE + chr(c + _SHIFT) for c in range(0x25)}
_NOT_ENCODED: Final = re.compile(r"[\x00-\x23]|\$(?![0-T])")
_UNESCAPE: Final = re.compile(r"\$([0-T])")


def encode_part(part: str) -> str:
    """Encode one part: injective, and in the same order as the parts themselves.

    Raises:
        InvalidKeyError: the part is not a string, is empty or holds a lone surrogate.
    """
    if type(part) is str and _PLAIN(part):  # as nearly every part is
        return part
    check_part(part)
    return part.translate(_TABLE) if _ESCAPED.search(part) else part


def check_part(part: str) -> None:
    """Refuse what no key part can be. Raises as `encode_part`."""
    if not isinstance(part, str):
        raise InvalidKeyError(part, "is not a string")
    if not part:
        raise InvalidKeyError(part, "is empty")
    if not is_carried(part):
        raise InvalidKeyError(part, "holds a lone surrogate, which UTF-8 cannot carry")


def decode_part(encoded: str) -> str:
    """The part that `encode_part` made `encoded` of.

    Raises:
        InvalidKeyError: no part is encoded like this.
    """
    if not encoded:
        raise InvalidKeyError(encoded, "is empty")
    if not _ESCAPED.search(encoded):
        return encoded
    if _NOT_ENCODED.search(encoded):
        raise InvalidKeyError(encoded, "holds a character that stands in keys only as `$…`")
    return _UNESCAPE.sub(lambda match: chr(ord(match[1]) - _SHIFT), encoded)


class Keys(msgspec.Struct, frozen=True):
    """Joins and splits keys with one delimiter.

    Args:
        delimiter: one character below U+0024 (`$`, the escape), other than `!` (framework keys);
            anything above would sort after characters of a part and break order and prefixes.
    """

    delimiter: str = "#"

    def __post_init__(self) -> None:
        if len(self.delimiter) != 1:
            raise ConfigurationError("delimiter", "must be one character")
        if self.delimiter in (_ESCAPE, FRAMEWORK_MARK):
            raise ConfigurationError(
                "delimiter", f"{self.delimiter!r} marks escapes or framework keys; take '#'"
            )
        if self.delimiter > _ESCAPE:
            raise ConfigurationError(
                "delimiter",
                f"{self.delimiter!r} is above U+0024, so keys would not sort by their parts and "
                "a prefix would match strangers; take '#'",
            )

    def join(self, *parts: str) -> str:
        """The key of these parts: `join("USER", "123") == "USER#123"`."""
        if not parts:
            raise InvalidKeyError(parts, "a key needs a part")
        return self.delimiter.join([encode_part(part) for part in parts])

    def extended(self, key: str, parts: Iterable[str]) -> str:
        """A key that `join` or `partition` made, with more parts after it."""
        return self.delimiter.join([key, *map(encode_part, parts)])

    def split(self, key: str) -> tuple[str, ...]:
        """The parts of a key that `join` made."""
        return tuple([decode_part(part) for part in key.split(self.delimiter)])

    def prefix(self, *parts: str) -> str:
        """What every key with more parts after these begins with, and no other key."""
        return self.join(*parts) + self.delimiter

    def after_prefix(self, *parts: str) -> str:
        """The least string that sorts after every key that begins with `prefix(*parts)`."""
        return self.join(*parts) + chr(ord(self.delimiter) + 1)

    def framework(self, kind: str, *parts: str) -> str:
        """A key of Keyfold's own: `framework("EVENT", "000000000007") == "!EVENT#000000000007"`."""
        return FRAMEWORK_MARK + self.join(kind, *parts)

    def framework_prefix(self, kind: str, *parts: str) -> str:
        """What every framework key with more parts after these begins with."""
        return FRAMEWORK_MARK + self.prefix(kind, *parts)

    def split_framework(self, key: str) -> tuple[str, ...]:
        """The parts of a key that `framework` made, its kind first."""
        if not key.startswith(FRAMEWORK_MARK):
            raise InvalidKeyError(key, "is no framework key: it does not begin with `!`")
        return self.split(key[1:])

    def partition(self, prefix: str, *parts: str, tenant: str | None = None) -> str:
        """A partition key, the tenant leading where there is one: `T#acme#USER#123`.

        Leading, so that an IAM policy on `dynamodb:LeadingKeys` can enforce what the code promises.
        """
        if prefix == TENANT_PREFIX:
            raise InvalidKeyError(prefix, "is kept for tenants; choose another prefix")
        if tenant is None:
            return self.join(prefix, *parts)
        return self.join(TENANT_PREFIX, tenant, prefix, *parts)

    def partition_prefix(self, prefix: str, *parts: str, tenant: str | None = None) -> str:
        """What every partition key with more parts after these begins with."""
        return self.partition(prefix, *parts, tenant=tenant) + self.delimiter

    def framework_partition(self, kind: str, *parts: str, tenant: str | None = None) -> str:
        """A partition key of Keyfold's own, the tenant leading: `T#acme#!STREAMS#ORDER#3`."""
        key = self.framework(kind, *parts)
        return key if tenant is None else self.prefix(TENANT_PREFIX, tenant) + key

    def split_partition(self, key: str) -> tuple[str | None, tuple[str, ...]]:
        """The tenant (or None) and the parts of a key that `partition` made."""
        parts = self.split(key)
        if parts[0] != TENANT_PREFIX:
            return None, parts
        if len(parts) < 3:
            raise InvalidKeyError(key, "has a tenant and nothing after it")
        return parts[1], parts[2:]


def entity_prefix(name: str) -> str:
    """The key prefix of a model or aggregate of this name: `User` → `USER`.

    The document's form. Two names that differ in case only would share a prefix, so a registry
    refuses the second.
    """
    return name.upper()


def check_key_sizes(pk_name: str, pk: str, sk_name: str, sk: str) -> None:
    """Refuse a key that DynamoDB would refuse.

    Raises:
        KeyTooLargeError: a partition key over 2,048 B or a sort key over 1,024 B in UTF-8.
    """
    check_key_size(pk_name, pk, PARTITION_KEY_BYTES_MAX)
    check_key_size(sk_name, sk, SORT_KEY_BYTES_MAX)


def check_key_size(name: str, value: str, size_max: int) -> None:
    """Refuse one of the two halves. Raises as `check_key_sizes`."""
    if len(value) * 4 > size_max and (size := len(value.encode())) > size_max:
        raise KeyTooLargeError(name, size, size_max)
