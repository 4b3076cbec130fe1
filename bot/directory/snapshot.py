"""The directory read once into memory: 102 entries are small, and a turn must not wait for seven queries.

The snapshot is kept per revision of the loaded files; a session costs one tiny query to know that it still holds.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from functools import partial
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from bot.directory import models as m
from bot.directory.hours import UNKNOWN, Exceptional, Schedule, Slot, minutes
from bot.directory.places import area_of, places_of

WEEKDAYS = {code: number for number, code in enumerate(("MO", "TU", "WE", "TH", "FR", "SA", "SU"))}
WITHHELD_AFTER = 2  # review cycles
LASTING = ("emergency", "crisis_line")  # kinds that are named however old the last check is; more in order.yml
Steps = tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class ServiceData:
    """What may be shown of a service; free of the database. Texts and links are mappings by language."""

    id: str
    organization: str
    kind: str
    name: Mapping[str, str]
    description: Mapping[str, str]
    phone: str | None  # digits as printed
    phone_via: str | None  # number of another service through which this one is reached
    chat_url: Mapping[str, str]
    website: Mapping[str, str]
    website_minors: Mapping[str, str]
    form_url: Mapping[str, str]
    email: Mapping[str, str]
    free: bool | None
    anonymous: bool | None
    on_bill: str | None  # "never" = the operator's bill does not show the call
    languages: tuple[str, ...]  # stated ones only
    regions: tuple[str, ...]
    audiences: tuple[str, ...]
    for_minors: str  # yes, no, only
    minimum_age: int | None
    maximum_age: int | None
    forms: tuple[str, ...]
    flags: tuple[str, ...]
    confidence: str
    verified_on: dt.date | None
    checked_on: dt.date | None = None  # last looked at: verified by a person, or else compiled from sources
    review_days: int = 182
    city: str | None = None
    province: str | None = None
    accessibility: tuple[str, ...] = ()
    traces: tuple[str, ...] = ()  # stated ones: bill, app_icon

    @property
    def number(self) -> str | None:
        """The number to dial for this service, its own or the one it is reached through."""
        return self.phone or self.phone_via

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        values = asdict(self)
        for name in ("verified_on", "checked_on"):
            values[name] = values[name].isoformat() if values[name] else None
        return values

    def age(self, day: dt.date) -> str:
        """fresh, stale (its review is late: the date must be told) or expired (two reviews are: withheld)."""
        days = (day - self.checked_on).days if self.checked_on else 0
        return (
            "fresh" if days <= self.review_days else "stale" if days <= WITHHELD_AFTER * self.review_days else "expired"
        )


@dataclass(frozen=True)
class Record:
    """A service with what the ranking needs and nobody sees."""

    data: ServiceData
    offered: bool  # confidence and status allow naming it
    spoken: frozenset[str]  # languages, inferred ones too
    schedules: Mapping[str, Schedule]  # by channel; "call" is the phone
    local: bool
    position: int
    lasting: bool = False  # named however long ago it was checked

    def offered_on(self, day: dt.date) -> bool:
        """Whether the service may be named on ``day``."""
        return self.offered and (self.lasting or self.data.age(day) != "expired")

    def reachable(self, language: str | None) -> bool:
        """Whether a person who reads ``language`` finds any way in."""
        data = self.data
        links = (data.chat_url, data.website, data.form_url, data.email)
        return bool(data.number) or any(link and (language is None or language in link) for link in links)


@dataclass(frozen=True)
class Snapshot:
    """The whole directory at one revision."""

    records: Mapping[str, Record]
    needs: Mapping[str, Steps]
    kinds: Mapping[str, int]
    numbers: tuple[str, ...]
    offered_numbers: tuple[str, ...]

    @property
    def forms(self) -> list[str]:
        """The forms the directory knows."""
        return sorted(need.split(":")[1] for need in self.needs if need.startswith("form:"))


def _province(city: str | None) -> str | None:
    area = area_of(places_of(city)) if city else None
    return area.province if area else None


def _terms(row: m.Service, taxonomy: str) -> tuple[str, ...]:
    ids = (attribute.taxonomy_term_id.partition(":") for attribute in row.attributes)
    return tuple(term for group, _, term in ids if group == taxonomy)


def _links(row: m.Service, kind: str) -> dict[str, str]:
    return {url.language: url.address for url in row.urls if url.type == kind and url.offered}


def _phone(row: m.Service, kind: str) -> str | None:
    return next((phone.number for phone in row.phones if phone.type == kind and phone.offered), None)


def _words(text: str | None) -> tuple[str, ...]:
    return tuple(filter(None, (text or "").split(",")))


def _data(row: m.Service, compiled: dt.date | None) -> ServiceData:
    links = partial(_links, row)
    place = row.locations[0] if row.locations else None
    return ServiceData(
        id=row.id,
        organization=row.organization_id,
        kind=row.kind,
        name={"nl": row.name_nl, "fr": row.name_fr},
        description={"nl": row.description_nl, "fr": row.description_fr},
        phone=_phone(row, "voice"),
        phone_via=_phone(row, "via"),
        chat_url=links("chat"),
        website=links("website"),
        website_minors=links("website_minors"),
        form_url=links("form"),
        email=links("email"),
        free=row.free,
        anonymous=row.anonymous,
        on_bill=row.on_bill,
        languages=tuple(language.code for language in row.languages if language.offered),
        regions=tuple(area.extent for area in row.areas),
        audiences=_terms(row, "audience"),
        for_minors=row.for_minors,
        minimum_age=row.minimum_age,
        maximum_age=row.maximum_age,
        forms=_terms(row, "form"),
        flags=_terms(row, "flag"),
        confidence=row.confidence,
        verified_on=row.verified_on,
        checked_on=row.verified_on or compiled,
        review_days=row.review_days or 182,
        city=place.city if place else None,
        province=(place.province or _province(place.city)) if place else None,
        accessibility=_words(row.accessibility),
        traces=_words(row.traces),
    )


Doubts = Mapping[str, frozenset[tuple[int, int]]]  # by region and by kind


def _doubtful(row: m.Service, doubts: Doubts) -> frozenset[tuple[int, int]]:
    """Days on which nobody said whether the service answers: those of its regions and of its kind."""
    names = {row.kind, *(area.extent for area in row.areas)}
    return frozenset().union(*(doubts.get(name, frozenset()) for name in names))


def _exceptions(rows: list[m.ScheduleException]) -> tuple[Exceptional, ...]:
    spans: dict[tuple[dt.date, dt.date], list[tuple[int, int]]] = {}
    for row in rows:
        hours = spans.setdefault((row.first, row.last), [])
        if row.opens_at and row.closes_at:
            hours.append((minutes(row.opens_at), minutes(row.closes_at)))
    return tuple(Exceptional(first, last, tuple(hours)) for (first, last), hours in spans.items())


def _schedule(rows: list[m.ScheduleRow], exceptions: list[m.ScheduleException], doubts: Any) -> Schedule:
    if not all(row.offered for row in rows) or rows[0].kind == "unknown":
        return UNKNOWN
    slots = tuple(
        Slot(frozenset(WEEKDAYS[day] for day in row.byday.split(",")), minutes(row.opens_at), minutes(row.closes_at))
        for row in rows
        if row.byday and row.opens_at and row.closes_at
    )
    first = rows[0]
    weekly = first.kind == "weekly"
    return Schedule(
        first.kind, slots, first.holidays, _exceptions(exceptions), doubts if weekly else frozenset(),
        first.valid_from, first.valid_to,
    )  # fmt: skip


def _schedules(row: m.Service, doubts: Doubts) -> dict[str, Schedule]:
    channels: dict[str, list[m.ScheduleRow]] = {}
    for part in row.schedules:
        channels.setdefault(part.channel, []).append(part)
    doubtful = _doubtful(row, doubts)
    return {
        "call" if channel == "phone" else channel: _schedule(
            parts, [item for item in row.exceptions if item.channel == channel], doubtful
        )
        for channel, parts in channels.items()
    }


def _record(row: m.Service, doubts: Doubts, compiled: dt.date | None, lasting: set[str]) -> Record:
    return Record(
        data=_data(row, compiled),
        offered=row.status == "active" and row.confidence != "low",
        spoken=frozenset(language.code for language in row.languages),
        schedules=_schedules(row, doubts),
        local=row.local,
        position=row.position,
        lasting=row.kind in LASTING or row.id in lasting,
    )


def _with_lines(records: dict[str, Record]) -> dict[str, Record]:
    """A service that is reached through another one's number has the hours of that line."""
    lines = {record.data.phone: record.schedules for record in records.values() if record.data.phone}
    complete: dict[str, Record] = {}
    for name, record in records.items():
        via = None if record.data.phone else record.data.phone_via
        hours = {**record.schedules, "call": lines.get(via, {}).get("call", UNKNOWN)} if via else record.schedules
        complete[name] = replace(record, schedules=hours)
    return complete


