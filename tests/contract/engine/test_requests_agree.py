"""Requests chosen for their edges: syntax, types, sizes, keys. Both engines answer alike."""

from __future__ import annotations

import re
from typing import Any

import pytest

from orm.memory.expressions.reserved import RESERVED_WORDS
from tests.contract.engine.pair import Outcome, Pair
from tests.contract.engine.requests import used
from tests.contract.engine.tables import index, keys, table_params

ITEM_SIZE_BYTES_MAX = 409_600


def key(pk: str = "a", sk: str = "1") -> dict[str, Any]:
    return {"pk": {"S": pk}, "sk": {"S": sk}}


VALUES: dict[str, Any] = {
    ":v": {"S": "V"},
    ":w": {"S": "W"},
    ":n": {"N": "1"},
    ":n0": {"N": "0"},
    ":ss": {"SS": ["a"]},
    ":ns": {"NS": ["2"]},
    ":l": {"L": [{"N": "1"}]},
    ":e": {"S": ""},
    ":t": {"BOOL": True},
    ":b": {"B": b"x"},
    ":pk": {"S": "a"},
    ":sk": {"S": "1"},
    ":type": {"S": "S"},
    ":big": {"N": "9" * 38},
    ":tiny": {"N": "0.1"},
}
NAMES = {"#a": "a", "#z": "x", "#_": "x", "#1": "x", "#a_b": "x", "#unused": "x"}
FULL: dict[str, Any] = {
    **key(),
    "x": {"S": "hi"},
    "n": {"N": "1"},
    "l": {"L": [{"N": "1"}, {"S": "b"}, {"N": "3"}]},
    "m": {"M": {"a": {"N": "5"}, "b": {"M": {"c": {"S": "q"}}}}},
    "ss": {"SS": ["b", "a"]},
    "ns": {"NS": ["2", "1.50"]},
    "b": {"B": b"abc"},
    "t": {"BOOL": True},
    "nul": {"NULL": True},
    "g": {"S": "G"},
    "gn": {"N": "7"},
    "ls": {"S": "L"},
}


class Asking:
    """The pair, with the table's name filled in."""

    def __init__(self, pair: Pair, table: str) -> None:
        self.pair, self.table = pair, table

    def __call__(self, operation: str, *aside: str, **params: Any) -> Outcome:
        params = {"TableName": self.table, "ReturnConsumedCapacity": "INDEXES", **params}
        return self.pair.same(operation, params, aside)

    def alone(self, operation: str, *aside: str, **params: Any) -> Outcome:
        """Ask about no table in particular."""
        return self.pair.same(operation, params, aside)


@pytest.fixture
def ask(pair: Pair, table: str) -> Asking:
    return Asking(pair, table)


