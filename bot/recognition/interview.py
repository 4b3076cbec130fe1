"""Which question comes next. Intake first (is it right, fear, device, who), then the banks of the heard forms."""

from __future__ import annotations

from dataclasses import replace

from bot.content.catalogue import Catalogue
from bot.content.schema import Question
from bot.recognition.answers import named_first
from bot.recognition.case import Case

CONFIRM = "confirm"
"""Key of the question whether what was heard is right."""

ROLES = ("witness", "professional", "perpetrator")
INTAKE = ("fear", "age", "device", "other")
"""Intake questions in the order in which they are asked."""

ONE_FORM, EACH_OF_TWO = 5, 3
"""Questions asked when one form was heard, and for each of the two surest when there are more."""
DANGER_LATER = 1
"""Questions about danger that are asked for each form although the bank has them later."""
CLEARLY_HEARD = 0.45
"""A second form below this is asked about, not said back."""
MORE = 8
"""Further questions for each form, when the person wants them."""


def plan(case: Case, content: Catalogue) -> list[str]:
    """All question keys for this case, in order, answered ones included."""
    keys = [CONFIRM] if case.quotes else []
    for name in INTAKE:
        known = name in case.facts or (name == "age" and case.minor)
        if name in content.intake and (not known or f"intake.{name}" in case.asked):
            keys.append(f"intake.{name}")
    forms = [form for form in case.ranked_forms() if form in content.forms][:2]
    count = ONE_FORM if len(forms) == 1 else EACH_OF_TWO
    for form in forms:
        questions = [question for question in content.forms[form].questions if not _needless(case, form, question)]
        later = [question for question in questions[count:] if _about_danger(question)][:DANGER_LATER]
        chosen = questions[: count + case.more] + [question for question in later if not case.more]
        keys += [f"{form}.{question.id}" for question in chosen]
    return keys


def has_more(case: Case, content: Catalogue) -> bool:
    """Whether the banks hold questions beyond those that were planned."""
    return len(plan(replace(case, more=MORE), content)) > len(plan(case, content))


def learn(case: Case, content: Catalogue, text: str) -> None:
    """Take from a story what a question would ask: the option that its first words name ("mijn ex leest ..."), when no
    other option is named; a partner further on may be the one who must not know."""
    asked = [("intake", question) for question in content.intake.values()]
    asked += [
        (form, question) for form in case.forms if form in content.forms for question in content.forms[form].questions
    ]
    for owner, question in asked:
        key = f"{owner}.{question.id}"
        if key in case.answers or not any(option.told for option in question.options):
            continue
        option = next((option for option in question.options if named_first(question.options, text) == option.id), None)
        if option and option.told and not (option.sets.keys() & case.facts.keys()):
            record(case, content, key, option.id, asked=False)


def _about_danger(question: Question) -> bool:
    """Whether an answer can raise the danger level at once."""
    levels = [question.level, *(option.sets.get("level") for option in question.options)]
    return any(level in ("L1", "L2") for level in levels)


def _needless(case: Case, form: str, question: Question) -> bool:
    """What was said already; and a minor is a minor in the picture too."""
    if case.minor and any("age_in_image" in option.sets for option in question.options):
        return True
    key = f"{form}.{question.id}"
    return key in case.answers and key not in case.asked


def next_question(case: Case, content: Catalogue) -> str | None:
    """The key of the next unanswered question, or None when all are answered."""
    return next((key for key in plan(case, content) if key not in case.answers), None)


def record(case: Case, content: Catalogue, key: str, answer: str, asked: bool = True) -> None:
    """Keep an answer and what follows from it; ``asked`` = it can be taken back."""
    case.answers[key] = answer
    if asked and key not in case.asked:
        case.asked.append(key)
    if key == CONFIRM:
        if answer == "yes":
            _confirmed(case, content)
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


def _confirmed(case: Case, content: Catalogue) -> None:
    """What was heard is right: the question that asks for the form itself need not be asked."""
    for form in [form for form in said_back(case, content) if form in case.quotes]:
        for question in content.forms[form].questions:
            if question.core and f"{form}.{question.id}" not in case.answers:
                record(case, content, f"{form}.{question.id}", "yes", asked=False)


def said_back(case: Case, content: Catalogue) -> list[str]:
    """The forms that are said back for the person to confirm: the surest, and a second one that is clear."""
    known = [form for form in case.ranked_forms() if form in content.forms][:2]
    return [form for form in known if form == known[0] or case.forms[form] >= CLEARLY_HEARD]


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


def leads_to(case: Case, content: Catalogue, key: str, answer: str) -> str | None:
    """The protocol that an answer leads to, if it was not walked before."""
    if case.minor and "minor" not in case.handled:
        return "minor"
    question = content.question(key) if key != CONFIRM else None
    leads = question.leads if question and answer == "yes" else None
    return leads if leads not in case.handled else None


def go_back(case: Case, content: Catalogue) -> str | None:
    """Take the last answer back, with the facts it gave; returns its question, or None at the beginning.

    A danger level stays: to be too careful for the rest of a conversation is the lesser mistake.
    """
    if not case.asked:
        return None
    key = case.asked.pop()
    answer = case.answers.pop(key, None)
    if key == CONFIRM:  # what followed from it was never asked
        case.answers = {k: v for k, v in case.answers.items() if k in case.asked or k.startswith("intake.")}
        return key
    option = next((option for option in content.question(key).options if option.id == answer), None)
    for name, value in (option.sets if option else {}).items():
        if case.facts.get(name) == value and name != "level":
            del case.facts[name]
    return key


def question_of(case: Case, content: Catalogue) -> Question | None:
    """The question that waits for an answer, if it is one of content."""
    return content.question(case.pending) if case.pending and case.pending != CONFIRM else None
