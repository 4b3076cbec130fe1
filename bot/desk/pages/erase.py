"""Where a person erases what was passed on, with the code. No account, no name, and nothing is shown."""

from __future__ import annotations

from starlette.responses import Response

from bot.channels.edge import Pace
from bot.desk.site import Pages, Visit
from bot.settings import settings

TRIES = Pace(20)
"""Tries a minute, of everybody together: a code cannot be guessed at this pace."""


def show(visit: Visit) -> Response:
    """The form."""
    return visit.page("code", exit_url=settings().exit_url, said=None)


def erase(visit: Visit) -> Response:
    """Erase, and say whether a hand-over had this code."""
    if not TRIES.allows():
        return visit.problem("desk.too_many", 429)
    gone = visit.desk.handovers.erase_by_code(visit.value("code", 40))
    return visit.page(
        "code", 200 if gone else 404, exit_url=settings().exit_url,
        said=visit.text("desk.code_erased" if gone else "desk.code_unknown"),
    )  # fmt: skip


PAGES: Pages = {"GET /code": show, "POST /code": erase}
