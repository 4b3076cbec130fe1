"""How well the questions of the bank are found, on phrasings by another hand (``tests/messages/questions``)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from bot.recognition.taxonomy import LANGUAGES

NONE = "none"


@dataclass(frozen=True)
class Phrasing:
    """One way somebody puts a question; ``question`` None = it asks none of the bank."""

    text: str
    language: str
    question: str | None


def read_phrasings(folder: Path) -> list[Phrasing]:
    """All phrasings of both languages."""
    found = []
    for language in LANGUAGES:
        content = yaml.safe_load((folder / f"{language}.yml").read_text(encoding="utf-8"))
        for question, texts in content["questions"].items():
            found += [Phrasing(text, language, question) for text in texts]
        found += [Phrasing(text, language, None) for text in content[NONE]]
    return found


def figures(read: Sequence[tuple[Phrasing, str | None]]) -> dict[str, Any]:
    """Shares from 0 to 1: the right answer, a wrong one, none; and answers to what asks nothing."""
    asked = [(phrasing.question, found) for phrasing, found in read if phrasing.question]
    quiet = [found for phrasing, found in read if not phrasing.question]
    total, rest = max(1, len(asked)), max(1, len(quiet))
    return {
        "asked": len(asked),
        "right": sum(question == found for question, found in asked) / total,
        "wrong": sum(found is not None and question != found for question, found in asked) / total,
        "missed": sum(found is None for _, found in asked) / total,
        "other": len(quiet),
        "false_alarms": sum(found is not None for found in quiet) / rest,
    }


COLUMNS: Mapping[str, str] = {
    "asked": "asked", "right": "right answer", "wrong": "wrong answer", "missed": "not found",
    "other": "no question of the bank", "false_alarms": "answered all the same",
}  # fmt: skip
