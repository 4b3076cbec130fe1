"""From ``data/directory/*.yml`` to the database: validated first, then replaced in one transaction, or not at all."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.engine import Engine
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session, sessionmaker

from bot.directory import models as m
from bot.directory.database import engine, migrate
from bot.directory.files import DirectoryError, Files, Loader, fingerprint, folder, read_all
from bot.directory.schema import Entry, ExceptionsFile, Link, Localised

__all__ = ["DirectoryError", "Loader", "engine", "folder", "load", "open_directory", "read_all"]

BYDAY = {"mon": "MO", "tue": "TU", "wed": "WE", "thu": "TH", "fri": "FR", "sat": "SA", "sun": "SU"}
PLAIN = (  # fields that have the same name and meaning in file and table
    *("id", "kind", "status", "minimum_age", "maximum_age", "local", "confidence", "verified_on", "verified_by"),
    *("phone_note", "access_note", "hours_note", "safety_note", "conflicts", "supersedes"),
)


def _links(kind: str, link: Link | None, offered: bool) -> Iterator[m.Url]:
    by_language = link.dict() if isinstance(link, Localised) else {"nl": link, "fr": link}
    for language, address in by_language.items():
        if address:
            yield m.Url(type=kind, language=language, address=address, offered=offered)


def _contact(entry: Entry) -> dict[str, Any]:
    low = {name for name, level in entry.field_confidence.items() if level == "low"}
    sure = "contact" not in low
    contact = entry.contact
    phones = [("voice", contact.phone, "contact.phone", entry.phone_note), ("via", contact.phone_via, "", None)]
    rows = [
        m.Phone(number=number, type=kind, description=note, offered=sure and field not in low)
        for kind, number, field, note in phones
        if number
    ]
    rows += [m.Phone(number=p.number, type="other", description=p.note, offered=False) for p in contact.other_phones]
    urls: list[m.Url] = []
    for kind, link in (
        ("chat", contact.chat_url),
        ("website", contact.website),
        ("website_minors", contact.website_minors),
        ("form", contact.form_url),
    ):
        urls += _links(kind, link, sure)
    urls += _links("email", contact.email, sure and "contact.email" not in low)
    return {"phones": rows, "urls": urls}


def _schedules(entry: Entry) -> Iterator[m.ScheduleRow]:
    for channel, hours in entry.schedules.items():
        low = "low" in (entry.field_confidence.get("hours"), entry.field_confidence.get(f"hours.{channel}"))
        common = {
            "channel": channel,
            "kind": hours.kind,
            "holidays": hours.holidays,
            "notes": hours.note,
            "offered": not low,
            "valid_from": hours.valid_from,
            "valid_to": hours.valid_to,
        }
        if not hours.weekly:
            yield m.ScheduleRow(**common)
        for slot in hours.weekly:
            byday = ",".join(BYDAY[day] for day in slot.days)
            yield m.ScheduleRow(freq="WEEKLY", byday=byday, opens_at=slot.opens, closes_at=slot.closes, **common)


def _location(entry: Entry) -> list[m.Location]:
    place = entry.place.dict() if entry.place else {}
    if not (place or entry.contact.address):
        return []
    return [m.Location(service_kind=entry.kind, address=entry.contact.address, **place)]


def _terms(entry: Entry) -> list[str]:
    groups = (("form", entry.forms), ("flag", entry.flags), ("audience", entry.audiences))
    return [f"{taxonomy}:{term}" for taxonomy, terms in groups for term in terms]


def _service(entry: Entry, position: int) -> m.Service:
    sure_languages = entry.field_confidence.get("languages") != "low"
    service: m.Service = m.Service(
        **{name: getattr(entry, name) for name in PLAIN},
        **{f"name_{code}": getattr(entry.name, code) for code in ("nl", "fr", "de")},
        **{f"description_{code}": getattr(entry.description, code) for code in ("nl", "fr", "de")},
        **entry.cost.dict(),
        **_contact(entry),
        organization_id=entry.organization,
        position=position,
        for_minors="only" if entry.for_minors == "only" else "yes" if entry.for_minors else "no",
        schedules=list(_schedules(entry)),
        areas=[m.ServiceArea(extent=region) for region in entry.regions],
        languages=[m.Language(code=code, offered=sure_languages) for code in entry.languages],
        attributes=[m.Attribute(taxonomy_term_id=term) for term in _terms(entry)],
        sources=[m.Source(**source.dict()) for source in entry.sources],
        locations=_location(entry),
        accessibility=",".join(entry.accessibility),
        traces=",".join(entry.traces),
    )
    return service


def _exceptions(file: ExceptionsFile) -> Iterator[m.ScheduleException | m.DoubtfulDay]:
    for item in file.services:
        common = {name: getattr(item, name) for name in ("channel", "first", "last", "source")}
        spans = [{"opens_at": span.opens, "closes_at": span.closes} for span in item.hours]
        for hours in spans or [{}]:
            yield m.ScheduleException(service_id=item.service, **common, **hours)
    for doubt in file.doubtful:
        month, _, day = doubt.day.partition("-")
        groups = [{"region": region} for region in doubt.regions] + [{"kind": kind} for kind in doubt.kinds]
        for group in groups:
            yield m.DoubtfulDay(month=int(month), day=int(day), **group)


def _compiled(files: Files) -> dt.date | None:
    try:
        return dt.date.fromisoformat(str(files.services.meta.get("compiled")))
    except ValueError:
        return None


def _replace(session: Session, files: Files, revision: str) -> None:
    for table in reversed(m.Base.metadata.sorted_tables):
        session.execute(table.delete())
    entries = {entry.id: entry for entry in files.services.services}
    for name in sorted({entry.organization for entry in entries.values()}):
        leader = entries[name]
        session.add(m.Organization(id=name, name_nl=leader.name.nl, name_fr=leader.name.fr))
    terms: set[str] = {term for entry in entries.values() for term in _terms(entry)}
    for term in sorted(terms):
        taxonomy, _, word = term.partition(":")
        session.add(m.TaxonomyTerm(id=term, taxonomy=taxonomy, term=word))
    session.flush()
    review = files.order.review
    for position, entry in enumerate(entries.values()):
        row = _service(entry, position)
        row.review_days = entry.review_days or review.kinds.get(entry.kind, review.days)
        session.add(row)
    session.flush()
    for need, steps in files.order.needs.items():
        for step, names in enumerate(steps):
            session.add_all([m.Precedence(need=need, step=step, service_id=name) for name in names])
    session.add_all([m.KindOrder(position=position, kind=kind) for position, kind in enumerate(files.order.kinds)])
    session.add_all(list(_exceptions(files.exceptions)))
    session.add(m.Revision(fingerprint=revision, compiled=_compiled(files)))
    session.flush()


def fill(database: Engine, files: Files, revision: str, then: Callable[[], None] = lambda: None) -> bool:
    """Put ``files`` into ``database`` and call ``then``, all or nothing; ``False`` when it was up to date already."""
    try:
        with Session(database, future=True) as session, session.begin():
            migrate(session.connection())
            if session.execute(select(m.Revision.fingerprint)).scalar() == revision:
                return False
            _replace(session, files, revision)
            then()
    except OperationalError as error:
        locked = "locked" in str(error.orig)
        reason = "another program holds it (locked); nothing was changed, try again" if locked else error.orig
        raise DirectoryError(f"database: {reason}") from error
    return True


def load(database: Engine, source: Path | None = None) -> bool:
    """Fill ``database`` from the files of ``source``; ``False`` when it was up to date already."""
    source = source or folder()
    revision = fingerprint(source)
    return fill(database, read_all(source), revision)


def open_directory(url: str | None = None, source: Path | None = None) -> sessionmaker[Session]:
    """Sessions on a directory that is loaded and up to date: ``with open_directory()() as session: …``."""
    database = engine(url)
    load(database, source)
    return sessionmaker(database, future=True)
