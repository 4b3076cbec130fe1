"""Looking at a message as words and clauses without losing where they stood in the original."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

WORD = re.compile(r"[^\W_]+", re.UNICODE)
INVISIBLE = re.compile("[\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\u00ad]")
CLAUSE_END = re.compile(
    r"[.!?;:\n…]+|,(?=\s)|\s[-–—]\s"
    r"|\s(?=(?:maar|want|omdat|terwijl|en|of|dus|mais|parce que|car|et|alors|pendant que|sinon|puis)\s)",
    re.IGNORECASE,
)
MIN_CLAUSE_WORDS = 3


def clean(text: str) -> str:
    """NFC, no invisible characters, single spaces."""
    return " ".join(INVISIBLE.sub("", unicodedata.normalize("NFC", text)).split())


def fold(word: str) -> str:
    """Lower case without accents, the way people type in a hurry."""
    decomposed = unicodedata.normalize("NFD", word.lower().replace("œ", "oe").replace("æ", "ae"))
    return "".join(c for c in decomposed if not unicodedata.combining(c))


@dataclass(frozen=True)
class Words:
    """The folded words of a text and their place in it."""

    text: str
    folded: str
    starts: tuple[int, ...]  # of each word in ``folded``
    spans: tuple[tuple[int, int], ...]  # of each word in ``text``

    @classmethod
    def of(cls, text: str) -> Words:
        """Split ``text`` on everything that is not a letter or digit (so ``j'ai`` is two words)."""
        parts: list[str] = []
        starts: list[int] = []
        spans: list[tuple[int, int]] = []
        position = 0
        for match in WORD.finditer(text):
            word = fold(match.group())
            starts.append(position)
            spans.append(match.span())
            parts.append(word)
            position += len(word) + 1
        return cls(text, " ".join(parts), tuple(starts), tuple(spans))


def clauses(text: str) -> list[str]:
    """The parts of a message that can be judged by themselves; very short ones stay with the one before."""
    pieces: list[str] = []
    start = 0
    for match in list(CLAUSE_END.finditer(text)) + [None]:
        end = match.start() if match else len(text)
        piece = text[start:end].strip(" ,;:-–—")
        start = match.end() if match else end
        if not piece:
            continue
        if pieces and len(piece.split()) < MIN_CLAUSE_WORDS:
            pieces[-1] = text[text.index(pieces[-1]) : end].strip()
        else:
            pieces.append(piece)
    return pieces
