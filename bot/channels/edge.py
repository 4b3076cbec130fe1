"""What may come in from outside: characters, length, pace."""

from __future__ import annotations

import re
import time
import unicodedata
from collections import deque

CONTROL = re.compile(
    "[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ud800-\udfff]"
)
COMMAND = re.compile(r"^\s*[/\uff0f\u2044\u2215\\]\s*\w+\s*(\{.*)?$", re.DOTALL)
LEADING_SLASHES = re.compile(r"^[\s/\uff0f\u2044\u2215\\]+")


def cleaned(text: str) -> str:
    """``text`` as Halte may read it: NFC, no control or bidirectional marks, never beginning with a slash.

    Rasa reads a leading slash as an order to itself; for us it is just a character somebody typed.
    """
    visible = CONTROL.sub("", unicodedata.normalize("NFC", text.encode("utf-8", "ignore").decode("utf-8")))
    return LEADING_SLASHES.sub("", visible).strip()


def is_command(text: str) -> bool:
    """Whether somebody typed an order to a program (``/restart``, ``/inform{"slot": 1}``) instead of words."""
    return bool(COMMAND.match(CONTROL.sub("", text)))


class Pace:
    """At most ``limit`` messages in a sliding minute."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._times: deque[float] = deque()

    def allows(self, now: float | None = None) -> bool:
        """Count one message; False when it is one too many."""
        now = time.monotonic() if now is None else now
        while self._times and now - self._times[0] > 60:
            self._times.popleft()
        if len(self._times) >= self._limit:
            return False
        self._times.append(now)
        return True
