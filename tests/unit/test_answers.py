"""What somebody answered, in words or with a button."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from bot.content.catalogue import catalogue
from bot.recognition.answers import interpret
from bot.understanding.understanding import Understanding

CASES = yaml.safe_load(Path(__file__).with_name("answer_cases.yml").read_text(encoding="utf-8"))


def read(act: str, confidence: float) -> Understanding:
    return Understanding(language="nl", act=act, act_confidence=confidence)


@pytest.mark.parametrize("question, text, act, confidence, answer", CASES)
def test_words(question: str, text: str, act: str, confidence: float, answer: str | None) -> None:
    options = catalogue().question(question).options if question else []
    assert interpret(options, read(act, confidence), text, None) == answer


@pytest.mark.parametrize(
    "question, choice, answer",
    [
        ("", "yes", "yes"),
        ("", "skip", "skip"),
        ("", "now", None),
        ("intake.fear", "now", "now"),
        ("intake.fear", "yes", None),  # not an option of this question
        ("intake.fear", "", None),
    ],
)
def test_buttons(question: str, choice: str, answer: str | None) -> None:
    options = catalogue().question(question).options if question else []
    assert interpret(options, read("choose", 1.0), "label that does not matter: ja", choice) == answer


@pytest.mark.parametrize("language", ["nl", "fr"])
def test_every_label_of_every_question_can_be_typed(language: str) -> None:
    """Somebody who types a button's label gets that answer, whatever act was read in it."""
    content = catalogue()
    questions = [
        *content.intake.values(),
        *(question for form in content.forms.values() for question in form.questions),
    ]
    nodes = [node for protocol in content.protocols.values() for node in protocol.nodes.values()]
    for options in [*(question.options for question in questions), *(node.options for node in nodes)]:
        for option in options:
            label = option.label.in_language(language)
            assert interpret(options, read("other", 0.9), label.upper(), None) == option.id, label
