"""Long polling: asks Telegram for updates, and confirms them only after they were handled."""

from __future__ import annotations

import asyncio
from typing import Any

from telegram.error import Conflict, EndPointNotFound, Forbidden, InvalidToken, RetryAfter, TelegramError

from bot.channels.telegram import updates
from bot.channels.telegram.courier import LONGEST_WAIT, Client, seconds
from bot.channels.telegram.inbox import Inbox
from bot.quiet import log

POLL_SECONDS = 25  # Telegram holds the question so long when there is nothing
BUSY_SECONDS = 0.5  # between two looks while something is being answered
AT_ONCE = 100  # as many updates as Telegram gives; so many may be under way
REFUSED = (InvalidToken, EndPointNotFound, Forbidden)  # asking again will not help


class Polling:
    """Asks with the id of the oldest update that is not answered yet: asking confirms all before it."""

    def __init__(self, bot: Client, inbox: Inbox) -> None:
        self._bot = bot
        self._inbox = inbox
        self._next = 0  # one more than the newest update seen; 0 = whatever is there

    async def run(self) -> None:
        """Until cancelled. Raises when Telegram refuses the token."""
        pause = 0.5
        while True:
            try:
                await self._round()
                pause = 0.5
            except REFUSED:
                raise
            except RetryAfter as error:
                await asyncio.sleep(seconds(error))
            except TelegramError as error:  # 409: another process asks too, or a webhook was set; it may stop
                log("telegram_conflict" if isinstance(error, Conflict) else "telegram_poll_failed",
                    error_class=type(error).__name__)  # fmt: skip
                await asyncio.sleep(pause)
                pause = min(pause * 2, LONGEST_WAIT)

    async def confirm(self) -> None:
        """Tell Telegram, before stopping, what was handled."""
        try:
            await self._ask(self._offset(), timeout=0, limit=1)
        except TelegramError as error:
            log("telegram_confirm_failed", error_class=type(error).__name__)

    async def _round(self) -> None:
        running = self._inbox.running
        if running:
            await asyncio.wait(running.values(), timeout=BUSY_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        came = await self._ask(self._offset(), timeout=0 if running else POLL_SECONDS)
        if not came and not running:
            self._next = 0  # all is confirmed; after a quiet week Telegram may begin to count anywhere
        for data in sorted(came, key=lambda entry: updates.number(entry) or 0):
            self._take(data)

    def _take(self, data: Any) -> None:
        number = updates.number(data)
        if number is None:
            log("telegram_malformed")
            return
        self._next = max(self._next, number + 1)
        update = updates.read(data, self._bot)
        if update is None:
            self._inbox.skip(number)
        else:
            self._inbox.take(update)

    def _offset(self) -> int:
        return min(self._inbox.running, default=self._next)

    async def _ask(self, offset: int, timeout: int, limit: int = AT_ONCE) -> list[Any]:
        """getUpdates, unread: ``Bot.get_updates`` gives up the whole batch when one update is malformed."""
        asked = {"offset": offset, "timeout": timeout, "limit": limit, "allowed_updates": updates.WANTED}
        came = await self._bot.do_api_request("getUpdates", api_kwargs=asked, read_timeout=timeout + 10)
        return came if isinstance(came, list) else []
