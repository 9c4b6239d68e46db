"""The lock: what it pins, what it frees only when told to, and what contradicts it."""

from __future__ import annotations

import msgspec
import pytest
from msgspec.structs import replace

from orm.definitions import EntityDefinition, Reference
from orm.indexes import LOCK_NAME, IndexPlan, PlanOptions, plan_indexes, read_lock, write_lock
from orm.indexes.errors import (
    GsiOverflowError,
    LockContradictionError,
    NotLockedError,
    UnreadableLockError,
)
from orm.indexes.lock import decode_lock, encode_lock
from tests.unit.indexes.shop import SHOP, attribute, entity, pattern, relation


def post(*names: str, **more) -> EntityDefinition:
    patterns = tuple(pattern(f"by {name}", name) for name in names)
    return entity("Post", "a", "b", "c", patterns=patterns, **more)


def places(plan: IndexPlan) -> dict[str, int]:
    return {path.hash[0]: path.number for path in plan.entity("Post").indexes}


def test_a_lock_comes_back_from_its_file(tmp_path):
    lock, path = plan_indexes(SHOP).lock, tmp_path / LOCK_NAME
    write_lock(path, lock)
    assert read_lock(path) == read_lock(str(path)) == lock
    write_lock(str(path), lock)
    assert [found.name for found in tmp_path.iterdir()] == [LOCK_NAME]


def test_without_a_file_nothing_is_pinned(tmp_path):
    assert read_lock(tmp_path / LOCK_NAME) is None


def test_the_text_of_a_lock_is_sorted_whatever_came_first():
    one, other = plan_indexes(SHOP), plan_indexes(tuple(reversed(SHOP)))
    assert encode_lock(one.lock) == encode_lock(other.lock)


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"{",
        b"[]",
        b"{}",
        b'{"version": 1, "entities": {"A": {}}}',
        b'{"version": 1, "more": 1}',
        b'{"version": 1, "entities": {"\xff": {}}}',
    ],
)
def test_a_file_that_is_no_lock_is_refused(tmp_path, text):
    path = tmp_path / LOCK_NAME
    path.write_bytes(text)
    with pytest.raises(UnreadableLockError, match="version control") as caught:
        read_lock(path)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize(
    ("half", "edited"),
    [("pk", []), ("sk", []), ("pk", [{"attribute": "a"}])],
)
def test_keys_that_nothing_plans_are_refused(half, edited):
    """Edited by hand: rows of several entities would lie together unseen."""
    lock = msgspec.json.decode(encode_lock(plan_indexes([post("a")]).lock))
    lock["entities"]["Post"]["gsis"]["1"][half] = edited
    with pytest.raises(UnreadableLockError, match="Post has keys there that nothing plans"):
        decode_lock(msgspec.json.encode(lock))


def test_a_lock_of_another_version_is_refused():
    with pytest.raises(UnreadableLockError, match="version 2"):
        decode_lock(b'{"version": 2}')


def test_a_new_pattern_takes_the_next_slot():
    """Without the lock `a` would come first."""
    before = plan_indexes([post("b", "c")])
    assert places(before) == {"b": 1, "c": 2}
    after = plan_indexes([post("a", "b", "c")], lock=before.lock)
    assert places(after) == {"b": 1, "c": 2, "a": 3}


def test_a_locked_template_answers_what_it_can_and_never_grows():
    """(b) is locked; (b; sort c) would extend its key, so it gets a slot of its own."""
    before = plan_indexes([post("b")])
    given = post("b")
    given = replace(given, patterns=(*given.patterns, pattern("more", "b", sort="c")))
    after = plan_indexes([given], lock=before.lock)
    assert [path.texts()[1] for path in after.entity("Post").indexes] == [
        "POST#{id}",
        "POST#{c}#{id}",
    ]


