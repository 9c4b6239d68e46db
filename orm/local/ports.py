"""TCP ports of this machine: free, taken, and by whom."""

from __future__ import annotations

import socket
import sys

from orm.errors import ConfigurationError
from orm.local.errors import PortInUseError
from orm.local.processes import owner_of_port

PORT_DEFAULT = 8000  # the one DynamoDB Local has in AWS's own documentation
PORTS_TRIED_MAX = 100
PRIVILEGED_HINT = "choose a port above 1023"


def is_free(port: int) -> bool:
    """Whether a server could listen on the port, on all interfaces and on loopback.

    Both are tried: some systems let a server listen on all interfaces beside one on loopback,
    and then clients of 127.0.0.1 would reach the other one.
    """
    return all(_can_listen(host, port) for host in ("127.0.0.1", "0.0.0.0"))


def _can_listen(host: str, port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        if sys.platform == "win32":
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        else:  # so that a connection that ended just now does not count
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
            probe.listen(1)
        except PermissionError as error:
            raise ConfigurationError(f"port {port}", "needs privileges", PRIVILEGED_HINT) from error
        except OSError:
            return False
        return True


def require_free(port: int) -> int:
    """The port itself.

    Raises:
        PortInUseError: it is taken; says by whom, where the system tells.
        ConfigurationError: the system lets only privileged users listen there.
    """
    if not is_free(port):
        raise PortInUseError(port, owner_of_port(port))
    return port


def first_free(start: int = PORT_DEFAULT) -> int:
    """The first free port from `start` on.

    Raises:
        PortInUseError: none of the next hundred is free.
    """
    for port in range(start, min(start + PORTS_TRIED_MAX, 65_536)):
        if is_free(port):
            return port
    raise PortInUseError(start, f"others, as are the {PORTS_TRIED_MAX - 1} after it")


def any_free() -> int:
    """A port the system says is free now. It may be taken before it is used: be ready to retry."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind(("0.0.0.0", 0))
        return int(probe.getsockname()[1])
