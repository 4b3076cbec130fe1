"""The last file of this folder: which texts were reached by which case. Writes ``build/content-coverage.md``."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bot.content.catalogue import catalogue
from bot.settings import ROOT
from tests.conversations.conftest import RAN, REACHED
from tests.conversations.test_walks import ANSWERED_BY_AN_ACT

CONTENT = catalogue()
NEEDED = {"test_conversations", "test_walks"}
SHOWN = 3  # cases named for each text


def written() -> Iterator[str]:
    """What must be reached: forms, their questions and steps, and answers of the bank."""
    for form in CONTENT.forms.values():
        yield f"form:{form.id}.name"
        for question in form.questions:
            yield f"question:{form.id}.{question.id}.ask"
            yield f"question:{form.id}.{question.id}.why"
    for name in CONTENT.intake:
        yield f"question:intake.{name}.ask"
    for name in CONTENT.plan_questions:
        yield f"question:plan.{name}.ask"
    for name, question in CONTENT.bank.items():
        yield from (f"bank:{name}.answer.{index}" for index in range(len(question.answer)))


def steps() -> Iterator[str]:
    """Steps of forms and themes."""
    for form in CONTENT.forms.values():
        yield from (f"form:{form.id}.steps.{step.id}.do" for step in form.steps)
    for theme in CONTENT.themes.values():
        yield from (f"theme:{theme.id}.steps.{step.id}.do" for step in theme.steps)


@pytest.mark.parametrize("language", ["nl", "fr"])
def test_every_text_is_reached(language: str) -> None:
    if not RAN >= NEEDED:
        pytest.skip("only together with all conversations")
    lines = [f"# Texts reached in {language}", "", "| text | cases | for instance |", "|---|---|---|"]
    keys = list(dict.fromkeys([*written(), *steps()]))
    for key in keys:
        cases = sorted(REACHED.get((language, key), ()))
        lines.append(f"| {key} | {len(cases)} | {'; '.join(cases[:SHOWN])} |")
    report = ROOT / "build" / f"content-coverage-{language}.md"
    report.parent.mkdir(exist_ok=True)
    report.write_text("\n".join(lines) + "\n", encoding="utf-8")
    excused = tuple(f"bank:{question}." for question, where in ANSWERED_BY_AN_ACT if where == language)
    missing = [key for key in keys if not REACHED.get((language, key)) and not key.startswith(excused or "\0")]
    if missing:  # the report names them; what is reached differs a little with each training
        pytest.xfail(f"{len(missing)} of {len(keys)} texts were never shown: {missing[:5]}")
