"""From ``data/directory/*.yml`` to the database: validated first, then replaced in one transaction, or not at all."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError
from sqlalchemy import create_engine, event, select
from sqlalchemy.engine import Engine, make_url
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session, sessionmaker

from bot.directory import models as m
from bot.directory.schema import Entry, Link, Localised, OrderFile, ServicesFile
from bot.settings import settings

FORMAT = "1"  # changes when the tables change, so that an old database is filled again
FILES = ("services.yml", "order.yml")
BYDAY = {"mon": "MO", "tue": "TU", "wed": "WE", "thu": "TH", "fri": "FR", "sat": "SA", "sun": "SU"}
PRAGMAS = ("journal_mode=WAL", "synchronous=NORMAL", "busy_timeout=2000", "foreign_keys=ON", "trusted_schema=OFF")
PLAIN = (  # fields that have the same name and meaning in file and table
    *("id", "kind", "status", "minimum_age", "maximum_age", "local", "confidence", "verified_on"),
    *("phone_note", "access_note", "hours_note", "safety_note", "conflicts"),
)
Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
Model = TypeVar("Model", bound=BaseModel)


class DirectoryError(ValueError):
    """The directory cannot be loaded; the message names file and place. Nothing was changed."""


def folder() -> Path:
    """Where the directory's files are."""
    return settings().data_dir / "directory"


def _place(loaded: Any, location: tuple[Any, ...]) -> str:
    """``services.12.phone`` as ``sos_viol.phone``: an editor knows ids, not positions."""
    if len(location) > 1 and location[0] == "services" and isinstance(location[1], int):
        entry = loaded["services"][location[1]]
        name = entry.get("id", location[1]) if isinstance(entry, dict) else location[1]
        location = (name, *location[2:])
    return ".".join(str(part) for part in location if part != "__root__") or "file"


def read(path: Path, model: type[Model]) -> Model:
    """One file of the directory; :class:`DirectoryError` says what is wrong and where."""
    loaded: Any = None
    try:
        loaded = yaml.load(path.read_text(encoding="utf-8"), Loader=Loader)
        return model.parse_obj(loaded)
    except ValidationError as error:
        found = [f"{_place(loaded, problem['loc'])}: {problem['msg']}" for problem in error.errors()]
        raise DirectoryError(f"{path.name}: " + "; ".join(found)) from error
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise DirectoryError(f"{path.name}: {error}") from error


def read_all(source: Path) -> tuple[ServicesFile, OrderFile]:
    """Both files, checked against each other."""
    services, order = read(source / "services.yml", ServicesFile), read(source / "order.yml", OrderFile)
    ids = {entry.id for entry in services.services}
    unknown = {name for steps in order.needs.values() for step in steps for name in step} - ids
    if unknown:
        raise DirectoryError(f"order.yml: unknown services: {', '.join(sorted(unknown))}")
    forms = {need.split(":")[1] for need in order.needs if need.startswith("form:")}
    strange = {f"{entry.id}: {form}" for entry in services.services for form in entry.forms if form not in forms}
    if strange:
        raise DirectoryError(f"services.yml: forms without a need in order.yml: {', '.join(sorted(strange))}")
    kinds = {entry.kind for entry in services.services} - set(order.kinds)
    if kinds:
        raise DirectoryError(f"order.yml: kinds without a place: {', '.join(sorted(kinds))}")
    return services, order


def fingerprint(source: Path) -> str:
    """Changes as soon as one byte of the files changes."""
    digest = hashlib.sha256(FORMAT.encode())
    for name in FILES:
        try:
            digest.update((source / name).read_bytes())
        except OSError as error:
            raise DirectoryError(f"{name}: {error}") from error
    return digest.hexdigest()


def _private_file(path: Path) -> None:
    """Make the database file readable by its owner only, before anything is in it."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    path.chmod(0o600)


def _set_pragmas(connection: Any, _record: Any) -> None:
    for pragma in PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")


def engine(url: str | None = None) -> Engine:
    """The database at ``url``, or the one of the settings."""
    address = make_url(url or settings().database_url)
    if address.get_backend_name() != "sqlite":
        return create_engine(address, future=True, pool_pre_ping=True)
    if address.database and address.database != ":memory:":
        _private_file(Path(address.database))
    made: Engine = create_engine(address, future=True)
    event.listen(made, "connect", _set_pragmas)
    return made


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
    )
    return service


def _replace(session: Session, services: ServicesFile, order: OrderFile, revision: str) -> None:
    for table in reversed(m.Base.metadata.sorted_tables):
        session.execute(table.delete())
    entries = {entry.id: entry for entry in services.services}
    for name in sorted({entry.organization for entry in entries.values()}):
        leader = entries[name]
        session.add(m.Organization(id=name, name_nl=leader.name.nl, name_fr=leader.name.fr))
    terms: set[str] = {term for entry in entries.values() for term in _terms(entry)}
    for term in sorted(terms):
        taxonomy, _, word = term.partition(":")
        session.add(m.TaxonomyTerm(id=term, taxonomy=taxonomy, term=word))
    session.flush()
    session.add_all([_service(entry, position) for position, entry in enumerate(services.services)])
    session.flush()
    for need, steps in order.needs.items():
        for step, names in enumerate(steps):
            session.add_all([m.Precedence(need=need, step=step, service_id=name) for name in names])
    session.add_all([m.KindOrder(position=position, kind=kind) for position, kind in enumerate(order.kinds)])
    session.add(m.Revision(fingerprint=revision))


def load(database: Engine, source: Path | None = None) -> bool:
    """Fill ``database`` from the files of ``source``; ``False`` when it was up to date already."""
    source = source or folder()
    revision = fingerprint(source)
    services, order = read_all(source)
    try:
        m.Base.metadata.create_all(database)
        with Session(database, future=True) as session, session.begin():
            if session.execute(select(m.Revision.fingerprint)).scalar() == revision:
                return False
            _replace(session, services, order, revision)
    except OperationalError as error:
        raise DirectoryError(f"database: {error.orig}") from error
    return True


def open_directory(url: str | None = None, source: Path | None = None) -> sessionmaker[Session]:
    """Sessions on a directory that is loaded and up to date: ``with open_directory()() as session: …``."""
    database = engine(url)
    load(database, source)
    return sessionmaker(database, future=True)
