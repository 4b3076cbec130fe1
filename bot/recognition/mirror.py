"""What this looks like, with the signs the person named. Reasons, never a score or a diagnosis."""

from __future__ import annotations

from dataclasses import dataclass, field

from bot.content.catalogue import Catalogue
from bot.recognition.case import Case
from bot.recognition.interview import CONFIRM

CLEAR = 0.5  # confidence from which a form is named without "may"
MIN_SIGNS = 2  # yes answers that make a form clear by themselves
MIN_DENIED = 3  # no answers, beside not one yes, after which what was heard is said with doubt


@dataclass(frozen=True)
class Mirror:
    """Forms that are clear, forms that may be, the person's own words and the answers that were a sign."""

    clear: list[str] = field(default_factory=list)
    weak: list[str] = field(default_factory=list)
    quotes: list[str] = field(default_factory=list)
    signs: list[str] = field(default_factory=list)  # keys of content texts
    pattern: bool = False  # several forms, or control: may be one pattern


def reflect(case: Case, content: Catalogue) -> Mirror:
    """Draw the mirror from what was heard and answered."""
    clear: list[str] = []
    weak: list[str] = []
    signs: list[str] = []
    for form in case.ranked_forms():
        if form not in content.forms:
            continue
        yes = [
            question.id
            for question in content.forms[form].questions
            if question.sign and case.answers.get(f"{form}.{question.id}") == "yes"
        ]
        signs += [f"question:{form}.{identifier}.sign" for identifier in yes]
        denied = sum(case.answers.get(f"{form}.{q.id}") == "no" for q in content.forms[form].questions if q.sign)
        confirmed = case.answers.get(CONFIRM) == "yes"
        sure = case.forms[form] >= CLEAR and form in case.quotes and (confirmed or bool(yes) or denied < MIN_DENIED)
        (clear if sure or len(yes) >= MIN_SIGNS else weak).append(form)
    quotes = [quote for form in clear + weak for quote in case.quotes.get(form, [])[:1]]
    pattern = "coercive_control" in clear or len(clear) >= 3
    return Mirror(clear, weak[:2], list(dict.fromkeys(quotes)), signs, pattern)
