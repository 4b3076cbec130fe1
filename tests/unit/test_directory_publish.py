"""What goes out: HSDS, schema.org and the page. Complete, valid, and without anything that may not be shown."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from dateutil.rrule import rrulestr
from jsonschema import Draft7Validator
from sqlalchemy.orm import Session

from bot.directory.hours import BRUSSELS, opening
from bot.directory.load import open_directory
from bot.directory.publish import hsds, offered, page, schema_org, uid
from bot.directory.query import numbers
from bot.directory.schema import CONFIDENTIAL
from bot.directory.snapshot import snapshot

DAY = dt.date(2026, 11, 24)
WITHHELD = ("Garance", "Respect Seniors")


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Session]:
    with open_directory(f"sqlite:///{tmp_path_factory.mktemp('publish') / 'd.sqlite'}")() as opened:
        yield opened


@pytest.fixture(scope="module")
def services(session: Session) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = hsds(session, DAY)["contents"]
    return found


def test_hsds_is_valid(session: Session) -> None:
    schema = json.loads(Path(__file__).with_name("hsds_fields.json").read_text(encoding="utf-8"))
    Draft7Validator.check_schema(schema)
    errors = [
        f"{list(error.path)}: {error.message}" for error in Draft7Validator(schema).iter_errors(hsds(session, DAY))
    ]
    assert errors == []


def test_hsds_ids_are_unique_and_lasting(services: list[dict[str, Any]]) -> None:
    found = [service["id"] for service in services]
    found += [part["id"] for service in services for part in service.get("schedules", []) + service.get("phones", [])]
    assert len(found) == len(set(found))


def test_only_what_is_offered_goes_out(session: Session, services: list[dict[str, Any]]) -> None:
    records = offered(session, DAY)
    assert len(services) == len(records) < len(snapshot(session).records)
    text = json.dumps(services) + json.dumps(schema_org(session, DAY)) + page(session, DAY)
    for hidden in set(numbers(session)) - set(numbers(session, offered_only=True)):
        assert hidden not in text, hidden
    assert not any(name in text for name in WITHHELD)
    assert "conflicts" not in text and "older own page" not in text


def test_no_place_of_a_refuge_goes_out(session: Session, services: list[dict[str, Any]]) -> None:
    secret = {uid("service", record.data.id) for record in offered(session, DAY) if record.data.kind in CONFIDENTIAL}
    assert secret
    for service in services:
        assert service["id"] not in secret or "service_at_locations" not in service


def test_rrules_say_when_it_is_open(session: Session, services: list[dict[str, Any]]) -> None:
    """Each rule, expanded by another library, gives moments at which our own clock says open."""
    first = dt.datetime(2027, 1, 4)
    records = {uid("service", record.data.id): record for record in offered(session, DAY)}
    checked = 0
    for service in services:
        for part in service.get("schedules", []):
            if "freq" not in part:
                continue
            channel = {"phone": "call"}.get(part["attending_type"], part["attending_type"])
            schedule = records[service["id"]].schedules[channel]
            hour, minute = map(int, part["opens_at"].split(":"))
            start = first.replace(hour=hour, minute=minute)
            days = rrulestr(part["description"], dtstart=start).between(start, start + dt.timedelta(weeks=4), inc=True)
            assert {day.strftime("%a").upper()[:2] for day in days} == set(part["byday"].split(","))
            assert all(opening(schedule, day.replace(tzinfo=BRUSSELS)).is_open for day in days)
            checked += 1
    assert checked > 60


def test_schema_org(session: Session) -> None:
    data = schema_org(session, DAY)
    assert data["@context"] == "https://schema.org" and len(data["@graph"]) == len(offered(session, DAY))
    known = {
        "Service": {"name", "description", "serviceType", "provider", "areaServed", "audience", "availableChannel",
                    "category", "offers"},
        "ServiceChannel": {"name", "servicePhone", "serviceUrl", "availableLanguage"},
        "ContactPoint": {"telephone", "availableLanguage", "hoursAvailable"},
        "OpeningHoursSpecification": {"dayOfWeek", "opens", "closes"},
        "Organization": {"name"}, "Country": {"name"}, "AdministrativeArea": {"name"},
        "Audience": {"audienceType"}, "Offer": {"price", "priceCurrency"},
    }  # fmt: skip

    def walk(value: Any) -> None:
        if isinstance(value, list):
            for item in value:
                walk(item)
        elif isinstance(value, dict) and "@type" in value:
            names = {name for name in value if not name.startswith("@")}
            assert names <= known[value["@type"]], (value["@type"], names)
            for item in value.values():
                walk(item)

    walk(data["@graph"])


class Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, Any]]] = []
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attributes: Any) -> None:
        self.tags.append((tag, dict(attributes)))
        if tag not in ("meta", "link", "br", "img"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open[-1:] != ["style"]:
            self.words.append(data)


def test_the_page(session: Session) -> None:
    text = page(session, DAY)
    read = Page()
    read.feed(text)
    assert read.open == [], "every tag is closed"
    names = [tag for tag, _ in read.tags]
    assert "script" not in names and "img" not in names and "link" not in names and "iframe" not in names
    assert not re.search(r"\son\w+=|javascript:|@import|url\(", text), "nothing is loaded or run"
    sections = [attributes["lang"] for tag, attributes in read.tags if tag == "section"]
    assert sections == ["nl", "fr"]
    reachable = [record for record in offered(session, DAY) if record.reachable(None)]
    assert names.count("article") == 2 * len(reachable)
    for number in ("112", "1712", "0800 30 030", "116 000"):
        assert text.count(f">{number}</a>") >= 2
    words = " ".join("".join(read.words).split())
    assert "Altijd open, dag en nacht." in words and "Toujours ouvert, jour et nuit." in words
    assert "Gegevens van 20/11/2026." in words and "maandag, dinsdag, woensdag, donderdag, vrijdag 09:00–18:00" in words
    assert "{" not in words


def test_the_page_withholds_what_is_too_old(session: Session) -> None:
    late = page(session, dt.date(2028, 6, 1))
    assert "1712" in late and "Laatst nagekeken op 20/11/2026" in late
    assert late.count("<article>") < page(session, DAY).count("<article>") / 2
