"""The web chat over HTTP: one page, one POST a turn, one way to be forgotten.

The type, size and shape of what a stranger sends are checked here; what a message may hold, in bot/channels/edge.py.
Answers to a malformed request are short codes for programs; every sentence a person reads comes from the reviewed
texts.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import partial
from typing import Any

from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from bot.channels import notes, plain, security, widget
from bot.channels.pages import (
    LANGUAGES,
    WEB,
    Helplines,
    environment,
    language_of,
    other_language,
)
from bot.channels.requests import BODY_LIMIT, TOKEN, Refusal, body_of, content_type, without_breaking
from bot.channels.turn import Conversations, Incoming
from bot.content.schema import Text
from bot.quiet import log
from bot.settings import settings

TURN_KEYS = {"session", "client_id", "text", "choice", "start", "language"}
UI_TEXTS = (
    "title heading exit exit_note send input_label input_hint typing you bot delete restart "
    "other_language offline retry no_js plain_start log_label choices_label skip_link deleted danger_bar about "
    "idle_warning take_confirm take_cancel delete_offline closed"
).split()


def routes(
    conversations: Conversations, texts: Mapping[str, Text], helplines: Helplines | None = None
) -> list[BaseRoute]:
    """Everything the web chat answers to. Raises ``KeyError`` when a text of the page is missing."""
    pages = {language: render(language, texts, helplines) for language in LANGUAGES}
    # Only what is the same for everybody is compressed: a compressed answer that holds a token and the
    # person's own words could betray the token by its size.
    gzip = [Middleware(GZipMiddleware, minimum_size=500)]
    return [
        notes.route(texts),
        *plain.routes(conversations, texts),
        Route("/", partial(page, pages), methods=["GET"], middleware=gzip),
        Route("/api/turn", partial(turn, conversations), methods=["POST"]),
        Route("/api/leave", partial(leave, conversations), methods=["POST"]),
        widget.frame_route(pages, security.POLICY),
    ]


def files(texts: Mapping[str, Text], helplines: Helplines | None = None) -> list[BaseRoute]:
    """What needs no conversation: it is there also while the chat is closed."""
    gzip = [Middleware(GZipMiddleware, minimum_size=500)]
    return [
        *widget.routes(texts, helplines),
        Mount("/static", StaticFiles(directory=WEB / "static"), middleware=gzip),
    ]


def render(language: str, texts: Mapping[str, Text], helplines: Helplines | None) -> str:
    """The page in one language; the texts of the other ride along, so that switching loads nothing."""
    return (
        environment()
        .get_template("chat.html")
        .render(
            language=language,
            other=other_language(language),
            ui={name: {key: texts[f"ui.{key}"].in_language(name) for key in UI_TEXTS} for name in LANGUAGES},
            helplines=helplines(language) if helplines else (),
            exit_url=settings().exit_url,
            session_minutes=settings().session_minutes,
        )
    )


async def page(pages: Mapping[str, str], request: Request) -> Response:
    """The page itself."""
    language = language_of(request)
    return HTMLResponse(pages[language], headers={"Content-Language": language})


async def turn(conversations: Conversations, request: Request) -> Response:
    """One message of a person, answered with the whole turn."""
    try:
        # A foreign page cannot add this header without a preflight, which nobody answers: no forged turns.
        if request.headers.get("x-halte") != "1":
            raise Refusal(403, "header_missing")
        if content_type(request) != "application/json":
            raise Refusal(415, "not_json")
        session, incoming = read_turn(await body_of(request, BODY_LIMIT))
    except Refusal as refusal:
        return refusal.response()
    try:
        answer = await conversations.turn(session, incoming)
    except Exception as error:  # the message of an exception may quote the person: only its type is logged
        log("turn_failed", error_class=type(error).__name__)
        return JSONResponse({"reason": "failed"}, status_code=500)
    return JSONResponse(answer.as_json())


async def leave(conversations: Conversations, request: Request) -> Response:
    """Forget a conversation. Says the same whether it was known or not."""
    try:
        session = (await body_of(request, BODY_LIMIT)).decode("ascii", "replace").strip()
    except Refusal as refusal:
        return refusal.response()
    if TOKEN.fullmatch(session):
        conversations.forget(session)
    return Response(status_code=204)


def read_turn(body: bytes) -> tuple[str | None, Incoming]:
    """Session and message of a turn; :class:`Refusal` for anything that the page would never send."""
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):
        raise Refusal(400, "not_json") from None
    if not isinstance(data, dict) or not data.keys() <= TURN_KEYS:
        raise Refusal(400, "unknown_field")
    said = [key for key in ("text", "choice", "start") if data.get(key) is not None]
    if len(said) != 1 or data.get("start") not in (None, True):
        raise Refusal(400, "one_of_text_choice_start")
    if data.get("language") not in (None, *LANGUAGES):
        raise Refusal(400, "language")
    client_id = token(data, "client_id")
    if client_id is None:
        raise Refusal(400, "client_id")
    incoming = Incoming(
        text=free_text(data),
        choice=token(data, "choice"),
        start=data.get("start") is True,
        language=data.get("language"),
        client_id=client_id,
    )
    if data.get("session") == "":  # as in the answer "fallback.busy", which opens no session
        return None, incoming
    return token(data, "session"), incoming


def token(data: dict[str, Any], key: str) -> str | None:
    """An opaque identifier, or None when it is not there."""
    value = data.get(key)
    if value is None:
        return None
    if not isinstance(value, str) or not TOKEN.fullmatch(value):
        raise Refusal(400, key)
    return value


def free_text(data: dict[str, Any]) -> str | None:
    """What the person typed, without characters that can break what comes after."""
    value = data.get("text")
    if value is None:
        return None
    if not isinstance(value, str):
        raise Refusal(400, "text")
    return without_breaking(value)
