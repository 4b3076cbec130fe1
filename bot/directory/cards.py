"""A service as a card: its name, hours, cost and trace, and the ways to reach it. Texts by key, none here."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

from bot.directory.hours import BRUSSELS, Opening
from bot.directory.query import Match

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
CHANNELS = ("call", "chat")
Key = dict[str, Any]


def card(match: Match, language: str, careful: bool = False) -> dict[str, Any]:
    """Title, lines and actions; lines and labels are content keys with values, for the renderer.

    ``careful``: somebody may watch the phone, so what a link leaves behind is said.
    """
    service = match.service
    return {
        "title": _localised(service.name, language),
        "lines": [{"key": "card.description", "values": {"description": _localised(service.description, language)}}]
        + _why(match)
        + _hours(match)
        + _terms(match)
        + _traces(match, careful)
        + _checked(match),
        "actions": _actions(match, language),
        "urgent": service.kind == "emergency",
    }


def _localised(texts: Any, language: str) -> str:
    return str(texts.get(language) or next(iter(texts.values()), ""))


def _hours(match: Match) -> list[Key]:
    lines = []
    reachable = [channel for channel in CHANNELS if channel in match.open]
    for channel in reachable:
        line: Key = _opening(match.open[channel])
        if len(reachable) > 1:
            name = {"key": f"card.channel_{channel}"}
            line = {"key": "card.channel_hours", "values": {"channel": name, "hours": line}}
        lines.append(line)
    return lines


def _opening(opening: Opening) -> Key:
    if opening.state == "always":
        return {"key": "card.open_always"}
    if opening.state == "open" and opening.until:
        return {"key": "card.open_until", "values": {"time": _time(opening.until)}}
    if opening.state == "closed" and opening.next:
        return _next(opening.next, dt.datetime.now(BRUSSELS))
    return {"key": "card.hours_unknown"}


def _next(moment: dt.datetime, now: dt.datetime) -> Key:
    days = (moment.date() - now.date()).days
    values: Key = {"time": _time(moment)}
    if days < 2:
        return {"key": "card.opens_today" if days == 0 else "card.opens_tomorrow", "values": values}
    return {"key": "card.opens_on", "values": {"day": {"key": f"day.{DAYS[moment.weekday()]}"}, **values}}


def _time(moment: dt.datetime) -> Key:
    if not moment.minute:
        return {"key": "card.hour", "values": {"hour": moment.hour}}
    return {"key": "card.hour_minute", "values": {"hour": moment.hour, "minute": f"{moment.minute:02d}"}}


def _terms(match: Match) -> list[Key]:
    service = match.service
    terms = [("card.free", service.free), ("card.anonymous", service.anonymous),
             ("card.off_bill", service.on_bill == "never"), ("card.call_log", bool(service.number))]  # fmt: skip
    return [{"key": key} for key, holds in terms if holds]


def _why(match: Match) -> list[Key]:
    """Why this one. Never the form of violence by name: somebody else may read the screen."""
    reasons = [key for key, holds in (
        ("reason.form", any(reason.startswith("form:") for reason in match.reasons)),
        ("reason.minor", "minor" in match.reasons),
        ("reason.near", "near" in match.reasons),
    ) if holds]  # fmt: skip
    return [{"key": "card.why", "values": {"reasons": [{"key": key} for key in reasons]}}] if reasons else []


def _traces(match: Match, careful: bool) -> list[Key]:
    service = match.service
    links = service.chat_url or service.form_url or service.website
    traces = [("card.app_icon", "app_icon" in service.traces), ("card.link_trace", bool(links) and careful)]
    return [{"key": key} for key, holds in traces if holds]


def _checked(match: Match) -> list[Key]:
    """When somebody last looked at this entry; when that is too long ago, what to do about it."""
    service = match.service
    if service.checked_on is None:
        return []
    key = "card.checked_long_ago" if match.stale else "card.checked" if service.verified_on else "card.compiled"
    return [{"key": key, "values": {"date": service.checked_on.strftime("%d/%m/%Y")}}]


def _actions(match: Match, language: str) -> list[dict[str, Any]]:
    service = match.service
    actions = []
    if service.number:
        label = {"key": "card.call", "values": {"phone": service.number}}
        actions.append({"kind": "call", "label": label, "href": "tel:" + re.sub(r"[^\d+]", "", service.number)})
    for kind, links in (("chat", service.chat_url), ("form", service.form_url), ("website", service.website)):
        if links and not (kind == "website" and len(actions) > 1):
            actions.append({"kind": kind, "label": {"key": f"card.{kind}"}, "href": _localised(links, language)})
    return actions
