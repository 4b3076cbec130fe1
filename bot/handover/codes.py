"""The short code that a person quotes: easy to say on the phone, not to be guessed."""

from __future__ import annotations

import re
import secrets

ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"  # nothing that is mistaken for something else: no 0 O, 1 I L, U
LENGTH = 9  # some 44 bits; guessing is slowed down where codes are asked, see bot/desk/erase.py
GROUP = 3


def new_code() -> str:
    """A fresh code, as it is shown: three groups of three."""
    return shown("".join(secrets.choice(ALPHABET) for _ in range(LENGTH)))


def shown(code: str) -> str:
    """With a dash between the groups."""
    return "-".join(code[start : start + GROUP] for start in range(0, len(code), GROUP))


def read_code(text: str) -> str | None:
    """A code as somebody typed it, spaces, dashes and small letters allowed; ``None`` when it cannot be one."""
    plain = re.sub(r"[\s\-–.]", "", text).upper()
    return plain if len(plain) == LENGTH and set(plain) <= set(ALPHABET) else None
