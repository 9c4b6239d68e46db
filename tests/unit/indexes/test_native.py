"""Native keys: which indexes they get, who shares them, what pins them and what is refused."""

from __future__ import annotations

import pickle

import pytest
from msgspec.structs import replace

from orm.config import SingleTableConfig
from orm.definitions import EntityDefinition, PatternDefinition, Reference, define
from orm.errors import ConfigurationError
from orm.indexes import (
    GsiDeriver,
    IndexPlan,
    KeyPatternGenerator,
    PlanOptions,
    plan_indexes,
    plan_text,
)
from orm.indexes.errors import (
    GsiOverflowError,
    LockContradictionError,
    NativeKeyError,
    NativeTypeError,
    PlanError,
)
from orm.indexes.lock import decode_lock, encode_lock
from orm.tables import NativeKey, TableShape
from tests.unit.indexes.shop import attribute, entity, pattern

CONFIG = SingleTableConfig(table="shop")
KINDS = {
    "a": "string",
    "b": "string",
    "c": "string",
    "d": "string",
    "n": "integer",
    "m": "number",
    "x": "array",
    "y": "boolean",
    "z": "json",
}


def row(name: str, *patterns: PatternDefinition, **more) -> EntityDefinition:
    attributes = [attribute(one, kind=kind) for one, kind in KINDS.items()]
    return entity(name, *attributes, patterns=patterns, **more)


def native(*equal: str, sort: str = "", name: str = "p", **more) -> PatternDefinition:
    return pattern(name, *equal, sort=sort, native=True, **more)


def keys_of(plan: IndexPlan, name: str) -> list[tuple[int, tuple[str, ...], tuple[str, ...]]]:
    return [(p.number, p.hash, p.sort) for p in plan.entity(name).indexes if p.native]


def test_a_plan_reads_so():
    task = define(
        {
            "name": "Task",
            "traits": {"useSoftDeletes": True},
            "attributes": {
                "state": "required|string",
                "score": {"type": "integer", "required": True},
                "owner": "required|string",
            },
            "patterns": {
                "top": {"equal": ["state"], "sort": "-score", "native": True},
                "of owner": {"equal": ["owner"]},
            },
        }
    )
    plan = plan_indexes([task])
    assert (
        plan_text(plan)
        == """\
2 global secondary indexes
  index 1: Task (copies all)
  index 2: Task (copies all)

Task
  table: TASK#{id} | TASK#{id}
  index 1: TASK#{owner} | TASK#{id} if deleted_at is absent
  index 2: Task, {state} | {score} (native)
  by primary key (id): table, whole key
  top (state; sort -score): index 2, state given, by score, backwards, left out unless \
deleted_at is absent
  of owner (owner): index 1, sk begins TASK#
"""
    )
    assert plan.native == {"state": "S", "score": "N"}


def test_patterns_that_go_on_where_others_end_share_an_index():
    plan = plan_indexes(
        [
            row(
                "A",
                native("a", sort="n", name="1"),
                native("a", "n", name="2"),
                native("n", "a", sort="-b", name="3"),
            )
        ]
    )
    assert keys_of(plan, "A") == [(1, ("a",), ("n", "b"))]


def test_a_chain_that_is_longer_than_a_key_takes_several():
    """Four RANGE attributes are the most."""
    chain = (
        native(sort="a", name="1"),
        native("a", sort="b", name="2"),
        native("a", "b", sort="c", name="3"),
        native("a", "b", "c", sort="d", name="4"),
        native(sort="a", name="5"),
    )
    plan = plan_indexes([row("A", *chain)])
    assert keys_of(plan, "A") == [(1, (), ("a",)), (2, ("a",), ("b", "c", "d"))]


def test_rows_without_the_longer_ones_attribute_are_kept():
    """A row that lacks `s` is no row of the longer index, and the shorter pattern asks for it."""
    made = entity(
        "A",
        attribute("a", kind="string"),
        attribute("n", kind="integer"),
        attribute("s", kind="string", required=False, nullable=True),
        patterns=(native("a", sort="n", name="1"), native("a", "n", sort="s", name="2")),
    )
    assert [found[1:] for found in keys_of(plan_indexes([made]), "A")] == [
        (("a",), ("n",)),
        (("a", "n"), ("s",)),
    ]


def test_entities_with_the_same_lists_share_an_index_and_others_do_not():
    plan = plan_indexes(
        [
            row("A", native("a", sort="n")),
            row("B", native("a", sort="n")),
            row("C", native("a", sort="m")),
        ]
    )
    assert [slot.entities for slot in plan.slots] == [("C",), ("A", "B")]
    assert keys_of(plan, "A") == keys_of(plan, "B") == [(2, ("a",), ("n",))]
    assert keys_of(plan, "C") == [(1, ("a",), ("m",))]