def _read(session: Session) -> Snapshot:
    parts = (m.Service.phones, m.Service.urls, m.Service.schedules, m.Service.areas)
    parts += (m.Service.languages, m.Service.attributes, m.Service.exceptions, m.Service.locations)  # type: ignore[assignment]
    query = select(m.Service).options(*(selectinload(part) for part in parts)).order_by(m.Service.position)
    rows: list[m.Service] = list(session.execute(query).scalars())
    needs: dict[str, dict[int, list[str]]] = {}
    for item in session.execute(select(m.Precedence).order_by(m.Precedence.id)).scalars():
        needs.setdefault(item.need, {}).setdefault(item.step, []).append(item.service_id)
    kinds = {item.kind: item.position for item in session.execute(select(m.KindOrder)).scalars()}
    doubts: dict[str, set[tuple[int, int]]] = {}
    for day in session.execute(select(m.DoubtfulDay)).scalars():
        doubts.setdefault(day.region or day.kind, set()).add((day.month, day.day))
    compiled = session.execute(select(m.Revision.compiled)).scalar()
    lasting = {name for step in needs.get("never_withheld", {}).values() for name in step}
    frozen = {name: frozenset(days) for name, days in doubts.items()}
    records = _with_lines({row.id: _record(row, frozen, compiled, lasting) for row in rows})
    offered = {record.data.number for record in records.values() if record.offered and record.data.number}
    return Snapshot(
        records=records,
        needs={need: tuple(tuple(steps[step]) for step in sorted(steps)) for need, steps in needs.items()},
        kinds=kinds,
        numbers=tuple(sorted({phone.number for row in rows for phone in row.phones})),
        offered_numbers=tuple(sorted(number for number in offered if number)),
    )


_kept: dict[str, Snapshot] = {}


def snapshot(session: Session) -> Snapshot:
    """The directory as it is in the database of ``session``."""
    revision = session.execute(select(m.Revision.fingerprint)).scalar_one()
    found = _kept.get(revision)
    if found is None:
        found = _read(session)
        _kept.clear()  # one revision is in use at a time
        _kept[revision] = found
    return found
