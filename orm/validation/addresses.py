"""Rules for names of places in networks: e-mail addresses, URLs, IP addresses.

An e-mail address here is what people have: dots, letters and digits, a domain of two labels or
more. RFC 5322 allows comments and quoted names beside, which hardly a form or provider takes.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from typing import Any, Final
from urllib.parse import urlsplit

from orm.validation.arguments import ArgumentError, Arguments
from orm.validation.judging import ValueRule, listed
from orm.validation.kinds import is_string

EMAIL_CHARACTERS_MAX: Final = 254  # RFC 5321, 4.5.3.1.3, less the angle brackets
LOCAL_CHARACTERS_MAX: Final = 64  # RFC 5321, 4.5.3.1.1
HOST_CHARACTERS_MAX: Final = 253  # RFC 1035, 2.3.4, as text
URL_CHARACTERS_MAX: Final = 8_000  # RFC 9110, 4.1, asks for no less
_PORT_MAX: Final = 65_535

# no part can match the separator that follows it, so each takes time as the text is long
_ATOM: Final = r"[\w!#$%&'*+/=?^`{|}~-]+"
_LABEL: Final = r"[^\W_](?:[\w-]{0,61}[^\W_])?"
_EMAIL: Final = re.compile(rf"{_ATOM}(?:\.{_ATOM})*@(?:{_LABEL}\.)+{_LABEL}")
_HOST: Final = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
_SCHEME: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*")
_OUTSIDE_URLS: Final = re.compile(r"""[\x00-\x20\x7f-\xa0<>"\\^`{|}\s]""")
_WEB: Final = ("http", "https")


def is_email(value: Any) -> bool:
    if not isinstance(value, str) or len(value) > EMAIL_CHARACTERS_MAX:
        return False
    if not _EMAIL.fullmatch(value):
        return False
    at = value.index("@")
    named = "_" not in value[at:] and not value.rpartition(".")[2].isdigit()
    return named and at <= LOCAL_CHARACTERS_MAX


def is_host_name(text: str) -> bool:
    """Whether this is a host name: labels of letters, digits and inner hyphens."""
    short = len(text) <= HOST_CHARACTERS_MAX and "_" not in text
    return short and _HOST.fullmatch(text) is not None


def is_url(value: Any, schemes: tuple[str, ...] = _WEB) -> bool:
    if not isinstance(value, str) or len(value) > URL_CHARACTERS_MAX or not is_string(value):
        return False
    if _OUTSIDE_URLS.search(value):
        return False
    try:
        parts = urlsplit(value)
        host, port = parts.hostname, parts.port
    except ValueError:  # a bracket without its other, a port that is no number
        return False
    known = parts.scheme in schemes and host is not None and (port is None or port <= _PORT_MAX)
    return known and _is_host(host or "", parts.netloc)


def _is_host(host: str, netloc: str) -> bool:
    if "[" in netloc:
        return is_ip(host)
    return is_host_name(host.removesuffix("."))


def is_ip(value: Any, version: int | None = None) -> bool:
    if not isinstance(value, str) or not value.isascii():
        return False
    try:
        return version in (None, ipaddress.ip_address(value).version)
    except ValueError:
        return False


def build_email(arguments: Arguments) -> ValueRule:
    """An address that mail can be sent to."""
    arguments.count(0, 0)
    return ValueRule("email", is_email, "must be an e-mail address")


def build_url(arguments: Arguments) -> ValueRule:
    """An absolute URL of certain schemes."""
    schemes = tuple(text.lower() for text in arguments.texts()) or _WEB
    for scheme in schemes:
        if not _SCHEME.fullmatch(scheme):
            raise ArgumentError(f"takes schemes such as https, not {scheme!r}")
    message = f"must be a URL that begins with {listed(tuple(f'{one}://' for one in schemes))}"
    return ValueRule(
        "url", lambda value: is_url(value, schemes), message, {"values": listed(schemes)}
    )


def build_ip(arguments: Arguments) -> ValueRule:
    """An IP address, of one version or either."""
    arguments.count(0, 1)
    if not arguments.values:
        return ValueRule("ip", is_ip, "must be an IP address")
    version = arguments.number(0)
    if version not in (4, 6):
        raise ArgumentError(f"takes 4 or 6, not {version}")
    accepts: Callable[[Any], bool] = lambda value: is_ip(value, int(version))  # noqa: E731
    return ValueRule("ip", accepts, f"must be an IPv{version} address", {"value": version})


BUILDERS: Final = {"email": build_email, "ip": build_ip, "url": build_url}