def test_a_pattern_that_is_gone_leaves_its_slot_reserved_until_released():
    before = plan_indexes([post("a", "b")])
    after = plan_indexes([post("b", "c")], lock=before.lock)
    assert places(after) == {"a": 1, "b": 2, "c": 3}
    unused, new = after.findings
    assert (unused.code, unused.subject) == ("unused-index", "index 1")
    assert "release()" in unused.text
    assert (new.code, new.subject) == ("new-index", "index 3")
    freed = plan_indexes([post("b", "c")], lock=before.lock.release("Post", 1))
    assert places(freed) == {"b": 2, "c": 1}


def test_a_given_index_that_is_gone_stays_and_is_reported():
    """As one that was derived; while it is given nobody need declare what is asked by it."""
    keys = {"gsi1pk": ("A", Reference("a"))}
    before = plan_indexes([post(keys=keys)])
    assert plan_indexes([post(keys=keys)], lock=before.lock).findings == ()
    after = plan_indexes([post()], lock=before.lock)
    assert [finding.code for finding in after.findings] == ["unused-index"]
    assert plan_indexes([post()], lock=after.lock.release("Post", 1)).slots == ()


def test_an_index_that_comes_later_says_that_older_rows_are_not_in_it():
    """An entity that is new itself has no older rows; once it is in the lock it is said no more."""
    before = plan_indexes([post("a")])
    after = plan_indexes([post("a", "b"), entity("User", "x", patterns=(pattern("p", "x"),))],
                         lock=before.lock)  # fmt: skip
    (finding,) = after.findings
    assert (finding.entity, finding.subject, finding.code) == ("Post", "index 2", "new-index")
    assert plan_indexes([post("a", "b")], lock=after.lock.forget("User")).findings == ()


def test_what_becomes_unique_later_says_that_older_rows_have_no_claim():
    """Once: the lock that is written then knows. One that is older than claims says nothing."""
    before = plan_indexes([entity("Post", "a", "b")]).lock
    unique = entity("Post", attribute("a", unique=True), "b")
    later = plan_indexes([unique], lock=before)
    (found,) = later.findings
    assert (found.entity, found.subject, found.code) == ("Post", "a", "new-claim")
    assert not plan_indexes([unique], lock=decode_lock(encode_lock(later.lock))).findings
    either = entity("Post", attribute("a", unique=True, casefold=True), "b")
    assert [one.code for one in plan_indexes([either], lock=later.lock).findings] == ["new-claim"]
    old = replace(before, entities={"Post": replace(before.entities["Post"], claims=None)})
    assert not plan_indexes([unique], lock=old).findings


def test_reserved_slots_count_towards_the_limit():
    before = plan_indexes([post("a", "b")])
    with pytest.raises(GsiOverflowError, match=r"Post: needs 3 global .* release unused ones"):
        plan_indexes([post("b", "c")], PlanOptions(gsis_max=2), before.lock)


def test_an_entity_that_is_gone_stays_in_the_lock_until_forgotten():
    before = plan_indexes([post("a"), entity("User", "name")])
    after = plan_indexes([post("a")], lock=before.lock)
    assert "User" in after.lock.entities
    assert [finding.code for finding in after.findings] == ["gone"]
    assert "User" not in after.lock.forget("User").entities


def test_releasing_what_is_not_there_is_refused():
    lock = plan_indexes([post("a")]).lock
    with pytest.raises(NotLockedError, match="Post: has indexes 1, not index 2"):
        lock.release("Post", 2)
    with pytest.raises(NotLockedError, match="User: has Post, not that entity"):
        lock.release("User", 1)
    with pytest.raises(NotLockedError, match="Post"):
        lock.forget("User")


def test_another_row_key_than_the_locked_one_is_refused():
    before = plan_indexes([post()])
    for changed in (
        post(primary_key=("a", "id")),
        post(keys={"pk": ("P", Reference("id"))}),
    ):
        with pytest.raises(LockContradictionError, match=r"POST#\{id\}.*undo") as caught:
            plan_indexes([changed], lock=before.lock)
        assert caught.value.entity == "Post"


