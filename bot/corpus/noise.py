"""Messages as fingers and phones really send them: typos, dropped accents, no punctuation, spoken and mixed words."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from bot.understanding.text import fold

NEIGHBOURS = {  # on an AZERTY keyboard, the one of Belgian phones
    "a": "zq", "b": "vn", "c": "xv", "d": "sfe", "e": "zrd", "f": "dgr", "g": "fht", "h": "gjy", "i": "uok",
    "j": "hku", "k": "jli", "l": "kmo", "m": "lp", "n": "b", "o": "ipl", "p": "om", "q": "aws", "r": "etf",
    "s": "qdz", "t": "ryg", "u": "yij", "v": "cb", "w": "xq", "x": "wc", "y": "tuh", "z": "aes",
}  # fmt: skip
EMOJI = ("😭", "😢", "🙏", "😡", "😔", "💔", "😰", "🤷", "😩", "‼️", "😅", "🥺")
ACCENTED = re.compile(r"[^\W\d_]", re.UNICODE)


def typos(text: str, rate: float, dice: random.Random) -> str:
    """``rate`` of the letters (0 to 1) is swapped with the next, doubled, dropped, or hit beside the key."""
    letters = list(text)
    out: list[str] = []
    i = 0
    while i < len(letters):
        letter = letters[i]
        if not letter.isalpha() or dice.random() >= rate:
            out.append(letter)
        else:
            kind = dice.randrange(4)
            if kind == 0 and i + 1 < len(letters) and letters[i + 1].isalpha():
                out += [letters[i + 1], letter]
                i += 1
            elif kind == 1:
                out += [letter, letter]
            elif kind == 2:
                out.append(dice.choice(NEIGHBOURS.get(letter.lower(), letter)))
            # kind 3, and a swap at the end of a word: the letter is dropped
        i += 1
    disturbed = "".join(out)
    return disturbed if disturbed.strip() else text


def without_accents(text: str) -> str:
    """Letters without accents, capitals kept."""
    return "".join((fold(ch).upper() if ch.isupper() else fold(ch)) if ACCENTED.match(ch) else ch for ch in text)


def without_punctuation(text: str) -> str:
    """As voice-to-text gives it: one line of lower-case words; apostrophes stay, and a text without words too."""
    return " ".join(re.sub(r"[^\w\s'’-]", " ", text).lower().split()) or text


def with_emoji(text: str, dice: random.Random) -> str:
    """One to three emoji at the end or between words."""
    words = text.split()
    for _ in range(dice.randint(1, 3)):
        words.insert(dice.choice((len(words), dice.randint(0, len(words)))), dice.choice(EMOJI))
    return " ".join(words)


@dataclass(frozen=True)
class Variants:
    """The lists of ``data/language/variants.yml``."""

    spoken: Mapping[str, Mapping[str, Sequence[str]]]
    switched: Sequence[tuple[str, str]]

    @classmethod
    def read(cls, data_dir: Path) -> Variants:
        """Read the lists."""
        content = yaml.safe_load((data_dir / "language" / "variants.yml").read_text(encoding="utf-8"))
        return cls(content["spoken"], [(dutch, french) for dutch, french in content["switched"]])

    def dialect(self, text: str, language: str, dice: random.Random, share: float = 1.0) -> str:
        """``share`` of the words that have a spoken form get it."""
        spoken = self.spoken[language]
        return _replace(text, list(spoken), lambda word: dice.choice(list(spoken[word])), dice, share)

    def code_switch(self, text: str, language: str, dice: random.Random, share: float = 1.0) -> str:
        """``share`` of the phrases that are on the list are said in the other language."""
        here, there = (0, 1) if language == "nl" else (1, 0)
        other = {pair[here]: pair[there] for pair in self.switched}
        return _replace(text, list(other), other.__getitem__, dice, share)


def _replace(text: str, words: Sequence[str], change: Callable[[str], str], dice: random.Random, share: float) -> str:
    pattern = "|".join(re.escape(word).replace("'", "['’]") for word in sorted(words, key=len, reverse=True))

    def one(match: re.Match[str]) -> str:
        return change(match.group().lower().replace("’", "'")) if dice.random() < share else match.group()

    return re.sub(rf"(?<![\w'’])(?:{pattern})(?!\w)", one, text, flags=re.IGNORECASE)