def test_other_keys_never_stand_in_a_native_index():
    """Not even those of an entity that has no native pattern."""
    first = plan_indexes([row("A", native("a"))])
    later = plan_indexes([row("A", native("a")), row("B", pattern("q", "a"))], lock=first.lock)
    assert keys_of(later, "A") == [(1, ("a",), ())]
    assert [path.number for path in later.entity("B").indexes] == [2]


def test_the_lock_keeps_native_indexes():
    first = plan_indexes([row("B", native("b")), row("C", pattern("q", "c"))])
    lock = decode_lock(encode_lock(first.lock))
    assert lock == first.lock
    again = plan_indexes([row("A", native("a")), *[row("B", native("b"))]], lock=lock)
    assert keys_of(again, "B") == keys_of(first, "B")
    assert keys_of(again, "A") == [(3, ("a",), ())]
    joined = plan_indexes([row("A", native("b"))], lock=lock)
    assert keys_of(joined, "A") == [(2, ("b",), ())], "shared with one that is gone"


def test_a_pattern_that_becomes_native_gets_another_index():
    first = plan_indexes([row("A", pattern("p", "a"))])
    later = plan_indexes([row("A", native("a"))], lock=first.lock)
    assert [(path.number, path.native) for path in later.entity("A").indexes] == [
        (1, False),
        (2, True),
    ]
    assert {found.code for found in later.findings} == {"unused-index", "new-index"}
    assert len(plan_indexes([row("A", native("a"))], lock=later.lock.release("A", 1)).slots) == 1


def test_an_index_that_copies_less_is_not_shared():
    narrow = native("a", project=("b",))
    first = plan_indexes([row("A", narrow)])
    later = plan_indexes([row("A", narrow), row("B", native("a"))], lock=first.lock)
    assert keys_of(later, "A") == [(1, ("a",), ())]
    assert keys_of(later, "B") == [(2, ("a",), ())]
    together = plan_indexes([row("A", narrow), row("B", native("a", project=("c",)))])
    assert [slot.include for slot in together.slots] == [("a", "b", "c", "id")]


def test_explicit_keys_keep_out_of_native_indexes():
    given = {"gsi1pk": ("A", Reference("b")), "gsi1sk": (Reference("c"),)}
    keyed = row("A", keys={"pk": ("A", Reference("id")), "sk": ("A",), **given})
    plan = plan_indexes([keyed, row("B", native("a"))])
    assert keys_of(plan, "B") == [(2, ("a",), ())]
    lock = plan_indexes([row("B", native("a"))]).lock
    with pytest.raises(LockContradictionError, match="the native index 1"):
        plan_indexes([keyed, row("B", native("a"))], lock=lock)


def test_too_many_indexes_are_refused():
    patterns = [native(name, name=name) for name in "abcd"]
    with pytest.raises(GsiOverflowError, match=r"index 1: A, \{a\}; .*\[d\] \(native\)"):
        plan_indexes([row("A", *patterns)], PlanOptions(gsis_max=3))


def test_a_question_that_nobody_declared_is_answered_by_it():
    plan = plan_indexes([row("A", native("a", sort="n"))])
    found = plan.ask("A", ["a"], "n", descending=True)
    assert found is not None
    assert (found[0].native, found[1].forward, found[1].single) == (True, False, False)
    whole = plan.ask("A", ["a", "n"])
    assert whole is not None
    assert not whole[1].single, "rows may share a key"
    assert plan.ask("A", ["n"]) is None
    assert plan.ask("A", ["a"], "n", strong=True) is None