CONDITIONS = """
x = :v | (x = :v) | ((x = :v)) | ((x = :v) AND (n = :n)) | (x=:v) AND (n=:n) | ((x=:v)) AND n=:n
(x=:v AND n=:n) | ((x=:v) AND n=:n) | ((((x=:v) AND n=:n))) | NOT x=:v | NOT NOT x=:v
NOT ((x=:v)) | (NOT x=:v) | not(x=:v) | x=:v or n=:n | x=:v OR n=:n AND x=:w | x>:v and(n=:n)
x=:v AND(n=:n)OR(n=:n0) | x between :v and :w | x BETWEEN :w AND :v | x BETWEEN :v AND :n
x BETWEEN n AND :v | x BETWEEN :v AND :w AND n = :n | x in (:v,:w) | x IN () | x IN :v | x IN (n)
x IN (x) | x IN (n,n) | x = x | x <> x | x < x | attribute_exists(x) | ATTRIBUTE_EXISTS(x)
attribute_exists(:v) | attribute_exists(size(x)) | attribute_exists(x) = :t
attribute_exists(x,n) | attribute_exists() | attribute_exists((x)) | attribute_type(x,:v)
attribute_type(x,:type) | attribute_type(x, n) | attribute_type(x,:n) | begins_with(x,:n)
begins_with(x,n) | begins_with(x,x) | begins_with(:v,x) | begins_with(x)
begins_with(size(x), :v) | contains(x,x) | contains(:l,n) | contains(:n,n) | contains(n,:n)
contains(x,:ss) | contains((x),:v) | size(x)=:n | size(x) = size(l) | size(size(x)) = :n
size(:v)=:n | size(:n)=:n | size(:t)=:n | size(x) | size(x) > :v | size(x) < :ss | size (x) = :n
(size(x)) = :n | ((size(x))) = :n | size((x))=:n | :v = :v | :v = :w | :n < :w | x < :ss | x < :t
x < :l | :ss < x | x = :ss | x BETWEEN :t AND :t | x IN (:t,:ss) | x == :v | x != :v | x = 'a'
x = 1 | x = :undefined | #x = :v | x.y.z = :v | x[0] = :v | l[-1] = :n | l[n] = :n | l[00] = :n
l.0 = :n | m . a = :n | l [0] = :n | x = :v AND | AND x=:v | x = :v n=:n | (x = :v | x = :v)
x = (:v) | (x) = :v | ((x)) = :v | x = ((:v)) | ((x) = :v) | (x) | foo(x) | foo(x) = :v
if_not_exists(x,:v) = :v | x = n + :n | x = :v; | sk = :sk | pk = :pk | m[0].a = :n | m.#a = :n
m.#a = :n AND x.#a = :v | name = :v | m.name = :v | contains = :v | a_b = :v | _a = :v | #a_b = :v
#_ = :v | #1 = :v | # = :v | #z-a = :v | attribute_not_exists(m.b) | attribute_not_exists(m.c)
x<>:e
"""
UPDATES = """
SET l[7]=:v, l[8]=:w | SET l[8]=:v, l[7]=:w | SET l[0]=:v REMOVE l[1] | REMOVE l[0], l[1]
REMOVE l[1], l[0] | SET l[9]=:v REMOVE l[0] | SET x=:v, x=:w | SET m.a=:v, m=:w
SET m.a=:v, m[0]=:w | SET x=:v SET n=:w | SET pk=:v | SET sk = :v | REMOVE pk | SET x=:v REMOVE x
SET x = (:v) | SET x = ((:v)) | SET (x) = :v | SET x = (n + :n) | SET x = ((n)+(:n))
SET x = (n+:n)+:n | SET x = n + :n + :n | SET x=n-:n | SET x = n | set x=:v | SET x=:v, | SET
SET x :v | SET x=:undefined | SET #x=:v | SET m.#a=:v | SET a1=:v | SET _a=:v | SET 1a=:v
SET a-b=:v | SET name=:v | SET x = name | SET x = size(x) | SET x = attribute_exists(x)
SET x = foo(x) | SET x = IF_NOT_EXISTS(x,:v) | ADD n :n, ss :ss | ADD n n | ADD n :v | ADD n :ss
ADD x :n | ADD l :l | ADD absent :n | ADD absent :ss | DELETE ss :n | DELETE ss :ss | DELETE n :ss
DELETE absent :ss | DELETE ns :ns | SET x=if_not_exists(absent, if_not_exists(absent2,:v))
SET x=list_append(if_not_exists(absent,:l),:l) | SET x = if_not_exists(n,:n) + :n
SET x = :n + :n | SET x=list_append(:l,:l) | SET x=list_append(l,:n) | SET x=list_append(n,:l)
SET x=if_not_exists(:v,:v) | SET x = if_not_exists((n),(:n)) | SET x = :v + :n | SET x = x + :n
SET x = absent + :n | SET x = absent | SET g=:n | SET gn=:v | SET g=:e | SET ls=:e | SET x=:e
SET x.y=:v | SET absent.y=:v | REMOVE x.y | REMOVE absent.y | REMOVE m.absent | REMOVE absent
REMOVE l[9] | SET m[0]=:v | SET l.a=:v | SET l[0][1]=:v | SET x = :big + :n | SET x = :big + :tiny
SET x = :v , n = :n ADD gn :n REMOVE ss DELETE ns :ns
"""
KEY_CONDITIONS = """
pk = :pk | pk = :pk AND pk = :sk | pk = :pk AND sk = :sk AND sk > :sk | pk = :pk AND x = :v
x = :v | sk = :sk | pk > :pk | pk = :pk OR sk = :sk | NOT pk = :pk | pk = :pk AND sk <> :sk
pk = :pk AND sk IN (:sk) | pk = :pk AND contains(sk, :sk) | pk = :pk AND attribute_exists(sk)
pk = :pk AND size(sk) = :n | pk = :pk AND sk = pk | pk = :pk AND sk = :n | pk = :n
pk = :pk AND begins_with(sk, :n) | pk = :pk AND begins_with(sk, :e) | pk = :pk AND sk >= :e
pk = :pk AND sk BETWEEN :w AND :v | pk = :pk AND sk BETWEEN :v AND :n | pk = :e | pk.x = :pk
pk[0] = :pk | pk = :pk AND begins_with(:sk, sk) | pk = :pk AND (NOT sk = :sk) | ((pk = :pk))
pk = (:pk) | pk = :pk AND sk = :sk AND x = :v | pk = :pk AND | begins_with(pk, :pk)
pk BETWEEN :pk AND :pk | :pk = pk AND :sk >= sk | (pk = :pk) AND (sk = :sk)
(pk = :pk AND sk = :sk) | pk = :pk AND :sk BETWEEN sk AND sk
"""


