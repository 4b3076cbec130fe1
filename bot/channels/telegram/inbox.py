"""Updates handed over: each once, one at a time per chat, in the order in which they came."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from weakref import WeakValueDictionary

from telegram import Update

from bot.quiet import log

REMEMBERED = 5000  # updates known as handled; Telegram repeats only recent ones

Handler = Callable[[Update], Awaitable[None]]


class Inbox:
    """An update is *handled* when its answer is out. Only then may it be confirmed to Telegram."""

    def __init__(self, handle: Handler) -> None:
        self._handle = handle
        self._locks: WeakValueDictionary[int, asyncio.Lock] = WeakValueDictionary()
        self._handled: OrderedDict[int, None] = OrderedDict()
        self.running: dict[int, asyncio.Task[None]] = {}

    def take(self, update: Update) -> asyncio.Task[None] | None:
        """Start handling; gives the work going on for an update that came twice, None for one that is done."""
        number = update.update_id
        if number in self._handled:
            return None
        if number not in self.running:
            chat = update.effective_chat
            lock = self._locks.setdefault(chat.id if chat else 0, asyncio.Lock())  # asyncio's locks are fair
            self.running[number] = asyncio.create_task(self._one(update, lock))
        return self.running[number]

    def skip(self, number: int) -> None:
        """An update that nobody can read counts as handled."""
        self._handled[number] = None
        while len(self._handled) > REMEMBERED:
            self._handled.popitem(last=False)

    async def settle(self, patience: float) -> None:
        """Let what has begun come to its end. What takes longer is broken off; it stays in ``running``, so that it is
        not confirmed and comes again."""
        if self.running:
            _, late = await asyncio.wait(self.running.values(), timeout=patience)
            for task in late:
                task.cancel()
            if late:
                await asyncio.wait(late, timeout=1.0)

    async def _one(self, update: Update, lock: asyncio.Lock) -> None:
        try:
            async with lock:
                await self._handle(update)
        except Exception as error:  # the handler has its own net; this one keeps the queue moving
            log("telegram_update_failed", error_class=type(error).__name__)
        self.skip(update.update_id)
        self.running.pop(update.update_id, None)
