"""The identifiers that code, data and API share: forms of digital violence, flags, acts.

Forms are whatever ``data/content/forms/`` holds, so that adding one is data, not code.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from bot.settings import settings

FLAGS = ("danger", "suicide", "minor", "physical", "witness", "professional", "perpetrator")
"""Circumstances that change the path; the first three interrupt everything."""

CRISES = ("danger", "suicide", "minor")
"""Flags that lead to a fixed protocol at any moment, most urgent first."""

LANGUAGES = ("nl", "fr")


@lru_cache(maxsize=1)
def forms() -> tuple[str, ...]:
    """Identifiers of all forms, in alphabetical order of their content files."""
    return tuple(sorted(path.stem for path in Path(settings().content_dir, "forms").glob("*.yml")))
