"""Training messages in other clothes: noisy, or told together with something else."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from bot.corpus import noise
from bot.understanding.messages import Labelled
from bot.understanding.text import clean

BESIDE_FILLER = 0.14  # share of messages that get a neutral one beside them
BESIDE_ANOTHER = 0.08  # share that get another story beside them
CHANGES = (0, 0, 1, 1, 2)  # how many disturbances a message gets
JOINTS = {"nl": (" ", ". ", " en ", ", "), "fr": (" ", ". ", " et ", ", ")}
TELL = "tell"


@dataclass(frozen=True)
class Sample:
    """What the encoder learns from: a text with its labels."""

    text: str
    act: str
    forms: frozenset[str]
    flags: frozenset[str]


class Augmenter:
    """Draws a new :class:`Sample` of a message each time; the same seed gives the same samples."""

    def __init__(self, messages: Sequence[Labelled], variants: noise.Variants, dice: random.Random) -> None:
        self._dice, self._variants = dice, variants
        told = [message for message in messages if message.act == TELL and not message.flags]
        self._stories = {lang: [m for m in told if m.forms and m.language == lang] for lang in JOINTS}
        neutral = [m for m in messages if m.act in (TELL, "other", "greet") and not m.forms and not m.flags]
        self._fillers = {lang: [m for m in neutral if m.language == lang] for lang in JOINTS}

    def sample(self, message: Labelled) -> Sample:
        """``message``, perhaps with company, perhaps disturbed."""
        dice = self._dice
        text, forms = clean(message.text), set(message.forms)
        if message.act == TELL and (message.forms or message.flags):
            chance = dice.random()
            if chance < BESIDE_FILLER:
                parts = [text, clean(dice.choice(self._fillers[message.language]).text)]
                if dice.random() < 0.5:
                    parts.reverse()
                text = dice.choice(JOINTS[message.language]).join(parts)
            elif chance < BESIDE_FILLER + BESIDE_ANOTHER and message.forms and not message.flags:
                other = dice.choice(self._stories[message.language])
                text = dice.choice(JOINTS[message.language]).join([text, clean(other.text)])
                forms |= set(other.forms)
        for _ in range(dice.choice(CHANGES)):
            text = self._disturbed(text, message.language)
        return Sample(text, message.act, frozenset(forms), frozenset(message.flags))

    def _disturbed(self, text: str, language: str) -> str:
        dice = self._dice
        kind = dice.randrange(8)
        if kind < 2:
            return noise.typos(text, dice.uniform(0.02, 0.15), dice)
        if kind == 2:
            return noise.without_accents(text)
        if kind == 3:
            return noise.without_punctuation(text)
        if kind == 4:
            return noise.with_emoji(text, dice)
        if kind == 5:
            return self._variants.dialect(text, language, dice, 0.5)
        if kind == 6:
            return self._variants.code_switch(text, language, dice, 0.7)
        return text.upper() if dice.random() < 0.15 else text.lower()