def texts(table: str) -> list[str]:
    return [text.strip() for line in table.strip().splitlines() for text in line.split(" | ")]


def names_in(text: str) -> dict[str, Any]:
    found = {name: NAMES[name] for name in re.findall(r"#\w+", text) if name in NAMES}
    return {"ExpressionAttributeNames": found} if found else {}


def test_filters_of_every_form(ask: Asking) -> None:
    """Right and wrong conditions, on every kind of operand, are taken and refused alike."""
    ask("PutItem", Item=FULL)
    for text in [*texts(CONDITIONS), "", " "]:
        values = used(VALUES, text, ":pk")
        ask(
            "Query",
            KeyConditionExpression="pk = :pk",
            FilterExpression=text,
            ExpressionAttributeValues=values,
            **names_in(text),
        )


def test_conditions_on_every_pair_of_types(ask: Asking) -> None:
    """What holds between values of two types holds on both engines."""
    ask("PutItem", Item=FULL)
    forms = ["{0} = :o", "{0} <> :o", "{0} < :o", ":o >= {0}", "contains({0}, :o)"]
    forms += [
        "begins_with({0}, :o)",
        "{0} BETWEEN :o AND :o",
        "size({0}) = :o",
        "contains(:o, {0})",
    ]
    operands = [FULL[name] for name in ("x", "n", "l", "m", "ss", "ns", "b", "t", "nul")]
    for attribute in ["x", "n", "l", "m", "ss", "b", "t", "nul", "absent", "m.a", "l[1]", "l[7]"]:
        for operand in operands:
            for form in forms:
                ask(
                    "Query",
                    KeyConditionExpression="pk = :pk",
                    FilterExpression=form.format(attribute),
                    ExpressionAttributeValues={":pk": {"S": "a"}, ":o": operand},
                )


@pytest.mark.parametrize("text", ["", "ab", "\u00fc", "\u20ac", "\U0001f600"])
def test_the_size_of_a_string_is_its_length(ask: Asking, text: str) -> None:
    """Not its bytes; the two engines count alike."""
    ask("PutItem", Item={**key(), "x": {"S": text}})
    for length in range(5):
        ask(
            "Query",
            KeyConditionExpression="pk = :pk",
            FilterExpression="size(x) = :length",
            ExpressionAttributeValues={":pk": {"S": "a"}, ":length": {"N": str(length)}},
        )


def test_limits_of_expressions(ask: Asking) -> None:
    """How long, how deep and how many: the same limits."""
    ask("PutItem", Item=FULL)

    def check(text: str, values: dict[str, Any]) -> None:
        values = {**values, ":pk": {"S": "a"}}
        ask(
            "Query",
            KeyConditionExpression="pk = :pk",
            FilterExpression=text,
            ExpressionAttributeValues=values,
        )

    for count in (100, 101):
        choices = {f":i{number}": {"N": str(number)} for number in range(count)}
        check(f"x IN ({', '.join(choices)})", choices)
    for count in (150, 151, 300, 301):
        check(" OR ".join(["x=:v"] * count), {":v": {"S": "V"}})
    for size in (4096, 4097):
        check("x=:v" + " " * (size - 4), {":v": {"S": "V"}})
    for depth in (31, 32, 33):
        check("m" + ".a" * (depth - 1) + "=:v", {":v": {"S": "V"}})


def test_updates_of_every_form(ask: Asking) -> None:
    """Right and wrong updates are taken and refused alike, and leave the same item."""
    for text in [*texts(UPDATES), ""]:
        ask("PutItem", Item=FULL)
        values = used(VALUES, text)
        given = {"ExpressionAttributeValues": values} if values else {}
        ask(
            "UpdateItem",
            Key=key(),
            UpdateExpression=text,
            ReturnValues="ALL_NEW",
            **given,
            **names_in(text),
        )


