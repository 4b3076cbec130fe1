"""The channel between a stand-in of Telegram and an engine: an echo for the transport, the real one for journeys."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any

import pytest

from bot.channels.conversations import Conversations
from bot.channels.telegram.service import Telegram
from tests.telegram.stand_in import TOKEN, BotApi


class Echo:
    """An engine that says back what it heard, with two buttons; "mes" is danger."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, str]] = []
        self.channels: set[str] = set()
        self.forgotten: list[str] = []
        self.gate = asyncio.Event()
        self.slow: set[str] = set()  # texts that wait for the gate
        self.broken = False

    async def recognise(self, text: str, language: str = "") -> Any:
        return SimpleNamespace(flags=["danger"] if "mes" in text.split() else [])

    async def say(self, sender: str, text: str, language: str = "", channel: str = "web") -> list[dict[str, Any]]:
        if self.broken:
            raise RuntimeError("boom")
        self.channels.add(channel)
        if text in self.slow:
            await self.gate.wait()
        self.heard.append((sender, text))
        yes, no = {"title": "Ja", "choice": {"intent": "affirm"}}, {"title": "Nee", "choice": {"intent": "deny"}}
        return [{"text": f"echo: {text}", "buttons": [yes, no], "custom": {}}]

    async def choose(
        self, sender: str, choice: dict[str, str], label: str, language: str = "", channel: str = "web"
    ) -> list[dict[str, Any]]:
        return await self.say(sender, f"[{choice['intent']}]", language, channel)

    async def state(self, sender: str) -> dict[str, Any]:
        return {}

    def forget(self, sender: str) -> None:
        self.forgotten.append(sender)

    @property
    def texts(self) -> list[str]:
        return [text for _, text in self.heard]


@pytest.fixture()
def api() -> Iterator[BotApi]:
    server = BotApi().start()
    yield server
    server.stop()


@pytest.fixture()
def echo(loop: asyncio.AbstractEventLoop) -> Echo:
    asyncio.set_event_loop(loop)
    return Echo()


@asynccontextmanager
async def talking(api: BotApi, conversations: Any, token: str = TOKEN) -> AsyncIterator[Telegram]:
    """The channel, polling."""
    channel = Telegram(conversations, token, api.url)
    running = asyncio.create_task(channel.run())
    try:
        yield channel
    finally:
        running.cancel()
        await asyncio.wait([running])
        await channel.stop()


def around(engine: Any) -> Conversations:
    return Conversations(engine)
