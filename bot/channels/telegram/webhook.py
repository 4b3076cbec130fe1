"""The webhook: Telegram delivers; only who knows the secret is heard, and 200 is said only after the answer is out."""

from __future__ import annotations

import asyncio
import hmac
import json
import secrets
from urllib.parse import urlsplit

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from bot.channels.telegram import updates
from bot.channels.telegram.courier import Client, patiently
from bot.channels.telegram.inbox import Inbox

HEADER = "X-Telegram-Bot-Api-Secret-Token"
BODY_LIMIT = 256 * 1024
AT_ONCE = 20  # deliveries that Telegram makes at the same time


class Webhook:
    """One address. The secret is made anew at each start and told to Telegram."""

    def __init__(self, bot: Client, inbox: Inbox, url: str) -> None:
        self._bot = bot
        self._inbox = inbox
        self._url = url
        self._secret = secrets.token_urlsafe(32)

    def route(self) -> Route:
        """Where Telegram delivers."""
        return Route(urlsplit(self._url).path or "/telegram", self.receive, methods=["POST"])

    async def announce(self) -> None:
        """Tell Telegram where to deliver."""
        await patiently(
            lambda: self._bot.set_webhook(
                self._url, secret_token=self._secret, allowed_updates=updates.WANTED, max_connections=AT_ONCE
            ),
            patience=float("inf"),
        )

    async def receive(self, request: Request) -> Response:
        """One update. 403 without the secret, 413 when too big, 200 once handled, also when it cannot be read."""
        if not hmac.compare_digest(request.headers.get(HEADER, "").encode(), self._secret.encode()):
            return Response(status_code=403)
        body = b""
        try:
            async for chunk in request.stream():
                body += chunk
                if len(body) > BODY_LIMIT:
                    return Response(status_code=413)
        except ClientDisconnect:
            return Response(status_code=400)
        try:
            data = json.loads(body)
        except ValueError:
            data = None
        update = updates.read(data, self._bot)
        task = self._inbox.take(update) if update else None
        if task:
            await asyncio.shield(task)
        return Response()
