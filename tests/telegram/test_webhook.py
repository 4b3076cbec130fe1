"""Delivery by webhook, through the whole web process: the secret, repeats, and 200 only after the answer is out."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from bot.app import create_app
from bot.channels.telegram.webhook import BODY_LIMIT, HEADER
from bot.settings import settings
from tests.telegram.conftest import Echo, around
from tests.telegram.stand_in import TOKEN, BotApi

ANNE = 5550001


class Delivery:
    """Telegram's hands: posts updates to the address it was told."""

    def __init__(self, api: BotApi, client: httpx.AsyncClient) -> None:
        self._api, self._client = api, client

    async def __call__(self, update: Any, secret: str | None = "right") -> httpx.Response:
        headers = {HEADER: str(self._api.webhook["secret_token"]) if secret == "right" else secret} if secret else {}
        if isinstance(update, bytes):
            return await self._client.post("/in/telegram", content=update, headers=headers)
        return await self._client.post("/in/telegram", json=update, headers=headers)


@asynccontextmanager
async def delivering(api: BotApi, conversations: Any, patch: pytest.MonkeyPatch) -> AsyncIterator[Delivery]:
    patch.setitem(settings().__dict__, "telegram_token", SecretStr(TOKEN))
    patch.setitem(settings().__dict__, "telegram_webhook", "https://halte.example/in/telegram")
    patch.setitem(settings().__dict__, "telegram_api", api.url)
    app = create_app(conversations)
    async with app.router.lifespan_context(app):
        await api.until(lambda: api.webhook)
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="https://halte.example") as client:
            yield Delivery(api, client)


def update(api: BotApi, text: str) -> dict[str, Any]:
    """An update that is delivered, not asked for."""
    made: dict[str, Any] = {"message": api.message(ANNE, text)}
    api.push(made)
    api.updates.clear()
    return made


def test_an_update_is_answered_before_200(run: Any, api: BotApi, echo: Echo, monkeypatch: pytest.MonkeyPatch) -> None:
    async def go() -> None:
        async with delivering(api, around(echo), monkeypatch) as deliver:
            assert api.webhook["url"] == "https://halte.example/in/telegram"
            assert len(api.webhook["secret_token"]) >= 32
            assert api.webhook["allowed_updates"] == ["message", "edited_message", "callback_query", "my_chat_member"]
            answer = await deliver(update(api, "hallo"))
            assert answer.status_code == 200
            assert "echo: hallo" in api.texts(ANNE)

    run(go())
    assert not api.called("getUpdates")


@pytest.mark.parametrize("secret", [None, "wrong", "", "\u00e9".encode("latin-1").decode("latin-1")], ids=ascii)
def test_without_the_secret_nobody_is_heard(
    run: Any, api: BotApi, echo: Echo, monkeypatch: pytest.MonkeyPatch, secret: str | None
) -> None:
    async def go() -> None:
        async with delivering(api, around(echo), monkeypatch) as deliver:
            if secret and not secret.isascii():
                return
            assert (await deliver(update(api, "hallo"), secret)).status_code == 403

    run(go())
    assert not echo.heard and not api.said(ANNE)


MALFORMED: list[Any] = [b"", b"{", b"null", b"[]", b"\xff\xfe", b'{"update_id": "7"}', b'{"update_id": true}',
                        b'{"update_id": 7, "message": {"message_id": 1}}', b'{"message": {}}']  # fmt: skip


@pytest.mark.parametrize("body", MALFORMED, ids=ascii)
def test_what_cannot_be_read_is_not_delivered_for_ever(
    run: Any, api: BotApi, echo: Echo, monkeypatch: pytest.MonkeyPatch, body: bytes
) -> None:
    async def go() -> None:
        async with delivering(api, around(echo), monkeypatch) as deliver:
            assert (await deliver(body)).status_code == 200
            assert (await deliver(update(api, "hallo"))).status_code == 200

    run(go())
    assert echo.texts == ["hallo"]


def test_too_much_is_refused(run: Any, api: BotApi, echo: Echo, monkeypatch: pytest.MonkeyPatch) -> None:
    async def go() -> None:
        async with delivering(api, around(echo), monkeypatch) as deliver:
            assert (await deliver(b" " * (BODY_LIMIT + 1))).status_code == 413

    run(go())


def test_repeats_and_impatience_give_one_answer_in_order(
    run: Any, api: BotApi, echo: Echo, monkeypatch: pytest.MonkeyPatch
) -> None:
    echo.slow = {"een"}

    async def go() -> None:
        async with delivering(api, around(echo), monkeypatch) as deliver:
            first, second = update(api, "een"), update(api, "twee")
            deliveries = [asyncio.create_task(deliver(made)) for made in (first, first, second)]
            await asyncio.sleep(0.3)
            assert not any(task.done() for task in deliveries), "200 before the answer was out"
            echo.gate.set()
            assert {(await task).status_code for task in deliveries} == {200}
            assert (await deliver(first)).status_code == 200

    run(go())
    assert echo.texts == ["een", "twee"]


def test_the_secret_is_told_again_when_telegram_was_away(
    run: Any, api: BotApi, echo: Echo, monkeypatch: pytest.MonkeyPatch
) -> None:
    api.fails(
        "setWebhook",
        (502, {"description": "Bad Gateway"}),
        (429, {"description": "x", "parameters": {"retry_after": 1}}),
    )

    async def go() -> None:
        async with delivering(api, around(echo), monkeypatch) as deliver:
            assert (await deliver(update(api, "hallo"))).status_code == 200

    run(go())
    assert echo.texts == ["hallo"]


def test_without_a_token_there_is_no_channel(run: Any, echo: Echo) -> None:
    async def go() -> list[str]:
        app = create_app(around(echo))
        async with app.router.lifespan_context(app):
            return [getattr(route, "path", "") for route in app.router.routes]

    assert not any("telegram" in path for path in run(go()))