def test_a_child_that_is_to_move_to_its_parent_is_refused():
    child = entity("Post", attribute("user_id", "immutable"))
    before = plan_indexes([entity("User"), child])
    owner = entity("User", relations=(relation("has_many", "posts", "Post", owned=True),))
    with pytest.raises(LockContradictionError, match=r"USER#\{user_id\}"):
        plan_indexes([owner, child], lock=before.lock)


def test_a_composite_key_keeps_its_locked_form():
    """A new pattern would have another side of it lead; the rows are there already."""
    line = entity("Line", "a", "b", primary_key=("a", "b"), patterns=(pattern("p", "b"),))
    before = plan_indexes([line])
    assert before.entity("Line").key.hash == ("b",)
    strong = replace(line, patterns=(pattern("q", "a"),))
    after = plan_indexes([strong], lock=before.lock)
    assert after.entity("Line").key.hash == ("b",)
    assert plan_indexes([strong]).entity("Line").key.hash == ("a",)


def test_a_locked_attribute_that_is_gone_is_refused():
    before = plan_indexes([post("a")])
    with pytest.raises(LockContradictionError, match=r"'a'.*release\('Post', 1\)"):
        plan_indexes([entity("Post", "b")], lock=before.lock)
    assert plan_indexes([entity("Post", "b")], lock=before.lock.release("Post", 1))


def test_given_keys_in_a_slot_that_is_locked_otherwise_are_refused():
    before = plan_indexes([post("a")])
    given = post("a", keys={"gsi1pk": ("P", Reference("b")), "gsi1sk": ("P", Reference("id"))})
    with pytest.raises(LockContradictionError, match="index 1"):
        plan_indexes([given], lock=before.lock)


def test_a_local_index_after_the_table_is_made_is_refused():
    owner = entity("User", relations=(relation("has_many", "posts", "Post", owned=True),))
    child = entity("Post", attribute("user_id", "immutable"), "score")
    options = PlanOptions(lsi=True)
    before = plan_indexes([owner, child], options)
    strong = replace(child, patterns=(pattern("top", "user_id", sort="score", strong=True),))
    with pytest.raises(LockContradictionError, match="made with its table only"):
        plan_indexes([owner, strong], options, before.lock)
    made = plan_indexes([owner, strong], options)
    assert plan_indexes([owner, strong], options, made.lock).lock == made.lock


def test_what_an_index_copies_stays_and_wider_needs_go_elsewhere():
    narrow = entity("Post", "a", "b", patterns=(pattern("p", "a", project=("b",)),))
    before = plan_indexes([narrow])
    wide = entity("User", "a", patterns=(pattern("p", "a"),))
    after = plan_indexes([narrow, wide], lock=before.lock)
    assert [slot.include for slot in after.slots] == [("a", "b", "id"), ()]
    assert after.entity("User").indexes[0].number == 2


def test_an_attribute_that_rows_may_now_lack_gets_a_new_template():
    """Rows without `b` would be missing from the locked one; it stays until released."""
    chain = (pattern("p", "a"), pattern("q", "a", "b"))
    before = plan_indexes([entity("Post", "a", "b", patterns=chain)])
    assert len(before.slots) == 1
    loose = entity("Post", "a", attribute("b", required=False), patterns=chain)
    after = plan_indexes([loose], lock=before.lock)
    answers = {a.pattern.name: a.path.number for a in after.entity("Post").answers if a.path}
    assert (answers["p"], answers["q"]) == (2, 1)


def test_the_one_partition_of_all_rows_answers_nothing_narrower():
    """It could, by a prefix of its sort key, and would draw every reader to one partition."""
    whole = pattern("all", sort="a")
    before = plan_indexes([entity("Post", "a", patterns=(whole,))])
    after = plan_indexes(
        [entity("Post", "a", patterns=(whole, pattern("p", "a")))], None, before.lock
    )
    assert [path.hash for path in after.entity("Post").indexes] == [(), ("a",)]
