"""How long a regular expression may take, judged from the pattern alone.

`re` tries every way in which a pattern can match. The number of ways is that of the paths of one
text through the pattern's automaton (Glushkov's: a state for each place where a character stands):

- exponential where a text leads from a state back to it in two ways (`(a+)+`, `(a|a)*`);
- else at most the text's length to the power of the number of loops that one text can be shared
  between (`\\d*\\d*$` has two), a search from every place of the text being a loop of its own.

Characters are judged by samples: ASCII, those that the pattern names, and some others. Repeats of a
bounded number stand as a few copies and a loop, which makes a pattern look worse than it is, never
better. The method is that of Weideman, van der Merwe, Berglund and Watson, "Analyzing matching time
behavior of backtracking regular expression matchers by using ambiguity of NFA", 2016.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any, Final, NamedTuple

COPIES_MAX: Final = 4
COPIED_STATES_MAX: Final = 64
STATES_MAX: Final = 400
LOOP_STATES_MAX: Final = 80
STEPS_MAX: Final = 100_000

_parser: Any = re._parser  # type: ignore[attr-defined]  # the one that `re` itself uses
_OTHERS: Final = "éßΩ中٣\u0301\u2003😀"
TWO_EMPTY: Final = (
    "repeats what can be empty in two ways, so that its time doubles with each repeat; write it "
    "with one `?` or `*`, or make the alternatives differ in their first character"
)
_UNSAFE: Final = {
    "GROUPREF": "refers back to a group, for which no time can be promised",
    "GROUPREF_EXISTS": "depends on a group, for which no time can be promised",
}


class PatternError(ValueError):
    """A pattern that is none, or that no time can be promised for; the text says why."""


def degree(pattern: str) -> int:
    """The power of the text's length that a search takes at the worst.

    Raises:
        PatternError: it is no pattern, takes exponential time, or is too large to be judged.
    """
    try:
        tree = _parser.parse(pattern)
        re.compile(pattern)
    except (re.error, RecursionError, OverflowError) as error:
        raise PatternError(f"is no regular expression: {error}") from error
    return _Automaton(tree).degree()


class _Part(NamedTuple):
    """A piece of the pattern: where a match of it begins and ends, and whether it may be empty."""

    first: tuple[int, ...] = ()
    last: tuple[int, ...] = ()
    empty: bool = True


class _Automaton:
    """States are places of characters; `sets` has the sampled characters of each, as bits."""

    def __init__(self, tree: Any) -> None:
        self._flags = tree.state.flags
        self._alphabet = sorted({*map(chr, range(128)), *_OTHERS, *_named(tree)})
        self._everything = (1 << len(self._alphabet)) - 1
        self.sets: list[int] = []
        self._edges: Counter[tuple[int, int]] = Counter()
        self._looks = False
        self._times = 1  # how often what is being built stands in the pattern
        self._repeated = False
        whole = self._sequence(tree)
        if not _anchored(tree, self._flags):
            self._join([self._star(self._state(self._everything)), whole])
        self._close()

    # --- building ----------------------------------------------------------------------------

    def _sequence(self, nodes: Iterable[tuple[Any, Any]]) -> _Part:
        return self._join([self._node(str(op), argument) for op, argument in nodes])

    def _join(self, parts: list[_Part]) -> _Part:
        whole = _Part()
        for part in parts:
            self._link(whole.last, part.first)
            whole = _Part(
                whole.first + part.first if whole.empty else whole.first,
                whole.last + part.last if part.empty else part.last,
                whole.empty and part.empty,
            )
        return whole

    def _link(self, ends: tuple[int, ...], starts: tuple[int, ...]) -> None:
        self._edges.update((end, start) for end in ends for start in starts)

    def _star(self, part: _Part) -> _Part:
        self._link(part.last, part.first)
        return part._replace(empty=True)

    def _state(self, members: int) -> _Part:
        if len(self.sets) >= STATES_MAX:
            raise PatternError("is too large for its time to be judged; split it into two rules")
        self.sets.append(members)
        place = (len(self.sets) - 1,)
        return _Part(place, place, False)

    def _node(self, op: str, argument: Any) -> _Part:
        if op in _UNSAFE:
            raise PatternError(_UNSAFE[op])
        if op in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"):
            return self._repeat(*argument)
        if op == "BRANCH":
            return self._branch(argument[1])
        if op == "SUBPATTERN":
            return self._sequence(argument[3])
        if op == "ATOMIC_GROUP":
            return self._sequence(argument)
        if op in ("ASSERT", "ASSERT_NOT"):
            self._looks = True
            self._sequence(argument[1])  # its loops count, its characters are not consumed
            return _Part()
        if op in ("AT", "FAILURE"):
            return _Part()
        return self._state(self._members(op, argument))

    def _repeat(self, least: int, most: int, body: Any) -> _Part:
        # a lookaround that is repeated may be tried at every place, a loop's loops again and again
        if most > 1 and any(str(op) in ("ASSERT", "ASSERT_NOT") for op, _ in _nodes(body)):
            raise PatternError("repeats a lookaround, for which no time can be promised")
        endless = most - least > COPIES_MAX or most == _parser.MAXREPEAT
        outer = self._times, self._repeated
        self._times *= max(least + 1 if endless else most, 1)
        self._repeated |= most > 1
        whole = self._copies(least, None if endless else most, body, inside=outer[1])
        self._times, self._repeated = outer
        return whole

    def _copies(self, least: int, most: int | None, body: Any, *, inside: bool) -> _Part:
        """So many copies; one and a loop where that makes too many states, or there is no end."""
        if most == 0:
            return _Part()
        before = len(self.sets)
        sample = self._sequence(body)
        states = len(self.sets) - before
        if sample.empty and inside:
            raise PatternError(TWO_EMPTY)
        if self._times > COPIES_MAX:
            self._check_copied(sample, least)
        if least * states > COPIED_STATES_MAX:
            return self._join([self._sequence(body), self._star(self._sequence(body))])
        parts = [self._sequence(body) for _ in range(least)]
        rest = _Part() if most is not None else self._star(self._sequence(body))
        for _ in range((most or least) - least):  # from the inside: (x(x)?)?
            rest = self._join([self._sequence(body), rest])._replace(empty=True)
        return self._join([*parts, rest])

    def _check_copied(self, sample: _Part, least: int) -> None:
        """Many copies of what can match in two ways multiply, as a loop of it would."""
        if sample.empty and least > 1:  # any of them may be the empty ones
            raise PatternError("repeats what may be empty, for which no time can be promised")
        self._star(sample)  # stands beside the pattern, to be judged alone

    def _branch(self, alternatives: Iterable[Any]) -> _Part:
        parts = [self._sequence(one) for one in alternatives]
        if self._repeated and sum(part.empty for part in parts) > 1:
            # the parser makes `ab|ac?` into `a(?:b|c?)`, so `[ab]|[ab]` is two empty ones
            raise PatternError(TWO_EMPTY)
        return _Part(
            tuple(place for part in parts for place in part.first),
            tuple(place for part in parts for place in part.last),
            any(part.empty for part in parts),
        )

    def _members(self, op: str, argument: Any) -> int:
        holds = 0
        for place, character in enumerate(self._alphabet):
            cases = {character}
            if self._flags & re.IGNORECASE:
                both = (character.lower(), character.upper())
                cases.update(one for one in both if len(one) == 1)  # the upper of ß is SS
            if any(_holds(op, argument, one, self._flags) for one in cases):
                holds |= 1 << place
        return holds

    # --- judging -----------------------------------------------------------------------------

    def _close(self) -> None:
        """Work out which states follow which, directly and at all."""
        count = len(self.sets)
        self._next: list[list[int]] = [[] for _ in range(count)]
        reach = [0] * count
        for start, end in self._edges:
            self._next[start].append(end)
            reach[start] |= 1 << end
        for middle in range(count):
            for start in range(count):
                if reach[start] >> middle & 1:
                    reach[start] |= reach[middle]
        self._reach = reach

    def _reaches(self, start: int, end: int) -> bool:
        return bool(self._reach[start] >> end & 1)

    def degree(self) -> int:
        loops = self._loops()
        for loop in loops:
            self._refuse_exponential(loop)
        longest = self._longest_chain(loops)
        searched = self._looks and self._everything in self.sets
        return longest + 1 if searched else longest

    def _loops(self) -> list[list[int]]:
        """States in groups that lead to each other."""
        found: list[list[int]] = []
        for state in range(len(self.sets)):
            if self._reaches(state, state):
                home = next((loop for loop in found if self._one_loop(loop[0], state)), None)
                found.append([state]) if home is None else home.append(state)
        return found

    def _one_loop(self, one: int, other: int) -> bool:
        return self._reaches(one, other) and self._reaches(other, one)

    def _refuse_exponential(self, loop: list[int]) -> None:
        if len(loop) > LOOP_STATES_MAX:
            raise PatternError("is too large for its time to be judged; split it into two rules")
        inside = set(loop)
        twice = any(
            count > 1 and start in inside and end in inside
            for (start, end), count in self._edges.items()
        )
        if twice or self._parts_and_meets(inside):
            raise PatternError(
                "can go round a loop in two ways on one text, so that its time doubles with each "
                "character; make the alternatives or the repeats differ in their first character"
            )

    def _parts_and_meets(self, inside: set[int]) -> bool:
        """Whether two walks on one text part within the loop and meet again."""
        follows = {
            (one, other): list(self._pairs(one, other, inside))
            for one in inside
            for other in inside
        }
        before: dict[tuple[int, int], list[tuple[int, int]]] = {}
        for pair, nexts in follows.items():
            for after in nexts:
                before.setdefault(after, []).append(pair)
        together = [(state, state) for state in inside]
        there, back = _spread(together, follows), _spread(together, before)
        return any(one != other for one, other in there & back)

    def _pairs(self, one: int, other: int, inside: set[int]) -> Iterator[tuple[int, int]]:
        for left in self._next[one]:
            for right in self._next[other]:
                if left in inside and right in inside and self.sets[left] & self.sets[right]:
                    yield left, right

    def _longest_chain(self, loops: list[list[int]]) -> int:
        """The most loops in a row between which a text can be shared in many ways."""
        # a loop comes after all that lead to it
        ordered = sorted(loops, key=lambda loop: -self._reach[loop[0]].bit_count())
        lengths: list[int] = []
        self._steps = 0
        for place, loop in enumerate(ordered):
            shared = [
                lengths[earlier] for earlier in range(place) if self._share(ordered[earlier], loop)
            ]
            lengths.append(1 + max(shared, default=0))
        return max(lengths, default=0)

    def _share(self, one: list[int], other: list[int]) -> bool:
        """Whether a text leads round `one`, from it to `other`, and round `other`."""
        if not self._reaches(one[0], other[0]):
            return False
        return any(self._shares(start, end, set(one), set(other)) for start in one for end in other)

    def _shares(self, start: int, end: int, one: set[int], other: set[int]) -> bool:
        seen: set[tuple[int, int, int]] = set()
        todo = [(start, start, end)]
        while todo:
            for after in self._triples(*todo.pop(), one, other):
                self._steps += 1
                if after == (start, end, end) or self._steps > STEPS_MAX:
                    return True  # where the search takes too long, the worse is assumed
                if after not in seen:
                    seen.add(after)
                    todo.append(after)
        return False

    def _triples(
        self, left: int, middle: int, right: int, one: set[int], other: set[int]
    ) -> Iterator[tuple[int, int, int]]:
        for a in self._next[left]:
            for c in self._next[right]:
                both = self.sets[a] & self.sets[c]
                if a in one and c in other and both:
                    yield from ((a, b, c) for b in self._next[middle] if self.sets[b] & both)


def _spread(
    start: list[tuple[int, int]], follows: dict[tuple[int, int], list[tuple[int, int]]]
) -> set[tuple[int, int]]:
    seen, todo = set(start), list(start)
    while todo:
        for pair in follows.get(todo.pop(), ()):
            if pair not in seen:
                seen.add(pair)
                todo.append(pair)
    return seen


def _nodes(tree: Any) -> Iterator[tuple[Any, Any]]:
    """Every node of a parsed pattern, however deep."""
    if isinstance(tree, (tuple, list, _parser.SubPattern)):
        if (
            isinstance(tree, tuple)
            and len(tree) == 2
            and type(tree[0]).__name__.endswith("Constant")
        ):
            yield tree
        for part in tree:
            yield from _nodes(part)


def _named(tree: Any) -> Iterator[str]:
    """The characters that a pattern names, and the neighbours of its ranges."""
    for op, argument in _nodes(tree):
        if str(op) in ("LITERAL", "NOT_LITERAL"):
            yield chr(argument)
        elif str(op) == "RANGE":
            yield from (chr(code) for code in argument)


def _anchored(tree: Any, flags: int) -> bool:
    """Whether a match can begin at the beginning alone."""
    if not tree or str(tree[0][0]) != "AT":
        return False
    place = str(tree[0][1])
    return place == "AT_BEGINNING_STRING" or (place == "AT_BEGINNING" and not flags & re.MULTILINE)


_CATEGORIES: Final = {
    "DIGIT": re.compile(r"\d"),
    "SPACE": re.compile(r"\s"),
    "WORD": re.compile(r"\w"),
}


def _holds(op: str, argument: Any, character: str, flags: int) -> bool:
    """Whether a node for one character takes this one."""
    if op == "LITERAL":
        return bool(ord(character) == argument)
    if op == "NOT_LITERAL":
        return bool(ord(character) != argument)
    if op == "ANY":
        return bool(flags & re.DOTALL) or character != "\n"
    if op == "RANGE":
        return bool(argument[0] <= ord(character) <= argument[1])
    if op == "CATEGORY":
        return _in_category(str(argument), character)
    if op == "IN":
        return _in_set(argument, character, flags)
    raise PatternError(f"holds {op}, whose time is not known")


def _in_category(name: str, character: str) -> bool:
    negated = "_NOT_" in name
    return bool(_CATEGORIES[name.rpartition("_")[2]].match(character)) is not negated


def _in_set(members: Any, character: str, flags: int) -> bool:
    negated = bool(members) and str(members[0][0]) == "NEGATE"
    found = any(_holds(str(op), one, character, flags) for op, one in members[negated:])
    return found is not negated
