"""Everything that goes out to Telegram: silent, protected, without previews, and tried again when it can be."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import TypeVar

from telegram import InlineKeyboardMarkup, LinkPreviewOptions
from telegram.error import BadRequest, NetworkError, RetryAfter, TelegramError
from telegram.ext import Defaults, ExtBot
from telegram.request import HTTPXRequest

from bot.channels.telegram.letters import Letter
from bot.quiet import log

FIRST_WAIT, LONGEST_WAIT = 0.5, 15.0  # seconds between two tries when the network fails
PATIENCE = 300.0  # seconds of waiting in all before a message is given up
AT_ONCE = 100  # ids that one deleteMessages takes
CONNECTIONS = 64

Result = TypeVar("Result")
Client = ExtBot[None]


def client(token: str, api: str) -> Client:
    """python-telegram-bot's client with our defaults on every message."""
    return ExtBot(
        token=token,
        base_url=f"{api.rstrip('/')}/bot",
        base_file_url=f"{api.rstrip('/')}/file/bot",
        request=HTTPXRequest(connection_pool_size=CONNECTIONS, read_timeout=15.0, pool_timeout=10.0),
        get_updates_request=HTTPXRequest(connection_pool_size=2),
        defaults=Defaults(
            disable_notification=True,  # nothing rings
            protect_content=True,  # not forwarded or saved from the chat
            link_preview_options=LinkPreviewOptions(is_disabled=True),  # no picture of the page behind a link
        ),
    )


async def patiently(request: Callable[[], Awaitable[Result]], patience: float = PATIENCE) -> Result:
    """Make a request; wait and try again on 429, on 5xx and when the network fails. What is refused is raised."""
    waited, pause = 0.0, FIRST_WAIT
    while True:
        try:
            return await request()
        except RetryAfter as error:
            wait = seconds(error)
            problem: TelegramError = error
        except BadRequest:  # a NetworkError by name only
            raise
        except NetworkError as error:
            wait, pause, problem = pause, min(pause * 2, LONGEST_WAIT), error
        if waited + wait > patience:
            raise problem
        log("telegram_again", error_class=type(problem).__name__)
        waited += wait
        await asyncio.sleep(wait)


def seconds(error: RetryAfter) -> float:
    """How long Telegram asks to wait."""
    asked = error.retry_after
    return asked.total_seconds() if isinstance(asked, dt.timedelta) else float(asked)


class Courier:
    """Sends, changes and deletes messages of the bot."""

    def __init__(self, bot: Client) -> None:
        self._bot = bot

    async def send(self, chat_id: int, letter: Letter, keyboard: InlineKeyboardMarkup | None) -> int:
        """Send one message; gives its id."""
        sent = await patiently(lambda: self._bot.send_message(chat_id, letter.text, reply_markup=keyboard))
        return sent.message_id

    async def close(self, chat_id: int, message: int, left: InlineKeyboardMarkup | None) -> None:
        """Take the choices off an older message. Nothing is lost when that fails: the edge refuses old choices."""
        try:
            await patiently(
                lambda: self._bot.edit_message_reply_markup(chat_id, message, reply_markup=left), patience=5.0
            )
        except TelegramError as error:
            log("telegram_close_failed", error_class=type(error).__name__)

    async def seen(self, query: str) -> None:
        """End the waiting mark on a pressed button; too late is no harm."""
        try:
            await self._bot.answer_callback_query(query)
        except TelegramError as error:
            log("telegram_seen_failed", error_class=type(error).__name__)

    async def delete(self, chat_id: int, messages: Sequence[int]) -> bool:
        """Delete messages of both sides, for both sides. False when not all of them went."""
        whole = True
        for start in range(0, len(messages), AT_ONCE):
            part = list(messages[start : start + AT_ONCE])
            try:
                await patiently(partial(self._bot.delete_messages, chat_id, part))
            except BadRequest:  # one that cannot go must not keep the others
                whole = await self._one_by_one(chat_id, part) and whole
            except TelegramError as error:
                log("telegram_delete_failed", error_class=type(error).__name__)
                whole = False
        return whole

    async def _one_by_one(self, chat_id: int, messages: Sequence[int]) -> bool:
        whole = True
        for message in messages:
            try:
                await patiently(partial(self._bot.delete_message, chat_id, message))
            except TelegramError:
                whole = False
        return whole

    async def leave(self, chat_id: int, text: str) -> None:
        """Say why, and leave a group or channel."""
        with suppress(TelegramError):  # not allowed to write there: leave without a word
            await self._bot.send_message(chat_id, text)
        try:
            await patiently(lambda: self._bot.leave_chat(chat_id), patience=30.0)
        except TelegramError as error:
            log("telegram_leave_failed", error_class=type(error).__name__)
