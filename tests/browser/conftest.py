"""A real Chromium against a real server on the loopback; the conversation behind it is scripted or the real one."""

from __future__ import annotations

import asyncio
import os
import secrets
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.responses import HTMLResponse
from starlette.routing import Route

from bot.app import create_app, server
from bot.channels.pages import Helpline
from bot.channels.turn import Action, Bubble, Button, Incoming, Outgoing
from bot.content.schema import Text
from bot.settings import settings
from tests.page_texts import page_texts

FLAGS = (
    "--headless --no-sandbox --disable-gpu --disable-background-networking --disable-component-update --disable-sync"
).split()
NAMES = ("chromium", "chromium-browser", "google-chrome")
TEXTS = page_texts("nl {key}", "fr {key}")
TEXTS["ui.other_language"] = Text(nl="Français", fr="Nederlands")


def find_chromium() -> str | None:
    """The browser named by ``CHROMIUM``, else the first one that is installed."""
    named = os.environ.get("CHROMIUM")
    return next((path for path in map(shutil.which, filter(None, (named, *NAMES))) if path), None)


class Scripted:
    """Conversations with a fixed script, that keep nothing but what the tests look at."""

    def __init__(self) -> None:
        self.open: set[str] = set()
        self.forgotten: list[str] = []
        self.heard: list[Incoming] = []
        self.said: dict[str, list[str]] = {}
        self.fail = 0  # how many turns still fail
        self.delay = 0.0

    async def turn(self, session: str | None, incoming: Incoming) -> Outgoing:
        self.heard.append(incoming)
        await asyncio.sleep(self.delay)
        if self.fail:
            self.fail -= 1
            raise RuntimeError("scripted failure")
        token = session if session in self.open else secrets.token_urlsafe(24)
        assert token
        self.open.add(token)
        language = incoming.language or "nl"
        self.said.setdefault(token, []).append(incoming.text or incoming.choice or "")
        return self.answer(token, language, incoming)

    def answer(self, token: str, language: str, incoming: Incoming) -> Outgoing:
        text = incoming.text or ""
        if incoming.start:
            return Outgoing(token, [Bubble("text", f"hello {language}", language)], BUTTONS, language)
        if incoming.choice:
            return Outgoing(token, [Bubble("text", f"chosen {incoming.choice}", language)], [], language)
        if text == "cards":
            return Outgoing(token, CARDS, BUTTONS, language)
        if text == "sheet":
            return Outgoing(token, [SHEET], BUTTONS, language)
        if text == "wipe":
            self.forget(token)
            return Outgoing(token, [Bubble("text", "all gone", language)], [], language, ended=True)
        long = [Bubble("text", "line " * 12, language)] * 30 if text == "long" else []
        return Outgoing(token, [*long, Bubble("text", f"heard {text}", language)], BUTTONS, language)

    def forget(self, session: str) -> None:
        self.open.discard(session)
        self.forgotten.append(session)

    def sweep(self) -> None:
        """Nothing here expires."""


BUTTONS = [Button("choice-1", "First answer"), Button("choice-2", "Second answer")]
SHEET = Bubble(
    "sheet", "", "nl", title="My list", lines=["1. one", "2. two"],
    actions=[Action(way, way, "lijst.txt", f"{way} warning") for way in ("copy", "print", "save")],
)  # fmt: skip
CARDS = [
    Bubble("text", "intro", "nl"),
    Bubble("quote", "her own words <b>not bold</b>", "fr"),
    Bubble("item", "one", "nl"),
    Bubble("item", "2. two", "nl"),
    Bubble(
        "card",
        "A line",
        "nl",
        title="A line",
        lines=["Open.", "Free."],
        actions=[
            Action("call", "Call 1712", "tel:1712"),
            Action("chat", "Chat", "https://line.example/chat"),
            Action("website", "Bad", "javascript:alert(1)"),
        ],
        urgent=True,
    ),
]


@contextmanager
def running(app: Starlette, wait: float = 20) -> Iterator[str]:
    """``app`` on a free port of the loopback; yields its address."""
    real = server(app, "127.0.0.1", 0)
    thread = threading.Thread(target=real.run, daemon=True)
    thread.start()
    limit = time.monotonic() + wait
    while not real.started:
        if time.monotonic() > limit or not thread.is_alive():
            raise RuntimeError("the server did not start")
        time.sleep(0.02)
    port = real.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}/"
    finally:
        real.should_exit = True
        thread.join(10)


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """One Chromium for all tests; every test gets its own empty profile from it."""
    path = find_chromium()
    if path is None:
        pytest.skip("no Chromium here: install it or set CHROMIUM")
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as started:
        # Playwright switches the back-forward cache off; people's browsers have it on, and it is what we test.
        launched = started.chromium.launch(
            executable_path=path, args=FLAGS, ignore_default_args=["--disable-back-forward-cache"]
        )
        yield launched
        launched.close()


@pytest.fixture()
def context(browser: Any) -> Iterator[Any]:
    """A fresh profile the size of a phone."""
    fresh = browser.new_context(viewport={"width": 390, "height": 844}, locale="nl-BE")
    fresh.set_default_timeout(5000)
    yield fresh
    fresh.close()


@pytest.fixture(scope="session")
def elsewhere() -> Iterator[str]:
    """Where the quick exit leads to in the tests."""

    async def weather(request: Any) -> HTMLResponse:
        return HTMLResponse("<title>Weather</title><h1>Weather</h1>")

    with running(Starlette(routes=[Route("/", weather)])) as address:
        yield address


@pytest.fixture()
def exit_url(elsewhere: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The setting, pointed at ``elsewhere`` for one test."""
    monkeypatch.setenv("HALTE_EXIT_URL", elsewhere)
    settings.cache_clear()
    yield elsewhere
    monkeypatch.undo()
    settings.cache_clear()


@pytest.fixture()
def partner(exit_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, dict[str, str]]]:
    """A site of somebody else, allowed to show the chat: its address, and the pages to fill. Its policy is strict."""
    pages: dict[str, str] = {}

    async def page(request: Any) -> HTMLResponse:
        chat = pages["chat"]
        policy = f"default-src 'none'; script-src {chat}; connect-src {chat}; frame-src {chat}; base-uri 'none'"
        body = pages.get(request.url.path, "")
        return HTMLResponse(body, headers={"Content-Security-Policy": policy} if body else {})

    with running(Starlette(routes=[Route("/{rest:path}", page)])) as address:
        monkeypatch.setenv("HALTE_WIDGET_HOSTS", address.rstrip("/"))
        settings.cache_clear()
        yield address, pages
        monkeypatch.delenv("HALTE_WIDGET_HOSTS")
        settings.cache_clear()


@pytest.fixture()
def scripted() -> Scripted:
    """The conversations behind ``site``."""
    return Scripted()


@pytest.fixture()
def site(scripted: Scripted, exit_url: str) -> Iterator[str]:
    """Address of a running chat with scripted answers."""
    with running(create_app(scripted, TEXTS, lambda language: [Helpline("Line", "1712")])) as address:
        yield address
