"""All content, loaded once: forms, protocols, intake questions, loose texts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from bot.content.guides import BankQuestion, PlanQuestions, Platform, QuestionBank, Theme
from bot.content.schema import (
    FlagSigns,
    Form,
    Group,
    Intake,
    Option,
    Protocol,
    Question,
    RiskFactor,
    RiskFactors,
    Screener,
    Signs,
    Step,
    Text,
    Texts,
)
from bot.settings import settings

Model = TypeVar("Model", bound=BaseModel)
Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class ContentError(ValueError):
    """A content file does not follow the schema; the message names file and place."""


@dataclass(frozen=True)
class Catalogue:
    """Everything an editor wrote, ready to be looked up."""

    forms: Mapping[str, Form]
    protocols: Mapping[str, Protocol]
    intake: Mapping[str, Question]
    answers: tuple[Option, ...]
    groups: tuple[Group, ...]
    texts: Mapping[str, Text]
    flag_signs: Mapping[str, Signs]
    themes: Mapping[str, Theme]
    plan_questions: Mapping[str, Question]
    plan_answers: tuple[Option, ...]
    platforms: Mapping[str, Platform]
    bank: Mapping[str, BankQuestion]
    risk: Mapping[str, RiskFactor]

    def text(self, key: str) -> Text:
        """The loose text called ``key``; raises ``KeyError`` when there is none."""
        return self.texts[key]

    def question(self, key: str) -> Question:
        """A question by ``intake.<id>``, ``plan.<id>`` or ``<form>.<id>``."""
        owner, _, name = key.partition(".")
        if owner == "intake":
            return self.intake[name]
        if owner == "plan":
            return self.plan_questions[name]
        return next(question for question in self.forms[owner].questions if question.id == name)

    def step(self, key: str) -> Step:
        """A step by ``form:<form>.steps.<id>`` or ``theme:<theme>.steps.<id>``."""
        owner, _, path = key.partition(":")
        name, _, step = path.split(".")
        steps: Sequence[Step] = self.forms[name].steps if owner == "form" else self.themes[name].steps
        return next(entry for entry in steps if entry.id == step)


def read_yaml(path: Path, model: type[Model]) -> Model:
    """One content file as ``model``; :class:`ContentError` says what is wrong and where."""
    try:
        return model.parse_obj(yaml.load(path.read_text(encoding="utf-8"), Loader=Loader))
    except (ValidationError, yaml.YAMLError, TypeError) as error:
        raise ContentError(f"{path.name}: {error}") from error


def load(folder: Path) -> Catalogue:
    """Read the whole content folder."""
    texts: dict[str, Text] = {}
    for part in _all(folder / "texts", Texts):
        repeated = texts.keys() & part.texts.keys()
        if repeated:
            raise ContentError(f"already defined elsewhere: {sorted(repeated)}")
        texts.update(part.texts)
    intake = read_yaml(folder / "intake.yml", Intake)
    plan = read_yaml(folder / "plan.yml", PlanQuestions)
    bank = [question for part in _all(folder / "questions", QuestionBank) for question in part.questions]
    return Catalogue(
        forms={form.id: form for form in _all(folder / "forms", Form)},
        protocols={protocol.id: protocol for protocol in _all(folder / "protocols", Protocol)},
        intake={question.id: question for question in intake.questions},
        answers=tuple(intake.answers),
        groups=tuple(read_yaml(folder / "screener.yml", Screener).groups),
        texts=texts,
        flag_signs=read_yaml(folder / "flags.yml", FlagSigns).signs,
        themes={theme.id: theme for theme in _all(folder / "plan", Theme)},
        plan_questions={question.id: question for question in plan.questions},
        plan_answers=tuple(plan.answers),
        platforms={platform.id: platform for platform in _all(folder / "platforms", Platform)},
        bank={question.id: question for question in bank},
        risk={factor.id: factor for factor in read_yaml(folder / "risk.yml", RiskFactors).factors},
    )


def _all(folder: Path, model: type[Model]) -> list[Model]:
    return [read_yaml(path, model) for path in sorted(folder.glob("*.yml"))]


@lru_cache(maxsize=1)
def catalogue() -> Catalogue:
    """The content of this process."""
    return load(settings().content_dir)
