"""Things break for real; the person always gets a reviewed sentence with 112 and a line, and loses nothing."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from bot.channels.turn import Incoming, Outgoing

STORY = "mijn ex leest al mijn berichten mee op whatsapp"


def has_help(answer: Outgoing) -> bool:
    """Whether the answer names 112 in words and offers a number to call."""
    calls = [action.href for bubble in answer.bubbles for action in bubble.actions if action.kind == "call"]
    return any("112" in bubble.text for bubble in answer.bubbles) and "tel:112" in calls and len(calls) >= 2


def test_an_action_that_raises_ends_in_help_and_the_conversation_goes_on(
    conversations: Any, run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rasa swallows errors of actions; the edge must not."""
    from actions import tell

    async def broken(*_: Any) -> Any:
        raise RuntimeError("boom")

    with monkeypatch.context() as patch:
        patch.setattr(tell.ActionTell, "act", broken)
        answer = run(conversations.turn(None, Incoming(text=STORY, language="nl")))
    assert has_help(answer)
    assert "boom" not in str(answer)
    again = run(conversations.turn(answer.session, Incoming(text=STORY, language="nl")))
    assert any("Klopt dat?" in bubble.text for bubble in again.bubbles)


def test_a_directory_that_is_gone_still_leaves_the_lifelines(
    conversations: Any, run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Their cards are made at start."""
    from actions import refer

    def gone() -> Any:
        raise OSError("disk is gone")

    with monkeypatch.context() as patch:
        patch.setattr(refer, "_directory", gone)
        answer = run(conversations.turn(None, Incoming(text="wie kan mij helpen?", language="nl")))
    assert has_help(answer)


def test_a_turn_that_hangs_is_cut_off_with_help(conversations: Any, run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Waiting is not an answer."""
    from actions import tell
    from bot.settings import settings

    async def hanging(*_: Any) -> Any:
        await asyncio.sleep(30)

    with monkeypatch.context() as patch:
        patch.setattr(tell.ActionTell, "act", hanging)
        patch.setitem(settings().__dict__, "turn_seconds", 0.5)
        answer = run(conversations.turn(None, Incoming(text=STORY, language="nl")))
    assert has_help(answer)


def test_the_help_is_in_french_for_french(conversations: Any, run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """And names the French line."""
    from actions import tell

    async def broken(*_: Any) -> Any:
        raise RuntimeError("boom")

    with monkeypatch.context() as patch:
        patch.setattr(tell.ActionTell, "act", broken)
        answer = run(conversations.turn(None, Incoming(text="mon ex lit tous mes messages", language="fr")))
    assert has_help(answer)
    assert answer.language == "fr"
    assert any(action.href == "tel:080030030" for bubble in answer.bubbles for action in bubble.actions)


def test_an_unknown_session_gets_a_clear_answer_and_a_new_start(conversations: Any, run: Any) -> None:
    """As after a restart of the server: nothing is replayed, nothing is pretended."""
    answer = run(conversations.turn("x" * 32, Incoming(text=STORY, language="nl")))
    assert answer.session != "x" * 32
    assert answer.buttons
    assert not answer.state.get("forms")


def test_the_same_message_twice_is_answered_once(conversations: Any, run: Any) -> None:
    """A client that retries gets the same answer, and nothing moves on."""
    first = run(conversations.turn(None, Incoming(start=True, language="nl")))
    message = Incoming(text="nee", language="nl", client_id="m1")
    one = run(conversations.turn(first.session, message))
    two = run(conversations.turn(first.session, message))
    assert one == two


def test_two_messages_at_once_are_answered_in_order(conversations: Any, run: Any) -> None:
    """One message in flight per session."""

    async def both() -> list[Outgoing]:
        first = await conversations.turn(None, Incoming(start=True, language="nl"))
        coming = [conversations.turn(first.session, Incoming(text=text)) for text in ("nee", STORY)]
        return list(await asyncio.gather(*coming))

    answers = run(both())
    assert any("Klopt dat?" in bubble.text for bubble in answers[1].bubbles)


@pytest.mark.parametrize(
    "text",
    [
        *("", "   ", "\u200b\u200b", "😀", "/restart", '/restart{"x":1}', "／inform{}", "<script>alert(1)</script>"),
        *("x" * 10_000, "\x00\ud800", "a\u202eb", "{case}", "{{7*7}}", "' OR 1=1 --", '[x](y){"a":1}'),
    ],
)
def test_strange_input_gets_an_answer(conversations: Any, run: Any, text: str) -> None:
    """Nothing typed can break a conversation or end in silence."""
    start = run(conversations.turn(None, Incoming(start=True, language="nl")))
    answer = run(conversations.turn(start.session, Incoming(text=text)))
    assert answer.bubbles
    assert all(bubble.text.strip() for bubble in answer.bubbles)
    assert not any("Traceback" in bubble.text for bubble in answer.bubbles)
    assert answer.buttons


@pytest.mark.parametrize("place", ["begin", "end"])
def test_a_text_that_is_too_long_is_still_read_for_danger(conversations: Any, run: Any, place: str) -> None:
    """Length is never a reason to overlook somebody who wants to die."""
    filler = "mijn ex volgt mij overal en stuurt berichten. " * 60
    text = "ik wil dood. " + filler if place == "begin" else filler + " ik wil dood."
    answer = run(conversations.turn(None, Incoming(text=text, language="nl")))
    assert str(answer.state.get("node")).startswith("suicide.")


def test_danger_is_answered_even_when_the_conversation_is_gone(conversations: Any, run: Any) -> None:
    """After a restart the first words may be the ones that matter."""
    answer = run(conversations.turn("y" * 32, Incoming(text="hij staat aan de deur met een mes", language="nl")))
    assert answer.state.get("node") == "danger.call"


def test_suicide_said_inside_the_danger_path_is_heard(conversations: Any, run: Any) -> None:
    """Both signals in one message: the one that is not being answered yet comes next."""
    first = run(conversations.turn(None, Incoming(text="hij staat aan de deur met een mes", language="nl")))
    answer = run(conversations.turn(first.session, Incoming(text="ik wil dood, hij staat nog aan de deur")))
    assert str(answer.state.get("node")).startswith("suicide.")
