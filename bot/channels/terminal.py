"""Halte in a terminal: for editors who try their texts, and for tests that replay conversations."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from typing import Any, TextIO

from bot.channels.conversations import Conversations
from bot.channels.turn import Bubble, Incoming, Outgoing

STATE = ("language", "forms", "flags", "facts", "pending", "node", "step", "answers", "steps", "marks")


async def replay(conversations: Conversations, lines: Iterable[str], language: str, out: TextIO) -> None:
    """One JSON object for each line that is said; the conversation starts with the first line."""
    session = None
    for line in lines:
        if not line.strip():
            continue
        answer = await conversations.turn(session, Incoming(text=line, language=language))
        session = None if answer.ended else answer.session
        print(json.dumps(as_record(line, answer), ensure_ascii=False), file=out, flush=True)


def as_record(said: str, answer: Outgoing) -> dict[str, Any]:
    """A turn as the tests read it."""
    return {
        "you": said,
        "bot": [plain(bubble) for bubble in answer.bubbles],
        "buttons": [button.label for button in answer.buttons],
        "state": {key: answer.state.get(key) for key in STATE if answer.state.get(key) not in (None, {}, [])},
    }


def plain(bubble: Bubble) -> str:
    """A bubble as one piece of text."""
    if bubble.kind == "sheet":
        return "\n".join([f"{bubble.title}:", *bubble.lines])
    if bubble.kind != "card":
        return bubble.text
    actions = [f"[{action.label}: {action.href}]" for action in bubble.actions]
    return " ".join([f"{bubble.title}:", *bubble.lines, *actions])


async def talk(conversations: Conversations, language: str) -> None:
    """Until Ctrl+D, or until everything is erased."""
    answer = await conversations.turn(None, Incoming(start=True, language=language))
    while True:
        for bubble in answer.bubbles:
            print(("  - " if bubble.kind == "item" else "  ") + plain(bubble))
        if answer.buttons:
            print("  " + " ".join(f"[{number} {button.label}]" for number, button in enumerate(answer.buttons, 1)))
        if answer.ended:
            return
        try:
            said = input("> ").strip()
        except EOFError:
            conversations.forget(answer.session)
            return
        number = int(said) - 1 if said.isdigit() else -1
        choice = answer.buttons[number].id if 0 <= number < len(answer.buttons) else None
        incoming = Incoming(choice=choice, language=language) if choice else Incoming(text=said, language=language)
        answer = await conversations.turn(answer.session, incoming)
        sys.stdout.flush()
