"""The first steps and the do-nots for the forms that were heard."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.content.catalogue import Catalogue
from bot.content.schema import Step

FIRST_STEPS = 3
DO_NOTS = 4


@dataclass(frozen=True)
class FirstSteps:
    """Keys of content texts, in the order in which they are safe to do."""

    steps: list[tuple[str, bool]]  # (step key, whether the other person may notice it)
    avoid: list[str]


def first_steps(content: Catalogue, forms: Sequence[str], minor: bool, careful: bool) -> FirstSteps:
    """The first three steps over all ``forms`` (surest first).

    Each form's order is safe in itself (evidence before removal), so it is kept; when the person is
    afraid (``careful``) steps that can be noticed come after those that cannot.
    """
    known = [form for form in forms if form in content.forms][:2]
    candidates: list[tuple[str, Step]] = []
    for rank in range(FIRST_STEPS + 2):
        for form in known:
            usable = [step for step in content.forms[form].steps if (step.minors if minor else step.adults)]
            if rank < len(usable):
                candidates.append((f"form:{form}.steps.{usable[rank].id}", usable[rank]))
    if careful:
        candidates.sort(key=lambda pair: pair[1].noticed is not None)
    steps = [(key, step.noticed is not None) for key, step in candidates[:FIRST_STEPS]]
    avoid = [
        f"form:{form}.avoid.{index}"
        for index in range(DO_NOTS)
        for form in known
        if index < len(content.forms[form].avoid)
    ]
    return FirstSteps(steps, avoid[:DO_NOTS])
