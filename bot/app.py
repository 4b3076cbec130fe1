"""The web process: chat, page files and health, with the same guard around all of them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.channels import web
from bot.channels.closed import Closed
from bot.channels.pages import Helpline, Helplines
from bot.channels.security import Guard
from bot.channels.turn import Conversations
from bot.channels.widget import Cors
from bot.content.schema import Text
from bot.quiet import log
from bot.settings import settings

# Who answers when the chat cannot run, best first; the directory has the names and numbers.
WITHOUT_CHAT = {
    "nl": ["emergency_112", "hulplijn_1712", "child_focus", "zelfmoordlijn_1813"],
    "fr": ["emergency_112", "ecoute_violences_conjugales", "child_focus", "centre_prevention_suicide"],
}


SWEEP_SECONDS = 30.0  # between two looks for conversations that have expired


async def health(request: Request) -> Response:
    """For the balancer and the service manager."""
    return JSONResponse({"status": "ok"})


async def refused(request: Request, error: Exception) -> Response:
    """Unknown address or method."""
    assert isinstance(error, HTTPException)
    return JSONResponse({"reason": "not_here"}, status_code=error.status_code, headers=error.headers)


def create_app(
    conversations: Conversations | None = None,
    texts: Mapping[str, Text] | None = None,
    helplines: Helplines | None = None,
) -> Starlette:
    """The application. Without ``conversations`` it loads the trained engine when it starts."""
    known = page_texts(texts)
    lines = helplines or directory_helplines

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        real, desk = conversations, None
        if real is None and settings().closed:  # closed for good until a new start: nothing to load
            yield
            return
        if real is None:
            # Imported here: Rasa takes seconds, and tests of the page must not pay for it.
            from bot.channels import conversations as edge
            from bot.engine import Engine

            engine = Engine.load()
            await engine.recognise("dag")  # the first reading is slow: nobody should have to wait for it
            real = edge.Conversations(engine)
            mount(app, real)
            if settings().desk_organisations:
                from bot.desk.mount import mount_desk

                desk = mount_desk(app, engine.recognise)
                real.observe = desk.figures.observe
        sweeping = [asyncio.create_task(keep_sweeping(real))]
        if desk is not None:
            from bot.desk.mount import keep_tidy

            sweeping.append(asyncio.create_task(keep_tidy(desk)))
        try:
            async with telegram(app, real):
                yield
        finally:
            for task in sweeping:
                task.cancel()
            if desk is not None:
                desk.figures.write()

    def mount(app: Starlette, real: Conversations) -> None:
        app.router.routes.extend(web.routes(real, known, lines))

    app = Starlette(
        routes=[Route("/health", health), *web.files(known, lines)],
        middleware=[Middleware(Guard), Middleware(Cors), Middleware(Closed, texts=known, helplines=lines)],
        exception_handlers={HTTPException: refused},
        lifespan=lifespan,
    )
    if conversations is not None:
        mount(app, conversations)
    return app


@asynccontextmanager
async def telegram(app: Starlette, conversations: Conversations) -> AsyncIterator[None]:
    """The Telegram channel beside the web chat, when there is a token for it."""
    token = settings().telegram_token
    if not token:
        yield
        return
    from bot.channels import conversations as edge
    from bot.channels.telegram.service import Telegram

    assert isinstance(conversations, edge.Conversations)
    channel = Telegram(conversations, token.get_secret_value(), settings().telegram_api, settings().telegram_webhook)
    app.router.routes.extend(channel.routes())
    running = asyncio.create_task(channel.run())
    try:
        yield
    finally:
        running.cancel()
        await asyncio.wait([running])
        await channel.stop()


async def keep_sweeping(conversations: Conversations) -> None:
    """Erase what has expired also while nobody says anything."""
    while True:
        await asyncio.sleep(SWEEP_SECONDS)
        try:
            conversations.sweep()
        except Exception as error:  # tried again in a moment: expired conversations must not stay because of one error
            log("sweep_failed", error_class=type(error).__name__)


def page_texts(texts: Mapping[str, Text] | None) -> Mapping[str, Text]:
    """The texts given, else those of the catalogue."""
    if texts is not None:
        return texts
    from bot.content.catalogue import catalogue

    return catalogue().texts


def directory_helplines(language: str) -> list[Helpline]:
    """The lines of :data:`WITHOUT_CHAT` that the directory offers now."""
    from bot.directory.load import open_directory
    from bot.directory.query import by_id

    with open_directory()() as session:
        services = [match.service for match in by_id(session, WITHOUT_CHAT[language])]
    return [Helpline(service.name[language], service.number) for service in services if service.number]


def server(app: Starlette, host: str | None = None, port: int | None = None) -> uvicorn.Server:
    """A server that does not say what it is and writes down nobody's address."""
    return uvicorn.Server(
        uvicorn.Config(
            app,
            host=settings().host if host is None else host,
            port=settings().port if port is None else port,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            ws="none",  # nothing here speaks WebSocket, and Rasa pins a library that uvicorn cannot load
            log_level="warning",
        )
    )
