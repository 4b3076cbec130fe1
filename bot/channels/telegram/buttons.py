"""Inline keyboards: choices with signed, short callback data, and links."""

from __future__ import annotations

import hmac
from collections.abc import Sequence

from telegram import InlineKeyboardButton, InlineKeyboardMarkup
from telegram.constants import InlineKeyboardButtonLimit

from bot.channels.telegram.chats import Chats
from bot.channels.telegram.letters import Link
from bot.channels.turn import Button

SHORT = 14  # characters of a label that leave room for a second one beside it
CHOSEN = "-"  # callback data of the button that only shows what was chosen


def keyboard(
    chats: Chats, chat_id: int, links: Sequence[Link], choices: Sequence[Button]
) -> InlineKeyboardMarkup | None:
    """Links first, one a row; then the choices, short ones two by two."""
    rows = [[InlineKeyboardButton(link.label, url=link.url)] for link in links]
    row: list[InlineKeyboardButton] = []
    for choice in choices:
        made = InlineKeyboardButton(choice.label, callback_data=seal(chats, chat_id, choice.id))
        if row and len(row) < 2 and max(len(row[0].text), len(choice.label)) <= SHORT:
            row.append(made)
        else:
            row = [made]
            rows.append(row)
    return InlineKeyboardMarkup(rows) if rows else None


def chosen(label: str) -> InlineKeyboardMarkup:
    """What is left of a keyboard when one of its choices was pressed."""
    return InlineKeyboardMarkup([[InlineKeyboardButton(f"\u2713 {label}", callback_data=CHOSEN)]])


def seal(chats: Chats, chat_id: int, choice: str) -> str:
    """Callback data: the opaque id of the choice and a signature that holds in this chat and process only."""
    data = f"{choice}.{chats.sign(chat_id, choice)}"
    assert len(data) <= InlineKeyboardButtonLimit.MAX_CALLBACK_DATA
    return data


def unseal(chats: Chats, chat_id: int, data: str) -> str | None:
    """The choice in callback data; None when this process never offered it in this chat."""
    choice, _, signature = data.partition(".")
    if not choice or not hmac.compare_digest(signature.encode(), chats.sign(chat_id, choice).encode()):
        return None
    return choice
