"""Passing something on, from the chat to the desk: shown line by line, one line removed, read, erased."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from actions import handover
from bot.channels.conversations import Conversations
from bot.channels.turn import Incoming, Outgoing
from bot.handover.audit import Actor
from bot.handover.database import engine
from bot.handover.handovers import Handovers
from bot.handover.vault import open_vault
from bot.settings import settings

LINE = {"nl": "hulplijn_1712", "fr": "ecoute_violences_conjugales"}
STORY = {
    "nl": "mijn ex leest al mijn berichten mee en weet mijn wachtwoord",
    "fr": "mon ex lit tous mes messages et connaît mon mot de passe",
}
LABELS = {
    "nl": ("Al iets doorgeven", "Bellen", "'s Avonds", "Mag mee", "Laat weg", "Ja, geef door", "Wis wat ik doorgaf"),
    "fr": ("Déjà transmettre quelque chose", "Par téléphone", "Le soir", "Oui, transmettre", "Non, l'enlever",
           "Oui, transmettre tout cela", "Effacer ce que j'ai transmis"),
}  # fmt: skip


@pytest.fixture()
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Handovers]:
    monkeypatch.setattr(settings(), "desk", ",".join(LINE.values()))
    monkeypatch.setattr(settings(), "desk_database_url", f"sqlite:///{tmp_path / 'desk.sqlite'}")
    monkeypatch.setattr(settings(), "desk_key_file", tmp_path / "desk.key")
    opened = handover._handovers
    opened.cache_clear()
    yield Handovers(engine(), open_vault())
    opened.cache_clear()


class Chat:
    def __init__(self, run: Any, conversations: Conversations, language: str) -> None:
        self.run, self.conversations, self.language = run, conversations, language
        self.last: Outgoing | None = None

    def say(self, text: str) -> Outgoing:
        return self._turn(Incoming(text=text, language=self.language))

    def press(self, label: str) -> Outgoing:
        assert self.last is not None
        offered = {button.label: button.id for button in self.last.buttons}
        assert label in offered, (label, list(offered))
        return self._turn(Incoming(choice=offered[label]))

    def _turn(self, incoming: Incoming) -> Outgoing:
        self.last = self.run(self.conversations.turn(self.last.session if self.last else None, incoming))
        return self.last


def said(answer: Outgoing) -> str:
    return "\n".join(bubble.text for bubble in answer.bubbles)


@pytest.fixture(params=["nl", "fr"])
def chat(request: pytest.FixtureRequest, run: Any, conversations: Conversations, desk: Handovers) -> Chat:
    chat = Chat(run, conversations, request.param)
    chat.say(STORY[request.param])
    chat.say({"nl": "ik wil met een mens praten", "fr": "je veux parler à quelqu'un"}[request.param])
    return chat


def test_from_the_chat_to_the_desk_with_one_line_removed(chat: Chat, desk: Handovers) -> None:
    offer, call, evening, keep, drop, send, erase = LABELS[chat.language]
    organisation = LINE[chat.language]
    assert "7" in said(chat.press(offer))
    chat.press(call)
    answer = chat.press(evening)
    shown, removed = [], None
    while any(button.label == keep for button in answer.buttons):
        line = next(bubble.text for bubble in answer.bubbles if bubble.kind == "item")
        shown.append(line)
        if "mot" in line.lower() or "mijn woorden" in line.lower():
            removed = line
        assert desk.queue(organisation) == [], "nothing leaves before the last yes"
        answer = chat.press(drop if line == removed else keep)
    assert removed and len(shown) >= 4
    whole = [bubble.text for bubble in answer.bubbles if bubble.kind == "item"]
    assert whole == [line for line in shown if line != removed]
    answer = chat.press(send)
    waiting = desk.queue(organisation)
    assert len(waiting) == 1
    worker = Actor("an", organisation)
    opened = desk.open(waiting[0].id, worker)
    assert [line.text for line in opened.summary.lines] == whole, "exactly what was shown"
    assert opened.summary.language == chat.language
    assert STORY[chat.language] not in opened.summary.to_json()
    code = chat.last.state["handover"]["code"] if chat.last else ""
    assert code in said(answer) and desk.by_code(code, organisation) == waiting[0].id
    chat.press(erase)
    assert desk.queue(organisation) == [] and not desk.erase_by_code(code)


def test_cancelled_or_all_removed_passes_nothing_on(chat: Chat, desk: Handovers) -> None:
    offer, call, evening, _, drop, _, _ = LABELS[chat.language]
    chat.press(offer)
    chat.press({"nl": "Toch niets doorgeven", "fr": "Ne rien transmettre"}[chat.language])
    chat.say({"nl": "ik wil met een mens praten", "fr": "je veux parler à quelqu'un"}[chat.language])
    chat.press(offer)
    chat.press(call)
    answer = chat.press(evening)
    while any(button.label == drop for button in answer.buttons):
        answer = chat.press(drop)
    assert desk.queue(LINE[chat.language]) == []
    assert "handover" in (chat.last.state if chat.last else {})


def test_danger_goes_first_also_in_the_middle(chat: Chat, desk: Handovers) -> None:
    chat.press(LABELS[chat.language][0])
    answer = chat.say(
        {"nl": "hij staat voor mijn deur met een mes", "fr": "il est devant ma porte avec un couteau"}[chat.language]
    )
    assert "112" in said(answer) and desk.queue(LINE[chat.language]) == []


def test_where_there_is_no_desk_nothing_is_offered(run: Any, conversations: Conversations) -> None:
    chat = Chat(run, conversations, "nl")
    chat.say(STORY["nl"])
    answer = chat.say("ik wil met een mens praten")
    assert LABELS["nl"][0] not in [button.label for button in answer.buttons]


def test_a_desk_that_fails_ends_in_the_help_sentence(
    chat: Chat, desk: Handovers, monkeypatch: pytest.MonkeyPatch
) -> None:
    offer, call, evening, keep, _, send, _ = LABELS[chat.language]
    chat.press(offer)
    chat.press(call)
    answer = chat.press(evening)
    while any(button.label == keep for button in answer.buttons):
        answer = chat.press(keep)

    def fail() -> Handovers:
        raise OSError("the disk is full")

    monkeypatch.setattr(handover, "_handovers", fail)
    answer = chat.press(send)
    assert "112" in said(answer) and any(bubble.kind == "card" for bubble in answer.bubbles)
    assert desk.queue(LINE[chat.language]) == []
    monkeypatch.setattr(handover, "_handovers", lambda: desk)
    chat.press(send)  # the choice stays open: it can be tried again
    assert len(desk.queue(LINE[chat.language])) == 1
