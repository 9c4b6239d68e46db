"""Effects: what is gathered becomes one action a row, and says no to what no transaction can do."""

from __future__ import annotations

import pytest

from orm import Key, Model, SingleTableConfig
from orm.errors import KeyfoldError
from orm.requests import Action
from projections import Effects
from projections.errors import EffectsError

CONFIG = SingleTableConfig(table="rows")


class Tally(Model, key=Key("name")):
    name: str
    total: int = 0
    note: str = ""


class Other(Model, key=Key("name")):
    name: str


def effects(tenant: str | None = None) -> Effects:
    return Effects(CONFIG, tenant)


def one(made: Effects) -> Action:
    [action] = made.actions()
    return action


def values(made: Effects) -> dict[str, object]:
    """What the one update sets and adds, by attribute."""
    update = one(made).update
    assert update is not None
    text, names = update.update_expression, update.expression_attribute_names or {}
    for placeholder, name in sorted(names.items(), reverse=True):
        text = text.replace(placeholder, name)
    for placeholder, value in (update.expression_attribute_values or {}).items():
        text = text.replace(placeholder, "".join(map(str, value.values())))
    return {"text": text}


def test_a_fresh_one_does_nothing() -> None:
    assert list(effects().actions()) == []
    assert len(effects()) == 0


def test_a_put_is_the_whole_row() -> None:
    made = effects()
    made.put(Tally(name="a", total=3))
    put = one(made).put
    assert put is not None
    assert put.table_name == "rows"
    assert (put.item["pk"], put.item["total"]) == ({"S": "TALLY#a"}, {"N": "3"})
    assert put.condition_expression is None


def test_additions_to_one_row_are_one_addition() -> None:
    made = effects()
    for number in (1, 2, 39):
        made.add(Tally, {"name": "a"}, total=number)
    assert "total 42" in str(values(made)["text"])
    assert len(made) == 1


def test_the_last_value_that_was_set_counts() -> None:
    made = effects()
    made.set(Tally, {"name": "a"}, note="one")
    made.set(Tally, {"name": "a"}, note="two")
    text = str(values(made)["text"])
    assert "two" in text
    assert "one" not in text


def test_a_put_swallows_what_came_before() -> None:
    made = effects()
    made.add(Tally, {"name": "a"}, total=5)
    made.set(Tally, {"name": "a"}, note="x")
    made.put(Tally(name="a", total=1))
    put = one(made).put
    assert put is not None
    assert (put.item["total"], put.item["note"]) == ({"N": "1"}, {"S": ""})


def test_what_follows_a_put_changes_the_put() -> None:
    made = effects()
    made.put(Tally(name="a", total=1))
    made.add(Tally, {"name": "a"}, total=5)
    made.set(Tally, {"name": "a"}, note="x")
    put = one(made).put
    assert put is not None
    assert (put.item["total"], put.item["note"]) == ({"N": "6"}, {"S": "x"})


def test_a_delete_swallows_what_came_before() -> None:
    made = effects()
    made.put(Tally(name="a"))
    made.delete(Tally, name="a")
    assert one(made).delete is not None


def test_rows_of_two_models_with_one_key_are_two() -> None:
    made = effects()
    made.put(Tally(name="a"))
    made.put(Other(name="a"))
    assert len(made) == 2


def test_a_tenants_rows_carry_the_tenant() -> None:
    made = effects("acme")
    made.put(Tally(name="a"))
    made.add(Tally, {"name": "b"}, total=1)
    made.delete(Tally, name="c")
    put, update, delete = made.actions()
    assert put.put
    assert update.update
    assert delete.delete
    assert put.put.item["pk"] == {"S": "T#acme#TALLY#a"}
    assert update.update.key["pk"] == {"S": "T#acme#TALLY#b"}
    assert delete.delete.key["pk"] == {"S": "T#acme#TALLY#c"}


@pytest.mark.parametrize("then", ["put", "add", "set"])
def test_a_deleted_row_takes_nothing_more_in_one_commit(then: str) -> None:
    made = effects()
    made.delete(Tally, name="a")
    with pytest.raises(EffectsError, match="deleted and"):
        match then:
            case "put":
                made.put(Tally(name="a"))
            case "add":
                made.add(Tally, {"name": "a"}, total=1)
            case _:
                made.set(Tally, {"name": "a"}, note="x")


@pytest.mark.parametrize("set_first", [True, False])
def test_one_field_is_not_both_set_and_added_to_in_one_commit(set_first: bool) -> None:
    made = effects()
    steps = [
        lambda: made.set(Tally, {"name": "a"}, total=1),
        lambda: made.add(Tally, {"name": "a"}, total=1),
    ]
    first, second = steps if set_first else reversed(steps)
    first()
    with pytest.raises(EffectsError, match="both set and added to"):
        second()


def made(*steps: str) -> Effects:
    """Effects on row a: p put, a add 1, s set note, S set total, d delete."""
    found = effects()
    for step in "".join(steps):
        match step:
            case "p":
                found.put(Tally(name="a", total=10))
            case "a":
                found.add(Tally, {"name": "a"}, total=1)
            case "s":
                found.set(Tally, {"name": "a"}, note="x")
            case "S":
                found.set(Tally, {"name": "a"}, total=7)
            case "d":
                found.delete(Tally, name="a")
    return found


@pytest.mark.parametrize(
    ("first", "later", "can"),
    [
        ("p", "a", True),
        ("p", "S", True),
        ("p", "d", True),
        ("a", "a", True),
        ("a", "s", True),
        ("a", "p", True),
        ("a", "d", True),
        ("d", "d", True),
        ("d", "p", False),
        ("d", "a", False),
        ("d", "s", False),
        ("a", "S", False),
        ("S", "a", False),
    ],
)
def test_what_one_action_can_say_of_two_commits(first: str, later: str, can: bool) -> None:
    """What it cannot begins another transaction."""
    assert made(first).can_join(made(later)) is can
    assert effects().can_join(made(later))


def test_joining_counts_rows_once() -> None:
    batch = made("a")
    later = made("a")
    later.put(Other(name="a"))
    assert batch.rows_with(later) == 2
    batch.join(later.copy())
    assert len(batch) == 2


def test_a_copy_is_independent() -> None:
    """A batch that is thrown away has changed nothing of the commit's own effects."""
    original = made("p")
    twin = original.copy()
    twin.add(Tally, {"name": "a"}, total=5)
    assert one(original) == one(made("p"))
    changed = made("a")
    changed.copy().join(made("a"))
    assert values(changed) == values(made("a"))


def test_a_key_that_is_not_the_models_is_refused_when_written() -> None:
    wrong = effects()
    wrong.delete(Tally, nom="a")
    with pytest.raises(KeyfoldError):
        list(wrong.actions())


def test_a_field_that_the_model_lacks_is_refused_when_written() -> None:
    wrong = effects()
    wrong.add(Tally, {"name": "a"}, totl=1)
    with pytest.raises(KeyfoldError, match="totl"):
        list(wrong.actions())
