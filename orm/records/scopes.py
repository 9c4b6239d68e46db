"""Scopes: parts of questions that have a name, declared with the model.

    class Post(DynamoDBModel):
        @scope
        def published(posts: RecordQuery[Post]) -> RecordQuery[Post]:
            return posts.where(status="published")

        @scope(default=True)
        def of_today(posts: RecordQuery[Post]) -> RecordQuery[Post]:
            return posts.filter(Post.day == today())

    Post.query().scope(Post.published)
    Post.query().scope("published").latest()

A default scope is part of every question about the model, its relations' and `find`'s among them;
`Post.unscoped()` asks without.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Concatenate, Generic, ParamSpec, Self, TypeVar, overload

from orm.definitions.names import nearest
from orm.errors import ConfigurationError

if TYPE_CHECKING:
    from orm.records.queries.query import RecordQuery

P = ParamSpec("P")
Q = TypeVar("Q", bound="RecordQuery[Any]")


class Scope(Generic[P, Q]):
    """A part of a question: a function from a query to a narrower one.

    Attributes:
        name: as the model calls it.
        default: whether it is part of every question.
    """

    def __init__(self, narrow: Callable[Concatenate[Q, P], Q], default: bool) -> None:
        self._narrow, self.default, self.name = narrow, default, narrow.__name__
        self.__doc__ = narrow.__doc__

    def __get__(self, record: object, owner: Any = None) -> Self:
        return self  # not a method of rows

    def __call__(self, query: Q, /, *args: P.args, **kwargs: P.kwargs) -> Q:
        """The narrower query."""
        return self._narrow(query, *args, **kwargs)

    def __repr__(self) -> str:
        return f"<scope {self.name}>"


@overload
def scope(narrow: Callable[Concatenate[Q, P], Q], /) -> Scope[P, Q]: ...
@overload
def scope(*, default: bool = False) -> Callable[[Callable[Concatenate[Q, P], Q]], Scope[P, Q]]: ...
def scope(narrow: Any = None, /, *, default: bool = False) -> Any:
    """Declare a function of a model's body as a scope; see the module.

    Args:
        narrow: takes a query, and perhaps more, and returns a narrower one.
        default: whether it is part of every question.
    """
    if narrow is None:
        return lambda narrow: Scope(narrow, default)
    return Scope(narrow, default)


def scopes_of(model: type) -> dict[str, Scope[..., Any]]:
    """The scopes of a model by name, those of its bases among them."""
    found: dict[str, Scope[..., Any]] = {}
    for base in reversed(model.__mro__):
        found |= {name: one for name, one in vars(base).items() if isinstance(one, Scope)}
    return found


def scope_of(model: type, name: str) -> Scope[..., Any]:
    """The scope of this name.

    Raises:
        ConfigurationError: the model has none.
    """
    known = scopes_of(model)
    if name not in known:
        near = nearest(name, known)
        has = f"there are {', '.join(sorted(known))}" if known else "declare it with @scope"
        hint = f"did you mean {near}?" if near else has
        raise ConfigurationError(f"{model.__name__}.{name}", "is no scope", hint)
    return known[name]
