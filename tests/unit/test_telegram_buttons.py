"""Callback data: what this process offered in this chat, and nothing else."""

from __future__ import annotations

import pytest

from bot.channels.telegram.buttons import keyboard, seal, unseal
from bot.channels.telegram.chats import Chats
from bot.channels.telegram.letters import Link
from bot.channels.turn import Button

HERE, ELSEWHERE = Chats(b"a" * 32), Chats(b"b" * 32)


@pytest.mark.parametrize(
    "chats, chat, data, choice",
    [
        (HERE, 1, seal(HERE, 1, "abc_-9"), "abc_-9"),
        (HERE, 2, seal(HERE, 1, "abc"), None),  # of another chat
        (HERE, 1, seal(ELSEWHERE, 1, "abc"), None),  # of another start
        (HERE, 1, "abd." + seal(HERE, 1, "abc").partition(".")[2], None),  # another choice, same signature
        (HERE, 1, seal(HERE, 1, "abc")[:-1], None),
        (HERE, 1, seal(HERE, 1, "abc") + "0", None),
        (HERE, 1, seal(HERE, 1, "abc").upper(), None),
        (HERE, 1, "." + HERE.sign(1, ""), None),  # the pseudonym is no signature of anything
        (HERE, 1, "abc", None),
        (HERE, 1, "abc.", None),
        (HERE, 1, "", None),
        (HERE, 1, "é.é", None),
    ],
)
def test_unseal(chats: Chats, chat: int, data: str, choice: str | None) -> None:
    assert unseal(chats, chat, data) == choice


def test_links_stand_first_and_short_choices_in_pairs() -> None:
    labels = ["Ja", "Nee", "Weet ik niet", "Een heel lang antwoord", "Overslaan"]
    made = keyboard(
        HERE, 1, [Link("Website", "https://example.be")], [Button(str(n), n_) for n, n_ in enumerate(labels)]
    )
    assert made is not None
    rows = [[key.text for key in row] for row in made.inline_keyboard]
    assert rows == [["Website"], ["Ja", "Nee"], ["Weet ik niet"], ["Een heel lang antwoord"], ["Overslaan"]]
    assert keyboard(HERE, 1, [], []) is None
