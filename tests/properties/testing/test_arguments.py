"""What `Arguments` promises: every value drawn is one that its hint allows."""

from __future__ import annotations

import collections.abc
import dataclasses
import datetime as dt
import enum
import uuid
from decimal import Decimal
from typing import Annotated, Any, Generic, Literal, NewType, TypeVar

import msgspec
import pytest
from hypothesis import HealthCheck, find, given, settings
from hypothesis import strategies as st
from msgspec import Meta

from eventstore import Aggregate, Event, applies, command
from eventstore.aggregate import Call, commands_of
from eventstore.errors import DefinitionError
from eventstore.testing import Arguments
from eventstore.testing.sameness import same
from tests.counts import count

Sku = NewType("Sku", str)
Code = NewType("Code", Annotated[str, Meta(pattern="^[A-Z]{2}[0-9]+$", max_length=8)])
T = TypeVar("T")


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


class Address(msgspec.Struct, frozen=True):
    street: Annotated[str, Meta(min_length=1, max_length=10)]
    number: Annotated[int, Meta(gt=0)]
    code: Code | None = None


class Tree(msgspec.Struct, frozen=True):
    name: Sku
    children: list[Tree] = []


class Box(msgspec.Struct, Generic[T], frozen=True):
    content: T


@dataclasses.dataclass
class Parcel:
    weight: Annotated[float, Meta(ge=0, le=30)]
    to: Address
    tags: set[Colour] = dataclasses.field(default_factory=set)
    stamp: int = dataclasses.field(default=1, init=False)


HINTS: list[Any] = [
    int,
    Annotated[int, Meta(ge=1, le=5)],
    Annotated[int, Meta(gt=1, lt=3)],
    Annotated[int, Meta(ge=10, multiple_of=5)],
    Annotated[int, Meta(ge=-7, le=20, multiple_of=6)],
    Annotated[int, Meta(ge=10**15)],
    Annotated[Annotated[int, Meta(ge=3)], Meta(le=4)],
    float,
    Annotated[float, Meta(ge=0, le=1)],
    Annotated[float, Meta(gt=0, lt=1)],
    Annotated[float, Meta(ge=1, le=2, multiple_of=0.25)],
    Decimal,
    str,
    Annotated[str, Meta(min_length=2, max_length=3)],
    Annotated[str, Meta(pattern="^[a-f]+$")],
    Annotated[str, Meta(pattern="b", min_length=1, max_length=4)],
    bytes,
    Annotated[bytes, Meta(max_length=2)],
    bool,
    None,
    dt.date,
    dt.time,
    dt.datetime,
    Annotated[dt.datetime, Meta(tz=False)],
    Annotated[dt.datetime, Meta(tz=True)],
    dt.timedelta,
    uuid.UUID,
    Colour,
    Literal["a", 1],
    Sku,
    Code,
    Annotated[Sku, Meta(min_length=1)],
    int | None,
    str | bool | None,
    list[int],
    Annotated[list[int], Meta(min_length=1, max_length=2)],
    list,
    dict,
    tuple,
    set[Sku],
    frozenset[Colour],
    tuple[int, str],
    tuple[Sku, ...],
    dict[Sku, Annotated[int, Meta(ge=1)]],
    Address,
    Tree,
    Parcel,
    list[Parcel],
    Box[int],
    Box[Sku],
]


@pytest.mark.parametrize("hint", HINTS, ids=str)
def test_values_are_what_their_hint_says_and_survive_storage(hint: Any):
    """msgspec reads them back under the very hint, the same."""

    @settings(max_examples=count(30, 500), suppress_health_check=list(HealthCheck))
    @given(Arguments().of(hint))
    def check(value: Any) -> None:
        read = msgspec.msgpack.decode(msgspec.msgpack.encode(value), type=hint)
        assert same(read, value)

    check()


@pytest.mark.parametrize(
    ("hint", "kind"),
    [
        (collections.abc.Sequence[int], list),
        (collections.abc.Iterable[int], list),
        (collections.abc.Mapping[str, int], dict),
        (collections.abc.Set[int], set),
    ],
)
def test_abstract_containers_draw_plain_ones(hint: Any, kind: type):
    """What a command asks for loosely, it gets as the common thing."""
    assert find(Arguments().of(hint), lambda value: isinstance(value, kind)) == kind()


@given(Arguments().of(Annotated[Decimal, Meta(gt=0, le=2)]))
def test_decimals_keep_their_bounds(value: Decimal):
    """msgspec knows none for decimals; the kit does."""
    assert 0 < value <= 2


@given(Arguments().of(T))
def test_a_free_type_variable_is_drawn_as_anything_simple(value: Any):
    """A generic command can be run without naming its type."""
    msgspec.msgpack.encode(value)


