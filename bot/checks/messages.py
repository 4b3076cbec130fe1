"""Labelled messages: enough of each label in both languages, known labels, and nothing learned that is also a test."""

from __future__ import annotations

from collections import Counter
from collections import Counter as Counts
from collections.abc import Iterator
from pathlib import Path

import yaml

from bot.checks.domain import trained_acts
from bot.checks.project import LANGUAGES, Finding, Project
from bot.corpus.splits import folders
from bot.recognition.taxonomy import FLAGS
from bot.understanding.messages import Labelled, read_file
from bot.understanding.text import Words

TRAIN_FORM, TEST_FORM = 60, 15  # what a new form needs; the forms of today have 250 and more
TRAIN_ACT = 60
TRAIN_FLAG = 150
TRAIN_NEGATIVES = 1_500
NO_STORY = "other"
SHORT = 3  # words: "ja", "stop", "wis alles" are said by everybody; they are counted, not forbidden
Place = tuple[str, str]  # split, language


def check(project: Project) -> Iterator[Finding]:
    """All splits together."""
    every: dict[Place, list[Labelled]] = {}
    for split, folder in folders(project.root, project.data).items():
        for language in LANGUAGES:
            messages = every.setdefault((split, language), [])
            for path in sorted((folder / language).glob("*.yml")):
                try:
                    messages += read_file(path, language)
                except (yaml.YAMLError, KeyError, TypeError, AttributeError, UnicodeDecodeError) as error:
                    problem = f"cannot be read: {type(error).__name__}: {' '.join(str(error).split())[:200]}"
                    yield Finding(project.name(path), "file", problem)
        yield from _themes(project, folder)
    for (split, language), messages in every.items():
        name = f"{project.name(folders(project.root, project.data)[split])}/{language}"
        yield from _enough(project, split, name, messages)
        yield from _labels(project, name, messages)
    yield from _repeated(project, every)


def _themes(project: Project, folder: Path) -> Iterator[Finding]:
    """The same files in both languages, so that a translator sees what is missing."""
    names = {language: {path.name for path in (folder / language).glob("*.yml")} for language in LANGUAGES}
    for here, there in (("nl", "fr"), ("fr", "nl")):
        for name in sorted(names[here] - names[there]):
            yield Finding(f"{project.name(folder)}/{there}/{name}", "file", f"is missing; {here} has it")


def _enough(project: Project, split: str, name: str, messages: list[Labelled]) -> Iterator[Finding]:
    forms: Counts[str] = Counter(form for message in messages for form in message.forms)
    wanted = TRAIN_FORM if split == "train" else TEST_FORM
    for form in project.forms:
        if forms[form] < wanted:
            yield Finding(name, form, f"{forms[form]} messages for this form (at least {wanted})")
    if split != "train":
        return
    acts: Counts[str] = Counter(message.act for message in messages)
    for act in trained_acts(project):
        if acts[act] < TRAIN_ACT:
            yield Finding(name, act, f"{acts[act]} messages for this act (at least {TRAIN_ACT})")
    flags: Counts[str] = Counter(flag for message in messages for flag in message.flags)
    for flag in FLAGS:
        if flags[flag] < TRAIN_FLAG:
            yield Finding(name, flag, f"{flags[flag]} messages for this flag (at least {TRAIN_FLAG})")
    negatives = sum(message.act in (NO_STORY, "tell") and not message.forms for message in messages)
    if negatives < TRAIN_NEGATIVES:
        yield Finding(name, "negatives", f"{negatives} messages without a form (at least {TRAIN_NEGATIVES})")


def _labels(project: Project, name: str, messages: list[Labelled]) -> Iterator[Finding]:
    acts, forms = set(trained_acts(project)), set(project.forms)
    for message in messages:
        unknown = ({message.act} - acts) | (set(message.forms) - forms) | (set(message.flags) - set(FLAGS))
        for label in sorted(unknown):
            yield Finding(f"{name}/{message.theme}.yml", message.text[:40], f"unknown label {label!r}")


def _repeated(project: Project, every: dict[Place, list[Labelled]]) -> Iterator[Finding]:
    """A message in two splits makes every figure a lie; one with two labels teaches nothing."""
    seen: dict[str, tuple[str, str, Labelled]] = {}
    short: Counts[str] = Counter()
    for (split, language), messages in every.items():
        for message in messages:
            file = f"{project.name(folders(project.root, project.data)[split])}/{language}/{message.theme}.yml"
            key = Words.of(message.text).folded or message.text.strip()
            if key not in seen:
                seen[key] = (split, file, message)
                continue
            other_split, other_file, other = seen[key]
            if split != other_split and len(key.split()) <= SHORT:
                short[file] += 1
            elif split != other_split:
                yield Finding(file, message.text[:60], f"also in {other_file}")
            elif language == other.language and _said(message) != _said(other):
                yield Finding(file, message.text[:60], f"labelled otherwise in {other_file}")
            elif message.text.lower() == other.text.lower() and language == other.language:
                yield Finding(file, message.text[:60], f"stands twice, also in {other_file}", warning=True)
    for file, count in short.items():
        problem = f"{count} messages of at most {SHORT} words are also in another split: measure with and without them"
        yield Finding(file, "short messages", problem, warning=True)


def _said(message: Labelled) -> tuple[str, tuple[str, ...], tuple[str, ...]]:
    return message.act, tuple(sorted(message.forms)), tuple(sorted(message.flags))
