"""The page for a list of what happened. The server gives the empty page; what is typed never comes back to it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from bot.channels.pages import LANGUAGES, environment, language_of, other_language, ui_texts
from bot.content.schema import Text
from bot.settings import settings

COLUMNS = ("when", "what", "where", "witness", "proof")
TEXTS = (
    "title exit other_language danger_bar take_confirm take_cancel notes_heading notes_about notes_safe notes_minor "
    "notes_entry notes_when notes_what notes_where notes_proof notes_witness notes_add notes_remove notes_take "
    "notes_empty notes_table notes_no_js"
).split()
IN_PAGE = ("take_confirm", "take_cancel", "notes_empty")  # texts that the script shows
FILES = {"nl": "notities", "fr": "notes"}


def route(texts: Mapping[str, Text]) -> Route:
    """``GET /notes``."""
    pages = {language: render(texts, language) for language in LANGUAGES}
    return Route("/notes", partial(page, pages), methods=["GET"])


async def page(pages: Mapping[str, str], request: Request) -> Response:
    """The empty page."""
    language = language_of(request)
    return HTMLResponse(pages[language], headers={"Content-Language": language})


def render(texts: Mapping[str, Text], language: str) -> str:
    """The page in one language."""
    name = FILES[language]
    label = {way: texts[f"take.{way}"].in_language(language) for way in ("copy", "print", "save")}
    warning = {way: texts[f"take.{way}_warning"].in_language(language) for way in label}
    label["table"], warning["table"] = texts["ui.notes_table"].in_language(language), warning["save"]
    return (
        environment()
        .get_template("notes.html")
        .render(
            language=language,
            other=other_language(language),
            t=ui_texts(texts, TEXTS, language),
            texts=IN_PAGE,
            columns=COLUMNS,
            take={way: {"label": label[way], "warning": warning[way]} for way in label},
            ways=[("copy", ""), ("print", f"{name}.txt"), ("save", f"{name}.txt"), ("table", f"{name}.csv")],
            exit_url=settings().exit_url,
        )
    )
