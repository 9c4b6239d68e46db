"""Templates: as few as can be, and each pattern served by its own."""

from __future__ import annotations

from itertools import combinations, permutations

from hypothesis import given, settings
from hypothesis import strategies as st

from orm.definitions import AttributeDefinition, EntityDefinition
from orm.indexes.facts import Facts
from orm.indexes.patterns import AccessPattern
from orm.indexes.templates import Shape, chains, templates
from tests.counts import count

often = settings(max_examples=count(300, 5_000))

NAMES = ("a", "b", "c", "d")

equals = st.sets(st.sampled_from(NAMES), min_size=1, max_size=4).map(lambda s: tuple(sorted(s)))


@st.composite
def shapes(draw: st.DrawFn) -> Shape:
    equal = draw(equals)
    return Shape(equal, draw(st.sampled_from(("", *(n for n in NAMES if n not in equal)))))


def serves(hashed: frozenset[str], sort: tuple[str, ...], equal: frozenset[str], r: str) -> bool:
    """The definition, written down once more: H within X, X without H the first parts, r next."""
    rest = equal - hashed
    given = len(rest)
    fits = hashed <= equal and frozenset(sort[:given]) == rest
    return fits and (not r or sort[given : given + 1] == (r,))


def every_template(names: tuple[str, ...]) -> list[tuple[frozenset[str], tuple[str, ...]]]:
    """All keys over these names; a longer sort key serves whatever a shorter one does."""
    return [
        (frozenset(hashed), sort)
        for size in range(len(names) + 1)
        for hashed in combinations(names, size)
        for sort in permutations([name for name in names if name not in hashed])
    ]


def fewest(asked: list[Shape]) -> int:
    """The least number of templates that serve all, by trying all sets of them."""
    masks = {
        sum(
            1 << i
            for i, shape in enumerate(asked)
            if serves(hashed, sort, frozenset(shape.equal), shape.sort)
        )
        for hashed, sort in every_template(NAMES)
    }
    reached, size = {0}, 0
    while (1 << len(asked)) - 1 not in reached:
        reached = {one | mask for one in reached for mask in masks}
        size += 1
    return size


@often
@given(st.lists(shapes(), min_size=1, max_size=7, unique=True))
def test_no_fewer_templates_could_serve_all_patterns(asked: list[Shape]):
    """The cover has exactly as many chains as the best of all sets of templates."""
    assert len(chains(asked)) == fewest(asked)


@often
@given(st.lists(shapes(), min_size=1, max_size=9))
def test_every_pattern_stands_in_exactly_one_chain(asked: list[Shape]):
    found = [shape for chain in chains(asked) for shape in chain]
    assert sorted(found, key=repr) == sorted(set(asked), key=repr)


def facts(nullable: frozenset[str]) -> Facts:
    attributes = [
        AttributeDefinition(name=name, declared=name, required=name not in nullable)
        for name in (*NAMES, "id")
    ]
    return Facts(EntityDefinition(name="E", attributes=tuple(attributes)))


@often
@given(
    st.lists(shapes(), min_size=1, max_size=8),
    st.sets(st.sampled_from(NAMES)).map(frozenset),
    st.data(),
)
def test_every_pattern_is_served_by_the_template_made_for_it(
    asked: list[Shape], nullable: frozenset[str], data: st.DataObject
):
    """By position as the definition says, and no row that it asks for is missing there."""
    known = facts(nullable)
    patterns = {
        f"p{i}": AccessPattern(
            entity="E",
            name=f"p{i}",
            equal=tuple(data.draw(st.permutations(shape.equal))),
            sort=shape.sort,
            descending=data.draw(st.booleans()),
        )
        for i, shape in enumerate(asked)
    }
    made = templates(known, [(pattern, 1) for pattern in patterns.values()])
    assert sorted(name for each in made for name in each.patterns) == sorted(patterns)
    for each in made:
        assert set(known.identity) <= {*each.hash, *each.sort}, "the order is not total"
        for name in each.patterns:
            pattern = patterns[name]
            assert serves(frozenset(each.hash), each.sort, frozenset(pattern.equal), pattern.sort)
            missing = ({*each.hash, *each.sort} & nullable) - pattern.fields
            assert not missing, f"rows without {missing} would be left out"


@often
@given(st.lists(shapes(), min_size=1, max_size=6, unique=True), st.randoms())
def test_the_order_of_declarations_changes_nothing(asked: list[Shape], random):
    """The same patterns in another order make the same chains."""
    shuffled = list(asked)
    random.shuffle(shuffled)
    assert chains(shuffled) == chains(asked)
