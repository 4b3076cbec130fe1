"""Starts and stops the Telegram channel beside the web chat."""

from __future__ import annotations

import asyncio
from functools import partial

from starlette.routing import BaseRoute
from telegram import BotCommand
from telegram.error import TelegramError

from bot.channels.conversations import Conversations
from bot.channels.telegram.courier import LONGEST_WAIT, Courier, client, patiently
from bot.channels.telegram.inbox import Inbox
from bot.channels.telegram.polling import REFUSED, Polling
from bot.channels.telegram.talk import CHANNEL, LANGUAGES, Talk
from bot.channels.telegram.webhook import Webhook
from bot.content.render import Renderer
from bot.quiet import log

MENU = ("start", "stop", "delete", "help", "nl", "fr")
"""Commands in Telegram's own menu, with the text ``telegram.menu.<command>``."""

SETTLE_SECONDS = 10.0  # what is being answered when the process stops may take so long
SWEEP_SECONDS = 60.0
FOREVER = float("inf")


class Telegram:
    """The channel: :meth:`run` until cancelled, then :meth:`stop`."""

    def __init__(self, conversations: Conversations, token: str, api: str, webhook: str | None = None) -> None:
        self._bot = client(token, api)
        self.talk = Talk(conversations, Courier(self._bot))
        self.inbox = Inbox(self.talk.handle)
        self._webhook = Webhook(self._bot, self.inbox, webhook) if webhook else None
        self._polling = Polling(self._bot, self.inbox)

    def routes(self) -> list[BaseRoute]:
        """What the web process must answer to: nothing, or the webhook."""
        return [self._webhook.route()] if self._webhook else []

    async def run(self) -> None:
        """Until cancelled. The web chat goes on when Telegram refuses the token or cannot be reached."""
        sweeping = asyncio.create_task(self._keep_sweeping())
        try:
            while True:
                try:
                    await self._work()
                    return
                except REFUSED:
                    log("telegram_token_refused")
                    return
                except Exception as error:
                    log("telegram_stopped", error_class=type(error).__name__)
                    await asyncio.sleep(LONGEST_WAIT)
        finally:
            sweeping.cancel()

    async def stop(self) -> None:
        """Finish what was begun, confirm it, close the connections."""
        await self.inbox.settle(SETTLE_SECONDS)
        if self._webhook is None:
            await self._polling.confirm()
        try:
            await self._bot.shutdown()
        except TelegramError as error:
            log("telegram_shutdown_failed", error_class=type(error).__name__)

    async def _work(self) -> None:
        await patiently(self._bot.initialize, patience=FOREVER)
        await self._menu()
        if self._webhook:
            await self._webhook.announce()
            log("telegram_webhook")
            return
        await patiently(self._bot.delete_webhook, patience=FOREVER)  # what waits there is kept, and polled
        log("telegram_polling")
        await self._polling.run()

    async def _menu(self) -> None:
        """The list of commands, Dutch for everybody and French for French clients."""
        texts = Renderer().on(CHANNEL)
        try:
            for language in LANGUAGES:
                commands = [BotCommand(name, texts.text(f"telegram.menu.{name}", language)) for name in MENU]
                code = None if language == LANGUAGES[0] else language
                await patiently(partial(self._bot.set_my_commands, commands, language_code=code), patience=30.0)
        except TelegramError as error:  # the commands work without the list
            log("telegram_menu_failed", error_class=type(error).__name__)

    async def _keep_sweeping(self) -> None:
        while True:
            await asyncio.sleep(SWEEP_SECONDS)
            self.talk.chats.sweep()
