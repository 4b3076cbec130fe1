"""The safety layer: a signal counts when the lexicon OR the classifier sees it.

For danger and suicide a question too many is better than a signal missed, so both are tuned for
recall; innocent idioms ("ik lach me dood", "mort de rire") are taken out before looking.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from bot.understanding.lexicon import Lexicon, Sign
from bot.understanding.text import fold

IDIOMS = re.compile(
    r"\b(?:lach(?:te|en)? (?:me|mij|ons|je|u) (?:kapot|dood|rot)|dood van het lachen"
    r"|doods?bang voor|doodmoe|doodop|doodgewoon"
    r"|mort(?:e|s|es)? de (?:rire|fatigue|faim|soif|trouille|honte)|a mourir de rire|tuer le temps"
    r"|(?:appli|app|boulot|travail|chaleur|prof|hitte|werk) (?:me|va me|doet mij|doet me) (?:tue|tuer|dood)"
    r"|(?:batterij|gsm|telefoon|laptop|wifi)(?: is| was)? (?:helemaal )?(?:dood|kapot)|doodleuk"
    r"|spring een gat in de lucht"
    r"|il arrive (?:pas|plus|jamais|que)|il arrive(?: \w+)? a (?:[mtsl]e |les |[mtsl]'|y )?\w+(?:er|ir|re))\b"
)
COMPANY = re.compile(
    r"\b(?:mijn|ons|ma|mon) (?:zus|zusje|mama|moeder|vriendin|beste vriendin|buurvrouw|dochter|soeur|mere|maman|amie"
    r"|meilleure amie|voisine|copine|fille)"
    r" (?:is|est) (?:hier|thuis|bij mij|bij me|naast mij|la|avec moi|a la maison)\b"
)
"""Somebody who is with the person: an answer to "is there somebody with you", and no danger by itself."""
SOON = re.compile(r"\b(?:vanavond|vannacht|deze nacht|straks|ce soir|cette nuit|tout a l.heure|tantot)\b")
"""A moment named beside a wish to die: danger too, so that 112 is said at once."""
ADULT = "adult"  # somebody says an age above 18; not a flag
SCREEN_SIGNS = frozenset({"danger", "suicide", "minor", ADULT})


def folded_same_length(text: str) -> str:
    """``text`` folded letter by letter, so that places in it stay the same."""
    return "".join(fold(ch) if len(fold(ch)) == 1 else ch for ch in text)


def without_idioms(text: str) -> str:
    """``text`` with innocent idioms blanked out, same length so that quotes keep their place."""
    folded = folded_same_length(text)
    characters = list(text)
    for match in IDIOMS.finditer(folded):
        characters[match.start() : match.end()] = " " * (match.end() - match.start())
    return "".join(characters)


class SafetyLayer:
    """Combines flag signs in the words with the classifier's probabilities."""

    def __init__(self, patterns: Mapping[str, Iterable[str]]) -> None:
        self._lexicon = Lexicon(patterns)

    def signs(self, text: str) -> list[Sign]:
        """Flag signs in the words, negated ones left out."""
        return [sign for sign in self._lexicon.find(without_idioms(text)) if not sign.negated]

    def flags(self, text: str, probabilities: Mapping[str, float], thresholds: Mapping[str, float]) -> dict[str, str]:
        """Each flag that is seen, with the words that show it (empty when only the classifier sees it)."""
        found: dict[str, str] = {}
        probabilities = dict(probabilities)
        for sign in self.signs(text):
            # Outside the crisis flags words alone say little ("mijn dochter"): the classifier must half agree.
            if sign.label in SCREEN_SIGNS or probabilities.get(sign.label, 0.0) >= thresholds[sign.label] / 2:
                found.setdefault(sign.label, sign.quote)
        if IDIOMS.search(folded_same_length(text)):
            for flag in ("danger", "suicide"):
                probabilities[flag] = probabilities.get(flag, 0.0) / 2
        if COMPANY.search(folded_same_length(text)):
            probabilities["danger"] = 0.0
        if ADULT in found and "minor" not in found:
            probabilities["minor"] = 0.0  # an age that is said goes before a guess
        for flag, probability in probabilities.items():
            if probability >= thresholds[flag]:
                found.setdefault(flag, "")
        if "suicide" in found and SOON.search(folded_same_length(text)):
            found.setdefault("danger", "")
        return found
