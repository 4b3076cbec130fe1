"""Adds the desk to the web process, and keeps it tidy while nobody looks."""

from __future__ import annotations

import asyncio

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool

from bot.desk import api, site
from bot.desk.assessment import Recognise
from bot.desk.build import open_desk
from bot.desk.pages import PAGES
from bot.desk.site import Desk
from bot.quiet import log

TIDY_SECONDS = 60.0  # between two looks for what has to be erased


def mount_desk(app: Starlette, recognise: Recognise, desk: Desk | None = None) -> Desk:
    """Put the pages and the interface for programs into ``app``."""
    desk = desk or open_desk(recognise)
    app.router.routes.extend(site.routes(desk, PAGES))
    app.router.routes.extend(api.routes(desk))
    return desk


async def keep_tidy(desk: Desk, every: float = TIDY_SECONDS) -> None:
    """Erase what is due, at once and then again and again; write down the counts."""
    while True:
        for step in (desk.handovers.sweep, desk.accounts.sweep, desk.figures.write):
            try:
                await run_in_threadpool(step)
            except Exception as error:  # tried again in a moment: one error must not keep what has to be erased
                log("tidy_failed", error_class=type(error).__name__)
        await asyncio.sleep(every)
