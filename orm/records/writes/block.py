"""Block: a `with` statement that gathers writes and sends them when it ends without an error.

Nothing is sent outside of it, so nothing is taken there either: it would be lost unseen.
"""

from __future__ import annotations

import abc
from types import TracebackType
from typing import TYPE_CHECKING, Any, ClassVar, Final, Self, TypeVar

from orm.errors import ConfigurationError

if TYPE_CHECKING:
    from orm.records.connection import Connection
    from orm.records.model import DynamoDBModel
    from orm.records.repository import Repository

R = TypeVar("R", bound="DynamoDBModel")
_OVER: Final = "is over; open another one"
_ENTERED: Final = "is entered already; open another one"


class Block(abc.ABC):
    """Writes that are sent when the block ends; it is entered once.

    Args:
        connection: where the rows lie.
    """

    name: ClassVar[str]
    """What the block is called, by the connection as well."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._entered = self._ended = False

    def __enter__(self) -> Self:
        if self._entered:
            raise ConfigurationError(self.name, _OVER if self._ended else _ENTERED)
        self._entered = True
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._ended = True
        if error is None:
            self._send()

    def _repository(self, record: R) -> Repository[R]:
        """The repository of a row that is to be written here.

        Raises:
            ConfigurationError: the block is not open.
            ForeignRowError: the row is of another table or tenant.
        """
        if self._ended:
            raise ConfigurationError(self.name, _OVER)
        if not self._entered:
            hint = f"say: with connection.{self.name}() as …"
            raise ConfigurationError(self.name, "is not open, so nothing would be sent", hint)
        return self._connection.owner_of(record)

    @abc.abstractmethod
    def _send(self) -> Any:
        """Send all that was gathered."""
