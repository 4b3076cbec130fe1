"""The queue: what people passed on, most urgent first; claim, release, note, close, erase."""

from __future__ import annotations

from collections.abc import Callable

from starlette.responses import Response

from bot.desk.permissions import RELEASE_FOR_OTHERS
from bot.desk.site import Handler, Pages, Visit
from bot.handover.handovers import OUTCOMES, AlreadyClaimed, Handovers, NotYours
from bot.handover.vault import SealBroken


def show(visit: Visit) -> Response:
    """Everything that waits or is worked on, or what is closed."""
    closed = visit.request.query_params.get("closed") == "1"
    waiting = visit.desk.handovers.queue(visit.me.organisation, closed)
    return visit.page("queue", waiting=waiting, closed=closed, said=None)


def find(visit: Visit) -> Response:
    """The hand-over whose code somebody quotes."""
    found = visit.desk.handovers.by_code(visit.value("code", 40), visit.me.organisation)
    if found:
        return visit.go(f"/desk/queue/{found}")
    waiting = visit.desk.handovers.queue(visit.me.organisation)
    return visit.page("queue", 404, waiting=waiting, closed=False, said=visit.text("desk.code_unknown"))


def one(visit: Visit) -> Response:
    """One hand-over; it is written down who opened it."""
    return _shown(visit)


def _shown(visit: Visit, said: str | None = None, status: int = 200) -> Response:
    try:
        opened = visit.desk.handovers.open(_id(visit), visit.me.actor)
    except NotYours:
        return visit.problem("desk.no_such", 404)
    except SealBroken:
        return visit.problem("desk.sealed", 409)
    mine = opened.head.state == "claimed" and opened.head.claimed_by == visit.me.name
    others = opened.head.state == "claimed" and not mine
    return visit.page(
        "handover", status, opened=opened, mine=mine, said=said, outcomes=OUTCOMES,
        may_release=mine or (others and bool(set(RELEASE_FOR_OTHERS) & set(visit.me.roles))),
    )  # fmt: skip


def step(change: Callable[[Visit, Handovers], None]) -> Handler:
    """A page that changes one hand-over and shows it again."""

    def changed(visit: Visit) -> Response:
        try:
            change(visit, visit.desk.handovers)
        except NotYours:
            return visit.problem("desk.no_such", 404)
        except AlreadyClaimed:
            return _shown(visit, visit.text("desk.claimed_by_other"), 409)
        return visit.go(f"/desk/queue/{_id(visit)}")

    return changed


def claim(visit: Visit, handovers: Handovers) -> None:
    """Take it on."""
    handovers.claim(_id(visit), visit.me.actor)


def release(visit: Visit, handovers: Handovers) -> None:
    """Back to the queue; a supervisor also for a colleague."""
    anyone = bool(set(RELEASE_FOR_OTHERS) & set(visit.me.roles))
    handovers.release(_id(visit), visit.me.actor, anyone)


def write_note(visit: Visit, handovers: Handovers) -> None:
    """Add a note."""
    handovers.write_note(_id(visit), visit.me.actor, visit.value("note", 4000))


def close(visit: Visit, handovers: Handovers) -> None:
    """Done."""
    outcome = visit.value("outcome")
    handovers.close(_id(visit), visit.me.actor, outcome if outcome in OUTCOMES else "other")


def erase(visit: Visit) -> Response:
    """Gone at once, for instance because the person asks for it without the code."""
    try:
        visit.desk.handovers.erase(_id(visit), visit.me.actor)
    except NotYours:
        return visit.problem("desk.no_such", 404)
    return visit.go("/desk/queue")


def _id(visit: Visit) -> str:
    return str(visit.request.path_params["id"])


PAGES: Pages = {
    "GET /desk/queue": show,
    "POST /desk/queue/find": find,
    "GET /desk/queue/{id}": one,
    "POST /desk/queue/{id}/claim": step(claim),
    "POST /desk/queue/{id}/release": step(release),
    "POST /desk/queue/{id}/note": step(write_note),
    "POST /desk/queue/{id}/close": step(close),
    "POST /desk/queue/{id}/erase": erase,
}
