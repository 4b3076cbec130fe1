"""Bubbles as Telegram messages: joined, split, and what becomes of cards and sheets."""

from __future__ import annotations

import pytest

from bot.channels.telegram.letters import LONGEST, Letter, Link, letters, split, units
from bot.channels.turn import Action, Bubble

SENTENCE = "Dit is een zin die niet zo lang is. "


def say(text: str, kind: str = "text") -> Bubble:
    return Bubble(kind, text, "nl")


@pytest.mark.parametrize(
    "text, pieces",
    [
        ("kort", ["kort"]),
        ("a" * 60 + "\n\n" + "b" * 60, ["a" * 60, "b" * 60]),  # a paragraph
        ("a" * 60 + "\n" + "b" * 60, ["a" * 60, "b" * 60]),  # a line
        ("a" * 50 + ". " + "b" * 60, ["a" * 50 + ".", "b" * 60]),  # a sentence
        ("a" * 60 + " " + "b" * 60, ["a" * 60, "b" * 60]),  # a word
        ("a" * 150, ["a" * 100, "a" * 50]),  # nothing: cut
        ("x\n\n" + "a" * 70 + " " + "b" * 60, ["x\n\n" + "a" * 70, "b" * 60]),  # no crumbs
        ("a" * 60 + "\n\n" + "b" * 30 + ". " + "c" * 30, ["a" * 60, "b" * 30 + ". " + "c" * 30]),  # paragraph first
        ("\U0001f600" * 60, ["\U0001f600" * 50, "\U0001f600" * 10]),  # two units each
        ("", []),
    ],
)
def test_split(text: str, pieces: list[str]) -> None:
    assert split(text, 100) == pieces


def test_nothing_is_lost_by_splitting() -> None:
    text = "\n\n".join(SENTENCE * number for number in range(1, 40))
    pieces = split(text)
    assert all(0 < units(piece) <= LONGEST for piece in pieces)
    assert "".join("".join(pieces).split()) == "".join(text.split())


def test_short_bubbles_are_joined_and_items_stand_below_each_other() -> None:
    written = letters([say("Dag."), say("Een lijst:"), say("een", "item"), say("2. twee", "item"), say("Klaar.")])
    assert written == [Letter("Dag.\n\nEen lijst:\n\n\u2022 een\n2. twee\n\nKlaar.")]


def test_long_bubbles_are_not_joined() -> None:
    assert [letter.text for letter in letters([say("a" * 800), say("b" * 800)])] == ["a" * 800, "b" * 800]


def test_a_card_shows_the_number_as_text_and_pages_as_buttons() -> None:
    card = Bubble(
        "card", "1712", "nl", title="1712", lines=["Voor wie vragen heeft.", "Gratis."],
        actions=[
            Action("call", "Bel 1712", "tel:1712"),
            Action("call", "Bel nu", "tel:+3221234567"),
            Action("email", "Mail", "mailto:x@example.be"),
            Action("chat", "Chat openen", "https://example.be/chat"),
            Action("website", "Website", "javascript:alert(1)"),
        ],
    )  # fmt: skip
    assert letters([say("Hier:"), card]) == [
        Letter("Hier:"),
        Letter(
            "1712\nVoor wie vragen heeft.\nGratis.\nBel 1712\nBel nu: +3221234567\nMail: x@example.be",
            [Link("Chat openen", "https://example.be/chat")],
        ),
    ]
    assert letters([card])[0].spelled_out().text.endswith("Chat openen: https://example.be/chat")


def test_a_sheet_is_a_plain_list_without_the_ways_of_the_page() -> None:
    sheet = Bubble(
        "sheet", "Mijn plan", "nl", title="Mijn plan", lines=["een", "twee"], actions=[Action("print", "Druk af", "x")]
    )
    assert letters([sheet]) == [Letter("Mijn plan\n\n\u2022 een\n\u2022 twee")]
    long = Bubble("sheet", "t", "nl", title="t", lines=[SENTENCE * 5] * 40)
    assert all(units(letter.text) <= LONGEST for letter in letters([long]))


def test_a_card_that_only_leads_to_a_page_of_ours_is_left_out() -> None:
    page = Bubble("card", "Notities", "nl", title="Notities", actions=[Action("page", "Open", "notes?l=nl")])
    assert letters([say("Dag."), page]) == [Letter("Dag.")]
