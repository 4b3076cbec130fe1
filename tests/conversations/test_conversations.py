"""Whole conversations, as readable cases: what a person says, what Halte must and must not answer.

A case is one YAML document in ``nl/*.yml`` or ``fr/*.yml``::

    name: what it shows
    lang: nl
    turns:
      - you: mijn ex leest mijn berichten      # typed words
        says: ["Klopt dat?"]                    # each must be in what Halte says this turn
        never: ["wachtwoord"]                   # none may be in it
        buttons: ["Ja", "Nee"]                  # each must be on offer
        state: {flags: [minor], form: account_control, fact: {fear: sometimes}}
      - press: "Ja"                             # a button, by its label

State: ``flags`` and ``forms`` must contain what is named, ``fact`` must hold, ``language`` must be equal,
``node`` is the protocol node that waits, ``pending`` the question that waits (a prefix will do).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.channels.conversations import Conversations
from bot.channels.terminal import plain
from bot.channels.turn import Incoming, Outgoing

HERE = Path(__file__).parent


def cases() -> list[Any]:
    """Every case of every file, named ``<file>: <case>``."""
    found = []
    for path in sorted(HERE.glob("*/*.yml")):
        for case in yaml.safe_load_all(path.read_text(encoding="utf-8")):
            found.append(pytest.param(case, id=f"{path.parent.name}/{path.stem}: {case['name']}"))
    return found


@pytest.mark.parametrize("case", cases())
def test_conversation(case: dict[str, Any], run: Any, conversations: Conversations) -> None:
    """Replay one case."""
    session = None
    answer: Outgoing | None = None
    for number, turn in enumerate(case["turns"], 1):
        incoming = message(turn, case["lang"], answer)
        answer = run(conversations.turn(session, incoming))
        assert answer is not None
        session = answer.session
        check(turn, answer, f"turn {number} ({turn.get('you') or turn.get('press') or 'start'})")
    if session:
        conversations.forget(session)


def message(turn: dict[str, Any], language: str, before: Outgoing | None) -> Incoming:
    """The turn as a channel would send it."""
    if turn.get("start"):
        return Incoming(start=True, language=language)
    if "press" in turn:
        labels = {button.label: button.id for button in (before.buttons if before else [])}
        assert turn["press"] in labels, f"{turn['press']!r} is not on offer: {list(labels)}"
        return Incoming(choice=labels[turn["press"]], language=language)
    return Incoming(text=turn["you"], language=language)


def check(turn: dict[str, Any], answer: Outgoing, where: str) -> None:
    """Everything the case asks of this turn."""
    said = "\n".join(plain(bubble) for bubble in answer.bubbles)
    labels = [button.label for button in answer.buttons]
    for text in turn.get("says", []):
        assert text in said, f"{where}: {text!r} not in:\n{said}"
    for text in turn.get("never", []):
        assert text not in said, f"{where}: {text!r} is in:\n{said}"
    for label in turn.get("buttons", []):
        assert label in labels, f"{where}: no button {label!r}: {labels}"
    state, wanted = answer.state, turn.get("state", {})
    for flag in wanted.get("flags", []):
        assert flag in state.get("flags", []), f"{where}: flag {flag} not in {state.get('flags')}"
    for form in wanted.get("forms", []):
        assert form in state.get("forms", {}), f"{where}: form {form} not in {state.get('forms')}"
    for name, value in wanted.get("fact", {}).items():
        assert state.get("facts", {}).get(name) == value, f"{where}: {name} is {state.get('facts', {}).get(name)}"
    if "language" in wanted:
        assert answer.language == wanted["language"], where
    for name in ("node", "pending"):
        if name in wanted:
            assert str(state.get(name) or "").startswith(wanted[name]), f"{where}: {name} is {state.get(name)}"
    assert answer.bubbles, f"{where}: silence"
