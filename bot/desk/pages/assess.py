"""Assess: paste what a caller tells, see what it looks like. Nothing is kept, here or anywhere."""

from __future__ import annotations

from starlette.responses import Response

from bot.channels.edge import cleaned
from bot.content.catalogue import catalogue
from bot.desk.assessment import MAX_TEXT, TALKING, Assessment
from bot.desk.site import Pages, Visit
from bot.directory.hours import Opening
from bot.directory.query import Match
from bot.directory.schema import REGIONS


def show(visit: Visit) -> Response:
    """The empty form."""
    return visit.page("assess", told="", region="", regions=REGIONS, found=None, note="", most=MAX_TEXT)


async def assess(visit: Visit) -> Response:
    """The whole picture, and the same as a note."""
    told = cleaned(visit.value("told", MAX_TEXT))
    region = visit.value("region") if visit.value("region") in REGIONS else ""
    if not told:
        return show(visit)
    found = await visit.desk.assessor.assess(told, visit.language, region or None)
    return visit.page(
        "assess", told=told, region=region, regions=REGIONS, found=found, note=note(visit, found), most=MAX_TEXT,
        hours=lambda match: opening(visit, match), content=catalogue(),
    )  # fmt: skip


def opening(visit: Visit, match: Match) -> str:
    """Whether a service is open, in a few words."""
    states = [state for channel, state in match.open.items() if channel in TALKING]
    state = next((found for found in states if found.is_open), next(iter(states), Opening("unknown")))
    return visit.text(f"desk.hours_{state.state}")


def note(visit: Visit, found: Assessment) -> str:
    """The picture as plain text, for the file of the helpline. The caller's own words stay short quotes."""

    def quoted(words: tuple[str, ...]) -> str:
        return f" ({', '.join(f'«{word}»' for word in words)})" if words else ""

    def section(title: str, lines: list[str]) -> list[str]:
        return [visit.text(title), *(f"- {line}" for line in lines), ""] if lines else []

    lines = [visit.text("desk.note_head"), ""]
    lines += section(
        "desk.dangers", [visit.text(f"desk.flag_{flag.id}") + quoted(flag.words) for flag in found.dangers]
    )
    lines += section("desk.forms", [visit.text(f"form:{form.id}.name") + quoted(form.words) for form in found.forms])
    lines += section(
        "desk.risks_told",
        [visit.text(f"risk:{risk.id}.name") + quoted(risk.words) for risk in found.risks if risk.words],
    )
    lines += section("desk.questions", [visit.text(f"{question_key(key)}.ask") for key in found.questions])
    lines += section("desk.steps", [visit.text(f"{key}.do") for key, _ in found.steps.steps])
    lines += section("desk.avoid", [visit.text(key) for key in found.steps.avoid])
    lines += section("desk.open_now", [_service(visit, match) for match in found.open_now])
    return "\n".join([*lines, visit.text("desk.note_foot")])


def question_key(key: str) -> str:
    """The content key of a question."""
    return f"question:{key}"


def _service(visit: Visit, match: Match) -> str:
    name = match.service.name[visit.language]
    return f"{name}: {match.service.number}" if match.service.number else name


PAGES: Pages = {"GET /desk/assess": show, "POST /desk/assess": assess}
