"""The identifiers that code, data and API share: forms of digital violence, flags, acts.

Forms are whatever ``data/content/forms/`` holds, so that adding one is data, not code.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path

from bot.settings import settings

FLAGS = ("danger", "suicide", "minor", "physical", "witness", "professional", "perpetrator")
"""Circumstances that change the path; the first three interrupt everything."""

CRISES = ("danger", "suicide", "minor")
"""Flags that lead to a fixed protocol at any moment, most urgent first."""

LANGUAGES = ("nl", "fr")


def most_urgent(flags: Iterable[str], evidence: Mapping[str, str]) -> str | None:
    """The signal to act on first. A suicide signal goes before a danger that no word of the message names."""
    seen = [flag for flag in CRISES if flag in flags]
    if "suicide" in seen and not evidence.get("danger"):
        return "suicide"
    return seen[0] if seen else None


@lru_cache(maxsize=1)
def forms() -> tuple[str, ...]:
    """Identifiers of all forms, in alphabetical order of their content files."""
    return tuple(sorted(path.stem for path in Path(settings().content_dir, "forms").glob("*.yml")))
