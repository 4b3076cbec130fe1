"""How many messages there are of each label, language, length and hand."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from bot.understanding.messages import Labelled

LENGTHS = ((4, "1-4 words"), (12, "5-12 words"), (25, "13-25 words"), (45, "26-45 words"), (90, "46-90 words"))
LONGEST = "over 90 words"


def length(text: str) -> str:
    """The class of length that a message falls in."""
    words = len(text.split())
    return next((name for most, name in LENGTHS if words <= most), LONGEST)


def keys(message: Labelled) -> Iterable[tuple[str, str]]:
    """Everything a message counts for: ``(group, label)``."""
    yield "messages", "all"
    yield "acts", message.act
    for form in message.forms:
        yield "forms", form
    for flag in message.flags:
        yield "flags", flag
    if not message.forms:
        yield "forms", "(none)"
    if not message.forms and not message.flags:
        yield "negatives", "no form, no flag"
    if len(message.forms) > 1:
        yield "forms", "(several)"
    yield "length", length(message.text)
    yield "source", message.source or "(none)"


GROUPS = ("messages", "negatives", "forms", "flags", "acts", "length", "source")


def count(splits: Mapping[str, Sequence[Labelled]]) -> dict[str, dict[str, Counter[tuple[str, str]]]]:
    """``{group: {label: Counter of (split, language)}}``."""
    found: dict[str, dict[str, Counter[tuple[str, str]]]] = {group: {} for group in GROUPS}
    for split, messages in splits.items():
        for message in messages:
            for group, label in keys(message):
                found[group].setdefault(label, Counter())[split, message.language] += 1
    return found
