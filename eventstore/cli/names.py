"""How streams are named on a command line: `ORDER#42`, or `ORDER 42` in two words."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

from eventstore.stream import StreamId
from orm.errors import ConfigurationError

StreamName = Annotated[str, Parameter(help="CATEGORY#ID in quotes, or CATEGORY and ID apart.")]
IdName = Annotated[str | None, Parameter(help="The id, where it stands apart.", show_default=False)]
Tenant = Annotated[str | None, Parameter(help="Whose stream it is.")]


def stream_named(name: str, id: str | None, tenant: str | None) -> StreamId:
    """The stream that is meant.

    Raises:
        ConfigurationError: a category without an id.
    """
    if id is not None:
        return StreamId(name, id, tenant)
    category, mark, rest = name.partition("#")
    if not (category and mark and rest):
        raise UsageError(name)
    return StreamId(category, rest, tenant)


class UsageError(ConfigurationError):
    """No stream is named like this."""

    exit_code = 2

    def __init__(self, name: str) -> None:
        super().__init__(
            "stream",
            f"{name!r} is not of the form CATEGORY#ID",
            "write 'ORDER#42' in quotes, or ORDER 42",
        )
        self.args = (name,)
