"""How a text is written: short, calm, neutral, in words that blame nobody (fact base, section H).

Readability is LIX, the average number of words in a sentence plus the percentage of words of more than six
letters. It needs no word list or syllables, so it is the same honest measure for Dutch and French. As a rule of
thumb below 30 is very easy, 30-40 easy, 40-50 average, above 50 difficult. It says nothing about one short sentence,
so a text is measured from :data:`MEASURED_WORDS` words on, and a file as a whole.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from bot.checks.project import Finding, Piece, Project, load
from bot.understanding.lexicon import Lexicon

MAX_SENTENCE, MAX_TEXT = 20, 60  # words
LONG_WORD = 6
MEASURED_WORDS = 20
HARD_TEXT, HARD_FILE = 45, 40  # LIX; short texts swing more than whole files
SENTENCE_END = re.compile(r"(?<=[.!?…])\s+|\n+|(?<=[.!?…])$")
LIST_NUMBER = re.compile(r"^\s*\d+\.\s+")
HOURS = re.compile(
    r"\b(?:maan|dins|woens|donder|vrij|zater|zon)dag\b|\b(?:lun|mar|mercre|jeu|vendre|same)di\b|\bdimanche\b"
    r"|\b24\s?(?:/|sur|op|h|u)\s?(?:7|24)\b|\b7\s?(?:/|sur|op|jours sur|dagen op)\s?7\b"
    r"|\b24\s?(?:h|u|uur)\s?(?:/|op|sur)\s?24"
    r"|\b\d{1,2}\s?[hu:]\s?\d{2}\b|\b(?:van|de)\s\d{1,2}\s?(?:u|uur|h|heures)?\s(?:tot|à)\s\d{1,2}\b"
    r"|\b(?:tot|om|vanaf|à|jusqu'à|dès)\s\d{1,2}\s?(?:u|uur|h|heures)\b|\bdag en nacht\b|\bjour et nuit\b",
    re.IGNORECASE,
)
FROM_DIRECTORY = ("card.", "day.")  # texts that the directory fills in or chooses
IMPERSONAL = (
    r"y|n'y|faut|vaut|existe|reste|s'agit|suffit|arrive|se peut|peut y"
    r"|s'est|est question|est (?:alors |plus )*(?:possible|utile|important|tard|normal|temps|difficile|facile)"
)
PRONOUNS: Mapping[str, re.Pattern[str]] = {
    "nl": re.compile(r"\b(?:hij|zij|hem|haar)\b", re.IGNORECASE),
    "fr": re.compile(rf"(?<!-)\b(?:il(?! (?:{IMPERSONAL})\b)|elle)\b", re.IGNORECASE),
}
NAMED_THING = re.compile(  # a word before the pronoun that it can stand for: "cette personne … elle", "le gps … il"
    r"\b(?:une?|le|la|ce|cet|cette|du|au|het|de|een|votre|ton|ta)\s(?!(?:ex|partenaire|conjointe?|copain|copine|mari|man|vrouw)\b)\w+"
    r"|\b[ld]['’]\w+",
    re.IGNORECASE,
)


def check(project: Project) -> Iterator[Finding]:
    """Every text of the content folder."""
    rules = _rules(project)
    forbidden = {language: Lexicon({entry["pattern"]: [entry["pattern"]] for entry in entries})
                 for language, entries in rules.items()}  # fmt: skip
    reasons = {language: {entry["pattern"]: entry for entry in entries} for language, entries in rules.items()}
    whole: dict[str, list[str]] = {}
    for piece in project.texts():
        yield from _length(piece)
        yield from _tone(piece)
        language = piece.language[:2]
        for sign in forbidden[language].find(piece.text) if language in forbidden else ():
            rule = reasons[language][sign.label]
            if piece.place not in rule.get("allowed", ()):
                yield Finding(piece.file, piece.place, f"{piece.language} says {sign.quote!r}: {rule['reason']}")
        if len(words(piece.text)) >= MEASURED_WORDS and lix([piece.text]) > HARD_TEXT:
            problem = f"{piece.language} is hard to read (LIX {lix([piece.text]):.0f}, at most {HARD_TEXT})"
            yield Finding(piece.file, piece.place, problem, warning=True)
        whole.setdefault(f"{piece.file}|{piece.language}", []).append(piece.text)
    for name, texts in whole.items():
        file, language = name.split("|")
        if sum(len(words(text)) for text in texts) >= MEASURED_WORDS and lix(texts) > HARD_FILE:
            yield Finding(
                file, "file", f"{language} is hard to read (LIX {lix(texts):.0f}, at most {HARD_FILE})", warning=True
            )


def _rules(project: Project) -> dict[str, list[dict[str, Any]]]:
    """The words that are not used, per language, with the reason."""
    found: dict[str, list[dict[str, Any]]] = (load(project.content / "forbidden.yml") or {}).get("words") or {}
    return found


def sentences(text: str) -> list[str]:
    """The sentences of a text; the number of a list item is not one."""
    parts = SENTENCE_END.split(LIST_NUMBER.sub("", text))
    return [part.strip() for part in parts if words(part)]


def words(text: str) -> list[str]:
    """What is between spaces and has a letter or digit; ``l'historique`` is one word, ``{place}`` too."""
    return [word for word in text.split() if any(character.isalnum() for character in word)]


def lix(texts: Iterable[str]) -> float:
    """Readability of ``texts`` taken together, see the top of this file."""
    parts = [sentence for text in texts for sentence in sentences(text)]
    every = [
        re.sub(r"^(?:[cdjlmnst]|qu)['’]", "", word.lower()).strip(".,;:?!…«»\"'()") for p in parts for word in words(p)
    ]
    return len(every) / len(parts) + 100 * sum(len(word) > LONG_WORD for word in every) / len(every) if every else 0.0


def _length(piece: Piece) -> Iterator[Finding]:
    total = len(words(piece.text))
    if total > MAX_TEXT:
        yield Finding(piece.file, piece.place, f"{piece.language} has {total} words (at most {MAX_TEXT})")
    for sentence in sentences(piece.text):
        count = len(words(sentence))
        if count > MAX_SENTENCE:
            problem = f"{piece.language} has a sentence of {count} words (at most {MAX_SENTENCE}): {sentence[:40]}…"
            yield Finding(piece.file, piece.place, problem)


def _tone(piece: Piece) -> Iterator[Finding]:
    if "!" in piece.text:
        yield Finding(piece.file, piece.place, f"{piece.language} has an exclamation mark")
    pictures = [c for c in piece.text if unicodedata.category(c) == "So" and c != "°"]
    if pictures:
        yield Finding(piece.file, piece.place, f"{piece.language} has an emoji: {pictures[0]}")
    hours = HOURS.search(piece.text)
    if hours and not piece.place.startswith(FROM_DIRECTORY):
        problem = f"{piece.language} names opening hours ({hours.group()}): they come from the directory"
        yield Finding(piece.file, piece.place, problem)
    pronoun = PRONOUNS[piece.language[:2]].search(piece.text)
    if pronoun and not NAMED_THING.search(piece.text[: pronoun.start()]):
        problem = f"{piece.language} says {pronoun.group()!r}: is that the other person? Then say it without gender"
        yield Finding(piece.file, piece.place, problem, warning=True)
