"""The chat on the site of a partner: one script to include, for the origins that the operator allows.

``/halte.js`` is put together when the server starts, from the modules, styles and panel of our own page. A module of
:data:`MODULES` may use only ``import {...} from`` on one line and ``export`` before a declaration, and no two may
declare the same name.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from bot.channels.pages import (
    LANGUAGES,
    WEB,
    Helplines,
    environment,
    language_of,
    lines_at_hand,
    other_language,
    ui_texts,
)
from bot.content.schema import Text
from bot.settings import settings

MODULES = ("wayout", "sheet", "bubbles", "chat", "widget")
STYLES = ("chat", "sheet", "widget")
API = ("/api/turn", "/api/leave")
TEXTS = (
    "title heading exit exit_note send input_label input_hint typing you bot delete restart other_language offline "
    "retry log_label choices_label skip_link deleted danger_bar about idle_warning take_confirm take_cancel "
    "delete_offline closed no_js plain_start open close"
).split()
IMPORT = re.compile(r"^import .*;\n", re.MULTILINE)
EXPORT = re.compile(r"^export (?=const|function)", re.MULTILINE)
LINE_COMMENT = re.compile(r"^\s*// [^\n]*$|(?<=[;,{}()])[ \t]+// [^\n]*$", re.MULTILINE)
BLOCK_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
INDENT = re.compile(r"^[ \t]+|\n(?=\n)", re.MULTILINE)
REM = re.compile(r"(?<![\w.])(-?\d*\.?\d+)rem\b")
COLOUR = re.compile(r"^(\s+)--([a-z-]+): (#[0-9a-f]+);$", re.MULTILINE)
ELEMENTS = {"header": "header", "main": "main", "h1": "heading"}
"""Elements of the panel that belong to a page as a whole; inside another page they are plain ones with this id."""

RESET = ":host { all: initial; --unit: var(--halte-unit, 1rem); }\n"
EVERYWHERE = {"Cross-Origin-Resource-Policy": "cross-origin"}


def script(texts: Mapping[str, Text], helplines: Helplines | None) -> str:
    """``/halte.js``."""
    built = {
        "css": styles(),
        "panel": {language: panel(texts, helplines, language) for language in LANGUAGES},
        "texts": {language: ui_texts(texts, TEXTS, language) for language in LANGUAGES},
        "exit": settings().exit_url,
        "minutes": settings().session_minutes,
    }
    modules = [(WEB / "static" / f"{name}.js").read_text(encoding="utf-8") for name in MODULES]
    code = "".join(EXPORT.sub("", IMPORT.sub("", module)) for module in modules)
    code = INDENT.sub("", LINE_COMMENT.sub("", BLOCK_COMMENT.sub("", code)))
    return f'(() => {{\n"use strict";\nconst BUILT = {json.dumps(built)};\n{code}}})();\n'


def styles() -> str:
    """The styles of the page, made for a shadow root: every colour can be set from outside as ``--halte-<name>``, and
    no length depends on the host's own idea of a ``rem``, if it sets ``--halte-unit``."""
    sheets = [(WEB / "static" / f"{name}.css").read_text(encoding="utf-8") for name in STYLES]
    sheets[1] = sheets[1].partition("@media print")[0]  # printing is the business of the page around it
    css = COLOUR.sub(r"\1--\2: var(--halte-\2, \3);", BLOCK_COMMENT.sub("", "".join(sheets)))
    css = css.replace(":root", ":host").replace("\nhtml {", "\n:host {").replace(".paper ", ".none ")
    for element, name in ELEMENTS.items():
        css = re.sub(rf"(?<![\w.#-]){element}(?![\w-])", f"#{name}", css)
    return INDENT.sub("", RESET + REM.sub(r"calc(var(--unit)*\1)", css))


def panel(texts: Mapping[str, Text], helplines: Helplines | None, language: str) -> str:
    """The panel of the page, for the inside of another page."""
    made = environment().get_template("_panel.html").render(
        t=ui_texts(texts, TEXTS, language), language=language, other=other_language(language),
        exit_url=settings().exit_url, helplines=lines_at_hand(helplines, language),
    )  # fmt: skip
    for element, name in ELEMENTS.items():
        focus = ' tabindex="-1" role="heading" aria-level="2"' if element == "h1" else ""
        made = made.replace(f"<{element}", f'<div id="{name}"{focus}').replace(f"</{element}>", "</div>")
    made = made.replace('<div id="page">', '<div id="page" role="dialog" aria-labelledby="heading">')
    return INDENT.sub("", made)


def policy(base: str) -> str:
    """The Content-Security-Policy of a page that may be shown in a frame of the allowed origins."""
    ancestors = " ".join(settings().widget_origins) or "'none'"
    return re.sub(r"frame-ancestors [^;]*", f"frame-ancestors {ancestors}", base)


def routes(texts: Mapping[str, Text], helplines: Helplines | None) -> list[BaseRoute]:
    """The script; it also works while the chat is closed, and then shows the helplines."""
    made = script(texts, helplines)

    async def answer(request: Request) -> Response:
        return Response(made, media_type="text/javascript", headers=EVERYWHERE)

    return [Route("/halte.js", answer, methods=["GET"], middleware=[Middleware(GZipMiddleware, minimum_size=500)])]


def frame_route(pages: Mapping[str, str], base_policy: str) -> Route:
    """``GET /embed``: the page for a frame. ``pages`` has it by language."""
    headers = {**EVERYWHERE, "Content-Security-Policy": policy(base_policy)}

    async def answer(request: Request) -> Response:
        language = language_of(request)
        return HTMLResponse(pages[language], headers={**headers, "Content-Language": language})

    return Route("/embed", answer, methods=["GET"], middleware=[Middleware(GZipMiddleware, minimum_size=500)])


class Cors:
    """Lets the pages of the allowed origins, exactly those, talk to the two addresses of the chat; nobody else hears
    even that there is such a thing."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.origins = frozenset(settings().widget_origins)
        self.cors = CORSMiddleware(
            app, allow_origins=tuple(self.origins), allow_methods=["POST"], allow_headers=["content-type", "x-halte"]
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""
        allowed = scope["type"] == "http" and scope["path"] in API and self._origin(scope) in self.origins
        await (self.cors if allowed else self.app)(scope, receive, send)

    @staticmethod
    def _origin(scope: Scope) -> str:
        return next((value.decode("latin-1") for name, value in scope["headers"] if name == b"origin"), "")