def test_updates_of_an_absent_item(ask: Asking) -> None:
    """An update creates the item it does not find; every mode returns alike."""
    for number, returned in enumerate(["NONE", "ALL_OLD", "ALL_NEW", "UPDATED_OLD", "UPDATED_NEW"]):
        ask("UpdateItem", Key=key("bare", str(number)), ReturnValues=returned)
        ask(
            "UpdateItem",
            Key=key("full", str(number)),
            UpdateExpression="SET x = :v ADD n :n",
            ExpressionAttributeValues=used(VALUES, ":v :n"),
            ReturnValues=returned,
        )


@pytest.mark.parametrize("wrong", ["ALL_NEW", "UPDATED_OLD", "nonsense"])
def test_return_values_that_puts_do_not_have(ask: Asking, wrong: str) -> None:
    ask("PutItem", Item=FULL, ReturnValues=wrong)
    ask("DeleteItem", Key=key(), ReturnValues=wrong)


SPELLINGS = """
0 | -0 | 0.0 | 00 | +5 | 5. | 05 | .5 | -.5 | 1e5 | 1E5 | 1e+5 | 1e-5 | 1E125 | 9.9E125 | 1E126
1E-130 | 1E-131 | 1e-129 | abc | 1_0 | NaN | Infinity | -Infinity | 0x1 | 1e | e5 | --1 | 1.2.3
1e400 | 0e400 | 0E-400 | 1e999999999 | 123e120 | -1E125 | 1e1.5
12345678901234567890.12345678901234567890
"""
NUMBERS = [
    *texts(SPELLINGS),
    "",
    " 1",
    "1 ",
    "1" * 38,
    "1" * 39,
    "1" + "0" * 38,
    "1" + "0" * 100,
    "0." + "0" * 100 + "1",
    "1." + "1" * 37,
    "1." + "1" * 38,
    "-9." + "9" * 37 + "E+125",
    "9." + "9" * 38 + "E+125",
]


def test_numbers_are_normalised_or_refused(ask: Asking) -> None:
    """Every spelling of a number is answered in one way, or refused."""
    for text in NUMBERS:
        for value in ({"N": text}, {"NS": [text]}):
            ask("PutItem", Item={**key(), "x": value})
            ask("GetItem", Key=key())


def test_values_that_no_item_can_hold(ask: Asking) -> None:
    for value in VALUES_AT_THE_EDGE:
        ask("PutItem", Item={**key(), "x": value})
        ask("GetItem", Key=key())


VALUES_AT_THE_EDGE: list[Any] = [
    {"S": ""},
    {"B": b""},
    {"SS": []},
    {"NS": []},
    {"L": []},
    {"M": {}},
    {"SS": [""]},
    {"SS": ["a", "a"]},
    {"NS": ["1", "1.0"]},
    {"BS": [b"a", b"a"]},
    {"BS": [b""]},
    {"NULL": False},
    {"BOOL": False},
    {"M": {"": {"S": "x"}}},
    {"S": "a", "N": "1"},
    {},
    {"L": [{}]},
    {"M": {"a": {"NULL": False}}},
    {"S": "\u20ac\U0001f600"},
]


@pytest.mark.parametrize("tag", ["M", "L"])
def test_nesting_ends_at_one_depth(ask: Asking, tag: str) -> None:
    for depth in (30, 31, 32):
        value: Any = {"S": "leaf"}
        for _ in range(depth):
            value = {"M": {"a": value}} if tag == "M" else {"L": [value]}
        ask("PutItem", Item={**key(), "x": value})


def test_items_of_400_kilobytes(ask: Asking) -> None:
    """The last byte that fits fits on both, for values of every type."""
    for value in SIZED:
        for over in (0, 1):
            size = _room_beside(value) + over
            ask("PutItem", Item={**key(), "v": value, "x": {"S": "x" * size}})


SIZED_NUMBERS = """
0 | 1 | -1 | 12 | 123 | 100 | 1000 | 1.5 | 0.05 | 12.5 | -12.5 | 1e20 | 1001 | 1.5e-7
"""
SIZED: list[Any] = [
    *({"N": text} for text in texts(SIZED_NUMBERS)),
    {"BOOL": True},
    {"NULL": True},
    {"L": [{"S": "abc"}, {"N": "12.5"}]},
    {"M": {"a": {"S": "b"}, "cc": {"L": [{"M": {}}]}}},
    {"SS": ["a", "bb"]},
    {"NS": ["1", "22"]},
    {"BS": [b"a"]},
    {"S": "\u20ac"},
]


