"""Ask the directory: :func:`find` for a situation, :func:`by_id` for known services, :func:`numbers` for the rest."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy.orm import Session

from bot.directory.hours import BRUSSELS, Opening, local
from bot.directory.ranking import Ranking, has_way, openings
from bot.directory.request import Query
from bot.directory.snapshot import Record, ServiceData, snapshot

MARGIN = 40  # the listed ones and the near ones can stand before the rest

__all__ = ["Match", "Opening", "Query", "ServiceData", "by_id", "find", "known_forms", "numbers"]


@dataclass(frozen=True)
class Match:
    """A service to name, whether it is open, and why it was chosen.

    ``open`` has the channels that can be used: call, chat, form. ``reasons`` are codes: emergency, form:<form>,
    flag:<flag>, minor, language, region, near, anonymous, free, channel:<channel>, open, fallback.
    """

    service: ServiceData
    open: Mapping[str, Opening]
    reasons: tuple[str, ...]
    stale: bool = False  # its last check is too long ago: the date must be shown

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        states = {channel: opening.as_dict() for channel, opening in self.open.items()}
        return {**self.service.as_dict(), "open": states, "reasons": list(self.reasons), "stale": self.stale}


def _reasons(record: Record, query: Query, answering: bool) -> list[str]:
    data, found = record.data, []
    urgent = data.kind == "emergency" and {"danger", "physical"} & set(query.all_flags)
    if urgent:
        found.append("emergency")
    found += [f"form:{form}" for form in query.forms if form in data.forms]
    stands_for = {*data.flags, *data.audiences}
    found += [f"flag:{flag}" for flag in query.all_flags if flag != "minor" and flag in stands_for]
    if query.age_band == "minor" and data.for_minors != "no":
        found.append("minor")
    if query.language in data.languages:
        found.append("language")
    if query.region in data.regions:
        found.append("region")
    if query.province and data.province == query.province:
        found.append("near")
    if query.anonymous and data.anonymous:
        found.append("anonymous")
    if query.free and data.free:
        found.append("free")
    if query.channel and has_way(record, query.channel):
        found.append(f"channel:{query.channel}")
    return [*found, "open"] if answering else found


def find(session: Session, query: Query, limit: int | None = None) -> list[Match]:
    """Services for a situation, best first. Never empty: the last ones always hold, also behind the first ``limit``.

    A form the directory does not know yet counts as not given.
    """
    directory = snapshot(session)
    query = replace(query, forms=tuple(form for form in query.forms if form in directory.forms))
    ranking = Ranking(directory, query)
    always = set(ranking.fallback())
    matches: list[Match] = []
    names = ranking.order(limit and limit + MARGIN)
    if limit is not None:
        names = list(dict.fromkeys([*names[:limit], *ranking.fallback()]))
    for name in names:
        record = directory.records[name]
        answering = any(opening.is_open for opening in ranking.talking(name))
        reasons = _reasons(record, query, answering)
        if name in always and not any(":" in reason or reason in ("emergency", "minor") for reason in reasons):
            reasons.append("fallback")
        stale = record.data.age(ranking.day) != "fresh"
        matches.append(Match(record.data, ranking.state(name), tuple(reasons), stale))
    return matches


def by_id(session: Session, ids: Sequence[str], at: dt.datetime | None = None) -> list[Match]:
    """These services, in this order, with their opening state; unknown or withheld ones are left out."""
    records = snapshot(session).records
    moment = local(at or dt.datetime.now(BRUSSELS))
    day = moment.date()
    found = [records[name] for name in ids if name in records and records[name].offered_on(day)]
    return [Match(record.data, openings(record, moment), (), record.data.age(day) != "fresh") for record in found]


def numbers(session: Session, offered_only: bool = False) -> tuple[str, ...]:
    """All telephone numbers of the directory, as printed; ``offered_only`` leaves out the ones never shown."""
    directory = snapshot(session)
    return directory.offered_numbers if offered_only else directory.numbers


def known_forms(session: Session) -> list[str]:
    """The forms of violence the directory knows."""
    return snapshot(session).forms
