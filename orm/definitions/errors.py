"""What is wrong with a declaration."""

from __future__ import annotations

from orm.errors import ConfigurationError

Path = tuple[str | int, ...]
"""The way to a place in a declaration: `("attributes", "tone", "validation")`, as it is spelled."""


class DefinitionError(ConfigurationError):
    """A declaration that cannot be meant: a wrong type, a near miss of a known name, a clash.

    Args:
        model: the model's name, where it is known.
        path: where in the declaration.
        reason: what is wrong there.
        hint: what to write instead.
        file: where the declaration stands; empty where there is no file.
    """

    def __init__(self, model: str, path: Path, reason: str, hint: str = "", file: str = "") -> None:
        place = ".".join([model or "model", *map(str, path)])
        super().__init__(f"{file}: {place}" if file else place, reason, hint)
        self.args = (model, path, reason, hint, file)
        self.model, self.path, self.file = model, path, file
