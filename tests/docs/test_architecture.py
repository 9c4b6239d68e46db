"""The map that docs/architecture.md draws is the truth.

Its rule: a module imports only what stands in a row below its own, or to its left in its row. A
folder is one room and is drawn with a slash; the group of commands that a folder keeps in its `cli`
belongs to the room `cli/`, which stands above. Imports for annotations alone do not count.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import grimp
import pytest

ROOT = Path(__file__).parents[2]
FLOORS = ("orm", "eventstore", "projections")
_PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")


def rows(floor: str) -> list[list[str]]:
    """The rooms of a floor, row by row as drawn, the highest row first."""
    found = re.search(rf"^{floor} ─+\n(.*?)(?:\n\n|\n```)", _PAGE, re.MULTILINE | re.DOTALL)
    assert found, f"no drawing of {floor}"
    return [drawn_rooms(line) for line in found[1].splitlines()]


def drawn_rooms(line: str) -> list[str]:
    """The rooms of one drawn row: behind its label, apart by two spaces or more, notes left out."""
    _, *rooms = re.split(r"\s{2,}", re.sub(r"\s*\(.*?\)", "", line).strip())
    return rooms


def heights(floor: str) -> dict[str, int]:
    """Every room's place: higher than all that it may import."""
    upwards = [room for row in reversed(rows(floor)) for room in row]
    return {room: height for height, room in enumerate(upwards)}


@cache
def imports() -> grimp.ImportGraph:
    return grimp.build_graph(*FLOORS, exclude_type_checking_imports=True, cache_dir=None)


def room_of(module: str) -> str:
    floor, room, *below = module.split(".")
    if below == ["cli"]:
        return "cli/"
    return f"{room}/" if (ROOT / floor / room).is_dir() else room


def modules(floor: str) -> list[str]:
    return sorted(module for module in imports().modules if module.startswith(f"{floor}."))


@pytest.mark.parametrize("floor", FLOORS)
def test_every_room_is_drawn_once(floor: str) -> None:
    drawn = [room for row in rows(floor) for room in row]
    assert sorted(drawn) == sorted({room_of(module) for module in modules(floor)})


@pytest.mark.parametrize("floor", FLOORS)
def test_imports_go_down_or_left(floor: str) -> None:
    height = heights(floor)
    wrong = [
        f"{module} imports {imported}"
        for module in modules(floor)
        for imported in sorted(imports().find_modules_directly_imported_by(module))
        if imported.startswith(f"{floor}.") and height[room_of(imported)] > height[room_of(module)]
    ]
    assert not wrong


@pytest.mark.parametrize("floor", FLOORS)
def test_nothing_inside_comes_in_through_the_front_door(floor: str) -> None:
    assert [
        m for m in imports().find_modules_that_directly_import(floor) if m in modules(floor)
    ] == []
