"""Effects: what is gathered becomes one action a row, and says no to what no transaction can do."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any, NewType

import msgspec
import pytest

from orm import Key, Model, SingleTableConfig
from orm.errors import KeyfoldError
from orm.requests import Action
from projections import Effects, ReadModel
from projections.errors import EffectsError

CONFIG = SingleTableConfig(table="rows")


class Tally(Model, key=Key("name")):
    name: str
    total: int = 0
    note: str = ""


class Other(Model, key=Key("name")):
    name: str


class Tags(Model, key=Key("name")):
    name: str
    total: int = 0
    words: list[str] = []


Pence = NewType("Pence", int)


class Weights(Model, key=Key("name")):
    """One field of each kind that can be added to."""

    name: str
    count: int = 0
    ratio: float = 0
    money: Decimal = Decimal(0)
    maybe: int | None = 0
    bounded: Annotated[int, msgspec.Meta(ge=0)] = 0
    named: Pence = Pence(0)
    anything: Any = 0


class Row(ReadModel, key=Key("name"), source="TALLY"):
    name: str
    total: int = 0


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


def made_of(*steps: str) -> Effects:
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
    assert made_of(first).can_join(made_of(later)) is can
    assert effects().can_join(made_of(later))


def test_joining_counts_rows_once() -> None:
    batch = made_of("a")
    later = made_of("a")
    later.put(Other(name="a"))
    assert batch.rows_with(later) == 2
    batch.join(later.copy())
    assert len(batch) == 2


def test_a_copy_is_independent() -> None:
    """A batch that is thrown away has changed nothing of the commit's own effects."""
    original = made_of("p")
    twin = original.copy()
    twin.add(Tally, {"name": "a"}, total=5)
    assert one(original) == one(made_of("p"))
    changed = made_of("a")
    changed.copy().join(made_of("a"))
    assert values(changed) == values(made_of("a"))


# --- what is refused while the handler runs ---------------------------------------------------


@pytest.mark.parametrize("key", [{"nom": "a"}, {}, {"name": 5}, {"name": ""}])
@pytest.mark.parametrize("how", ["add", "set", "delete"])
def test_a_key_that_is_not_the_models_is_refused(how: str, key: dict[str, Any]) -> None:
    made = effects()
    with pytest.raises(KeyfoldError):
        if how == "delete":
            made.delete(Tally, **key)
        else:
            getattr(made, how)(Tally, key)
    assert len(made) == 0


@pytest.mark.parametrize("after_put", [False, True])
@pytest.mark.parametrize(
    ("how", "values", "text"),
    [
        ("add", {"totl": 1}, "Tally has no field totl"),
        ("set", {"totl": 1}, "Tally has no field totl"),
        ("add", {"name": 1}, "identifies the row and cannot change"),
        ("set", {"name": "b"}, "identifies the row and cannot change"),
        ("add", {"note": 1}, "Tally.note holds no numbers"),
        ("add", {"total": "1"}, "Tally.total: str is no number to add"),
        ("add", {"total": True}, "bool is no number"),
        ("add", {"total": None}, "NoneType is no number"),
        ("add", {"total": 1.5}, "Tally.total holds whole numbers; 1.5 has a fraction"),
        ("add", {"total": float("nan")}, "not finite"),
        ("add", {"total": Decimal("Infinity")}, "not finite"),
        ("set", {"total": "many"}, "Tally.total"),
    ],
)
def test_what_the_model_cannot_hold_is_refused(
    after_put: bool, how: str, values: dict[str, Any], text: str
) -> None:
    """At once, so that the error stands with its event; what was gathered before is as it was."""
    made = made_of("p" if after_put else "")
    with pytest.raises(KeyfoldError, match=text):
        getattr(made, how)(Tally, {"name": "a"}, **values)
    assert list(made.actions()) == list(made_of("p" if after_put else "").actions())


@pytest.mark.parametrize("how", ["put", "add", "set", "delete"])
def test_the_row_of_a_read_model_is_written_by_its_own_streams_only(how: str) -> None:
    """It carries what was applied; written from elsewhere it would say nothing true."""
    made = effects()
    with pytest.raises(EffectsError, match="Row is a read model"):
        match how:
            case "put":
                made.put(Row(name="a"))
            case "delete":
                made.delete(Row, name="a")
            case _:
                getattr(made, how)(Row, {"name": "a"}, total=1)


