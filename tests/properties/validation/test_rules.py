"""Rules against oracles: Python's comparisons, the standard library's parsers, the codec."""

from __future__ import annotations

import datetime as dt
import email.headerregistry
import ipaddress
import uuid
from decimal import Decimal
from random import Random
from typing import Any
from urllib.parse import urlsplit

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from orm.clock import ManualClock
from orm.codec import from_wire, to_wire
from orm.definitions import AttributeDefinition, RuleCall
from orm.validation import RULES, Validator, kinds, parse_rules

BLIND = {"exists", "unique"}  # they ask somebody
ARGUMENTS: dict[str, tuple[Any, ...]] = {
    "after": ("2024-01-01",),
    "any_of": (RuleCall("string"), RuleCall("integer")),
    "before": ("now",),
    "between": (1, 3),
    "different": ("other",),
    "contains": ("a",),
    "each": (RuleCall("string"), RuleCall("max", (2,))),
    "ends_with": ("a",),
    "enum": ("a", 1),
    "gt": (1,),
    "in": ("a", 1, True),
    "length": (2,),
    "lt": (1,),
    "max": (2,),
    "min": (2,),
    "multiple_of": (2,),
    "not_in": ("a", 1),
    "regex": ("^a+$",),
    "required_if": ("other", "a"),
    "required_with": ("other",),
    "same": ("other",),
    "starts_with": ("a",),
}
CALLS = [RuleCall(name, ARGUMENTS.get(name, ())) for name in sorted(set(RULES) - BLIND)]
KINDS = ["any", "date", "datetime", "integer", "json", "number", "string", "timestamp"]

any_text = st.text(st.characters(exclude_categories=()), max_size=8)  # surrogates as well
numbers = st.integers() | st.floats() | st.decimals()
scalars = (
    st.none() | st.booleans() | numbers | any_text | st.binary(max_size=4)
    | st.datetimes() | st.datetimes(timezones=st.timezones()) | st.dates() | st.uuids()
)  # fmt: skip
trees = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.tuples(inner)
        | st.dictionaries(any_text, inner, max_size=3)
    ),
    max_leaves=6,
)


def thing(*calls: RuleCall, **more: Any) -> Validator:
    own = AttributeDefinition(name="field", declared="field", rules=calls, **more)
    other = AttributeDefinition(name="other", declared="other", nullable=True)
    return Validator("Thing", [own, other], clock=ManualClock())


def taken(rules: str, value: object, **more: Any) -> bool:
    return not thing(*parse_rules(rules), **more).check({"field": value})


RULED = {call.name: thing(call) for call in CALLS}
KINDED = {kind: thing(kind=kind) for kind in KINDS}


@given(trees, trees)
def test_no_rule_raises(value: Any, other: Any) -> None:
    for one in RULED.values():
        one.check({"field": value, "other": other})
        one.check({"other": other})


@given(trees, st.sampled_from(KINDS))
def test_no_message_raises(value: Any, kind: str) -> None:
    errors = KINDED[kind].check({"field": value})
    assert all(str(failure) for failure in errors.get("field", ()))


# what stands in an array is judged by `each`; `any` says nothing
WHOLE = sorted(set(kinds.BUILDERS) - {"any", "array"})


@given(trees, st.sampled_from(WHOLE))
def test_a_value_of_its_kind_comes_back_from_the_table(value: Any, kind: str) -> None:
    if value is None or RULED[kind].check({"field": value}):
        return
    back = from_wire(to_wire(value))
    assert _numbers_read(to_wire(back)) == _numbers_read(to_wire(value))
    if isinstance(value, (str, bool, int, bytes)):
        assert back == value


def _numbers_read(wire: Any) -> Any:
    """Wire values with numbers as such, since `1` and `1.0` are one number in two texts."""
    if isinstance(wire, list):
        return [_numbers_read(one) for one in wire]
    if not isinstance(wire, dict):
        return wire
    if wire.keys() == {"N"} and isinstance(wire["N"], str):
        return Decimal(wire["N"])
    return {name: _numbers_read(one) for name, one in wire.items()}


finite = (
    st.integers(-(10**20), 10**20)
    | st.floats(allow_nan=False, allow_infinity=False, min_value=-1e30, max_value=1e30)
    | st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**20), max_value=10**20)
)


@given(finite, finite, finite)
def test_bounds_agree_with_python_on_numbers(value: Any, one: Any, other: Any) -> None:
    low, high = sorted([one, other])
    field = {"field": value}
    assert (not thing(RuleCall("min", (low,))).check(field)) is (value >= low)
    assert (not thing(RuleCall("max", (low,))).check(field)) is (value <= low)
    assert (not thing(RuleCall("gt", (low,))).check(field)) is (value > low)
    assert (not thing(RuleCall("lt", (low,))).check(field)) is (value < low)
    assert (not thing(RuleCall("length", (low,))).check(field)) is (value == low)
    assert (not thing(RuleCall("between", (low, high))).check(field)) is (low <= value <= high)


@given(
    st.text(max_size=9) | st.lists(st.none(), max_size=9) | st.binary(max_size=9),
    st.integers(0, 9), st.integers(0, 9),
)  # fmt: skip
def test_bounds_agree_with_len_on_what_has_one(value: Any, one: int, other: int) -> None:
    low, high = sorted([one, other])
    assert taken(f"min:{low}", value) is (len(value) >= low)
    assert taken(f"max:{low}", value) is (len(value) <= low)
    assert taken(f"length:{low},{high}", value) is (low <= len(value) <= high)


