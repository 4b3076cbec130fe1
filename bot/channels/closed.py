"""The switch: while the chat is closed, every address is the page with helplines. Nothing behind it is asked."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.datastructures import Headers, QueryParams
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from bot.channels.pages import LANGUAGES, Helplines, environment, lines_at_hand, other_language, page_language, ui_texts
from bot.content.schema import Text
from bot.settings import settings

TEXTS = "title heading exit other_language danger_bar closed".split()
STILL = ("/static/", "/halte.js", "/api/leave", "/out")
"""What goes on: files, and being forgotten."""


class Closed:
    """Looks at the switch at every request."""

    def __init__(self, app: ASGIApp, texts: Mapping[str, Text], helplines: Helplines | None = None) -> None:
        self.app = app
        self.pages = {language: page(language, texts, helplines) for language in LANGUAGES}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""
        if scope["type"] != "http" or scope["path"].startswith(STILL) or not settings().is_closed:
            await self.app(scope, receive, send)
            return
        await self._instead(scope)(scope, receive, send)

    def _instead(self, scope: Scope) -> Response:
        if scope["path"] == "/health":
            return JSONResponse({"status": "closed"})
        if scope["path"].startswith("/api/"):
            return JSONResponse({"reason": "closed"}, status_code=503)
        accepted = Headers(scope=scope).get("accept-language", "")
        language = page_language(QueryParams(scope["query_string"]).get("l"), accepted)
        return HTMLResponse(self.pages[language], status_code=503, headers={"Content-Language": language})


def page(language: str, texts: Mapping[str, Text], helplines: Helplines | None) -> str:
    """The page, made at the start: nothing can fail later."""
    return environment().get_template("closed.html").render(
        t=ui_texts(texts, TEXTS, language), language=language, other=other_language(language),
        helplines=lines_at_hand(helplines, language),
        exit_url=settings().exit_url,
    )  # fmt: skip
