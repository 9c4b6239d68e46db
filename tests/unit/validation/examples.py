"""For every rule: values that it takes and values that it refuses, boundaries among them."""

from __future__ import annotations

import datetime as dt
import enum
import uuid
from decimal import Decimal
from typing import Any, NamedTuple

from orm.definitions import RuleCall

ULID = "01ARZ3NDEKTSV4RRFFQ69G5FAV"
UUID = "f47ac10b-58cc-4372-a567-0e02b2c3d479"
UTC = dt.UTC
NAN, INFINITY = float("nan"), float("inf")


class Tone(enum.Enum):
    WARM = "warm"
    COLD = "cold"


class Case(NamedTuple):
    """A rule, perhaps on a kind, and what it says of some values."""

    rule: str | tuple[RuleCall, ...]
    taken: list[Any]
    refused: list[Any]
    kind: str = "any"


def nested(depth: int) -> list[Any]:
    tree: list[Any] = []
    for _ in range(depth - 1):
        tree = [tree]
    return tree


CASES: dict[str, list[Case]] = {
    "any": [Case("any", ["a", 0, [], object()], [])],
    "contains": [Case("contains:ab", ["ab", "xabx"], ["a", "AB", 7, ["ab"]])],
    "required": [Case("required", ["a", 0, False, [0], {"a": 1}], ["", "  ", [], {}])],
    "nullable": [Case("nullable", [None, "", 0], [])],
    "string": [Case("string", ["", "a", "é", "\n"], [1, b"a", ["a"], True, {}, "\ud800"])],
    "number": [
        Case(
            "number",
            [0, -1, 1.5, Decimal("1E-130"), Decimal("9.9E+125"), 10**38 - 1, 10**40, 1e-130],
            [
                True,
                "1",
                NAN,
                INFINITY,
                Decimal("NaN"),
                Decimal("sNaN"),
                Decimal("1E-131"),
                Decimal("1E+126"),
                10**38 + 1,
                Decimal("1." + "1" * 38),
                1e-131,
                1e126,
                [1],
            ],
        )
    ],
    "integer": [Case("integer", [0, -1, 10**38 - 1], [True, 1.0, "1", 10**38, Decimal(1)])],
    "float": [Case("float", [0.0, 1, -1.5], [True, "1.5", NAN, -INFINITY, Decimal("1.5")])],
    "boolean": [Case("boolean", [True, False], [0, 1, "true", [], "yes"])],
    "date": [
        Case(
            "date",
            [dt.date(2024, 2, 29), "2024-02-29", "0001-01-01"],
            [dt.datetime(2024, 1, 1, tzinfo=UTC), "2023-02-29", "20240229", "2024-W01-1", 5, ""],
        )
    ],
    "datetime": [
        Case(
            "datetime",
            [dt.datetime(2024, 1, 1, tzinfo=UTC), "2024-01-01T00:00:00Z", "2024-01-01 00:00+02:00"],
            [
                dt.datetime(2024, 1, 1),
                dt.date(2024, 1, 1),
                "2024-01-01T00:00:00",
                "2024-01-01",
                "x",
                5,
                "0001-01-01T00:00:00+23:59",
                "9999-12-31T23:59:59-23:59",
            ],
        ),
        Case("timestampTz", ["2024-01-01T00:00:00Z"], [0]),
    ],
    "timestamp": [
        Case(
            "timestamp",
            [0, -62_135_596_800, 253_402_300_799],
            [-62_135_596_801, 253_402_300_800, 1.5, "0", True, dt.datetime(2024, 1, 1, tzinfo=UTC)],
        ),
        Case("unix", [0], ["0"]),
    ],
    "array": [Case("array", [[], [1], (1,), {1}, set()], ["a", {"a": 1}, 1])],
    "json": [
        Case(
            "json",
            [{}, [], "a", 1, {"a": [1, None, {"b": "c"}]}, nested(31)],
            [{1: 2}, {"": 1}, b"a", {"a": NAN}, nested(32), {"a": object()}, {"a": {1}}],
        )
    ],
    "binary": [Case("binary", [b"", b"a", bytearray(b"a")], ["a", [1]])],
    "enum": [
        Case("enum:warm,cold", ["warm", Tone.COLD], ["hot", "", 1, ["warm"], {}]),
        Case("enum:1,2", [1, 2], [3, "1", True], "integer"),
        Case((RuleCall("enum", ("warm", 1)),), ["warm", 1, 1.0], [True, "1"]),
    ],
    "in": [
        Case("in:a,b", ["a", "b"], ["c", "", 1, ["a"]]),
        Case("in:1,2.5", [1, 2.5, Decimal("2.5")], [3], "number"),
        Case("in:true", [True], [False], "boolean"),
    ],
    "not_in": [Case("not_in:a,b", ["c", 1, ["a"]], ["a", "b"])],
    "min": [
        Case(
            "min:3",
            ["abc", [1, 2, 3], 3, 3.0, Decimal(3), {"a": 1, "b": 2, "c": 3}, "éèê"],
            ["ab", [1, 2], 2, 2.999, True, NAN, Decimal("NaN"), b"ab"],
        ),
        Case("min:2024-01-01", ["2024-01-01", dt.date(2024, 1, 2)], ["2023-12-31", "x"], "date"),
        Case("min:2024-01-01", ["2024-01-01T00:00Z"], ["2024-01-01T00:00+00:01"], "datetime"),
        Case("min:2024-01-01", [1_704_067_200], [1_704_067_199], "timestamp"),
        Case("min:5", [5], [4], "timestamp"),
        Case("gte:3", [3], [2], "integer"),
    ],
    "max": [
        Case("max:3", ["abc", "", [1, 2, 3], 3, -INFINITY], ["abcd", [1, 2, 3, 4], 3.001, NAN]),
        Case("max:2024-01-01", [dt.date(2024, 1, 1)], [dt.date(2024, 1, 2)], "date"),
        Case("max:1e3", [1000], [1001], "number"),
    ],
    "between": [
        Case("between:1,3", ["a", "abc", 1, 3, [1]], ["", "abcd", 0, 4, 3.5, False]),
        Case("between:2024-01-01,2024-01-31", ["2024-01-31"], ["2024-02-01"], "date"),
    ],
    "length": [
        Case("length:2", ["ab", [1, 2], 2], ["a", "abc", 1]),
        Case("length:2,3", ["ab", "abc"], ["a", "abcd"]),
        Case("size:2", ["ab"], ["a"]),
    ],
    "gt": [Case("gt:3", [4, 3.001, "abcd"], [3, "abc", True])],
    "lt": [Case("lt:3", [2, 2.999, "ab"], [3, "abc", NAN])],
    "multiple_of": [
        Case("multiple_of:5", [0, 5, -10, 10**37 * 5, Decimal(15), 5.0], [3, True, "5", NAN, 5.5]),
        Case("multiple_of:0.1", [0.3, Decimal("1.1"), 2], [0.35]),
    ],
    "email": [
        Case(
            "email",
            [
                "ann@example.com",
                "a.b+c@x-y.co.uk",
                "müller@köln.de",
                "a" * 64 + "@x.org",
                "o'neil@x.io",
            ],
            [
                "",
                "ann",
                "ann@",
                "@x.org",
                "ann@localhost",
                "a..b@x.org",
                ".a@x.org",
                "a.@x.org",
                "a b@x.org",
                "ann@-x.org",
                "ann@x_y.org",
                "a@b@c.org",
                "ann@x.org\n",
                1,
                None or [],
                "a" * 65 + "@x.org",
                "a@1.2.3.4",
                "a@" + "b" * 64 + ".org",
                "a@x..org",
                "a@" + ".".join(["b" * 60] * 5),
            ],
        )
    ],
    "url": [
        Case(
            "url",
            [
                "http://a.org",
                "https://a.org:8080/p?q=1#f",
                "https://[::1]/",
                "HTTPS://A.ORG",
                "http://localhost",
                "http://user:pw@a.org/",
                "http://a.org./",
            ],
            [
                "",
                "a.org",
                "ftp://a.org",
                "http://",
                "http:///p",
                "http://a b.org",
                "//a.org",
                "http://a.org:99999",
                "http://a.org:x",
                "http://[::1",
                "http://[zz]/",
                "javascript:alert(1)",
                "http://a.org/\n",
                "http://-a.org",
                5,
                "http://a\ud800.org",
                "http://a.org/" + "p" * 8000,
            ],
        ),
        Case("url:ftp,sftp", ["ftp://a.org", "sftp://a.org"], ["http://a.org"]),
    ],
    "uuid": [
        Case(
            "uuid",
            [UUID, UUID.upper(), uuid.UUID(UUID)],
            ["", UUID[:-1], UUID.replace("-", ""), f"{{{UUID}}}", UUID + "\n", 5],
        ),
        Case("uuid:4", [UUID], ["f47ac10b-58cc-1372-a567-0e02b2c3d479"]),
    ],
    "ulid": [
        Case(
            "ulid",
            [ULID, ULID.lower(), "7" + "Z" * 25],
            ["8" + "0" * 25, ULID[:-1], ULID + "0", ULID[:-1] + "U", ULID[:-1] + "I", 5, ""],
        )
    ],
    "ip": [
        Case(
            "ip",
            ["127.0.0.1", "::1", "2001:db8::"],
            ["", "256.0.0.1", "1.2.3", "1.2.3.4/8", "01.2.3.4", "١.2.3.4", 2130706433],
        ),
        Case("ip:4", ["127.0.0.1"], ["::1"]),
        Case("ip:6", ["::1"], ["127.0.0.1"]),
    ],
    "alpha": [Case("alpha", ["a", "é", "हिन्दी", "Ж"], ["", "a1", "a b", "a-b", 1])],
    "alpha_num": [
        Case("alpha_num", ["a1", "1", "é٣"], ["", "a b", "a_b", 1]),
        Case("alphanumeric", ["a1"], ["-"]),
    ],
    "hashed": [
        Case(
            "hashed",
            [
                "$argon2id$v=19$m=65536,t=3,p=4$c2FsdHNhbHQ$aGFzaGhhc2g",
                "$2b$12$abcdefghijklmnopqrstuv",
                "$scrypt$ln=17,r=8,p=1$c2FsdA$aGFzaA",
                "$6$rounds=656000$salt$hash",
                "pbkdf2_sha256$600000$salt$aGFzaA=",
                "scrypt:32768:8:1$salt$00ff",
            ],
            ["", "secret", "$ecret$", "5f4dcc3b5aa765d61d8327deb882cf99", "$1$salt$hash", 1],
        ),
    ],
    "slug": [Case("slug", ["a", "a-b", "1-a2"], ["", "A", "a--b", "-a", "a-", "a_b", "a\n", 1])],
    "regex": [
        Case("regex:^a+$", ["a", "aa"], ["", "b", "ab", "a\n", 5, ["a"]]),
        Case("matches:/^(a|b,c)$/i", ["a", "A", "b,C"], ["d"]),
        Case("pattern:b", ["abc"], ["ac"]),
        Case("regex:[$]$", ["a$"], ["a", "$\n"]),
        Case("regex:(?m)^b$", ["a\nb\nc"], ["a\nbc"]),
    ],
    "starts_with": [Case("starts_with:a,bc", ["a", "bcd"], ["b", "", 1, ["a"]])],
    "ends_with": [Case("ends_with:a,bc", ["a", "abc"], ["b", "", 1])],
    "before": [
        Case(
            "before:2024-01-01",
            ["2023-12-31", dt.date(2023, 12, 31)],
            ["2024-01-01", "x", True, 5],
            "date",
        ),
        Case("before:now", ["2023-11-14T22:13:19Z"], ["2023-11-14T22:13:20Z"], "datetime"),
        Case("before:now", [1_699_999_999], [1_700_000_000, NAN, INFINITY], "timestamp"),
        Case("before:today", ["2023-11-13"], ["2023-11-14"], "date"),
    ],
    "after": [
        Case("after:2024-01-01", ["2024-01-02"], ["2024-01-01", "2023-01-01", ""], "date"),
        Case("after:now", ["2023-11-14T22:13:20.000001Z"], ["2023-11-14T22:13:20Z"], "datetime"),
        Case("after:today", ["2023-11-15"], ["2023-11-14"], "date"),
    ],
    "each": [
        Case(
            (RuleCall("each", (RuleCall("string"), RuleCall("min", ("2",)))),),
            [[], ["ab"], {"k": "ab"}, ("ab",)],
            [["a"], [1], {"k": "a"}, "ab", 5, [None]],
        ),
        Case(
            (RuleCall("each", (RuleCall("integer"), RuleCall("nullable"))),), [[1, None]], [["a"]]
        ),
    ],
    "any_of": [
        Case(
            (
                RuleCall(
                    "any_of", (RuleCall("integer"), (RuleCall("string"), RuleCall("min", (2,))))
                ),
            ),
            [1, "ab"],
            ["a", 1.5, [1]],
        )
    ],
}
"""What needs other fields or a table has tests of its own."""
