"""What somebody answered: a button, its label typed over, or free words ("soms", "c'est déjà arrivé deux fois")."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from bot.content.schema import Option
from bot.understanding.lexicon import Lexicon
from bot.understanding.text import Words
from bot.understanding.understanding import Understanding

YES_NO_UNSURE = ("yes", "no", "unsure")
ACTS = {"affirm": "yes", "deny": "no", "unsure": "unsure", "skip": "skip"}
"""Acts that answer a question without options of its own."""
ACT_OF = {answer: act for act, answer in ACTS.items()}

OPENING_WORDS = {
    "yes": (
        "ja jaja jawel yep ye yes soms parfois oui ouais ouai mouais si evidemment natuurlijk zeker helaas "
        "regelmatig vaak souvent"
    ).split(),
    "no": "nee neen nope nooit non nan nn jamais no".split(),
    "unsure": ["misschien", "peutetre", "jsp", "weetniet", "geen", "idee", "aucune"],
}
"""First words that settle a yes/no question whatever follows; read as words, never shown."""

ASKS = frozenset(
    (
        "ask_why ask_explain ask_anonymous ask_robot ask_capabilities ask_traces ask_plan ask_evidence "
        "ask_removal ask_service talk_to_human ask_law ask_harm speak_dutch speak_french stop go_back "
        "begin_again delete menu insult goodbye"
    ).split()
)
"""Acts that interrupt a question instead of answering it."""

FIRST_LETTERS = 8  # "mijn ex", "ah ma femme": what comes later may be about somebody who must not know
SURE_INTERRUPTION = 0.4
SURE_ANSWER = 0.5  # an act below this share does not answer anything


def interpret(options: Sequence[Option], read: Understanding, text: str, choice: str | None) -> str | None:
    """The id of the chosen option, ``skip``, or None when this does not answer the question.

    ``options`` empty means a plain yes / no / don't know question.
    """
    said = literal(options, text, choice)
    if said or choice is not None:
        return said
    typed = Words.of(text).folded
    if read.act in ASKS and read.act_confidence >= SURE_INTERRUPTION:
        return None
    first = typed.split(" ", 1)[0] if typed else ""
    opening = next((answer for answer, words in OPENING_WORDS.items() if first in words), None)
    meaning = (ACTS.get(read.act) if read.act_confidence >= SURE_ANSWER else None) or opening
    if not options:
        return meaning
    act = ACT_OF[meaning] if meaning else read.act if read.act_confidence >= SURE_ANSWER else None
    matching = next((option.id for option in options if act in option.acts), None)
    return matching or ("skip" if act == "skip" else None)


def literal(options: Sequence[Option], text: str, choice: str | None) -> str | None:
    """The option that was pressed, typed over or named by its words; nothing is guessed."""
    allowed = [option.id for option in options] or list(YES_NO_UNSURE)
    if choice is not None:
        return choice if choice in allowed or choice == "skip" else None
    typed = Words.of(text).folded
    if not typed:  # a command, without words: it must not equal a label that is empty
        return None
    for option in options:
        if typed in {_folded(option.label.nl), _folded(option.label.fr), _folded(option.label.fr_tu or "")}:
            return option.id
    return _by_words(tuple(options), text)


def _folded(label: str) -> str:
    return Words.of(label).folded


def _by_words(options: tuple[Option, ...], text: str) -> str | None:
    patterns = {option.id: tuple(option.words_nl) + tuple(option.words_fr) for option in options}
    if not any(patterns.values()):
        return None
    signs = [sign for sign in _lexicon(tuple(patterns.items())).find(text) if not sign.negated]
    return max(signs, key=lambda sign: sign.end - sign.start).label if signs else None


def named_first(options: Sequence[Option], text: str) -> str | None:
    """The option that the first words of ``text`` name, when no other is named in it."""
    patterns = tuple((option.id, tuple(option.words_nl) + tuple(option.words_fr)) for option in options)
    signs = [sign for sign in _lexicon(patterns).find(text) if not sign.negated]
    named = {sign.label for sign in signs}
    return named.pop() if len(named) == 1 and min(sign.start for sign in signs) <= FIRST_LETTERS else None


@lru_cache(maxsize=512)
def _lexicon(patterns: tuple[tuple[str, tuple[str, ...]], ...]) -> Lexicon:
    return Lexicon(dict(patterns))


def standard_label(option: str) -> str:
    """Key of the button text for yes, no, unsure and skip."""
    return f"button.{option}"
