"""Figures: counts of a week, and everything as a table for a spreadsheet."""

from __future__ import annotations

from starlette.responses import Response

from bot.desk.figures import LEAST, MEASURES, ROUND, not_understood_share
from bot.desk.site import Pages, Visit


def show(visit: Visit) -> Response:
    """One week."""
    figures = visit.desk.figures
    weeks = figures.weeks()
    asked = visit.request.query_params.get("week", "")
    week = asked if asked in weeks else weeks[0] if weeks else ""
    counts = figures.of_week(week) if week else {}
    return visit.page(
        "figures", weeks=weeks, week=week, measures=MEASURES, counts=counts, least=LEAST, round=ROUND,
        label=lambda measure, value: label(visit, measure, value),
        share=not_understood_share(counts.get("message", ())),
    )  # fmt: skip


def label(visit: Visit, measure: str, value: str) -> str:
    """What a value is called."""
    keys = {"form": f"form:{value}.name", "flag": f"desk.flag_{value}", "message": f"desk.message_{value}"}
    try:
        return visit.text(keys[measure]) if measure in keys else value
    except KeyError:  # a form that the content no longer has
        return value


def table(visit: Visit) -> Response:
    """All weeks as CSV."""
    return Response(
        visit.desk.figures.as_csv(), media_type="text/csv",
        headers={"Content-Disposition": 'attachment; filename="figures.csv"'},
    )  # fmt: skip


PAGES: Pages = {"GET /desk/figures": show, "GET /desk/figures.csv": table}