def test_rows_in_the_bin_are_asked_from_the_same_index():
    made = row("A", native("a"))
    made = replace(made, traits=replace(made.traits, soft_deletes="gone_at"))
    plan = plan_indexes([made], PlanOptions(trashed=frozenset({"A"})))
    assert keys_of(plan, "A") == [(1, ("a",), ())]
    answers = {a.pattern.name: list(map(str, a.filters)) for a in plan.entity("A").answers}
    assert answers["p"] == ["gone_at is absent"]
    assert answers["p (trashed)"] == ["gone_at is present"]


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (native("a", strong=True), "strong: a global index is eventually consistent"),
        (native("a", with_parent="B"), "with_parent: a global index"),
        (native("a", where={"b": "x"}), "has a `where`"),
        (native("a", writes_per_second=3000), "need 8 shards"),
        (native("a", "b", "c", "d"), "asks by 4 attributes, 3 have room"),
        (native("y"), "'y' is boolean, not always stored as S, N or B"),
        (native("a", sort="mixed"), "'mixed' is enum, not always"),
        (native("a", sort="gone_at"), "'gone_at' is what readings filter by"),
        (native("ends_at"), "'ends_at' is what readings filter by"),
    ],
)
def test_what_no_native_index_answers_is_refused(asked: PatternDefinition, words: str):
    made = row("A", asked)
    mixed = attribute("mixed", kind="enum", choices=("a", 1))
    made = replace(
        made,
        attributes=(*made.attributes, mixed),
        traits=replace(made.traits, soft_deletes="gone_at", ttl="ends_at"),
    )
    with pytest.raises(NativeKeyError) as caught:
        plan_indexes([made])
    assert words in str(caught.value)
    assert str(caught.value).startswith("A, pattern 'p': is native and ")
    assert caught.value.hint
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)


@pytest.mark.parametrize(
    ("other", "words"),
    [
        (attribute("n", kind="string"), "stores it as S"),
        (attribute("n", kind="json"), "stores it as json"),
        (attribute("n"), "stores it as any"),
        (attribute("n", kind="integer", encrypted=True), "stores it as integer"),
    ],
)
def test_one_type_in_the_whole_table(other, words: str):
    """Also of entities that stand in no native index: DynamoDB would refuse their rows."""
    made = row("A", native("a", sort="n"))
    with pytest.raises(NativeTypeError, match="'n' is a key attribute") as caught:
        plan_indexes([made, entity("B", other)])
    assert str(caught.value).startswith("A and B: ")
    assert words in str(caught.value)
    assert isinstance(caught.value, PlanError)
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)


def test_kinds_that_are_stored_alike_agree():
    plan = plan_indexes(
        [
            row("A", native("a", sort="n")),
            entity("B", attribute("n", kind="float"), attribute("a", kind="datetime")),
        ]
    )
    assert plan.native == {"a": "S", "n": "N"}


def test_an_attribute_without_a_type_is_a_text_in_keys():
    """As in every key; where it stands in none it may be anything, and so clashes."""
    by = pattern("by a", "a")
    assert plan_indexes([row("A", native("a")), entity("B", attribute("a"), patterns=(by,))])
    with pytest.raises(NativeTypeError):
        plan_indexes([row("A", native("a")), entity("B", attribute("a"))])


def test_derivers_say_the_attributes_and_no_templates():
    made = row("A", native("a", sort="n", project=("b",)))
    plan = plan_indexes([made])
    (schema,) = GsiDeriver(plan, CONFIG).derive()
    assert (schema.name, schema.pk, schema.sk) == ("GSI1", "_et", "n")
    assert schema.native == (("_et", "a"), ("n",))
    assert schema.include == ("b", "id")
    assert KeyPatternGenerator(plan, CONFIG).patterns("A") == {"pk": "A#{id}", "sk": "A#{id}"}


def test_a_table_has_the_attributes_as_keys_with_their_types():
    shape = TableShape(
        config=CONFIG,
        indexes=2,
        native={2: NativeKey((("a", "S"),), (("n", "N"),))},
        include={2: ("_et", "a", "b")},
    )
    made = shape.request()
    types = {one.attribute_name: one.attribute_type for one in made.attribute_definitions}
    assert types == dict.fromkeys(("pk", "sk", "gsi1pk", "gsi1sk", "_et", "a"), "S") | {"n": "N"}
    assert made.global_secondary_indexes is not None
    _, second = made.global_secondary_indexes
    keys = [(one.attribute_name, one.key_type) for one in second.key_schema]
    assert keys == [("_et", "HASH"), ("a", "HASH"), ("n", "RANGE")]
    assert second.projection.non_key_attributes == ["b"]


@pytest.mark.parametrize(
    ("key", "words"),
    [
        (NativeKey(tuple((name, "S") for name in "abcd")), "5 HASH attributes"),
        (NativeKey((), tuple((name, "S") for name in "abcde")), "5 RANGE attributes"),
    ],
)
def test_a_table_takes_four_of_each(key: NativeKey, words: str):
    with pytest.raises(ConfigurationError, match=words):
        TableShape(config=CONFIG, indexes=1, native={1: key})


def test_a_key_attribute_of_two_types_is_refused():
    shape = TableShape(
        config=CONFIG,
        indexes=2,
        native={1: NativeKey((("a", "S"),)), 2: NativeKey((("a", "N"),))},
    )
    with pytest.raises(ConfigurationError, match="as S and as N"):
        shape.request()