def test_integers_shrink_to_the_bound_next_to_zero():
    """Small numbers make scripts that can be read."""
    arguments = Arguments()
    assert find(arguments.of(int), lambda value: True) == 0
    assert find(arguments.of(Annotated[int, Meta(ge=3)]), lambda value: True) == 3
    assert find(arguments.of(Annotated[int, Meta(le=-3)]), lambda value: True) == -3


@pytest.mark.parametrize("edge", [-100, 90])
def test_integers_reach_both_bounds(edge: int):
    """Where limits are, mistakes are."""
    bounded = Arguments().of(Annotated[int, Meta(ge=-100, le=90)])
    assert find(bounded, lambda value: value == edge) == edge


def test_a_bound_that_nothing_meets_is_refused_by_name():
    """Not in mid-run, and with what to write."""

    class Impossible(Aggregate):
        @command
        def go(self, size: Annotated[int, Meta(ge=3, le=2)]) -> Gone:
            return Gone(size)

        @applies
        def gone(self, event: Gone) -> None:
            pass

    with pytest.raises(DefinitionError, match=r"strategies=\{'go.size'"):
        call_of(Impossible, "go")


class Gone(Event, tag="gone"):
    size: int


class Ways(Aggregate):
    """Every way to take parameters."""

    @command
    def plain(self, one: int, two: int = 7) -> Gone:
        return Gone(one + two)

    @command
    def only(self, one: int = 1, /, *, two: Sku, three: int = 3) -> Gone:
        return Gone(one)

    @command
    def many(self, *numbers: int) -> Gone:
        return Gone(len(numbers))

    @command
    def named(self, /, **numbers: int) -> Gone:
        return Gone(len(numbers))

    @command
    def untyped(self, thing) -> Gone:
        return Gone(1)

    @command
    def strange(self, thing: Unmakeable) -> Gone:
        return Gone(1)

    @applies
    def gone(self, event: Gone) -> None:
        pass


class Unmakeable:
    def __init__(self, *, thing):
        self.thing = thing


def call_of(aggregate: type[Aggregate], name: str, **overrides: Any) -> Any:
    return Arguments(overrides).call(name, commands_of(aggregate)[name])


@pytest.mark.parametrize("name", ["plain", "only", "many", "named"])
def test_calls_can_be_carried_out(name: str):
    """Whatever is left out or given, by place or by name, the command takes it."""

    @settings(max_examples=count(50, 500))
    @given(call_of(Ways, name))
    def check(call: Call[Ways]) -> None:
        assert call.decide(Ways())

    check()


@pytest.mark.parametrize(
    "calls",
    [
        Ways.plain(0),
        Ways.plain(0, 0),
        Ways.only(two=Sku("")),
        Ways.only(0, two=Sku(""), three=0),
        Ways.only(two=Sku(""), three=0),
        Ways.many(),
        Ways.many(0, 0),
        Ways.named(),
    ],
    ids=repr,
)
def test_defaults_are_sometimes_left_out(calls: Call[Ways]):
    """Both ways to call are tried."""
    name = calls.command.name.rpartition(".")[2]
    assert find(call_of(Ways, name), lambda drawn: drawn == calls) == calls


@pytest.mark.parametrize(("name", "told"), [("untyped", "no type"), ("strange", "Unmakeable")])
def test_a_parameter_that_cannot_be_drawn_is_named(name: str, told: str):
    """With what to pass instead."""
    with pytest.raises(DefinitionError, match=rf"{told}.*strategies=\{{'{name}.thing'"):
        call_of(Ways, name)
    assert find(call_of(Ways, name, thing=st.just(1)), lambda call: True).args == (1,)


@pytest.mark.parametrize(
    "overrides",
    [{Sku: st.just(Sku("mine"))}, {"name": st.just("mine")}, {"Tree.name": st.just("mine")}],
    ids=["by NewType", "by field", "by class and field"],
)
def test_overrides_reach_into_structs(overrides: dict[Any, Any]):
    """Wherever the type or the field stands."""
    seen: set[str] = set()

    @settings(max_examples=count(40, 400), suppress_health_check=list(HealthCheck))
    @given(Arguments(overrides).of(list[Tree]))
    def look(trees: list[Tree]) -> None:
        for tree in trees:
            seen.add(tree.name)
            look_below(tree)

    def look_below(tree: Tree) -> None:
        for child in tree.children:
            seen.add(child.name)
            look_below(child)

    look()
    assert seen == {"mine"}


def test_an_annotated_alias_can_be_overridden():
    """`Quantity = Annotated[…]` is a name as good as a NewType."""
    alias = Annotated[int, Meta(ge=1)]
    assert find(Arguments({alias: st.just(9)}).of(alias | None), bool) == 9