def test_a_row_belongs_to_the_handler_that_put_it() -> None:
    """What is added later changes the effect and not the handler's object, and the reverse."""
    mine = Tags(name="a", words=["one"])
    made = effects()
    made.put(mine)
    made.add(Tags, {"name": "a"}, total=1)
    made.set(Tags, {"name": "b"}, words=mine.words)
    mine.words.append("two")
    assert mine == Tags(name="a", words=["one", "two"])
    put, update = made.actions()
    assert put.put
    assert update.update
    one_word = {"L": [{"S": "one"}]}
    assert (put.put.item["total"], put.put.item["words"]) == ({"N": "1"}, one_word)
    assert one_word in (update.update.expression_attribute_values or {}).values()


# --- sums ---------------------------------------------------------------------------------------


def added(field: str, *numbers: Any, put: Any = None, joined: bool = False) -> dict[str, Any]:
    """What is written of a field that all of these were added to, on top of a put or alone."""
    made = effects()
    if put is not None:
        made.put(Weights(name="a", **{field: put}))
    for number in numbers:
        later = effects()
        later.add(Weights, {"name": "a"}, **{field: number})
        if joined:
            assert made.can_join(later)
            made.join(later)
        else:
            made.add(Weights, {"name": "a"}, **{field: number})
    action = one(made)
    if action.put:
        stored: dict[str, Any] = action.put.item[field]
        return stored
    assert action.update
    wire: dict[str, Any]
    [wire] = [v for v in (action.update.expression_attribute_values or {}).values() if "N" in v]
    return wire


@pytest.mark.parametrize("joined", [False, True], ids=["one commit", "many"])
@pytest.mark.parametrize("put", [None, 0], ids=["alone", "onto a put"])
@pytest.mark.parametrize(
    ("field", "numbers", "total"),
    [
        ("ratio", [0.1] * 10, "1"),
        ("ratio", [1.5, Decimal("2.5")], "4"),
        ("ratio", [0.1, 0.2], "0.3"),
        ("ratio", [1, 0.5, Decimal("0.25")], "1.75"),
        ("ratio", [12345678901234.5, 1e-15], "12345678901234.500000000000001"),
        ("money", [Decimal("0.1"), 0.2, 1], "1.3"),
        ("money", [Decimal("1E+20"), Decimal("1E-17")], "100000000000000000000.00000000000000001"),
        ("count", [1, 2.0, Decimal("39")], "42"),
        ("count", [10**37, 1], "10000000000000000000000000000000000001"),
        ("maybe", [1, 2], "3"),
        ("bounded", [1, -1, 5], "5"),
        ("named", [1, 2], "3"),
        ("anything", [1, 0.5], "1.5"),
    ],
)
def test_additions_are_exact(
    field: str, numbers: list[Any], total: str, put: int | None, joined: bool
) -> None:
    """As decimals, as the table counts; however they are batched and whatever they are added to."""
    found = added(field, *numbers, put=put, joined=joined)
    assert Decimal(found["N"]) == Decimal(total)


def test_whole_sums_stay_whole() -> None:
    assert added("count", 1, Decimal("2.0"))["N"] == "3"
    assert added("money", 1, 2)["N"] == "3"


def test_a_put_that_was_added_to_is_read_as_its_fields_say() -> None:
    """The sum stands in the item exactly; the row's own float would have rounded it."""
    wire = added("ratio", 1e-15, put=12345678901234.5)
    assert wire == {"N": "12345678901234.500000000000001"}


def test_a_value_set_after_an_addition_counts() -> None:
    made = effects()
    made.put(Weights(name="a", ratio=1.0))
    made.add(Weights, {"name": "a"}, ratio=1e-30)
    made.set(Weights, {"name": "a"}, ratio=5.0)
    put = one(made).put
    assert put is not None
    assert put.item["ratio"] == {"N": "5.0"}


@pytest.mark.parametrize("put", [None, 0])
@pytest.mark.parametrize(
    ("field", "numbers"),
    [
        ("ratio", [1e30, 1e-30]),
        ("money", [Decimal("1E+50"), Decimal(1)]),
        ("money", [Decimal("9E+125"), Decimal("9E+125")]),
    ],
)
def test_a_sum_that_38_digits_cannot_hold_is_refused(
    field: str, numbers: list[Any], put: int | None
) -> None:
    """Rounding it would count wrong, and differently with each batch."""
    with pytest.raises(EffectsError, match="no number of 38 digits"):
        added(field, *numbers, put=put)


def test_nothing_is_added_to_what_is_no_number() -> None:
    with pytest.raises(EffectsError, match="NoneType is no number"):
        made = effects()
        made.put(Weights(name="a", maybe=None))
        made.add(Weights, {"name": "a"}, maybe=1)
