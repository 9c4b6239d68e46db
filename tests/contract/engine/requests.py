"""Random requests: small domains, so that keys collide, types clash and conditions come true.

The strategies keep away from what `orm.memory.divergences` lists; the tests of that list meet it
on purpose.
"""

from __future__ import annotations

import re
from typing import Any

from hypothesis import strategies as st

Value = dict[str, Any]

PARTITIONS = ("USER#1", "ü")
SORTS = ("!EVENT#000000000001", "!EVENT#000000000002", "A", "ab", "é", "\uffff", "\U0001f600")
BOUNDS = ("!", "!EVENT#000000000001~", "AA", "a", "aa", "z", "\ue000")
NUMBERS = (
    "0",
    "1",
    "-1",
    "2",
    "10",
    "1.5",
    "-0.25",
    "100",
    "99999999999999999999999999999999999999",
)
WORDS = ("", "x", "xy", "y", "ü", "x" * 1100)
GROUPS = ("G", "H")

strings = st.sampled_from(WORDS).map(lambda text: {"S": text})
numbers = st.sampled_from(NUMBERS).map(lambda text: {"N": text})
binaries = st.sampled_from([b"", b"\x00", b"x", b"xy"]).map(lambda raw: {"B": raw})
booleans = st.booleans().map(lambda truth: {"BOOL": truth})
nulls = st.just({"NULL": True})
string_sets = st.sets(st.sampled_from(["x", "y", "z"]), min_size=1).map(
    lambda members: {"SS": sorted(members)}
)
number_sets = st.sets(st.sampled_from(["1", "2", "1.5"]), min_size=1).map(
    lambda members: {"NS": sorted(members)}
)
binary_sets = st.sets(st.sampled_from([b"x", b"y"]), min_size=1).map(
    lambda members: {"BS": sorted(members)}
)
scalars = strings | numbers | binaries | booleans | nulls | string_sets | number_sets | binary_sets
documents = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda values: {"L": values})
        | st.dictionaries(st.sampled_from(["a", "b"]), inner, max_size=2).map(
            lambda members: {"M": members}
        )
    ),
    max_leaves=5,
)

keys = st.builds(
    lambda pk, sk: {"pk": {"S": pk}, "sk": {"S": sk}},
    st.sampled_from(PARTITIONS),
    st.sampled_from(SORTS),
)
ATTRIBUTES = ("s", "n", "b", "l", "m", "ss", "ns", "v")
attributes = st.fixed_dictionaries(
    {},
    optional={
        "s": strings,
        "n": numbers,
        "b": binaries,
        "l": st.lists(documents, max_size=3).map(lambda values: {"L": values}),
        "m": st.dictionaries(st.sampled_from(["a", "b"]), documents).map(lambda one: {"M": one}),
        "ss": string_sets,
        "ns": number_sets,
        "v": documents,
        "ls": st.sampled_from(("L1", "L2")).map(lambda text: {"S": text}),
    },
)
groups = st.sampled_from(GROUPS).map(lambda text: {"S": text})
index_keys: st.SearchStrategy[dict[str, Value]] = st.one_of(  # never the number alone: half-a-key
    st.just({}), st.fixed_dictionaries({"g": groups}, optional={"gn": numbers})
)
items = st.builds(lambda *parts: {**parts[0], **parts[1], **parts[2]}, keys, attributes, index_keys)

