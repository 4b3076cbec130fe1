"""The people of the desk: invite, give roles, disable."""

from __future__ import annotations

from starlette.responses import Response

from bot.desk.accounts import INVITE_SECONDS, Refused
from bot.desk.permissions import ROLES
from bot.desk.site import Pages, Visit


def show(visit: Visit) -> Response:
    """Everybody of one's own organisation."""
    return _page(visit)


def _page(visit: Visit, said: str | None = None, code: str | None = None, status: int = 200) -> Response:
    people = visit.desk.accounts.listed(visit.me.organisation)
    hours = INVITE_SECONDS // 3600
    return visit.page("people", status, people=people, roles=ROLES, said=said, code=code, hours=hours)


def invite(visit: Visit) -> Response:
    """Invite, or invite again who lost password or phone; the code is shown once."""
    try:
        code = visit.desk.accounts.invite(
            visit.value("name").lower(), visit.me.organisation, visit.form.get("role", []), visit.value("language"),
            visit.me.actor,
        )  # fmt: skip
    except Refused as refused:
        return _page(visit, visit.text(f"desk.refused_{refused.reason}"), status=400)
    return _page(visit, code=code)


def disable(visit: Visit) -> Response:
    """Shut out at once."""
    try:
        visit.desk.accounts.disable(str(visit.request.path_params["name"]), visit.me.actor)
    except Refused as refused:
        return _page(visit, visit.text(f"desk.refused_{refused.reason}"), status=409)
    return visit.go("/desk/staff")


PAGES: Pages = {"GET /desk/staff": show, "POST /desk/staff": invite, "POST /desk/staff/{name}/disable": disable}
