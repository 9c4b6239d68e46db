"""Random requests from a seed: small domains, so that keys collide and conditions come true.

Most expressions are sound, some are wild: wrong types, wrong paths, clauses that clash. Uniform
choices find more here than a search that prefers simple examples. What `orm.memory.divergences`
lists is kept away from, or named in `aside`; the tests of that list meet it on purpose.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, TypeVar

T = TypeVar("T")
Value = dict[str, Any]
Params = dict[str, Any]

TABLE = "<table>"  # stands for the name of the table that a history is played on
PARTITIONS = ("USER#1", "ü")
SORTS = ("!EVENT#000000000001", "!EVENT#000000000002", "A", "ab", "é", "\uffff", "\U0001f600")
BOUNDS = ("!", "!EVENT#000000000001~", "AA", "a", "aa", "z", "\ue000")
NUMBERS = ("0", "1", "-1", "2", "10", "1.5", "-0.25", "100", "9" * 38, "9" * 37 + "8")
STRINGS = ("", "x", "xy", "y", "ü", "x" * 1100, "y" * 2100)
GROUPS = ("G", "H")
MODES = ("NONE", "ALL_OLD")
CAPACITIES = ("NONE", "TOTAL", "INDEXES")
SIGNS = ("=", "<>", "<", "<=", ">", ">=")
PATHS = (
    *("s", "n", "b", "l", "m", "ss", "ns", "v", "absent"),
    *("m.a", "m.b", "m.a.b", "l[0]", "l[1]", "l[0].a", "v.a"),
)
PLACEHOLDERS = [":s", ":s2", ":n", ":n2", ":b", ":ss", ":ns", ":v", ":l"]
SOUND_CONDITIONS = (
    "begins_with(s, :s)",
    "contains(s, :s)",
    "contains(ss, :s)",
    "contains(l, :v)",
    "attribute_exists(m.a)",
    "attribute_not_exists(l[1])",
    "s IN (:s, :s2)",
    "v = :v",
    "v <> :v",
    "absent <> :v",
    "attribute_type(v, :type)",
)
SOUND_ACTIONS = {
    "n": ["SET n = n + :n", "SET n = if_not_exists(n, :n) - :n2", "ADD n :n", "REMOVE n"],
    "s": ["SET s = :s", "SET s = if_not_exists(s, :s)", "REMOVE s"],
    "l": [
        "SET l = list_append(if_not_exists(l, :l), :l)",
        "SET l[0] = :v",
        "SET l[7] = :s, l[5] = :n",
        "REMOVE l[0]",
        "REMOVE l[0], l[1]",
    ],
    "m": ["SET m.a = :v", "SET m = if_not_exists(m, :map)", "REMOVE m.b", "SET m.b = m.a"],
    "ss": ["ADD ss :ss", "DELETE ss :ss"],
    "ns": ["ADD ns :ns", "DELETE ns :ns"],
    "g": ["SET g = :g", "SET g = :g, gn = :n", "SET ls = :g"],
}


class Request(NamedTuple):
    """One request, the divergences it may meet, and whether all of its pages are wanted."""

    operation: str
    params: Params
    aside: tuple[str, ...] = ()
    paged: bool = False


class Requests:
    """An endless row of requests, the same for the same seed."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._last_put = self._item()
        self._kinds: list[Callable[[], Request]] = [
            *[self._put] * 10,
            *[self._update] * 10,
            *[self._delete] * 3,
            *[self._get] * 2,
            *[self._query] * 6,
            *[self._query_index] * 5,
            *[self._scan] * 2,
            *[self._batch_write] * 3,
            *[self._batch_get] * 2,
            *[self._transact] * 5,
            *[self._transact_get] * 2,
        ]

    def take(self, count: int) -> list[Request]:
        return [self._one(self._kinds)() for _ in range(count)]

    # what requests are made of

    def _one(self, choices: Sequence[T]) -> T:
        return self._random.choice(choices)

    def _chance(self, percent: int) -> bool:
        return self._random.randrange(100) < percent

    def _some(self, choices: Sequence[T], at_least: int = 1, at_most: int = 3) -> list[T]:
        count = self._random.randint(at_least, min(at_most, len(choices)))
        return self._random.sample(choices, count)

    def _string(self) -> Value:
        return {"S": self._one(STRINGS)}

    def _number(self) -> Value:
        return {"N": self._one(NUMBERS)}

    def _string_set(self) -> Value:
        return {"SS": self._some("xyz")}

    def _number_set(self) -> Value:
        return {"NS": self._some(["1", "2", "1.5"])}

    def _document(self, depth: int = 2) -> Value:
        scalars: list[Value] = [
            self._string(),
            self._number(),
            {"B": self._one([b"", b"\x00", b"x", b"xy"])},
            {"BOOL": self._chance(50)},
            {"NULL": True},
            self._string_set(),
            self._number_set(),
            {"BS": self._some([b"x", b"y"])},
        ]
        if depth == 0 or self._chance(50):
            return self._one(scalars)
        return self._list(depth) if self._chance(50) else self._map(depth)

    def _list(self, depth: int = 1) -> Value:
        return {"L": [self._document(depth - 1) for _ in range(self._random.randrange(4))]}

    def _map(self, depth: int = 1) -> Value:
        return {"M": {name: self._document(depth - 1) for name in self._some("ab", 0)}}

    def _key(self) -> dict[str, Value]:
        return {"pk": {"S": self._one(PARTITIONS)}, "sk": {"S": self._one(SORTS)}}

    def _distinct_keys(self, count: int) -> list[dict[str, Value]]:
        found = [self._key() for _ in range(count)]
        return [key for place, key in enumerate(found) if key not in found[:place]]

    def _item(self) -> dict[str, Value]:
        return {**self._key(), **self._attributes()}

    def _attributes(self) -> dict[str, Value]:
        attributes: dict[str, Value] = {
            "s": self._string(),
            "n": self._number(),
            "b": {"B": b"x"},
            "l": self._list(),
            "m": self._map(),
            "ss": self._string_set(),
            "ns": self._number_set(),
            "v": self._document(),
            "ls": {"S": self._one(("L1", "L2"))},
        }
        kept = {name: value for name, value in attributes.items() if self._chance(50)}
        if self._chance(60):  # the number never without the group: half-a-key
            kept["g"] = {"S": self._one(GROUPS)}
            if self._chance(60):
                kept["gn"] = self._number()
        return kept

    def _values(self) -> dict[str, Value]:
        return {
            ":s": self._string(),
            ":s2": self._string(),
            ":n": self._number(),
            ":n2": self._number(),
            ":b": {"B": b"x"},
            ":ss": self._string_set(),
            ":ns": self._number_set(),
            ":v": self._document(),
            ":l": self._list(),
            ":g": {"S": self._one(GROUPS)},
            ":map": {"M": {"a": {"N": "1"}}},
            ":type": {"S": self._one(["S", "N", "B", "SS", "M", "L", "NULL"])},
        }

    # expressions

    def _condition(self, depth: int = 2) -> str:
        if depth and self._chance(40):
            left, right = self._condition(depth - 1), self._condition(depth - 1)
            forms = [f"{left} AND {right}", f"{left} OR {right}", f"NOT {left}"]
            return self._one([*forms, f"({left}) AND ({right})"])
        return self._sound_condition() if self._chance(75) else self._wild_condition()

    def _sound_condition(self) -> str:
        sign = self._one(SIGNS)
        compared = [f"n {sign} :n", f"s {sign} :s", f"size(l) {sign} :n"]
        return self._one([*compared, *SOUND_CONDITIONS])

    def _operand(self) -> str:
        path = self._one(PATHS)
        return self._one([path, self._one(PLACEHOLDERS), f"size({path})"])

    def _wild_condition(self) -> str:
        one, two, three = self._operand(), self._operand(), self._operand()
        path = self._one(PATHS)
        return self._one(
            [
                f"{one} {self._one(SIGNS)} {two}",
                f"contains({path}, {one})",
                f"begins_with({path}, {one})",
                f"{one} BETWEEN {two} AND {three}",
                f"{one} IN ({two}, {three})",
                f"attribute_exists({path})",
            ]
        )

    def _maybe_condition(self) -> str | None:
        existence = ["attribute_exists(pk)", "attribute_not_exists(pk)"]
        return self._one([None, None, *existence, self._condition()])

    def _update_text(self) -> str:
        chosen = [self._one(SOUND_ACTIONS[name]) for name in self._some(list(SOUND_ACTIONS))]
        if self._chance(25):
            chosen = [self._wild_action() for _ in range(self._random.randint(1, 3))]
        return clauses([*chosen, "SET touched = :s2"])  # at least one SET: remove-from-nothing

    def _wild_action(self) -> str:
        path, other, value = self._one(PATHS), self._one(PATHS), self._one(PLACEHOLDERS)
        return self._one(
            [
                f"SET {path} = {value}",
                f"SET {path} = {other}",
                f"SET {path} = {other} + {value}",
                f"SET {path} = list_append({other}, {value})",
                f"SET {path} = if_not_exists({other}, {value})",
                f"REMOVE {path}",
                f"ADD {path} {value}",
                f"DELETE {path} {value}",
            ]
        )

    # requests

    def _modes(self, returned: Sequence[str] = MODES) -> Params:
        modes = {
            "ReturnConsumedCapacity": self._one(CAPACITIES),
            "ReturnValuesOnConditionCheckFailure": self._one(MODES),
            "ReturnValues": self._one(returned),
        }
        return {name: mode for name, mode in modes.items() if mode != "NONE"}

    def _put(self) -> Request:
        if self._chance(80):  # else the same again, which changes nothing
            self._last_put = self._item()
        params = {"Item": self._last_put, "ConditionExpression": self._maybe_condition()}
        return Request("PutItem", self._on_table({**params, **self._modes()}))

    def _delete(self) -> Request:
        params = {"Key": self._key(), "ConditionExpression": self._maybe_condition()}
        return Request("DeleteItem", self._on_table({**params, **self._modes()}))

    def _update(self) -> Request:
        text = self._update_text()
        returned = ["NONE", "ALL_OLD", "ALL_NEW", "UPDATED_OLD", "UPDATED_NEW"]
        if re.search(r"\w[.\[]", text):  # updated-parts
            returned = returned[:3]
        params = {
            "Key": self._key(),
            "UpdateExpression": text,
            "ConditionExpression": self._maybe_condition(),
            **self._modes(returned),
        }
        return Request("UpdateItem", self._on_table(params))

    def _get(self) -> Request:
        params = {"Key": self._key(), **self._reading()}
        if self._chance(50):
            params["ProjectionExpression"] = ", ".join(self._some(PATHS))
        return Request("GetItem", self._on_table(params))

    def _reading(self) -> Params:
        return {
            "ConsistentRead": self._chance(50),
            "ReturnConsumedCapacity": self._one(CAPACITIES),
        }

    def _query(self) -> Request:
        sign = self._one(["", "=", "<", "<=", ">", ">=", "BETWEEN", "begins_with"])
        limit = self._one([None, 1, 2, 3])
        bounds = sorted(self._some(BOUNDS, 2, 2))
        if sign == "=" or (self._chance(50) and not (sign in CLOSED and limit)):  # limit-at-bound
            bounds = sorted([self._one(SORTS), self._one([*SORTS, *BOUNDS])])
        params = {
            "KeyConditionExpression": f"pk = :pk{RANGES[sign]}",
            "FilterExpression": self._condition() if self._chance(40) else None,
            "ScanIndexForward": self._chance(50),
            "Limit": limit,
            **self._reading(),
        }
        keys = {":pk": self._one(PARTITIONS), ":low": bounds[0], ":high": bounds[1]}
        values = {name: {"S": text} for name, text in keys.items()}
        return Request("Query", self._on_table(params, values), paged=True)

    def _query_index(self) -> Request:
        name = self._one(list(INDEX_CONDITIONS))
        params = {
            "IndexName": name,
            "KeyConditionExpression": INDEX_CONDITIONS[name],
            "Select": self._one(["ALL_PROJECTED_ATTRIBUTES", "COUNT"]),
            "ReturnConsumedCapacity": self._one(CAPACITIES),
        }
        values = {
            ":pk": {"S": self._one(PARTITIONS)},
            ":low": {"S": "!"},
            ":ls": {"S": self._one(["L", "L1"])},
        }
        return Request("Query", self._on_table(params, values), ("order-of-ties",))

    def _scan(self) -> Request:
        name = self._one([None, "by-number", "by-group", "local"])
        params = {"IndexName": name, "FilterExpression": None if name else self._condition()}
        return Request("Scan", self._on_table(params), ("order-of-scan",))

    def _batch_get(self) -> Request:
        wanted = {TABLE: {"Keys": self._distinct_keys(4)}}
        params = {"RequestItems": wanted, "ReturnConsumedCapacity": "TOTAL"}
        return Request("BatchGetItem", params, ("batch-get-miss",))

    def _batch_write(self) -> Request:
        keys = self._distinct_keys(4)
        deletes = self._chance(40)  # puts or deletes, never both: order-of-batch
        writes: list[Params] = [
            {"DeleteRequest": {"Key": key}}
            if deletes
            else {"PutRequest": {"Item": {**key, **self._attributes()}}}
            for key in keys
        ]
        params = {"RequestItems": {TABLE: writes}, "ReturnConsumedCapacity": "INDEXES"}
        return Request("BatchWriteItem", params, ("delete-of-nothing",) if deletes else ())

    def _transact(self) -> Request:
        actions = [self._action(key) for key in self._distinct_keys(4)]  # same-item-twice
        params: Params = {"TransactItems": actions, "ReturnConsumedCapacity": "TOTAL"}
        if self._chance(30):
            params["ClientRequestToken"] = f"{TABLE}-{self._one('ab')}"
        return Request("TransactWriteItems", params, ("transaction-units",))

    def _action(self, key: dict[str, Value]) -> Params:
        kind = self._one(["Put", "Put", "Delete", "Update", "Update", "ConditionCheck"])
        existence = ["attribute_exists(pk)", "attribute_not_exists(pk)", "n > :n"]
        body: Params = {"ConditionExpression": self._one([None, None, None, None, *existence])}
        if self._chance(50):
            body["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD"
        if kind == "Put":
            body["Item"] = {**key, **self._attributes()}
        else:
            body["Key"] = key
        if kind == "Update":  # of attributes of one type each: operand-in-transaction
            body["UpdateExpression"] = "SET touched = :s ADD hits :n"
        if kind == "ConditionCheck":
            body["ConditionExpression"] = self._one(existence)
        return {kind: self._on_table(body)}

    def _transact_get(self) -> Request:
        gets = [{"Get": {"TableName": TABLE, "Key": key}} for key in self._distinct_keys(3)]
        params = {"TransactItems": gets, "ReturnConsumedCapacity": "TOTAL"}
        return Request("TransactGetItems", params)

    def _on_table(self, params: Params, more: dict[str, Value] | None = None) -> Params:
        """Return the request with its table and the values that its expressions use."""
        params = {name: value for name, value in params.items() if value is not None}
        texts = [text for name, text in params.items() if name.endswith("Expression")]
        needed = used({**self._values(), **(more or {})}, *texts)
        values = {"ExpressionAttributeValues": needed} if needed else {}
        return {"TableName": TABLE, **params, **values}


CLOSED = ("<=", ">=", "BETWEEN")
RANGES = {
    "": "",
    "BETWEEN": " AND sk BETWEEN :low AND :high",
    "begins_with": " AND begins_with(sk, :low)",
    **{sign: f" AND sk {sign} :low" for sign in ("=", "<", "<=", ">", ">=")},
}
INDEX_CONDITIONS = {
    "by-number": "g = :g AND gn >= :n",
    "by-group": "g = :g",
    "by-sort": "g = :g AND sk > :low",
    "local": "pk = :pk AND ls > :ls",
}


def clauses(actions: list[str]) -> str:
    """Join actions into one update expression: each clause once."""
    grouped: dict[str, list[str]] = {}
    for action in actions:
        clause, _, rest = action.partition(" ")
        grouped.setdefault(clause, []).append(rest)
    return " ".join(f"{clause} {', '.join(rest)}" for clause, rest in grouped.items())


def used(values: dict[str, Value], *texts: str | None) -> dict[str, Value]:
    """Return the values whose placeholders stand in the texts."""
    found = set(re.findall(r":\w+", " ".join(text for text in texts if text)))
    return {name: value for name, value in values.items() if name in found}


def renamed(value: Any, table: str) -> Any:
    """Return the request with the table's name filled in."""
    if isinstance(value, dict):
        return {renamed(name, table): renamed(inner, table) for name, inner in value.items()}
    if isinstance(value, list):
        return [renamed(inner, table) for inner in value]
    return value.replace(TABLE, table) if isinstance(value, str) else value
