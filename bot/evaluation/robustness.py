"""What disturbances cost: the same messages with typos, without accents, in dialect, with languages mixed."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import replace

from bot.corpus import noise
from bot.evaluation.metrics import Case

SEED = 11
Disturb = Callable[[str, str, random.Random], str]


def disturbances(variants: noise.Variants) -> dict[str, Disturb]:
    """Each way to disturb a message: text, language and dice in, text out."""
    return {
        "typos, 5 % of letters": lambda text, language, dice: noise.typos(text, 0.05, dice),
        "typos, 10 % of letters": lambda text, language, dice: noise.typos(text, 0.10, dice),
        "typos, 20 % of letters": lambda text, language, dice: noise.typos(text, 0.20, dice),
        "without accents": lambda text, language, dice: noise.without_accents(text),
        "without punctuation or capitals": lambda text, language, dice: noise.without_punctuation(text),
        "all capitals": lambda text, language, dice: text.upper(),
        "with emoji": lambda text, language, dice: noise.with_emoji(text, dice),
        "spoken and SMS spelling": lambda text, language, dice: variants.dialect(text, language, dice),
        "Dutch-French code-switch": lambda text, language, dice: variants.code_switch(text, language, dice),
    }


def disturbed(cases: Sequence[Case], way: Disturb) -> list[Case]:
    """The cases after one disturbance; always the same for the same cases."""
    dice = random.Random(SEED)
    return [replace(case, text=way(case.text, case.language or "nl", dice)) for case in cases]
