"""Names: how those of models, attributes and relations derive from each other.

Sources spell `penName`, `pen_name` and `PenName`; stored is `pen_name`. A model's name is singular
(`Essay`), a table's plural (`essays`). English plurals follow a few rules and a short list of
exceptions; a name that they get wrong can always be given explicitly.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from typing import Final

_GAPS: Final = re.compile(r"[\s.\-/]+")
_AFTER_ACRONYM: Final = re.compile(r"([A-Z]+)([A-Z][a-z])")
_AFTER_SMALL: Final = re.compile(r"([a-z0-9])([A-Z])")
_HISSING: Final = ("s", "x", "z", "ch", "sh")
_VOWELS: Final = "aeiou"

_UNCOUNTABLE: Final = frozenset(
    [
        "aircraft",
        "analytics",
        "data",
        "equipment",
        "feedback",
        "information",
        "media",
        "metadata",
        "money",
        "news",
        "police",
        "rice",
        "series",
        "sheep",
        "software",
        "species",
        "staff",
    ]
)
_IRREGULAR: Final = {
    "alias": "aliases",
    "analysis": "analyses",
    "atlas": "atlases",
    "axis": "axes",
    "basis": "bases",
    "bias": "biases",
    "calf": "calves",
    "canvas": "canvases",
    "child": "children",
    "crisis": "crises",
    "criterion": "criteria",
    "echo": "echoes",
    "foot": "feet",
    "gas": "gases",
    "goose": "geese",
    "half": "halves",
    "hero": "heroes",
    "hypothesis": "hypotheses",
    "knife": "knives",
    "leaf": "leaves",
    "lens": "lenses",
    "life": "lives",
    "loaf": "loaves",
    "man": "men",
    "mouse": "mice",
    "movie": "movies",
    "ox": "oxen",
    "person": "people",
    "potato": "potatoes",
    "quiz": "quizzes",
    "self": "selves",
    "shelf": "shelves",
    "thesis": "theses",
    "thief": "thieves",
    "tie": "ties",
    "tomato": "tomatoes",
    "tooth": "teeth",
    "wife": "wives",
    "wolf": "wolves",
    "woman": "women",
}
_SINGULARS: Final = {many: one for one, many in _IRREGULAR.items()}


def snake_case(name: str) -> str:
    """`penName`, `PenName`, `pen-name` and `pen_name` are all `pen_name`."""
    name = _GAPS.sub("_", name.strip())
    name = _AFTER_ACRONYM.sub(r"\1_\2", name)
    return _AFTER_SMALL.sub(r"\1_\2", name).lower()


def pascal_case(name: str) -> str:
    """`post_tag` is `PostTag`; what is written so already stays."""
    return "".join(word[:1].upper() + word[1:] for word in snake_case(name).split("_"))


def plural(name: str) -> str:
    """The plural of a snake_case name's last word: `book_copy` → `book_copies`."""
    head, word = _last_word(name)
    return head + _plural(word)


def singular(name: str) -> str:
    """The singular of a snake_case name's last word: `book_copies` → `book_copy`."""
    head, word = _last_word(name)
    return head + _singular(word)


def _last_word(name: str) -> tuple[str, str]:
    head, underscore, word = name.rpartition("_")
    return head + underscore, word


def _plural(word: str) -> str:
    if word in _UNCOUNTABLE or word in _SINGULARS or not word:
        return word
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    if word.endswith("y") and word[-2:-1] not in _VOWELS:
        return word[:-1] + "ies"
    return word + ("es" if word.endswith(_HISSING) else "s")


def _singular(word: str) -> str:
    if word in _UNCOUNTABLE or word in _IRREGULAR:
        return word
    if word in _SINGULARS:
        return _SINGULARS[word]
    if word.endswith("ies") and len(word) > 3:
        return word[:-3] + "y"
    if word.endswith(("ss", "us", "is")) or not word.endswith("s"):
        return word
    return word[:-2] if _added_es(word) else word[:-1]


def _added_es(word: str) -> bool:
    """Whether the plural was made with `es`: `boxes` and `statuses`, but not `houses`."""
    if word.endswith(("sses", "shes", "ches", "xes", "zzes")):
        return True
    return word.endswith("uses") and not word.endswith(("ouses", "auses")) and word != "uses"


def foreign_key(model: str) -> str:
    """The attribute that holds the id of a model's row: `BookCopy` → `book_copy_id`."""
    return snake_case(model) + "_id"


def nearest(name: str, known: Iterable[str], cutoff: float = 0.8) -> str | None:
    """The known name that this one is probably a misspelling, or another spelling, of."""
    spelled = {snake_case(one): one for one in known}
    found = difflib.get_close_matches(snake_case(name), spelled, 1, cutoff)
    return spelled[found[0]] if found else None
