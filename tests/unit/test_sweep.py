"""Conversations end by themselves, at the edge and in the store, also when nobody says anything any more."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from bot import app as web_process
from bot.channels.conversations import Conversations
from bot.channels.turn import Incoming
from bot.rasa.store import ForgettingStore
from bot.settings import settings

from rasa.shared.core.domain import Domain  # isort: skip  # after bot.engine, which makes Rasa quiet
from rasa.shared.core.trackers import DialogueStateTracker  # isort: skip

from tests.unit.conftest import Clock

IDLE = settings().session_minutes * 60


class Parrot:
    """An engine that keeps conversations in the real store and says one word."""

    def __init__(self, domain: Domain) -> None:
        self.domain = domain
        self.store = ForgettingStore(domain)
        self.may_answer = asyncio.Event()
        self.may_answer.set()

    async def say(self, sender: str, *_: Any) -> list[dict[str, Any]]:
        await self.may_answer.wait()
        await self.store.save(DialogueStateTracker(sender, self.domain.slots))
        return [{"text": "ja", "buttons": [{"title": "ja", "choice": {"intent": "affirm"}}]}]

    choose = say

    async def state(self, sender: str) -> dict[str, Any]:
        return {}

    def forget(self, sender: str) -> None:
        self.store.forget(sender)


async def pauses() -> None:
    """Let everything run that is ready to run; no time passes."""
    for _ in range(10):
        await asyncio.sleep(0)


def test_an_idle_server_erases_what_has_expired(domain: Domain, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web_process, "SWEEP_SECONDS", 0)

    async def idle() -> None:
        engine = Parrot(domain)
        conversations = Conversations(engine)  # type: ignore[arg-type]
        app = web_process.create_app(conversations)
        await conversations.turn(None, Incoming(text="hallo"))
        async with app.router.lifespan_context(app):
            clock.now += IDLE - 1
            late = await conversations.turn(None, Incoming(text="hallo"))
            await pauses()
            assert len(conversations._sessions) == len(engine.store._blobs) == 2
            clock.now += 2
            await pauses()
            assert list(conversations._sessions) == [late.session]
            assert len(engine.store._blobs) == 1
        clock.now += IDLE
        await pauses()
        assert list(conversations._sessions) == [late.session], "it still sweeps after the server has stopped"

    asyncio.run(idle())


def test_an_error_does_not_end_the_sweeping(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web_process, "SWEEP_SECONDS", 0)

    class Broken:
        swept = 0

        def sweep(self) -> None:
            self.swept += 1
            raise RuntimeError("boom")

    async def idle() -> int:
        broken = Broken()
        task = asyncio.create_task(web_process.keep_sweeping(broken))  # type: ignore[arg-type]
        await pauses()
        task.cancel()
        return broken.swept

    assert asyncio.run(idle()) > 1


def test_a_message_that_waited_while_the_conversation_was_erased_gets_an_answer(domain: Domain) -> None:
    async def talk() -> None:
        engine = Parrot(domain)
        conversations = Conversations(engine)  # type: ignore[arg-type]
        first = await conversations.turn(None, Incoming(text="hallo"))
        engine.may_answer.clear()
        turns = [
            asyncio.create_task(conversations.turn(first.session, Incoming(text=text))) for text in ("een", "twee")
        ]
        await pauses()
        conversations.forget(first.session)
        engine.may_answer.set()
        answers = await asyncio.gather(*turns)
        assert all(answer.bubbles for answer in answers)
        assert answers[1].session != first.session
        assert list(conversations._sessions) == [answers[1].session]
        assert len(engine.store._blobs) == 1  # the new conversation; nothing of the erased one

    asyncio.run(talk())


def test_a_session_does_not_outlive_its_stored_conversation(domain: Domain, clock: Clock) -> None:
    """A message that the engine never sees gives the store no new time, so it must give the session none."""

    async def talk() -> None:
        conversations = Conversations(Parrot(domain))  # type: ignore[arg-type]
        first = await conversations.turn(None, Incoming(text="hallo"))
        clock.now += IDLE - 1
        assert (await conversations.turn(first.session, Incoming(text="..."))).session == first.session
        clock.now += 2
        assert (await conversations.turn(first.session, Incoming(text="hallo"))).session != first.session

    asyncio.run(talk())
