"""Words that show a form or a flag: found, and quoted back as the reason.

Patterns come from content files. In a pattern ``*`` begins or ends a word in any way, ``_`` stands for up to
three words, ``<18`` for an age below 18 and ``18+`` for one above; case, accents and apostrophes do not matter.
"""

from __future__ import annotations

import bisect
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from re import Pattern

from bot.understanding.text import Words, fold

NEGATIONS = frozenset("geen niet nooit nie niks zonder pas jamais plus aucun aucune sans rien".split())
AGE_BELOW_18 = (
    r"(?:[5-9]|1[0-7])(?:j|jr|ans)?"
    r"(?! (?:keer|minuten|min|uur|dagen|weken|maanden|maand|km|kg|euro|procent|maal|x|jaar (?:samen|getrouwd|geleden)"
    r"|fois|minutes|heures|jours|mois|semaines|euros)(?!\S))"
)
AGE_FROM_18 = r"(?:1[89]|[2-9]\d)(?:j|jr|ans)?"
SPECIAL = {"_": "GAP", "<18": AGE_BELOW_18, "18+": AGE_FROM_18}
NEGATION_REACH = 2  # words before a sign in which a negation undoes it
SUBJECTS = frozenset("ik k je j tu il elle on nous vous ils elles hij ze zij we wij jullie men".split())
"""Words that begin a new statement: in "j'en peux plus je veux mourir" the negation does not reach the wish."""


@dataclass(frozen=True)
class Sign:
    """A place in a message that points to ``label``."""

    label: str
    start: int
    end: int
    quote: str
    negated: bool


def compile_pattern(pattern: str) -> str:
    """The regular expression, over folded words, for one lexicon pattern."""
    parts: list[str] = []
    for token in pattern.split():
        if token in SPECIAL:
            parts.append(SPECIAL[token])
            continue
        opening, ending = token.startswith("*"), token.endswith("*")
        core = token.strip("*").replace("’", "'")
        words = [re.escape(fold(piece)) for piece in re.split(r"[^\w*]+", core) if piece]
        parts.append((r"\S*" if opening else "") + " ?".join(words) + (r"\S*" if ending else ""))
    expression = ""
    for part in parts:
        if part == "GAP":
            expression += r"(?: \S+){0,3}?"
        else:
            expression += (" " if expression else "") + part
    return expression


class Lexicon:
    """Finds the signs of many labels in one pass per label."""

    def __init__(self, patterns: Mapping[str, Iterable[str]]) -> None:
        self._expressions: dict[str, Pattern[str]] = {}
        for label, entries in patterns.items():
            alternatives = sorted({compile_pattern(entry) for entry in entries if entry.strip()}, key=len, reverse=True)
            if alternatives:
                self._expressions[label] = re.compile(r"(?<!\S)(?:" + "|".join(alternatives) + r")(?!\S)")

    def find(self, text: str) -> list[Sign]:
        """Every sign in ``text``, in the order of the labels; negated ones are marked, not dropped."""
        words = Words.of(text)
        return [
            sign for label, expression in self._expressions.items() for sign in self._signs(label, expression, words)
        ]

    @staticmethod
    def _signs(label: str, expression: Pattern[str], words: Words) -> list[Sign]:
        signs: list[Sign] = []
        for match in expression.finditer(words.folded):
            first = bisect.bisect_right(words.starts, match.start()) - 1
            last = bisect.bisect_right(words.starts, max(match.start(), match.end() - 1)) - 1
            start, end = words.spans[first][0], words.spans[last][1]
            negated = _negated(words, first) and not NEGATIONS.intersection(match.group().split())
            signs.append(Sign(label, start, end, words.text[start:end], negated))
        return signs


def _negated(words: Words, first: int) -> bool:
    """Whether a negation stands just before word ``first``, in the same statement."""
    folded = words.folded.split(" ")
    for position in range(first - 1, max(first - NEGATION_REACH, 0) - 1, -1):
        between = words.text[words.spans[position][1] : words.spans[position + 1][0]]
        if folded[position + 1] in SUBJECTS or any(mark in between for mark in ".,!?;:…\n"):
            return False
        if folded[position] in NEGATIONS:
            return True
    return False
