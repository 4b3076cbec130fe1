"""All content, loaded once: forms, protocols, intake questions, loose texts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import yaml
from pydantic import BaseModel, ValidationError

from bot.content.schema import FlagSigns, Form, Group, Intake, Protocol, Question, Screener, Signs, Text, Texts
from bot.settings import settings

Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class ContentError(ValueError):
    """A content file does not follow the schema; the message names file and place."""


@dataclass(frozen=True)
class Catalogue:
    """Everything an editor wrote, ready to be looked up."""

    forms: Mapping[str, Form]
    protocols: Mapping[str, Protocol]
    intake: Mapping[str, Question]
    groups: tuple[Group, ...]
    texts: Mapping[str, Text]
    flag_signs: Mapping[str, Signs]

    def text(self, key: str) -> Text:
        """The loose text called ``key``; raises ``KeyError`` when there is none."""
        return self.texts[key]

    def question(self, key: str) -> Question:
        """A question by ``intake.<id>`` or ``<form>.<id>``."""
        owner, _, name = key.partition(".")
        if owner == "intake":
            return self.intake[name]
        return next(question for question in self.forms[owner].questions if question.id == name)


def read_yaml(path: Path, model: type[BaseModel]) -> BaseModel:
    """One content file as ``model``; :class:`ContentError` says what is wrong and where."""
    try:
        loaded: BaseModel = model.parse_obj(yaml.load(path.read_text(encoding="utf-8"), Loader=Loader))
        return loaded
    except (ValidationError, yaml.YAMLError, TypeError) as error:
        raise ContentError(f"{path.name}: {error}") from error


def load(folder: Path) -> Catalogue:
    """Read the whole content folder."""
    forms: dict[str, Form] = {}
    for path in sorted((folder / "forms").glob("*.yml")):
        form = read_yaml(path, Form)
        assert isinstance(form, Form)
        forms[form.id] = form
    protocols: dict[str, Protocol] = {}
    for path in sorted((folder / "protocols").glob("*.yml")):
        protocol = read_yaml(path, Protocol)
        assert isinstance(protocol, Protocol)
        protocols[protocol.id] = protocol
    texts: dict[str, Text] = {}
    for path in sorted((folder / "texts").glob("*.yml")):
        part = read_yaml(path, Texts)
        assert isinstance(part, Texts)
        repeated = texts.keys() & part.texts.keys()
        if repeated:
            raise ContentError(f"{path.name}: already defined elsewhere: {sorted(repeated)}")
        texts.update(part.texts)
    intake = read_yaml(folder / "intake.yml", Intake)
    screener = read_yaml(folder / "screener.yml", Screener)
    assert isinstance(intake, Intake) and isinstance(screener, Screener)
    flags = read_yaml(folder / "flags.yml", FlagSigns)
    assert isinstance(flags, FlagSigns)
    questions: list[Question] = intake.questions
    return Catalogue(forms, protocols, {q.id: q for q in questions}, tuple(screener.groups), texts, flags.signs)


@lru_cache(maxsize=1)
def catalogue() -> Catalogue:
    """The content of this process."""
    return load(settings().content_dir)
