"""What all pages share: where their files are, how they are rendered, in which language."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request

from bot.content.schema import Text
from bot.quiet import log

WEB = Path(__file__).resolve().parent.parent / "web"
LANGUAGES = ("nl", "fr")


@dataclass(frozen=True)
class Helpline:
    """A line of the list that is shown when the chat cannot run."""

    name: str
    phone: str


Helplines = Callable[[str], Sequence[Helpline]]


def lines_at_hand(helplines: Helplines | None, language: str) -> Sequence[Helpline]:
    """The lines for a page that must be there also when the directory is not: then it still names 112."""
    try:
        return helplines(language) if helplines else ()
    except Exception as error:
        log("helplines_failed", error_class=type(error).__name__)
        return ()


@lru_cache(maxsize=1)
def environment() -> Environment:
    """The templates; everything that is put into them is escaped."""
    return Environment(
        loader=FileSystemLoader(WEB / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def other_language(language: str) -> str:
    """The language that is not ``language``."""
    return next(name for name in LANGUAGES if name != language)


def ui_texts(texts: Mapping[str, Text], names: Sequence[str], language: str) -> dict[str, str]:
    """Texts of the pages by their short name; ``KeyError`` when one is missing."""
    return {name: texts[f"ui.{name}"].in_language(language) for name in names}


def language_of(request: Request) -> str:
    """Language of the page that a request asks for."""
    return page_language(request.query_params.get("l"), request.headers.get("accept-language", ""))


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
