"""The shape of what helps beyond the forms: plan themes, platform cards, questions people ask on the way."""

from __future__ import annotations

import datetime

from pydantic import Field, validator

from bot.content.schema import Option, Question, Reviewed, Step, Strict, Text

LEAST_WAYS = 6  # ways of asking, per language, that a question of the bank is learnt from


class ThemeStep(Step):
    """A step that several forms share; ``forms`` empty = whatever the form."""

    forms: list[str] = Field(default_factory=list)
    same_as: list[str] = Field(default_factory=list)  # <form>.<step> that say the same: then this one is left out


class Theme(Reviewed):
    """One part of the safety plan, such as accounts, the car or sleeping elsewhere."""

    id: str
    name: Text
    steps: list[ThemeStep]


class PlanQuestions(Reviewed):
    """What the plan needs to know besides the intake: which phone, who lives with whom, children."""

    questions: list[Question]
    answers: list[Option]  # what can be said about a step: done, later, unsafe, explain, enough


class Way(Strict):
    """One thing to do on a platform."""

    id: str
    title: Text
    how: list[Text]
    noticed: Text | None = None


class Platform(Reviewed):
    """How to do it on one platform or device. Menus move: ``checked_on`` is shown."""

    id: str
    name: Text
    checked_on: datetime.date
    ways: list[Way]


class Asked(Strict):
    """How people put a question, as training phrases."""

    nl: list[str]
    fr: list[str]

    @validator("nl", "fr")
    def _enough(cls, value: list[str]) -> list[str]:
        if len(value) < LEAST_WAYS:
            raise ValueError(f"at least {LEAST_WAYS} ways of asking, there are {len(value)}")
        return value


class BankQuestion(Strict):
    """A question people ask on the way, with its reviewed answer: one bubble each."""

    id: str
    asked: Asked
    answer: list[Text]
    services: list[str] = Field(default_factory=list)  # ids, or flag:suicide / form:sextortion, best first


class QuestionBank(Reviewed):
    """Questions of one theme."""

    questions: list[BankQuestion]
