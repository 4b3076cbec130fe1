"""Which signal of a message interrupts the form that is being walked."""

from __future__ import annotations

from typing import Any

import pytest
from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.protocol import new_crisis
from actions.support import INTERVIEW, PROTOCOL, Turn
from bot.recognition.case import Case
from bot.understanding.understanding import Understanding


def turn(loop: str | None, case: Case, *flags: str) -> Turn:
    read = Understanding(
        language="nl", act="tell", act_confidence=0.9, flags=flags, flag_evidence=dict.fromkeys(flags, "x")
    )
    message: dict[str, Any] = {"text": "x", "intent": {"name": "tell"}, "understanding": read.as_dict()}
    return Turn(
        CollectingDispatcher(),
        Tracker(
            "s", {"case": case.to_dict()}, message, [], False, None, {"name": loop} if loop else {}, "action_listen"
        ),
    )


@pytest.mark.parametrize(
    "loop, node, flags, crisis",
    [
        (PROTOCOL, "danger.call", ["danger"], None),  # it is being answered
        (PROTOCOL, "danger.call", ["suicide"], "suicide"),
        (PROTOCOL, "start.hello", ["danger"], "danger"),
        (INTERVIEW, None, ["danger"], "danger"),
        (INTERVIEW, "danger.call", ["danger"], "danger"),  # that path was left, with "menu" or "back"
        (INTERVIEW, "suicide.ask", ["suicide"], "suicide"),
    ],
)
def test_a_path_answers_its_signal_only_while_it_is_walked(
    loop: str, node: str | None, flags: list[str], crisis: str | None
) -> None:
    assert new_crisis(turn(loop, Case(node=node), *flags)) == crisis