def _room_beside(value: Any) -> int:
    from orm.memory.values import read_value  # the sizes are what is being tested

    names_and_key = len("pk") + 1 + len("sk") + 1 + len("v") + len("x")
    return ITEM_SIZE_BYTES_MAX - names_and_key - read_value(value)[1]


def test_items_grown_too_large_by_an_update(ask: Asking) -> None:
    ask("PutItem", Item={**key(), "x": {"S": "x" * 200_000}})
    for size in (209_000, 209_600):
        ask(
            "UpdateItem",
            Key=key(),
            UpdateExpression="SET y = :y",
            ExpressionAttributeValues={":y": {"S": "y" * size}},
        )


KEYS: list[Any] = [
    {},
    {"pk": {"S": "a"}},
    {"pk": {"S": "a"}, "sk": {"N": "1"}},
    {**key(), "x": {"S": "1"}},
    key(""),
    key("a", ""),
    {"a": {"S": "a"}, "sk": {"S": "1"}},
    {"pk": {"S": "a"}, "sk": {}},
    key("p" * 2048),
    key("p" * 2049),
    key("\u20ac" * 683),
    key("p", "s" * 1024),
    key("p", "s" * 1025),
]


@pytest.mark.parametrize("operation", ["GetItem", "DeleteItem", "UpdateItem"])
def test_keys_of_every_form(ask: Asking, operation: str) -> None:
    for one in KEYS:
        ask(operation, Key=one)


def test_keys_of_every_form_in_puts_and_batches(ask: Asking) -> None:
    for one in KEYS:
        ask("PutItem", Item=one)
        ask.alone("BatchGetItem", RequestItems={ask.table: {"Keys": [one]}})
        ask.alone("BatchWriteItem", RequestItems={ask.table: [{"DeleteRequest": {"Key": one}}]})
        ask.alone("TransactWriteItems", TransactItems=[_in(ask, "Delete", Key=one)])


def _in(ask: Asking, kind: str, **body: Any) -> dict[str, Any]:
    return {kind: {"TableName": ask.table, **body}}


INDEX_VALUES: list[Any] = [
    {"N": "1"},
    {"S": ""},
    {"NULL": True},
    {"S": "g" * 2048},
    {"S": "g" * 2049},
    {"SS": ["a"]},
]


def test_values_that_no_index_key_can_hold(ask: Asking) -> None:
    for value in INDEX_VALUES:
        for name in ("g", "ls"):
            item = {**key(), name: value}
            ask("PutItem", Item=item)
            ask.alone("TransactWriteItems", TransactItems=[_in(ask, "Put", Item=item)])
        ask(
            "UpdateItem",
            Key=key(),
            UpdateExpression="SET g = :v",
            ExpressionAttributeValues={":v": value},
        )


def test_key_conditions_of_every_form(ask: Asking) -> None:
    ask("PutItem", Item=FULL)
    for text in [*texts(KEY_CONDITIONS), ""]:
        values = used(VALUES, text)
        given = {"ExpressionAttributeValues": values} if values else {}
        ask("Query", KeyConditionExpression=text, **given)


def test_selections_of_every_form(ask: Asking) -> None:
    """What may be asked of a table and of each kind of index."""
    ask("PutItem", Item=FULL)
    conditions = {
        None: "pk = :a",
        "by-number": "g = :g",
        "by-group": "g = :g",
        "by-sort": "g = :g",
        "local": "pk = :a",
        "absent": "pk = :a",
    }
    for name, text in conditions.items():
        for extra in SELECTIONS:
            values = used({":g": {"S": "G"}, ":a": {"S": "a"}}, text)
            target = {"IndexName": name} if name else {}
            ask(
                "Query",
                KeyConditionExpression=text,
                ExpressionAttributeValues=values,
                **target,
                **extra,
            )


SELECTIONS: list[dict[str, Any]] = [
    {},
    {"Select": "COUNT"},
    {"Select": "ALL_ATTRIBUTES"},
    {"Select": "ALL_PROJECTED_ATTRIBUTES"},
    {"Select": "SPECIFIC_ATTRIBUTES"},
    {"Select": "nonsense"},
    {"ProjectionExpression": "x"},
    {"ProjectionExpression": "sk, m.a, l[2], l[0]"},
    {"ProjectionExpression": "x, x"},
    {"ProjectionExpression": "m, m.a"},
    {"ProjectionExpression": ""},
    {"ProjectionExpression": "x,"},
    {"Select": "SPECIFIC_ATTRIBUTES", "ProjectionExpression": "n"},
    {"Select": "COUNT", "ProjectionExpression": "x"},
    {"ConsistentRead": True},
    {"Limit": 0},
    {"FilterExpression": "attribute_exists(n)"},
    {"FilterExpression": "attribute_exists(sk)"},
    {"FilterExpression": "attribute_exists(g)"},
    {"FilterExpression": "attribute_exists(ls)"},
]


