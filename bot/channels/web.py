"""The web chat over HTTP: one page, one POST a turn, one way to be forgotten.

The type, size and shape of what a stranger sends are checked here; what a message may hold, in bot/channels/edge.py.
Answers to a malformed request are short codes for programs; every sentence a person reads comes from the reviewed
texts.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Protocol

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from bot.channels import notes
from bot.channels.turn import Incoming, Outgoing
from bot.content.schema import Text
from bot.quiet import log
from bot.settings import settings

WEB = Path(__file__).resolve().parent.parent / "web"
LANGUAGES = ("nl", "fr")
BODY_LIMIT = 64 * 1024  # a very long message still gets the sentence that says it is too long
TOKEN = re.compile(r"[\x21-\x7e]{1,200}")  # session, choice and client id: opaque, printable, no spaces
CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")  # everything below space except tab and newline
SURROGATES = re.compile(r"[\ud800-\udfff]")  # half characters: valid in JSON, fatal in a database or a log
TURN_KEYS = {"session", "client_id", "text", "choice", "start", "language"}
UI_TEXTS = (
    "title heading exit exit_note send input_label input_hint typing you bot delete restart "
    "other_language offline retry no_js log_label choices_label skip_link deleted danger_bar about "
    "idle_warning take_confirm take_cancel"
).split()


class Conversations(Protocol):
    """What the page needs from the conversations; ``bot.channels.conversations`` has the real ones."""

    async def turn(self, session: str | None, incoming: Incoming, /) -> Outgoing:
        """Answer one message; an unknown session gets a fresh one."""

    def forget(self, session: str, /) -> None:
        """Erase a conversation; unknown ones are no error."""

    def sweep(self) -> None:
        """Erase every conversation that has expired."""


@dataclass(frozen=True)
class Helpline:
    """A line of the list that is shown when the chat cannot run."""

    name: str
    phone: str


Helplines = Callable[[str], Sequence[Helpline]]


class Refusal(Exception):
    """A request that is not ours, with the status and the short reason to answer."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason

    def response(self) -> Response:
        """The refusal as JSON."""
        return JSONResponse({"reason": self.reason}, status_code=self.status)


def routes(
    conversations: Conversations, texts: Mapping[str, Text], helplines: Helplines | None = None
) -> list[BaseRoute]:
    """Everything the web chat answers to. Raises ``KeyError`` when a text of the page is missing."""
    pages = {language: render(language, texts, helplines) for language in LANGUAGES}
    # Only what is the same for everybody is compressed: a compressed answer that holds a token and the
    # person's own words could betray the token by its size.
    gzip = [Middleware(GZipMiddleware, minimum_size=500)]
    return [
        notes.route(_environment(), texts, page_language),
        Route("/", partial(page, pages), methods=["GET"], middleware=gzip),
        Route("/api/turn", partial(turn, conversations), methods=["POST"]),
        Route("/api/leave", partial(leave, conversations), methods=["POST"]),
        Mount("/static", StaticFiles(directory=WEB / "static"), middleware=gzip),
    ]


def render(language: str, texts: Mapping[str, Text], helplines: Helplines | None) -> str:
    """The page in one language; the texts of the other ride along, so that switching loads nothing."""
    return (
        _environment()
        .get_template("chat.html")
        .render(
            language=language,
            other=next(name for name in LANGUAGES if name != language),
            ui={name: {key: texts[f"ui.{key}"].in_language(name) for key in UI_TEXTS} for name in LANGUAGES},
            helplines=helplines(language) if helplines else (),
            exit_url=settings().exit_url,
            session_minutes=settings().session_minutes,
        )
    )


def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(WEB / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def page_language(asked: str | None, accepted: str) -> str:
    """Language of the page: the one asked for, else the best of ``Accept-Language``, else Dutch."""
    if asked in LANGUAGES:
        return asked
    best, weight = LANGUAGES[0], 0.0
    for part in accepted.lower().split(","):
        name, _, quality = part.strip().partition(";q=")
        language = name.split("-")[0].strip()
        try:
            wanted = float(quality) if quality else 1.0
        except ValueError:
            continue
        if language in LANGUAGES and wanted > weight:
            best, weight = language, wanted
    return best


async def page(pages: Mapping[str, str], request: Request) -> Response:
    """The page itself."""
    language = page_language(request.query_params.get("l"), request.headers.get("accept-language", ""))
    return HTMLResponse(pages[language], headers={"Content-Language": language})


async def turn(conversations: Conversations, request: Request) -> Response:
    """One message of a person, answered with the whole turn."""
    try:
        # A foreign page cannot add this header without a preflight, which nobody answers: no forged turns.
        if request.headers.get("x-halte") != "1":
            raise Refusal(403, "header_missing")
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
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


async def body_of(request: Request, limit: int) -> bytes:
    """The body, given up as soon as it is larger than ``limit``."""
    body = b""
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > limit:
                raise Refusal(413, "too_large")
    except ClientDisconnect:
        raise Refusal(400, "incomplete") from None
    return body


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
    return SURROGATES.sub("\ufffd", CONTROLS.sub("", value.replace("\r\n", "\n")))
