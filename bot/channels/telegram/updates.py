"""Updates as Telegram writes them, read one by one: one that is broken must not hold up the others."""

from __future__ import annotations

from typing import Any

from telegram import Update
from telegram.constants import UpdateType

from bot.channels.telegram.courier import Client
from bot.quiet import log

WANTED = [UpdateType.MESSAGE, UpdateType.EDITED_MESSAGE, UpdateType.CALLBACK_QUERY, UpdateType.MY_CHAT_MEMBER]
"""All that Telegram is asked to deliver: no reactions, no channel posts, nothing about other people."""


def number(data: Any) -> int | None:
    """The id of an update, or None when it has none."""
    found = data.get("update_id") if isinstance(data, dict) else None
    return found if isinstance(found, int) and not isinstance(found, bool) else None


def read(data: Any, bot: Client) -> Update | None:
    """The update, or None when it cannot be read."""
    if number(data) is None:
        log("telegram_malformed")
        return None
    try:
        update = Update.de_json(data, bot)
        _ = update.effective_chat  # looks inside, and fails here rather than later
        return update
    except Exception as error:
        log("telegram_malformed", error_class=type(error).__name__)
        return None
