"""Skew: how far the service's time is from this machine's.

AWS refuses what is signed some minutes from its own time, which every answer tells in its `Date`.
A laptop that slept or a container whose host drifts would be locked out until somebody looks. So
the difference is learned of such a refusal, and what comes next is signed at the service's time.
"""

from __future__ import annotations

from email.utils import parsedate_to_datetime
from typing import Final

# Troubleshooting Signature Version 4 signing, IAM user guide; the other names are other services'.
_OF_TIME: Final = frozenset(
    {
        "InvalidSignatureException",
        "RequestExpired",
        "RequestInTheFuture",
        "RequestTimeTooSkewed",
        "SignatureDoesNotMatch",
    }
)
_SECONDS_MIN: Final = 60
"""Less is no reason for a refusal: services allow five minutes or more."""


class Skew:
    """The difference, as far as it is known. Thread-safe: it is one number.

    Attributes:
        micros: what to add to this machine's time.
    """

    def __init__(self) -> None:
        self.micros = 0

    def learn(self, code: str, date: str | None, now_micros: int, signed_micros: int) -> bool:
        """Learn of a refusal; whether signing again at the service's time may help. It may where
        another thread has learned of the same meanwhile, too.

        Args:
            code: of the refusal.
            date: the answer's header, as HTTP writes dates.
            now_micros: what it was here.
            signed_micros: the time that the refused request was signed at.
        """
        if code not in _OF_TIME or date is None:
            return False
        try:
            there = round(parsedate_to_datetime(date).timestamp() * 1e6)
        except (ValueError, OverflowError):
            return False
        if abs(there - signed_micros) < _SECONDS_MIN * 1_000_000:
            return False
        self.micros = there - now_micros
        return True
