"""Short wishes about services that were shown: only chat, another one, in French, near somewhere, what happens then."""

from __future__ import annotations

import re
from functools import lru_cache

import yaml

from bot.directory.files import DirectoryError, Loader, folder
from bot.directory.places import NEAR, places_of, refused

MOST_WORDS = 10  # a longer message is a story, not a wish


@lru_cache(maxsize=1)
def _patterns() -> tuple[tuple[str, re.Pattern[str]], ...]:
    try:
        loaded = yaml.load((folder() / "wishes.yml").read_text(encoding="utf-8"), Loader=Loader)
        return tuple((wish, re.compile("|".join(found), re.IGNORECASE)) for wish, found in loaded.items())
    except (OSError, yaml.YAMLError, re.error, AttributeError, TypeError) as error:
        raise DirectoryError(f"wishes.yml: {error}") from error


def wish_in(text: str, place_asked: bool = False) -> str | None:
    """what_happens, chat, call, french, dutch, more, near, place, anywhere; ``None`` when it is none of these.

    A bare name is a place only when Halte has just asked where.
    """
    text = text.strip().replace("’", "'")
    if not text or len(text.split()) > MOST_WORDS:
        return None
    for wish, pattern in _patterns():
        if pattern.search(text):
            return wish
    if place_asked and refused(text):
        return "anywhere"
    if (place_asked or NEAR.match(text)) and places_of(text):
        return "place"
    return None
