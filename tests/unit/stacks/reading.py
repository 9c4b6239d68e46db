"""What the tests of the parser share: the models of a lending library, and how they are shown."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from orm.definitions import EntityDefinition, Unresolved
from orm.stacks import Parsed, StacksModelParser

FOLDER = Path(__file__).parent / "models"
GOLDEN = Path(__file__).parent / "golden"


def library() -> Parsed:
    """All models of the library."""
    return StacksModelParser().parse(FOLDER)


def read(text: str, file: str = "Thing.ts") -> EntityDefinition:
    """The one definition of a text."""
    return StacksModelParser().parse_text(text, file).definitions[0]


def model(inside: str) -> EntityDefinition:
    """The definition of a model named Thing with these entries."""
    return read(f"export default {{ name: 'Thing', {inside} }}")


def attribute(inside: str) -> Any:
    """The one attribute `x` with these entries."""
    return model(f"attributes: {{ x: {{ {inside} }} }}").attributes[0]


def shown(value: Any) -> Any:
    """A definition as JSON has it: without what is as by default, without the tests' own folder."""
    if isinstance(value, Unresolved):
        return {"unresolved": value.text}
    if isinstance(value, msgspec.Struct):
        fields = msgspec.structs.fields(value)
        found = {f.name: getattr(value, f.name) for f in fields}
        return {
            f.name: shown(found[f.name])
            for f in fields
            if found[f.name] is not msgspec.UNSET and found[f.name] not in (f.default, {})
            if f.name != "source" or not isinstance(value, EntityDefinition)
        }
    if isinstance(value, dict):
        return {key: shown(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [shown(one) for one in value]
    return value


def golden(name: str) -> Any:
    """What the definition of a model must be, as JSON."""
    return msgspec.json.decode((GOLDEN / f"{name}.json").read_bytes())
