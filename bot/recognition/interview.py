"""Which question comes next. Intake first (is it right, fear, device, who), then the banks of the heard forms."""

from __future__ import annotations

from bot.content.catalogue import Catalogue
from bot.content.schema import Question
from bot.recognition.case import Case

CONFIRM = "confirm"
"""Key of the question whether what was heard is right."""

ROLES = ("witness", "professional", "perpetrator")
INTAKE = ("fear", "age", "device", "other")
"""Intake questions in the order in which they are asked."""

ONE_FORM, EACH_OF_TWO = 5, 3
"""Questions asked when one form was heard, and for each of the two surest when there are more."""


def plan(case: Case, content: Catalogue) -> list[str]:
    """All question keys for this case, in order, answered ones included."""
    keys = [CONFIRM] if case.quotes else []
    for name in INTAKE:
        known = name in case.facts or (name == "age" and case.minor)
        if name in content.intake and (not known or f"intake.{name}" in case.answers):
            keys.append(f"intake.{name}")
    forms = [form for form in case.ranked_forms() if form in content.forms][:2]
    count = ONE_FORM if len(forms) == 1 else EACH_OF_TWO
    for form in forms:
        questions = [question for question in content.forms[form].questions if not _needless(case, question)]
        keys += [f"{form}.{question.id}" for question in questions[:count]]
    return keys


def _needless(case: Case, question: Question) -> bool:
    """A minor is a minor in the picture too."""
    return case.minor and any("age_in_image" in option.sets for option in question.options)


def next_question(case: Case, content: Catalogue) -> str | None:
    """The key of the next unanswered question, or None when all are answered."""
    return next((key for key in plan(case, content) if key not in case.answers), None)


def record(case: Case, content: Catalogue, key: str, answer: str) -> None:
    """Keep an answer and what follows from it."""
    case.answers[key] = answer
    if key not in case.asked:
        case.asked.append(key)
    if key == CONFIRM:
        return
    question = content.question(key)
    option = next((option for option in question.options if option.id == answer), None)
    if option:
        apply(case, option.sets)
    if answer == "yes":
        case.raise_level(question.level)
        if question.suggests:
            case.forms.setdefault(question.suggests, 0.3)
    if key == "intake.fear" and answer == "sometimes":
        case.raise_level("L2")


def apply(case: Case, sets: dict[str, str]) -> None:
    """Keep the facts that an option stands for."""
    for name, value in sets.items():
        if name == "form":
            case.forms.setdefault(value, 0.6)
        elif name == "level":
            case.raise_level(value)
        elif name == "role":
            case.flags = [flag for flag in case.flags if flag not in ROLES] + ([value] if value in ROLES else [])
        else:
            case.facts[name] = value


def go_back(case: Case) -> str | None:
    """Take the last answer back; returns its question, or None at the beginning."""
    if not case.asked:
        return None
    key = case.asked.pop()
    case.answers.pop(key, None)
    return key


def question_of(case: Case, content: Catalogue) -> Question | None:
    """The question that waits for an answer, if it is one of content."""
    return content.question(case.pending) if case.pending and case.pending != CONFIRM else None
