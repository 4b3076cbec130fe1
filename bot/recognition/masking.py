"""Takes numbers, addresses and handles out of the words that are quoted back."""

from __future__ import annotations

import re

PERSONAL = re.compile(
    r"[\w.+-]+\s*(?:@|\(at\)|\bat\b|\barobase\b)\s*[\w-]+(?:\.|\s*(?:punt|point|dot)\s*)\w{2,}"  # e-mail
    r"|(?:https?://|www\.)\S+"
    r"|(?<!\w)@\w[\w.]{2,}"  # handle
    r"|\b[A-Z]{2}\d{2}(?:\s?\w{4}){2,}"  # IBAN
    r"|\+?\d[\d\s./()-]{5,}\d",  # phone, national number, card
)


def mask(text: str) -> str:
    """``text`` with every such part replaced by an ellipsis."""
    return PERSONAL.sub("…", text).strip()
