"""Every form from the menu to the end of its plan, through the real assistant, in both languages.

Nobody writes down what is said here: the point is that every question, reason, step and explanation that an editor
wrote is reached and answered, and that nothing on the way is a dead end.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from bot.channels.turn import Incoming, Outgoing
from bot.content.catalogue import catalogue
from bot.content.render import Renderer

CONTENT = catalogue()
TEXT = Renderer()
SITUATIONS = {
    "somebody with an ex": {"age": "adult", "other": "ex", "home": "apart", "phone": "android", "children": "yes"},
    "somebody with a partner": {"age": "adult", "other": "partner", "home": "together", "phone": "iphone"},
    "somebody and a stranger": {"age": "adult", "other": "stranger", "phone": "other"},
    "a minor and somebody known": {"age": "minor", "other": "known", "phone": "android"},
}  # fmt: skip
MOST_TURNS = 220
ANSWERED_BY_AN_ACT = {
    ("out_of_google", "nl"), ("screenshots_valid", "fr"), ("which_proof_counts", "nl"), ("which_proof_counts", "fr"),
    ("who_reads_this", "nl"),
}  # fmt: skip
"""Questions in whose place a whole path answers: keeping proof, getting images removed, is this anonymous."""
READ: set[tuple[str, str, str]] = set()
"""Language, platform and way of the cards that were read: each walk reads others."""


class Talk:
    """A conversation that presses buttons by what they mean."""

    def __init__(self, run: Any, conversations: Any, language: str) -> None:
        self._run, self._conversations, self.language = run, conversations, language
        self.answer: Outgoing = run(conversations.turn(None, Incoming(start=True, language=language)))
        self.turns = 0

    @property
    def state(self) -> dict[str, Any]:
        return self.answer.state

    def labels(self) -> dict[str, str]:
        return {button.label: button.id for button in self.answer.buttons}

    def offers(self, key: str) -> bool:
        return self._label(key) in self.labels()

    def press(self, key: str) -> None:
        """The button whose label is the content text ``key``."""
        assert self.offers(key), f"{self._label(key)!r} is not on offer: {list(self.labels())}"
        self._turn(Incoming(choice=self.labels()[self._label(key)], language=self.language))

    def say(self, text: str) -> None:
        self._turn(Incoming(text=text, language=self.language))

    def _label(self, key: str) -> str:
        informal = bool(self.answer.state.get("informal"))
        return TEXT.text(key, self.language, informal)

    def _turn(self, incoming: Incoming) -> None:
        self.turns += 1
        assert self.turns < MOST_TURNS, "this conversation does not end"
        self.answer = self._run(self._conversations.turn(self.answer.session, incoming))
        assert self.answer.bubbles, "silence"


def choose(talk: Talk, form: str) -> None:
    """From the menu to a form."""
    talk.say("menu")
    talk.press("menu.tell")
    group = next(group for group in CONTENT.groups if form in group.forms)
    talk.press(f"group:{group.id}")
    if len(group.forms) > 1:
        talk.press(f"form:{form}.name")


def wanted(situation: dict[str, str], key: str) -> Iterator[str]:
    """Buttons for a question, the one that fits the situation first."""
    question = CONTENT.question(key)
    name = key.partition(".")[2]
    for option in question.options:
        if option.sets and option.sets.items() <= {**situation, "fear": "no", "device": "safe"}.items():
            yield f"question:{key}.options.{option.id}.label"
    safe = [option for option in question.options if not option.sets.keys() & {"level", "age", "fear"}]
    for option in reversed(safe or question.options):
        yield f"question:{key}.options.{option.id}.label"
    if not question.options:
        yield "button.no" if name else "button.skip"


def walk_questions(talk: Talk, situation: dict[str, str], why: bool) -> None:
    """Answer whatever is asked, until nothing is."""
    while talk.state.get("pending") or talk.state.get("waiting"):
        if talk.state.get("waiting"):
            talk.press(next(iter_labels(talk)))
            continue
        key = talk.state["pending"]
        if why and talk.offers("button.why"):
            talk.press("button.why")
            assert talk.state["pending"] == key, "asking why must not lose the question"
        talk.press(next(label for label in wanted(situation, key) if talk.offers(label)))


def iter_labels(talk: Talk) -> Iterator[str]:
    """Options of the protocol node that waits: no danger, and back to the questions, where there is a choice."""
    protocol, _, node = talk.state["node"].partition(".")
    options = CONTENT.protocols[protocol].nodes[node].options
    for option in sorted(options, key=lambda o: ("deny" not in o.acts, "level" in o.sets, o.next != "@return")):
        key = f"protocol:{protocol}.{node}.options.{option.id}.label"
        if talk.offers(key):
            yield key


def read_card(talk: Talk, step: str) -> None:
    """One card that the step offers, if there is one that was not read before."""
    for platform in CONTENT.step(step).platforms:
        for way in CONTENT.platforms[platform].ways:
            if (talk.language, platform, way.id) in READ:
                continue
            READ.add((talk.language, platform, way.id))
            talk.press(f"platform:{platform}.name")
            talk.press(f"platform:{platform}.ways.{way.id}.title")
            assert talk.state["step"] == step, "a card must not lose the step"
            return


@pytest.mark.parametrize("language", ["nl", "fr"])
@pytest.mark.parametrize("situation", SITUATIONS, ids=list(SITUATIONS))
@pytest.mark.parametrize("form", sorted(CONTENT.forms))
def test_from_the_menu_to_the_end_of_the_plan(
    form: str, situation: str, language: str, run: Any, conversations: Any
) -> None:
    facts = SITUATIONS[situation]
    talk = Talk(run, conversations, language)
    choose(talk, form)
    walk_questions(talk, facts, why=situation == "somebody with an ex")
    assert talk.state.get("mirrored"), "the questions end in the mirror"
    if talk.offers("next.questions"):
        talk.press("next.questions")
        walk_questions(talk, facts, why=situation == "somebody with an ex")
    talk.press("next.plan")
    talk.press("next.walk")
    while key := talk.state.get("step"):
        if str(key).startswith("plan."):
            talk.press(next(label for label in wanted(facts, key) if talk.offers(label)))
            continue
        if talk.offers("plan_answer:explain.label"):
            talk.press("plan_answer:explain.label")
            assert talk.state["step"] == key, "an explanation must not lose the step"
            read_card(talk, key)
        talk.press("plan_answer:done.label")
    assert set(talk.state["marks"].values()) == {"done"}
    assert any(bubble.kind == "sheet" and bubble.lines for bubble in talk.answer.bubbles)
    talk.press("next.evidence")
    assert talk.state.get("node", "").startswith("evidence.")
    conversations.forget(talk.answer.session)


@pytest.mark.parametrize("language", ["nl", "fr"])
@pytest.mark.parametrize("question", sorted(CONTENT.bank))
def test_every_question_of_the_bank_is_answered(question: str, language: str, run: Any, conversations: Any) -> None:
    """With at least one of the ways it is known to be put; how often it works is measured, see docs/evaluation.md."""
    asked = CONTENT.bank[question].asked
    answer = TEXT.text(f"bank:{question}.answer.0", language)
    for text in asked.nl if language == "nl" else asked.fr:
        found = run(conversations.turn(None, Incoming(text=text, language=language)))
        conversations.forget(found.session)
        if any(bubble.text == answer for bubble in found.bubbles):
            return
    assert (question, language) in ANSWERED_BY_AN_ACT, "none of its own phrasings leads to it"