def test_start_keys_of_every_form(ask: Asking) -> None:
    for number, sk in enumerate(("A", "B", "C")):
        ask("PutItem", Item={**key("a", sk), "g": {"S": "G"}, "gn": {"N": str(number)}})
    in_index = {**key("a", "A"), "g": {"S": "G"}, "gn": {"N": "0"}}
    for start in [*KEYS[:7], key("a", "A"), key("a", "AA"), key("b", "A"), in_index]:
        for text in ("pk = :a", "pk = :a AND sk > :low", "pk = :a AND sk < :low"):
            values = used({":a": {"S": "a"}, ":low": {"S": "BB"}}, text)
            for forward in (True, False):
                ask(
                    "Query",
                    KeyConditionExpression=text,
                    ExpressionAttributeValues=values,
                    ExclusiveStartKey=start,
                    ScanIndexForward=forward,
                )
        ask(
            "Query",
            IndexName="by-number",
            KeyConditionExpression="g = :g",
            ExpressionAttributeValues={":g": {"S": "G"}},
            ExclusiveStartKey=start,
        )


@pytest.mark.parametrize("kilobytes", [64, 100, 128])
def test_a_page_ends_at_one_megabyte(ask: Asking, kilobytes: int) -> None:
    """The item that reaches 1 MB is the page's last."""
    filler = "x" * (kilobytes * 1024 - len("pk" + "a" + "sk" + "00" + "x"))
    for number in range(1024 // kilobytes + 3):
        ask("PutItem", Item={**key("a", f"{number:02}"), "x": {"S": filler}})
    for forward in (True, False):
        code, body = ask(
            "Query",
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues=used(VALUES, ":pk"),
            Select="COUNT",
            ScanIndexForward=forward,
        )
        assert code == "ok"
        assert "LastEvaluatedKey" in body


def test_segments_hold_each_item_once(ask: Asking) -> None:
    """Parallel scans cover the table, on both engines."""
    puts = [{"PutRequest": {"Item": key(f"p{number}")}} for number in range(25)]
    ask.alone("BatchWriteItem", RequestItems={ask.table: puts})
    for engine in (ask.pair.memory, ask.pair.local):
        alone = Pair(engine, engine)
        found = []
        for segment in range(4):
            params = {"TableName": ask.table, "Segment": segment, "TotalSegments": 4}
            found += alone.both("Scan", params)[0][1]["Items"]
        assert sorted(item["pk"]["S"] for item in found) == sorted(f"p{n}" for n in range(25))


def test_segments_of_wrong_form(ask: Asking) -> None:
    for segment, total in ((0, 1), (1, 1), (-1, 2), (0, 0), (None, 2), (0, None)):
        given = {"Segment": segment, "TotalSegments": total}
        ask("Scan", **{name: value for name, value in given.items() if value is not None})


def test_batches_of_every_size(ask: Asking) -> None:
    def puts(count: int) -> list[Any]:
        return [{"PutRequest": {"Item": key(f"p{number}")}} for number in range(count)]

    for count in (0, 1, 25, 26):
        ask.alone("BatchWriteItem", RequestItems={ask.table: puts(count)})
    for count in (0, 1, 25, 101):
        wanted = [key(f"p{number}") for number in range(count)]
        ask.alone("BatchGetItem", RequestItems={ask.table: {"Keys": wanted}})
    ask.alone("BatchWriteItem", RequestItems={ask.table: puts(1) * 2})
    ask.alone("BatchGetItem", RequestItems={ask.table: {"Keys": [key(), key()]}})
    ask.alone("BatchWriteItem", RequestItems={"absent": puts(1)})
    ask.alone("BatchGetItem", RequestItems={"absent": {"Keys": [key()]}})
    ask.alone("BatchWriteItem", RequestItems={ask.table: [{}]})


def test_transactions_of_every_size(ask: Asking) -> None:
    for count in (0, 1, 100, 101):
        puts = [_in(ask, "Put", Item=key(f"p{number}")) for number in range(count)]
        ask.alone("TransactWriteItems", TransactItems=puts)
        gets = [_in(ask, "Get", Key=key(f"p{number}")) for number in range(count)]
        ask.alone("TransactGetItems", TransactItems=gets)
    for count in (10, 11):  # 4 MB
        large = {"S": "x" * 399_000}
        puts = [_in(ask, "Put", Item={**key(f"l{number}"), "x": large}) for number in range(count)]
        ask.alone("TransactWriteItems", TransactItems=puts)


def test_transactions_that_cannot_be(ask: Asking) -> None:
    put, delete = _in(ask, "Put", Item=key()), _in(ask, "Delete", Key=key())
    impossible: list[list[Any]] = [
        [put, delete],
        [{**put, **delete}],
        [{}],
        [_in(ask, "ConditionCheck", Key=key())],
        [_in(ask, "Update", Key=key(), UpdateExpression="SET")],
        [_in(ask, "Update", Key=key(), UpdateExpression="SET pk = x")],
        [_in(ask, "Put", Item=key(), ConditionExpression="x =")],
        [_in(ask, "Put", Item=key(), ConditionExpression="x = y", ExpressionAttributeNames=NAMES)],
        [{"Put": {"TableName": "absent", "Item": key()}}],
    ]
    for actions in impossible:
        ask.alone("TransactWriteItems", TransactItems=actions)


def test_reasons_stand_in_the_order_of_actions(ask: Asking) -> None:
    """One reason for each action, with the item that was there where it was asked for."""
    ask("PutItem", Item=FULL)
    old = {"ReturnValuesOnConditionCheckFailure": "ALL_OLD"}
    absent = {"ConditionExpression": "attribute_not_exists(pk)"}
    code, body = ask.alone(
        "TransactWriteItems",
        TransactItems=[
            _in(ask, "Put", Item=key("new")),
            _in(ask, "Put", Item=key(), **absent, **old),
            _in(ask, "Delete", Key=key("none"), ConditionExpression="attribute_exists(pk)", **old),
            _in(ask, "ConditionCheck", Key=key("other"), **absent),
        ],
    )
    codes = [reason["Code"] for reason in body["CancellationReasons"]]
    assert code == "TransactionCanceledException"
    assert codes == ["None", "ConditionalCheckFailed", "ConditionalCheckFailed", "None"]
    ask("GetItem", Key=key("new"))


def test_a_token_makes_repeating_harmless(ask: Asking) -> None:
    """The same request under one token has one effect; another one is refused."""
    one, other = _in(ask, "Put", Item=key("one")), _in(ask, "Put", Item=key("other"))
    token = f"{ask.table}-1"

    def send(*actions: Any, token: str = token, capacity: str = "NONE") -> Outcome:
        return ask.alone(
            "TransactWriteItems",
            TransactItems=list(actions),
            ClientRequestToken=token,
            ReturnConsumedCapacity=capacity,
        )

    assert send(one)[0] == "ok"
    ask("DeleteItem", Key=key("one"))
    assert send(one)[0] == "ok"
    assert send(one, capacity="TOTAL")[0] == "ok"
    assert "Item" not in ask("GetItem", Key=key("one"))[1]
    assert send(other)[0] == "IdempotentParameterMismatchException"
    assert send(one, token="x" * 37)[0] == "ValidationException"


def test_a_token_of_a_cancelled_transaction_is_free(ask: Asking) -> None:
    needs = _in(ask, "Put", Item=key("b"), ConditionExpression="attribute_exists(pk)")
    request = {"TransactItems": [needs], "ClientRequestToken": f"{ask.table}-2"}
    assert ask.alone("TransactWriteItems", **request)[0] == "TransactionCanceledException"
    ask("PutItem", Item=key("b"))
    assert ask.alone("TransactWriteItems", **request)[0] == "ok"


def test_tables_that_cannot_be(pair: Pair, table: str) -> None:
    """CreateTable refuses the same definitions."""
    good = table_params(f"{table}-x")
    types = good["AttributeDefinitions"]
    local, wide = {"ProjectionType": "ALL"}, {"ProjectionType": "INCLUDE"}
    changes: list[dict[str, Any]] = [
        {"TableName": table},
        {"TableName": "x"},
        {"TableName": "x y z"},
        {"BillingMode": "PROVISIONED"},
        {"AttributeDefinitions": []},
        {"AttributeDefinitions": types[:-1]},
        {"AttributeDefinitions": [*types, {"AttributeName": "more", "AttributeType": "S"}]},
        {"AttributeDefinitions": [*types, types[0]]},
        {"KeySchema": []},
        {"KeySchema": keys("pk", "pk")},
        {"KeySchema": keys("pk") * 2},
        {"GlobalSecondaryIndexes": []},
        {"GlobalSecondaryIndexes": [index("same", keys("g", "gn"), local)] * 2},
        {"GlobalSecondaryIndexes": [index("by", keys("g", "absent"), local)]},
        {"GlobalSecondaryIndexes": [index("by-number", keys("g", "gn"), wide)]},
        {"LocalSecondaryIndexes": [index("local", keys("g", "ls"), local)]},
        {"LocalSecondaryIndexes": [index(f"l-{n}", keys("pk", "ls"), local) for n in range(6)]},
        {"StreamSpecification": {"StreamEnabled": True}},
    ]
    for change in changes:
        code, _ = pair.same("CreateTable", {**good, **change})
        assert code != "ok", change


def test_tables_that_are_not_there(pair: Pair) -> None:
    for name in ("absent", "x", "x" * 256):
        pair.same("DescribeTable", {"TableName": name})
        pair.same("PutItem", {"TableName": name, "Item": key()})
        pair.same("DeleteTable", {"TableName": name})


def test_time_to_live_is_switched_alike(ask: Asking) -> None:
    for name, enabled in (
        ("ttl", True),
        ("ttl", True),
        ("x", False),
        ("ttl", False),
        ("ttl", False),
    ):
        specification = {"AttributeName": name, "Enabled": enabled}
        ask.alone("UpdateTimeToLive", TableName=ask.table, TimeToLiveSpecification=specification)
        ask.alone("DescribeTimeToLive", TableName=ask.table)


def test_keys_of_several_attributes(pair: Pair, table: str) -> None:
    """A global index may have several partition and sort key attributes."""
    name = f"{table}-m"
    schema = [
        {"AttributeName": attribute, "KeyType": kind}
        for attribute, kind in (("a", "HASH"), ("b", "HASH"), ("c", "RANGE"), ("d", "RANGE"))
    ]
    pair.same(
        "CreateTable",
        {
            "TableName": name,
            "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [
                {"AttributeName": one, "AttributeType": "S"} for one in ("pk", "a", "b", "c", "d")
            ],
            "KeySchema": keys("pk"),
            "GlobalSecondaryIndexes": [index("multi", schema, {"ProjectionType": "ALL"})],
        },
    )
    for number in range(12):
        parts = {"a": number % 2, "b": number % 3, "c": number // 4, "d": number}
        item = {
            one: {"S": f"{one}{part}"} for one, part in parts.items() if (one, part) != ("b", 1)
        }
        pair.same("PutItem", {"TableName": name, "Item": {**item, "pk": {"S": str(number)}}})
    values = {":a": "a0", ":b": "b0", ":c": "c1", ":d": "d4", ":e": "d9", ":p": "d"}
    for text in texts(MULTI):
        for forward in (True, False):
            given = used({one: {"S": value} for one, value in values.items()}, text)
            pair.same(
                "Query",
                {
                    "TableName": name,
                    "IndexName": "multi",
                    "KeyConditionExpression": text,
                    "ExpressionAttributeValues": given,
                    "ScanIndexForward": forward,
                    "Limit": 1,
                },
            )


MULTI = """
a=:a AND b=:b | a=:a | a=:a AND b=:b AND c=:c | a=:a AND b=:b AND c>:c | a=:a AND b>:b
a=:a AND b=:b AND c=:c AND d>:d | a=:a AND b=:b AND c=:c AND begins_with(d,:p)
a=:a AND b=:b AND c=:c AND d BETWEEN :d AND :e | a=:a AND b=:b AND d=:d
a=:a AND b=:b AND c>:c AND d=:d
"""


def test_reserved_words(ask: Asking) -> None:
    """No other word is reserved, and each of these is (reserved-words apart)."""
    free = ["pk", "sk", "kind", "expires", "message", "begins_with", "host", "email"]
    for word in [*sorted(RESERVED_WORDS - {"CONVERT", "SIZE"})[::7], *free]:
        ask("GetItem", Key=key(), ProjectionExpression=word)
        ask("GetItem", Key=key(), ProjectionExpression=f"m.{word.lower()}")
