"""The content files: their schema, translations, review dates, and what they say about each other."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError

from bot.checks.project import Finding, Project, item_name, load
from bot.content.catalogue import Loader
from bot.content.guides import PlanQuestions, Platform, QuestionBank, Theme
from bot.content.schema import (
    PHASES,
    PLATFORM,
    FlagSigns,
    Form,
    Intake,
    Option,
    Protocol,
    RiskFactors,
    Screener,
    Step,
    Texts,
)
from bot.recognition.interview import ROLES
from bot.recognition.protocol import TARGETS
from bot.recognition.taxonomy import FLAGS
from bot.understanding.safety import ADULT

MODELS: dict[str, type[BaseModel]] = {
    "forms/*.yml": Form,
    "protocols/*.yml": Protocol,
    "texts/*.yml": Texts,
    "intake.yml": Intake,
    "screener.yml": Screener,
    "flags.yml": FlagSigns,
    "plan.yml": PlanQuestions,
    "plan/*.yml": Theme,
    "platforms/*.yml": Platform,
    "questions/*.yml": QuestionBank,
    "risk.yml": RiskFactors,
}
REVIEW_DAYS = 180
PLACEHOLDER = re.compile(r"{\w*}")
POLITE = re.compile(r"\b(?!(?:ch|ass|n|r|all)ez\b)\w+ez\b", re.IGNORECASE)  # "appelez": vous without the word
VOUS = re.compile(r"\b(?:vous|votre|vos|vôtres?)\b", re.IGNORECASE)
FACTS: Mapping[str, tuple[str, ...]] = {
    "fear": ("now", "sometimes", "no"),
    "device": ("safe", "unsure"),
    "other": ("partner", "ex", "family", "known", "stranger", "authority"),
    "age": ("minor", "adult"),
    "age_in_image": ("minor", "adult"),
    "level": ("L1", "L2", "L3"),
    "phone": ("android", "iphone", "other"),
    "home": ("together", "apart", "never"),
    "children": ("yes", "no"),
    "role": ("victim", *ROLES),
}
"""What an option may set, see ``bot/recognition/interview.py``; ``form`` may be any form."""


def check(project: Project) -> Iterator[Finding]:
    """Everything about the files themselves; the wording is another check."""
    read: dict[Path, Any] = {}
    for pattern, model in MODELS.items():
        paths = sorted(project.content.glob(pattern))
        if not paths:
            yield Finding(project.name(project.content / pattern), "file", "is missing")
        for path in paths:
            try:
                read[path] = model.parse_obj(yaml.load(path.read_text(encoding="utf-8"), Loader=Loader))
            except ValidationError as error:
                yield from _schema(project.name(path), load(path), error)
            except (yaml.YAMLError, UnicodeDecodeError, TypeError) as error:
                yield Finding(project.name(path), "file", " ".join(str(error).split()))
    yield from _translations(project)
    yield from _repeated_keys(project)
    for path, model_read in read.items():
        name = project.name(path)
        yield from _reviewed(name, model_read.reviewed_on, dt.date.today())
        if isinstance(model_read, (Form, Protocol, Theme, Platform)) and model_read.id != path.stem:
            yield Finding(name, "id", f"is {model_read.id!r}, but the file is called {path.stem!r}")
    yield from _references(project, read)


def _schema(file: str, loaded: Any, error: ValidationError) -> Iterator[Finding]:
    for problem in error.errors():
        place: list[str] = []
        here = loaded
        for part in problem["loc"]:
            if part == "__root__":
                continue
            inside = _inside(here, part)
            place.append(item_name(inside, part) if isinstance(part, int) else str(part))
            here = inside
        yield Finding(file, ".".join(place) or "file", problem["msg"])


def _inside(loaded: Any, part: Any) -> Any:
    try:
        return loaded[part]
    except (KeyError, IndexError, TypeError):
        return None


def _translations(project: Project) -> Iterator[Finding]:
    texts: dict[tuple[str, str], dict[str, str]] = {}
    for piece in project.texts():
        texts.setdefault((piece.file, piece.place), {})[piece.language] = piece.text
    for (file, place), by_language in texts.items():
        for language in ("nl", "fr"):
            if not by_language.get(language, "").strip():
                yield Finding(file, place, f"has no text in {language}")
        named = {language: set(PLACEHOLDER.findall(text)) for language, text in by_language.items()}
        if len({frozenset(names) for names in named.values()}) > 1:
            yield Finding(file, place, "the places between { } are not the same in all languages")
        polite, familiar = by_language.get("fr", ""), by_language.get("fr_tu")
        if familiar is None and POLITE.search(polite):
            yield Finding(file, place, f"fr says vous ({POLITE.findall(polite)[0]}), so fr_tu is needed")
        if familiar and VOUS.search(familiar):
            yield Finding(file, place, f"fr_tu says {VOUS.findall(familiar)[0]!r}")


def _repeated_keys(project: Project) -> Iterator[Finding]:
    """YAML keeps the last of two equal keys without a word: a text would silently be lost."""
    for path in sorted(project.content.rglob("*.yml")):
        try:
            tree = yaml.compose(path.read_text(encoding="utf-8"), Loader=Loader)
        except (yaml.YAMLError, UnicodeDecodeError):
            continue
        yield from _repeated(project.name(path), tree, ())
    homes: dict[str, str] = {}
    for path in sorted((project.content / "texts").glob("*.yml")):
        loaded = load(path)
        for key in (loaded.get("texts") or {}) if isinstance(loaded, dict) else ():
            if homes.setdefault(key, path.name) != path.name:
                yield Finding(project.name(path), key, f"is already defined in {homes[key]}")


def _repeated(file: str, node: Any, path: tuple[str, ...]) -> Iterator[Finding]:
    if isinstance(node, yaml.MappingNode):
        seen = set()
        for key, value in node.value:
            if key.value in seen:
                yield Finding(file, ".".join((*path, key.value)), f"stands twice (line {key.start_mark.line + 1})")
            seen.add(key.value)
            yield from _repeated(file, value, (*path, str(key.value)))
    elif isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            yield from _repeated(file, item, (*path, str(index)))


def _reviewed(file: str, day: dt.date, today: dt.date) -> Iterator[Finding]:
    age = (today - day).days
    if age > REVIEW_DAYS:
        yield Finding(file, "reviewed_on", f"last reviewed {age} days ago (at most {REVIEW_DAYS})", warning=True)


def _references(project: Project, read: Mapping[Path, Any]) -> Iterator[Finding]:
    """Names in one file that another must have: forms, protocols, acts, facts."""
    forms = set(project.forms)
    protocols = {path.stem for path in (project.content / "protocols").glob("*.yml")}
    acts = set((load(project.root / "domain.yml") or {}).get("intents") or ())
    platforms = {path.stem for path in (project.content / "platforms").glob("*.yml")}
    homes: dict[str, Any] = {}
    own_steps = {f"{part.id}.{step.id}" for part in read.values() if isinstance(part, Form) for step in part.steps}
    grouped = set()
    for path, part in read.items():
        wrong = _reporter(project.name(path))
        if isinstance(part, Protocol):
            for name, node in part.nodes.items():
                targets = [node.next, node.otherwise, *(option.next for option in node.options)]
                for target in targets:
                    if target and target.startswith("@") and target[1:] not in protocols | set(TARGETS):
                        yield wrong(name, f"leads to unknown {target}")
                for shown in node.shows:
                    if shown.startswith(PLATFORM) and shown[len(PLATFORM) :] not in platforms:
                        yield wrong(name, f"shows unknown {shown}")
                if bool(node.ask) != bool(node.options):
                    yield wrong(name, "a question needs options, and options need a question")
                yield from _options(wrong, name, node.options, forms, acts)
        elif isinstance(part, (Form, Intake, PlanQuestions)):
            yield from _unique(wrong, "questions", [question.id for question in part.questions])
            for question in part.questions:
                if question.suggests and question.suggests not in forms:
                    yield wrong(question.id, f"suggests unknown form {question.suggests!r}")
                yield from _options(wrong, question.id, question.options, forms, acts)
            if isinstance(part, Form):
                yield from _unique(wrong, "steps", [step.id for step in part.steps])
                yield from _steps(wrong, part.steps, platforms)
        elif isinstance(part, Theme):
            yield from _unique(wrong, "steps", [step.id for step in part.steps])
            yield from _steps(wrong, part.steps, platforms)
            for step in part.steps:
                for form in sorted(set(step.forms) - forms):
                    yield wrong(step.id, f"unknown form {form!r}")
                for same in sorted(set(step.same_as) - own_steps):
                    yield wrong(step.id, f"same_as: unknown step {same!r}")
        elif isinstance(part, Platform):
            yield from _unique(wrong, "ways", [way.id for way in part.ways])
        elif isinstance(part, QuestionBank):
            for entry in part.questions:
                if homes.setdefault(entry.id, wrong) is not wrong:
                    yield wrong(entry.id, "is also in another file")
            yield from _unique(wrong, "questions", [question.id for question in part.questions])
        elif isinstance(part, Screener):
            grouped |= {form for group in part.groups for form in group.forms}
            for form in sorted(grouped - forms):
                yield wrong("groups", f"unknown form {form!r}")
            for form in sorted(forms - grouped):
                yield wrong("groups", f"form {form!r} is in no group, so nobody can choose it")
        elif isinstance(part, FlagSigns):
            for flag in sorted(set(part.signs) - {*FLAGS, ADULT}):
                yield wrong("signs", f"unknown flag {flag!r}")


def _steps(wrong: Callable[[str, str], Finding], steps: Sequence[Step], platforms: Any) -> Iterator[Finding]:
    """Proof before change: the phases of the steps never go back."""
    phase = 0
    for step in steps:
        if PHASES.index(step.phase) < phase:
            yield wrong(step.id, f"{step.phase!r} comes after a step of a later phase")
        phase = max(phase, PHASES.index(step.phase))
        for platform in sorted(set(step.platforms) - platforms):
            yield wrong(step.id, f"unknown platform {platform!r}")
        for name, known in (("relations", FACTS["other"]), ("homes", FACTS["home"])):
            for value in sorted(set(getattr(step, name)) - set(known)):
                yield wrong(step.id, f"{name}: unknown {value!r}")


def _options(wrong: Callable[[str, str], Finding], place: str, options: list[Option], forms: Any,
             acts: Any) -> Iterator[Finding]:  # fmt: skip
    yield from _unique(wrong, place, [option.id for option in options])
    claimed = [act for option in options for act in option.acts]
    yield from _unique(wrong, f"{place}.acts", claimed)
    for option in options:
        for act in option.acts:
            if acts and act not in acts:
                yield wrong(f"{place}.{option.id}", f"unknown act {act!r}")
        for name, value in option.sets.items():
            if value not in (forms if name == "form" else FACTS.get(name, ())):
                yield wrong(f"{place}.{option.id}", f"sets unknown {name}: {value}")


def _unique(wrong: Callable[[str, str], Finding], place: str, names: list[str]) -> Iterator[Finding]:
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield wrong(place, f"{name!r} stands twice")


def _reporter(file: str) -> Callable[[str, str], Finding]:
    return lambda place, problem: Finding(file, place, problem)
