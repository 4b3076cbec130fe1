"""A Bot API server for tests: real HTTP on loopback, the rules of Telegram that matter here, and faults on order.

It refuses what Telegram refuses (too long texts, callback data over 64 bytes, links that are not http, messages older
than two days), keeps updates until they are confirmed, and knows what is to be seen in every chat.
"""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

TOKEN = "123456:stand-in-AbCdEf"
BOT = {"id": 123456, "is_bot": True, "first_name": "Halte", "username": "halte_test_bot"}
OLDEST = 48 * 3600

Fault = tuple[int, Any]  # status and body; status 0 drops the connection


@dataclass
class Seen:
    """A message as it stands in a chat."""

    id: int
    chat: int
    text: str
    ours: bool  # sent by the bot
    params: dict[str, Any]
    at: float = field(default_factory=time.time)

    @property
    def rows(self) -> list[list[dict[str, Any]]]:
        return (self.params.get("reply_markup") or {}).get("inline_keyboard") or []

    @property
    def keys(self) -> list[dict[str, Any]]:
        return [key for row in self.rows for key in row]


class BotApi:
    """The server, and the hands of the people who write to the bot."""

    def __init__(self) -> None:
        self.updates: list[Any] = []
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.times: dict[str, list[float]] = defaultdict(list)
        self.faults: dict[str, deque[Fault]] = defaultdict(deque)
        self.chats: dict[int, list[Seen]] = defaultdict(list)
        self.webhook: dict[str, Any] = {}
        self.confirmed_to = 0
        self.paused: set[str] = set()  # methods that wait
        self._ids = iter(range(1, 10**6))
        self._update_ids = iter(range(700_001, 10**7))
        self._server = uvicorn.Server(
            uvicorn.Config(
                Starlette(routes=[Route("/bot{token}/{method}", self._answer, methods=["GET", "POST"])]),
                host="127.0.0.1", port=0, log_level="critical", access_log=False, ws="none",
            )
        )  # fmt: skip
        self._thread = threading.Thread(target=self._server.run, daemon=True)

    # -- running

    def start(self) -> BotApi:
        self._thread.start()
        while not self._server.started:
            time.sleep(0.01)
        return self

    def stop(self) -> None:
        self._server.should_exit = self._server.force_exit = True
        self._thread.join(timeout=5)

    @property
    def url(self) -> str:
        port = self._server.servers[0].sockets[0].getsockname()[1]
        return f"http://127.0.0.1:{port}"

    # -- what tests look at

    def called(self, method: str) -> list[dict[str, Any]]:
        return [params for name, params in list(self.calls) if name == method]

    def said(self, chat: int) -> list[Seen]:
        """What the bot's messages look like now."""
        return [seen for seen in self.chats[chat] if seen.ours]

    def texts(self, chat: int) -> str:
        return "\n".join(seen.text for seen in self.said(chat))

    def choices(self, chat: int) -> dict[str, tuple[int, str]]:
        """The buttons to be seen: label -> message id, callback data."""
        return {
            key["text"]: (seen.id, key["callback_data"])
            for seen in self.said(chat)
            for key in seen.keys
            if "callback_data" in key
        }

    async def until(self, condition: Callable[[], Any], seconds: float = 20.0) -> Any:
        limit = time.monotonic() + seconds
        while time.monotonic() < limit:
            found = condition()
            if found:
                return found
            await asyncio.sleep(0.01)
        raise AssertionError(f"never happened in {seconds} s; calls: {self.calls[-5:]}")

    async def confirmed(self, update: int) -> None:
        """Until the bot has confirmed an update."""
        await self.until(lambda: self.confirmed_to > update)

    # -- what people do

    def push(self, update: Any, number: int | None = None) -> int:
        """Put an update in the queue as it is; gives its id."""
        number = next(self._update_ids) if number is None else number
        if isinstance(update, dict):
            update.setdefault("update_id", number)
        self.updates.append(update)
        return number

    def message(self, chat: int, text: str | None = None, language: str | None = "nl", **more: Any) -> dict[str, Any]:
        """A message of somebody, noted in the chat."""
        seen = Seen(next(self._ids), chat, text or "", False, {}, float(more.pop("at", time.time())))
        self.chats[chat].append(seen)
        made = {
            "message_id": seen.id, "date": int(seen.at), "chat": {"id": chat, "type": "private", "first_name": "X"},
            "from": {"id": chat, "is_bot": False, "first_name": "X", "language_code": language}, **more,
        }  # fmt: skip
        if text is not None:
            made["text"] = text
            if text.startswith("/"):
                size = len(text.split()[0])
                made["entities"] = [{"type": "bot_command", "offset": 0, "length": size}]
        return made

    def says(self, chat: int, text: str | None = None, **more: Any) -> int:
        return self.push({"message": self.message(chat, text, **more)})

    def edits(self, chat: int, text: str) -> int:
        return self.push({"edited_message": {**self.message(chat, text), "edit_date": int(time.time())}})

    def pressed(self, chat: int, message: int, data: str, language: str = "nl") -> dict[str, Any]:
        place = {"message_id": message, "date": int(time.time()), "chat": {"id": chat, "type": "private"}, "text": "x"}
        user = {"id": chat, "is_bot": False, "first_name": "X", "language_code": language}
        return {"id": "q1", "from": user, "chat_instance": "1", "data": data, "message": place}

    def presses(self, chat: int, label: str, language: str = "nl") -> int:
        shown = self.choices(chat)
        assert label in shown, f"{label!r} is not to be seen: {list(shown)}"
        return self.push({"callback_query": self.pressed(chat, *shown[label], language=language)})

    def fails(self, method: str, *faults: Fault) -> None:
        self.faults[method].extend(faults)

    # -- the server

    async def _answer(self, request: Request) -> Response:
        method = request.path_params["method"]
        params = {key: _value(str(value)) for key, value in (await request.form()).items()}
        self.calls.append((method, params))
        self.times[method].append(time.monotonic())
        while method in self.paused:
            await asyncio.sleep(0.01)
        if self.faults[method]:
            status, body = self.faults[method].popleft()
            if status == 0:
                raise ConnectionResetError
            if isinstance(body, (bytes, str)):
                return Response(body, status_code=status)
            return JSONResponse({"ok": False, "error_code": status, **body}, status_code=status)
        if request.path_params["token"] != TOKEN:
            return _refused(401, "Unauthorized")
        handler = getattr(self, f"_{method}", None)
        if handler is None:
            return JSONResponse({"ok": True, "result": True})
        found = handler(params)
        result = await found if asyncio.iscoroutine(found) else found
        return result if isinstance(result, Response) else JSONResponse({"ok": True, "result": result})

    def _getMe(self, _: Any) -> Any:
        return BOT

    async def _getUpdates(self, params: dict[str, Any]) -> Any:
        if self.webhook.get("url"):
            return _refused(409, "Conflict: can't use getUpdates method while webhook is active")
        offset = int(params.get("offset", 0))
        if offset > 0:
            self.confirmed_to = max(self.confirmed_to, offset)
            self.updates = [u for u in self.updates if not isinstance(u, dict) or u.get("update_id", offset) >= offset]
        limit = time.monotonic() + float(params.get("timeout", 0))
        while not self.updates and time.monotonic() < limit and not self._server.should_exit:
            await asyncio.sleep(0.01)
        return list(self.updates[: int(params.get("limit", 100))])

    def _setWebhook(self, params: dict[str, Any]) -> Any:
        self.webhook = params
        return True

    def _deleteWebhook(self, params: dict[str, Any]) -> Any:
        if params.get("drop_pending_updates"):
            self.updates.clear()
        self.webhook = {}
        return True

    def _sendMessage(self, params: dict[str, Any]) -> Any:
        text = str(params.get("text", ""))
        if not 1 <= len(text.encode("utf-16-le")) // 2 <= 4096:
            return _refused(400, "Bad Request: message is too long")
        wrong = _keyboard_fault(params.get("reply_markup"))
        if wrong:
            return _refused(400, wrong)
        seen = Seen(next(self._ids), int(params["chat_id"]), text, True, params)
        self.chats[seen.chat].append(seen)
        return {
            "message_id": seen.id, "date": int(seen.at), "text": text, "from": BOT,
            "chat": {"id": seen.chat, "type": "private", "first_name": "X"},
        }  # fmt: skip

    def _editMessageReplyMarkup(self, params: dict[str, Any]) -> Any:
        for seen in self.said(int(params["chat_id"])):
            if seen.id == int(params["message_id"]):
                seen.params = {**seen.params, "reply_markup": params.get("reply_markup")}
                return True
        return _refused(400, "Bad Request: message to edit not found")

    def _deleteMessages(self, params: dict[str, Any]) -> Any:
        wanted = set(params["message_ids"])
        chat = int(params["chat_id"])
        if any(seen.id in wanted and time.time() - seen.at > OLDEST for seen in self.chats[chat]):
            return _refused(400, "Bad Request: message can't be deleted")
        self.chats[chat] = [seen for seen in self.chats[chat] if seen.id not in wanted]
        return True

    def _deleteMessage(self, params: dict[str, Any]) -> Any:
        return self._deleteMessages({**params, "message_ids": [int(params["message_id"])]})


def _value(text: str) -> Any:
    try:
        return json.loads(text) if text[:1] in "[{" else text
    except ValueError:
        return text


def _refused(status: int, description: str) -> JSONResponse:
    return JSONResponse({"ok": False, "error_code": status, "description": description}, status_code=status)


def _keyboard_fault(markup: Any) -> str | None:
    for row in (markup or {}).get("inline_keyboard", []):
        for key in row:
            if len(str(key.get("callback_data", "")).encode()) > 64:
                return "Bad Request: BUTTON_DATA_INVALID"
            if "url" in key and not str(key["url"]).startswith(("http://", "https://")):
                return "Bad Request: BUTTON_URL_INVALID"
    return None
