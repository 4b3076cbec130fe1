"""The audit log: who did what, and the same for a spreadsheet. Exporting is itself written down."""

from __future__ import annotations

from starlette.responses import Response

from bot.desk.site import Pages, Visit

NEWEST = 200


def show(visit: Visit) -> Response:
    """The newest lines of one's own organisation."""
    lines = visit.desk.audit_lines(visit.me.organisation)
    return visit.page("log", lines=list(reversed(lines[-NEWEST:])), whole=visit.desk.audit_whole())


def export(visit: Visit) -> Response:
    """All lines as CSV."""
    visit.desk.accounts.note(visit.me, "log_exported", visit.me.organisation)
    return Response(
        visit.desk.audit_csv(visit.me.organisation), media_type="text/csv",
        headers={"Content-Disposition": 'attachment; filename="log.csv"'},
    )  # fmt: skip


PAGES: Pages = {"GET /desk/log": show, "POST /desk/log.csv": export}