paths = st.sampled_from(
    [
        *ATTRIBUTES,
        "absent",
        "m.a",
        "m.b",
        "m.a.b",
        "l[0]",
        "l[1]",
        "l[0].a",
        "v.a",
        "v[0]",
    ]
)
placeholders = st.sampled_from([":s", ":s2", ":n", ":n2", ":b", ":ss", ":ns", ":v", ":l"])
operands = paths | placeholders | paths.map(lambda path: f"size({path})")
comparisons = st.builds(
    lambda left, sign, right: f"{left} {sign} {right}",
    operands,
    st.sampled_from(["=", "<>", "<", "<=", ">", ">="]),
    operands,
)
functions = st.one_of(
    paths.map(lambda path: f"attribute_exists({path})"),
    paths.map(lambda path: f"attribute_not_exists({path})"),
    st.builds(lambda path, part: f"contains({path}, {part})", paths, operands),
    st.builds(lambda path, part: f"begins_with({path}, {part})", paths, operands),
    st.builds(lambda path, tag: f"attribute_type({path}, {tag})", paths, st.just(":type")),
    st.builds(
        lambda one, low, high: f"{one} BETWEEN {low} AND {high}", operands, operands, operands
    ),
    st.builds(
        lambda one, choices: f"{one} IN ({', '.join(choices)})",
        operands,
        st.lists(operands, min_size=1, max_size=3),
    ),
)
signs = st.sampled_from(["=", "<>", "<", "<=", ">", ">="])
sound_conditions = st.one_of(
    st.builds(lambda sign: f"n {sign} :n", signs),
    st.builds(lambda sign: f"s {sign} :s", signs),
    st.builds(lambda sign: f"size(l) {sign} :n", signs),
    st.sampled_from(
        [
            "begins_with(s, :s)",
            "contains(s, :s)",
            "contains(ss, :s)",
            "contains(l, :v)",
            "attribute_exists(m.a)",
            "attribute_not_exists(l[1])",
            "s IN (:s, :s2)",
            "v = :v",
            "v <> :v",
            "attribute_type(v, :type)",
        ]
    ),
)
conditions = st.recursive(
    sound_conditions | sound_conditions | comparisons | functions,
    lambda inner: st.one_of(
        st.builds(lambda left, right: f"{left} AND {right}", inner, inner),
        st.builds(lambda left, right: f"{left} OR {right}", inner, inner),
        inner.map(lambda one: f"NOT {one}"),
        st.builds(lambda left, right: f"({left}) AND ({right})", inner, inner),
    ),
    max_leaves=4,
)
existence = st.sampled_from(["attribute_exists(pk)", "attribute_not_exists(pk)"])
put_conditions = st.none() | existence | conditions

set_values = st.one_of(
    placeholders,
    paths,
    st.builds(lambda path, value: f"if_not_exists({path}, {value})", paths, placeholders | paths),
    st.builds(lambda left, right: f"{left} + {right}", placeholders | paths, placeholders | paths),
    st.builds(lambda left, right: f"{left} - {right}", paths, placeholders),
    st.builds(lambda path, value: f"list_append({path}, {value})", paths, placeholders),
    paths.map(lambda path: f"list_append(if_not_exists({path}, :l), :l)"),
)
set_clauses = st.lists(
    st.builds(lambda path, value: f"{path} = {value}", paths, set_values), min_size=1, max_size=3
).map(lambda actions: f"SET {', '.join(actions)}")
other_clauses = st.one_of(
    st.lists(paths, min_size=1, max_size=2).map(lambda places: f"REMOVE {', '.join(places)}"),
    st.builds(lambda path, value: f"ADD {path} {value}", paths, placeholders),
    st.builds(lambda path, value: f"DELETE {path} {value}", paths, placeholders),
)
wild_updates = st.builds(
    lambda first, rest: " ".join([first, *rest]), set_clauses, st.lists(other_clauses, max_size=2)
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
}
sound_updates = st.fixed_dictionaries(
    {}, optional={name: st.sampled_from(actions) for name, actions in SOUND_ACTIONS.items()}
).map(lambda chosen: clauses([*chosen.values(), "SET touched = :s2"]))
updates = sound_updates | sound_updates | wild_updates

values_of = st.fixed_dictionaries(
    {
        ":s": strings,
        ":s2": strings,
        ":n": numbers,
        ":n2": numbers,
        ":b": binaries,
        ":ss": string_sets,
        ":ns": number_sets,
        ":v": documents,
        ":l": st.lists(documents, max_size=2).map(lambda one: {"L": one}),
        ":map": st.just({"M": {"a": {"N": "1"}}}),
        ":type": st.sampled_from(["S", "N", "B", "SS", "M", "L", "NULL"]).map(lambda t: {"S": t}),
    }
)

limits = st.none() | st.integers(1, 4)


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


def with_values(params: dict[str, Any], values: dict[str, Value]) -> dict[str, Any]:
    """Return the request with the values that its expressions use, and without what is None."""
    params = {name: value for name, value in params.items() if value is not None}
    texts = [text for name, text in params.items() if name.endswith("Expression")]
    needed = used(values, *texts)
    return {**params, "ExpressionAttributeValues": needed} if needed else params
