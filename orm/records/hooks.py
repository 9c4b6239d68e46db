"""Hooks: what a model does around its reads and writes.

    class Post(DynamoDBModel):
        def before_save(self) -> None:
            self.slug = self.title.lower().replace(" ", "-")

        def after_delete(self) -> None:
            search.forget(self.id)

    connection.observe(Post, Audit())       # an object with such methods, each given the row

`before_save`, then `before_create` or `before_update`, run before a row is validated, and what
they set is saved; `after_create` or `after_update`, then `after_save`, once it is stored.
`before_delete` and `after_delete` run around a deletion, into the bin or for good, cascades among
them; `before_restore` and `after_restore` around the way out of the bin; `after_load` when a row
was read.

An error in a `before_…` prevents the write. One in an `after_…` does not undo it: the row is
stored, which the error's notes say. In a transaction the latter run once all of it is done. Hooks
are plain functions: one that has to be awaited is refused.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, Final

from orm.errors import ConfigurationError

EVENTS: Final = (
    "before_save",
    "after_save",
    "before_create",
    "after_create",
    "before_update",
    "after_update",
    "before_delete",
    "after_delete",
    "before_restore",
    "after_restore",
    "after_load",
)


class Hooks:
    """The hooks of one model: its own, and those of its observers.

    Args:
        model: the model.
        observers: objects with such methods; more may be added to the sequence later.

    Raises:
        ConfigurationError: a hook has to be awaited.
    """

    def __init__(self, model: type, observers: Sequence[object]) -> None:
        self._own = {event: hook for event in EVENTS if (hook := _hook(model, event)) is not None}
        self._observers = observers

    def hears(self, event: str) -> bool:
        """Whether anything is done then."""
        return next(self._of(event), None) is not None

    def run(self, record: Any, *events: str) -> bool:
        """Do what is to be done then, one after the other; whether there was anything. Raises what
        it raises; a note says where the row stands."""
        if not (self._own or self._observers):
            return False
        heard = False
        for event in events:
            for hook in self._of(event):
                heard = True
                try:
                    hook(record)
                except Exception as error:
                    if event.startswith("after_") and event != "after_load":
                        text = f"raised by {event} of {record!r}, when that was done already"
                        error.add_note(text)
                    raise
        return heard

    def later(self, record: Any, *events: str) -> tuple[Callable[[], object], ...]:
        """What does that later; nothing where nobody hears anything."""
        return (partial(self.run, record, *events),) if self._own or self._observers else ()

    def _of(self, event: str) -> Iterator[Callable[[Any], object]]:
        if event in self._own:
            yield self._own[event]
        for observer in self._observers:
            if (hook := getattr(observer, event, None)) is not None:
                yield hook


def _hook(model: type, event: str) -> Callable[[Any], object] | None:
    """The model's own method of this name; an attribute of the name is none."""
    found = getattr(model, event, None)
    if not inspect.isfunction(found):
        return None
    check_plain(found, f"{model.__name__}.{event}")
    return found


def check_plain(hook: object, label: str) -> None:
    """Refuse a hook that has to be awaited."""
    if inspect.iscoroutinefunction(hook):
        hint = "write it with def; await in the code that saves"
        raise ConfigurationError(label, "is a hook and cannot be awaited", hint)


def check_observer(observer: object) -> None:
    """Refuse an observer that hears nothing, or that would have to be awaited.

    Raises:
        ConfigurationError: it is one.
    """
    name = type(observer).__name__
    heard = [event for event in EVENTS if callable(getattr(observer, event, None))]
    if not heard:
        raise ConfigurationError(name, "observes nothing", f"write {', '.join(EVENTS[:4])} …")
    for event in heard:
        check_plain(getattr(observer, event), f"{name}.{event}")
