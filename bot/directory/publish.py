"""The directory as open data: HSDS 3, schema.org, and a page to print or keep, in both languages.

Only what may be offered goes out: no entry of low confidence, no unsure field, no guidance for staff, no secret
address.
"""

from __future__ import annotations

import datetime as dt
import json
import uuid
from collections.abc import Iterable, Mapping
from typing import Any

from jinja2 import Environment, PackageLoader, select_autoescape
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.directory import models as m
from bot.directory.files import DirectoryError
from bot.directory.hours import BRUSSELS, DAYS, MINUTES_A_DAY, Schedule, Slot
from bot.directory.load import open_directory
from bot.directory.places import gazetteer
from bot.directory.snapshot import Record, ServiceData, snapshot

NAMES = {"nl": "Dutch", "fr": "French", "de": "German", "en": "English"}
BYDAY = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
LICENCE = "https://creativecommons.org/licenses/by/4.0/"
Json = dict[str, Any]


def uid(*parts: str) -> str:
    """The same identifier at every export, as HSDS wants it."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, "halte:" + ":".join(parts)))


def offered(session: Session, day: dt.date | None = None) -> list[Record]:
    """What may be shown on ``day``, in the order of the file."""
    moment = day or dt.datetime.now(BRUSSELS).date()
    return [record for record in snapshot(session).records.values() if record.offered_on(moment)]


def clock(minutes: int) -> str:
    """HH:MM; the end of the day is its last minute, because 24:00 is no time of day."""
    return "23:59" if minutes == MINUTES_A_DAY else f"{minutes // 60:02d}:{minutes % 60:02d}"


def rrule(days: Iterable[int]) -> str:
    """RFC 5545: every week on these days."""
    return "RRULE:FREQ=WEEKLY;BYDAY=" + ",".join(BYDAY[day] for day in sorted(days))


def slots_of(schedule: Schedule) -> tuple[Slot, ...]:
    """Its weekly hours; day and night is every day from midnight to midnight."""
    return (Slot(frozenset(range(7)), 0, MINUTES_A_DAY),) if schedule.kind == "always" else schedule.slots


def _schedules(record: Record) -> Iterable[Json]:
    data = record.data
    for channel, schedule in record.schedules.items():
        always = schedule.kind == "always"
        for number, slot in enumerate(slots_of(schedule)):
            yield _filled(
                id=uid("schedule", data.id, channel, str(number)),
                service_id=uid("service", data.id),
                freq="WEEKLY",
                byday=",".join(BYDAY[day] for day in sorted(slot.days)),
                opens_at=clock(slot.opens),
                closes_at=clock(slot.closes),
                valid_from=schedule.valid_from and schedule.valid_from.isoformat(),
                valid_to=schedule.valid_to and schedule.valid_to.isoformat(),
                attending_type="phone" if channel == "call" else channel,
                description=rrule(slot.days),
                notes=f"Europe/Brussels; {'24/7' if always else f'public holidays: {schedule.holidays}'}",
            )
        for number, exception in enumerate(schedule.exceptions):
            for span in exception.hours or ((0, 0),):
                closed = not exception.hours
                yield _filled(
                    id=uid("exception", data.id, channel, str(number), str(span[0])),
                    service_id=uid("service", data.id),
                    dtstart=exception.first.isoformat(),
                    until=exception.last.isoformat(),
                    opens_at=None if closed else clock(span[0]),
                    closes_at=None if closed else clock(span[1]),
                    attending_type="phone" if channel == "call" else channel,
                    notes="closed" if closed else "other hours",
                )


def _filled(**values: Any) -> Json:
    """Without what is not known."""
    return {name: value for name, value in values.items() if value not in (None, [], (), {}, "")}


def _links(data: ServiceData) -> list[tuple[str, str, str]]:
    kinds = (("chat", data.chat_url), ("website", data.website), ("form", data.form_url))
    return [(kind, language, link) for kind, links in kinds for language, link in links.items()]


def _attributes(data: ServiceData) -> list[Json]:
    groups = (("form", data.forms), ("flag", data.flags), ("audience", data.audiences))
    return [
        {
            "id": uid("attribute", data.id, taxonomy, term), "link_id": uid("service", data.id),
            "link_type": taxonomy, "link_entity": "service",
            "taxonomy_term": {
                "id": uid("term", taxonomy, term), "code": term, "name": term,
                "description": f"{taxonomy} of the taxonomy of Halte", "taxonomy": f"halte:{taxonomy}",
            },
        }
        for taxonomy, terms in groups for term in terms
    ]  # fmt: skip


def _hsds_service(record: Record, organizations: Mapping[str, str]) -> Json:
    data = record.data
    me = uid("service", data.id)
    numbers = [("voice", data.number)] if data.number else []
    website = data.website.get("nl") or data.website.get("fr")
    email = data.email.get("nl") or data.email.get("fr")
    location = {
        "id": uid("location", data.id), "location_type": "physical", "name": data.city,
    }  # fmt: skip
    return _filled(
        id=me,
        organization_id=uid("organization", data.organization),
        name=data.name["nl"],
        alternate_name=data.name["fr"],
        description=f"{data.description['nl']}\n\n{data.description['fr']}",
        url=website,
        email=email,
        status="active",
        fees_description="free" if data.free else None,
        minimum_age=data.minimum_age if data.for_minors != "no" else max(18, data.minimum_age or 0),
        maximum_age=data.maximum_age or (17 if data.for_minors == "only" else None),
        eligibility_description=", ".join(data.audiences),
        assured_date=data.verified_on and data.verified_on.isoformat(),
        organization={
            "id": uid("organization", data.organization), "name": organizations[data.organization],
            "description": organizations[data.organization],
        },
        phones=[
            {"id": uid("phone", data.id, number), "service_id": me, "number": number, "type": kind}
            for kind, number in numbers
        ],
        languages=[
            {"id": uid("language", data.id, code), "service_id": me, "code": code, "name": NAMES[code]}
            for code in data.languages
        ],
        schedules=list(_schedules(record)),
        service_areas=[
            {"id": uid("area", data.id, region), "service_id": me, "name": region, "extent_type": "text",
             "extent": "Belgium" if region == "national" else region}
            for region in data.regions
        ],
        service_at_locations=[
            {"id": uid("at", data.id), "service_id": me, "location": location}
        ] if data.city else [],
        cost_options=[
            {"id": uid("cost", data.id), "service_id": me, "amount": 0, "currency": "EUR"}
        ] if data.free else [],
        additional_urls=[
            {"id": uid("url", data.id, kind, language), "label": f"{kind} ({language})", "url": link}
            for kind, language, link in _links(data) if link != website
        ],
        attributes=_attributes(data),
    )  # fmt: skip


def hsds(session: Session, day: dt.date | None = None) -> Json:
    """A page of services in the shape of the HSDS 3 API, with everything on one page."""
    organizations = {row.id: row.name_nl for row in session.execute(select(m.Organization)).scalars()}
    services = [_hsds_service(record, organizations) for record in offered(session, day)]
    return {
        "total_items": len(services), "total_pages": 1, "page_number": 1, "size": len(services),
        "first_page": True, "last_page": True, "empty": not services, "contents": services,
    }  # fmt: skip


def _opening_hours(schedule: Schedule) -> list[Json]:
    return [
        {
            "@type": "OpeningHoursSpecification",
            "dayOfWeek": [f"https://schema.org/{WEEKDAYS[day]}" for day in sorted(slot.days)],
            "opens": clock(slot.opens), "closes": clock(slot.closes),
        }
        for slot in slots_of(schedule)
    ]  # fmt: skip


def _in_languages(texts: Mapping[str, str]) -> list[Json]:
    return [{"@language": code, "@value": text} for code, text in texts.items()]


def _channels(record: Record) -> list[Json]:
    data, channels = record.data, []
    hours = {name: _opening_hours(schedule) for name, schedule in record.schedules.items()}
    if data.number:
        phone = _filled(
            **{"@type": "ContactPoint"}, telephone=data.number, availableLanguage=list(data.languages),
            hoursAvailable=hours.get("call"),
        )  # fmt: skip
        channels.append({"@type": "ServiceChannel", "name": "phone", "servicePhone": phone})
    for kind, language, link in _links(data):
        channels.append(
            {"@type": "ServiceChannel", "name": kind, "serviceUrl": link, "availableLanguage": language}
        )  # fmt: skip
    return channels


def schema_org(session: Session, day: dt.date | None = None) -> Json:
    """JSON-LD of schema.org: a ``Service`` each."""
    organizations = {row.id: row for row in session.execute(select(m.Organization)).scalars()}
    graph = []
    for record in offered(session, day):
        data = record.data
        owner = organizations[data.organization]
        names = {"nl": owner.name_nl, "fr": owner.name_fr}
        area = [
            {"@type": "Country", "name": "Belgium"}
            if region == "national"
            else {"@type": "AdministrativeArea", "name": region}
            for region in data.regions
        ]
        graph.append(_filled(
            **{"@type": "Service", "@id": f"urn:uuid:{uid('service', data.id)}"},
            name=_in_languages(data.name), description=_in_languages(data.description), serviceType=data.kind,
            provider={"@type": "Organization", "name": _in_languages(names)}, areaServed=area,
            audience=[{"@type": "Audience", "audienceType": audience} for audience in data.audiences],
            availableChannel=_channels(record), category=list(data.forms),
            offers={"@type": "Offer", "price": 0, "priceCurrency": "EUR"} if data.free else None,
        ))  # fmt: skip
    return {"@context": "https://schema.org", "@graph": graph}


def _hours_on_page(record: Record) -> list[Json]:
    """Per channel: day and night, unknown, or spans of the week; texts by key."""
    data = record.data
    ways = {"call": data.number, "chat": data.chat_url}
    shown = []
    for channel, way in ways.items():
        schedule = record.schedules.get(channel)
        if not way or schedule is None:
            continue
        spans = [
            {"days": [f"day.{day}" for day in _days(slot)], "from": clock(slot.opens), "to": clock(slot.closes)}
            for slot in schedule.slots
        ]
        shown.append({
            "channel": f"card.channel_{channel}", "kind": schedule.kind, "spans": spans,
            "holidays": f"directory.holidays_{schedule.holidays}",
        })  # fmt: skip
    return shown


def _days(slot: Slot) -> list[str]:
    return [DAYS[day] for day in sorted(slot.days)]


GROUPS = {"emergency": "urgent", "crisis_line": "urgent", "helpline": "talk", "listening_line": "talk"}


def page(session: Session, day: dt.date | None = None) -> str:
    """One page in Dutch and French to print, or to keep on a device that is safe."""
    from bot.content.render import Renderer

    day = day or dt.datetime.now(BRUSSELS).date()
    say = Renderer().text
    groups: dict[str, list[Record]] = {"urgent": [], "talk": [], "other": [], "local": []}
    for record in offered(session, day):
        if record.reachable(None):
            groups["local" if record.local else GROUPS.get(record.data.kind, "other")].append(record)
    environment = Environment(
        loader=PackageLoader("bot.directory"), autoescape=select_autoescape(), trim_blocks=True, lstrip_blocks=True
    )
    provinces = gazetteer().provinces
    return environment.get_template("directory.html").render(
        languages=("nl", "fr"), groups=groups, say=say, hours=_hours_on_page, day=day.strftime("%d/%m/%Y"),
        links=_links, licence=LICENCE, own=lambda name: f"directory.{name}",
        stale=lambda data: data.age(day) != "fresh",
        province=lambda data, language: provinces[data.province].name(language) if data.province else "",
    )  # fmt: skip


def published(kind: str) -> str:
    """The directory of the settings as ``hsds``, ``schemaorg`` or ``html``."""
    with open_directory()() as session:
        if kind == "html":
            return page(session)
        made = {"hsds": hsds, "schemaorg": schema_org}.get(kind)
        if made is None:
            raise DirectoryError(f"unknown format: {kind}")
        return json.dumps(made(session), ensure_ascii=False, indent=1) + "\n"
