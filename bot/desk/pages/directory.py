"""The directory as staff see it: search, and one service whole."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.responses import Response

from bot.desk.pages.assess import opening
from bot.desk.site import Pages, Visit

MOST = 40


@dataclass(frozen=True)
class ServicePage:
    """Something else that can be done with a service, such as verifying it."""

    label: str  # content key
    path: str  # with {id}
    rule: str  # who may, as in bot/desk/permissions.py


SERVICE_PAGES: list[ServicePage] = []
"""Added to by whoever builds such a page; a link is shown to those who may follow it."""


def show(visit: Visit) -> Response:
    """Services with these words."""
    words = visit.request.query_params.get("q", "").strip()[:100]
    found = list(visit.desk.services.search(words))
    return visit.page(
        "directory", words=words, found=found[:MOST], more=len(found) > MOST, hours=lambda match: opening(visit, match)
    )


def one(visit: Visit) -> Response:
    """One service."""
    match = visit.desk.services.one(str(visit.request.path_params["id"]))
    if match is None:
        return visit.problem("desk.no_such", 404)
    links = [page for page in SERVICE_PAGES if visit.may(page.rule)]
    return visit.page("service", match=match, links=links, hours=opening(visit, match))


PAGES: Pages = {"GET /desk/directory": show, "GET /desk/directory/{id}": one}
