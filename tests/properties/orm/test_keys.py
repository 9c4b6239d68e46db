"""Keys: injective, in the order of their parts, prefix-exact, and beyond forgery."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from orm.errors import ConfigurationError, InvalidKeyError, KeyTooLargeError
from orm.keys import Keys, check_key_sizes, decode_part, encode_part
from tests.counts import count
from tests.properties.orm.strategies import DELIMITERS, keys, parts, rows_of_parts

often = settings(max_examples=count(300, 20_000))


def bytewise(key: str) -> bytes:
    """How DynamoDB compares keys."""
    return key.encode()


@often
@given(keys, rows_of_parts)
def test_a_joined_key_splits_into_its_parts(keys: Keys, row: list[str]) -> None:
    assert keys.split(keys.join(*row)) == tuple(row)


@often
@given(keys, rows_of_parts, rows_of_parts)
@example(Keys("#"), ["a", "b"], ["a#b"])
@example(Keys("#"), ["$S"], ["#"])
def test_different_parts_give_different_keys(keys: Keys, one: list[str], other: list[str]) -> None:
    assert (keys.join(*one) == keys.join(*other)) == (one == other)


@often
@given(keys, rows_of_parts, rows_of_parts)
@example(Keys("#"), ["a", "x"], ["a b"])
@example(Keys("#"), ["a"], ["a\x00"])
def test_keys_sort_as_their_parts_do(keys: Keys, one: list[str], other: list[str]) -> None:
    """By bytes, as DynamoDB sorts; parts by code point, which is the byte order of UTF-8."""
    assert (bytewise(keys.join(*one)) < bytewise(keys.join(*other))) == (one < other)


@often
@given(keys, rows_of_parts, rows_of_parts)
@example(Keys("#"), ["USER", "1"], ["USER", "10"])
@example(Keys("#"), ["ORDER"], ["ORDERITEM", "1"])
def test_a_prefix_matches_the_children_and_nobody_else(
    keys: Keys, parent: list[str], row: list[str]
) -> None:
    is_child = len(row) > len(parent) and row[: len(parent)] == parent
    assert keys.join(*row).startswith(keys.prefix(*parent)) == is_child


@often
@given(keys, rows_of_parts, parts)
def test_a_prefix_matches_every_child(keys: Keys, parent: list[str], child: str) -> None:
    key = keys.join(*parent, child)
    assert key.startswith(keys.prefix(*parent))
    assert bytewise(keys.prefix(*parent)) < bytewise(key) < bytewise(keys.after_prefix(*parent))


@often
@given(keys, rows_of_parts, rows_of_parts)
def test_what_sorts_between_a_prefix_and_its_end_is_a_child(
    keys: Keys, parent: list[str], row: list[str]
) -> None:
    key = bytewise(keys.join(*row))
    within = bytewise(keys.prefix(*parent)) <= key <= bytewise(keys.after_prefix(*parent))
    assert within == keys.join(*row).startswith(keys.prefix(*parent))


@often
@given(keys, parts, rows_of_parts, rows_of_parts)
def test_framework_keys_cannot_be_forged_and_sort_first(
    keys: Keys, kind: str, rest: list[str], row: list[str]
) -> None:
    framework, users = keys.framework(kind, *rest), keys.join(*row)
    assert bytewise(framework) < bytewise(users)
    assert not users.startswith("!")
    assert keys.split_framework(framework) == (kind, *rest)
    assert framework.startswith(keys.framework_prefix(kind))


@often
@given(keys, st.none() | parts, parts.filter(lambda part: part != "T"), rows_of_parts)
def test_a_partition_key_gives_back_tenant_and_parts(
    keys: Keys, tenant: str | None, prefix: str, row: list[str]
) -> None:
    key = keys.partition(prefix, *row, tenant=tenant)
    assert keys.split_partition(key) == (tenant, (prefix, *row))
    assert key.startswith(keys.partition_prefix(prefix, tenant=tenant))


@given(keys, parts.filter(lambda part: part != "T"), rows_of_parts, parts, parts)
def test_no_parts_of_one_tenant_make_a_key_of_another(
    keys: Keys, prefix: str, row: list[str], tenant: str, other: str
) -> None:
    key = keys.partition(prefix, *row, tenant=tenant)
    assert key.startswith(keys.prefix("T", other)) == (tenant == other)
    assert not keys.partition(prefix, *row).startswith(keys.prefix("T", other))


@often
@given(st.text(max_size=6) | st.text(st.sampled_from("$0AT U!#a"), max_size=4))
@example("a b")
def test_only_what_encoding_makes_is_decoded(text: str) -> None:
    """A text that no part is encoded as is refused, or it is the encoding of what it decodes to."""
    try:
        part = decode_part(text)
    except InvalidKeyError:
        return
    assert encode_part(part) == text


@pytest.mark.parametrize("part", ["", None, 7, b"x", "\ud800", "a\udfff"])
def test_a_part_no_key_can_carry_is_refused(part: object) -> None:
    with pytest.raises(InvalidKeyError):
        encode_part(part)  # type: ignore[arg-type]


@pytest.mark.parametrize("encoded", ["", "$", "a$", "$~", "$U", "$/", "a b", "!A", "$0 "])
def test_a_text_no_part_is_encoded_as_is_refused(encoded: str) -> None:
    with pytest.raises(InvalidKeyError):
        decode_part(encoded)


@pytest.mark.parametrize("delimiter", ["", "##", "$", "!", "%", "-", "/", "a", "|", "~", "é"])
def test_a_delimiter_that_would_break_order_or_prefixes_is_refused(delimiter: str) -> None:
    with pytest.raises(ConfigurationError, match="delimiter"):
        Keys(delimiter)


def test_every_other_delimiter_is_taken() -> None:
    assert [Keys(delimiter).delimiter for delimiter in DELIMITERS] == DELIMITERS


@pytest.mark.parametrize("text", ["01ARZ3NDEKTSV4RRFFQ69G5FAV", "ann+x@example.com", "a-b_c.d:e/f"])
def test_plain_text_stands_in_a_key_unchanged(text: str) -> None:
    assert Keys().join("USER", text) == f"USER#{text}"


def test_a_key_without_parts_and_a_tenants_prefix_are_refused() -> None:
    with pytest.raises(InvalidKeyError):
        Keys().join()
    with pytest.raises(InvalidKeyError, match="kept for tenants"):
        Keys().partition("T", "x")
    with pytest.raises(InvalidKeyError, match="nothing after"):
        Keys().split_partition("T#acme")
    with pytest.raises(InvalidKeyError, match="no framework key"):
        Keys().split_framework("USER#1")


def test_keys_over_the_limits_are_refused_by_bytes_not_characters() -> None:
    check_key_sizes("pk", "é" * 1024, "sk", "é" * 512)
    with pytest.raises(KeyTooLargeError, match="'pk' takes 2,050 bytes"):
        check_key_sizes("pk", "é" * 1025, "sk", "x")
    with pytest.raises(KeyTooLargeError, match="'sk' takes 1,025 bytes"):
        check_key_sizes("pk", "x", "sk", "x" * 1025)