aware = st.datetimes(
    dt.datetime(2, 1, 1), dt.datetime(9998, 1, 1), timezones=st.timezones(), allow_imaginary=False
)


@given(aware, aware, st.booleans())
def test_moments_agree_with_python(value: dt.datetime, bound: dt.datetime, text: bool) -> None:
    field = {"field": value.isoformat() if text else value}
    for name, holds in [
        ("before", value < bound), ("after", value > bound), ("min", value >= bound),
        ("max", value <= bound),
    ]:  # fmt: skip
        rule = RuleCall(name, (bound.isoformat(),))
        # comparing through UTC: two moments of one zone are compared by their clocks otherwise
        utc = value.astimezone(dt.UTC), bound.astimezone(dt.UTC)
        if (utc[0] < utc[1], utc[0] > utc[1]) == (value < bound, value > bound):
            assert (not thing(rule, kind="datetime").check(field)) is holds


@given(st.dates(), st.dates())
def test_days_agree_with_python(value: dt.date, bound: dt.date) -> None:
    rule = RuleCall("before", (bound.isoformat(),))
    for form in (value, value.isoformat()):
        assert (not thing(rule, kind="date").check({"field": form})) is (value < bound)


@given(st.text(st.characters(codec="ascii"), max_size=20) | st.emails())
def test_an_email_is_one_for_the_standard_library(value: str) -> None:
    if taken("email", value):
        assert email.headerregistry.Address(addr_spec=value).addr_spec == value


@given(st.from_regex(r"\A[a-z0-9+_-]{1,20}(\.[a-z0-9]{1,9})?@([a-z0-9]{1,20}\.){1,3}[a-z]{2,9}\Z"))
def test_usual_emails_are_taken(value: str) -> None:
    assert taken("email", value)


url_parts = st.text(st.sampled_from("ahtps:/[].@?#%-_ 19é\n\\"), max_size=24)


@given(url_parts.map("http://{}".format) | url_parts)
def test_a_url_is_one_for_the_standard_library(value: str) -> None:
    if taken("url", value):
        parts = urlsplit(value)
        assert parts.scheme in ("http", "https")
        assert parts.hostname
        assert parts.port is None or 0 <= parts.port < 65_536


near_uuids = st.uuids().map(str) | st.text(st.sampled_from("0af-{}U"), min_size=30, max_size=38)


@given(near_uuids)
def test_a_uuid_is_its_own_text(value: str) -> None:
    try:
        own = str(uuid.UUID(value)) == value.lower()
    except ValueError:
        own = False
    assert taken("uuid", value) is own


@given(st.uuids(), st.integers(1, 8))
def test_the_version_of_a_uuid_is_read(value: uuid.UUID, version: int) -> None:
    written = f"{value!s:.14}{version}{str(value)[15:]}"
    assert taken(f"uuid:{version}", written)
    assert taken(f"uuid:{version % 8 + 1}", written) is False


CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


@given(st.integers(0, 2**130 - 1))
def test_a_ulid_is_128_bits(number: int) -> None:
    """26 characters of 5 bits hold 130; two too many are refused."""
    value = "".join(CROCKFORD[number >> shift & 31] for shift in range(125, -1, -5))
    assert taken("ulid", value) is (number < 2**128)


near_ips = (
    st.ip_addresses().map(str)
    | st.text(st.sampled_from("0123456789.:af/%"), max_size=20)
    | st.lists(st.integers(0, 300).map(str), min_size=3, max_size=5).map(".".join)
)


@given(near_ips)
def test_an_ip_is_one_for_the_standard_library(value: str) -> None:
    try:
        version: int = ipaddress.ip_address(value).version
    except ValueError:
        version = 0
    assert [taken(rules, value) for rules in ("ip", "ip:4", "ip:6")] == [
        version > 0, version == 4, version == 6,
    ]  # fmt: skip


@given(numbers, st.integers(1, 10**6))
def test_multiples_agree_with_python(value: Any, factor: int) -> None:
    if isinstance(value, int):
        assert taken(f"multiple_of:{factor}", value) is (value % factor == 0)
    else:
        taken(f"multiple_of:{factor}", value)


@given(trees, st.lists(st.sampled_from(CALLS), max_size=6, unique=True), st.randoms())
def test_the_order_of_rules_changes_nothing(
    value: Any, calls: list[RuleCall], random: Random
) -> None:
    shuffled = random.sample(calls, len(calls))
    # the first of several kinds is the attribute's, so it is given here
    found = [
        {(failure.rule, failure.message) for failure in one.check(values).get("field", ())}
        for one in (thing(*calls, kind="json"), thing(*shuffled, kind="json"))
        for values in ({"field": value, "other": "a"},)
    ]
    assert found[0] == found[1]


@given(trees)
def test_a_row_is_never_changed(value: Any) -> None:
    values = {"field": value}
    thing(*CALLS[:5]).check(values)
    assert list(values) == ["field"]
    assert values["field"] is value


@given(trees)
def test_in_and_not_in_are_opposites(value: Any) -> None:
    if value is not None:
        call = RuleCall("in", ("a", 1, Decimal("2.5"), True))
        opposite = msgspec.structs.replace(call, name="not_in")
        field = {"field": value}
        assert bool(thing(call).check(field)) is not bool(thing(opposite).check(field))
