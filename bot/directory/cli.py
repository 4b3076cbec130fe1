"""``halte services``: look things up in the directory from a terminal, as text or as JSON."""

from __future__ import annotations

import argparse
import datetime as dt
import json
import sys
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.directory import models as m
from bot.directory.cli_edit import add_parsers as add_editing
from bot.directory.hours import BRUSSELS, local
from bot.directory.load import DirectoryError, open_directory
from bot.directory.places import Area, area_of, places_of
from bot.directory.query import Match, Query, find, known_forms
from bot.directory.request import WAYS
from bot.directory.schema import FLAGS, LEVELS, ROLES
from bot.directory.snapshot import snapshot

NO_DATE = dt.date.min


def _area(value: str) -> Area:
    found = places_of(value)
    area = area_of(found)
    if area is None:
        names = ", ".join(sorted({f"{place.name('nl')} ({place.province or place.region})" for place in found}))
        raise argparse.ArgumentTypeError(f"{value!r} can be {names}" if found else f"unknown place: {value!r}")
    return area


def _age(value: str) -> str:
    if value.isdigit():
        return "minor" if int(value) < 18 else "adult"
    if value not in ("minor", "adult"):
        raise argparse.ArgumentTypeError("minor, adult or a number of years")
    return value


def _moment(value: str) -> dt.datetime:
    try:
        return local(dt.datetime.fromisoformat(value.replace("Z", "+00:00")))
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"not an ISO time: {value!r}") from error


def _print_json(value: Any) -> None:
    print(json.dumps(value, ensure_ascii=False, indent=2))


def _listed(session: Session) -> list[dict[str, Any]]:
    records = snapshot(session).records
    return [
        {**record.data.as_dict(), "offered": record.offered and record.reachable(None)} for record in records.values()
    ]


def list_services(session: Session, as_json: bool) -> int:
    """Every entry, also the ones that are not offered."""
    entries = _listed(session)
    if as_json:
        _print_json({"services": entries})
        return 0
    for entry in entries:
        mark = "+" if entry["offered"] else "-"
        number = entry["phone"] or entry["phone_via"] or ""
        print(f"{mark} {entry['id']:44} {entry['kind']:24} {entry['confidence']:7} {number}")
    return 0


def _line(match: Match) -> str:
    times = {name: state.until or state.next for name, state in match.open.items()}
    states = [
        f"{name} {state.state}" + (f" {times[name]:%a %d/%m %H:%M}" if times[name] else "")
        for name, state in match.open.items()
    ]
    return f"{match.service.id}: {'; '.join(states) or '-'} [{', '.join(match.reasons)}]"


def find_services(session: Session, query: Query, as_json: bool) -> int:
    """Services for a situation, best first, with reasons."""
    unknown = [form for form in query.forms if form not in known_forms(session)]
    if unknown:
        raise DirectoryError(f"unknown form: {', '.join(unknown)}; known: {', '.join(known_forms(session))}")
    matches = find(session, query)
    if as_json:
        ids = [match.service.id for match in matches]
        _print_json({"ids": ids, "services": [match.as_dict() for match in matches]})
        return 0
    for match in matches:
        print(_line(match))
    return 0


def due_services(session: Session, as_json: bool, today: dt.date | None = None) -> int:
    """What a person should check first: never or longest ago verified, lowest confidence first; ! is late."""
    rows = list(session.execute(select(m.Service)).scalars())
    rows.sort(key=lambda row: (row.verified_on or NO_DATE, -LEVELS.index(row.confidence), row.position))
    records, today = snapshot(session).records, today or dt.datetime.now(BRUSSELS).date()
    entries = []
    for row in rows:
        data = records[row.id].data
        due = data.checked_on + dt.timedelta(days=data.review_days) if data.checked_on else today
        entries.append({
            "id": row.id, "confidence": row.confidence, "due_on": due.isoformat(), "state": data.age(today),
            "verified_on": row.verified_on.isoformat() if row.verified_on else None, "verified_by": row.verified_by,
            "conflicts": row.conflicts,
        })  # fmt: skip
    if as_json:
        _print_json({"services": entries})
        return 0
    for entry in entries:
        late = "!" if entry["state"] != "fresh" else ""
        print(
            f"{entry['verified_on'] or '-':10} {entry['confidence']:7} {entry['id']}  {late}{entry['conflicts'] or ''}"
        )
    return 0


def query_of(arguments: argparse.Namespace) -> Query:
    """What the arguments of ``find`` ask."""
    return Query(
        forms=tuple(arguments.form),
        flags=tuple(arguments.flag),
        role=arguments.role,
        age=arguments.age,
        language=arguments.lang,
        region=arguments.place and arguments.place.region,
        province=arguments.place and arguments.place.province,
        channel=arguments.channel,
        anonymous=arguments.anonymous,
        free=arguments.free,
        open_now=arguments.open,
        at=arguments.at,
    )


def run(arguments: argparse.Namespace) -> int:
    """Carry out a parsed ``services`` command; the result is the exit code."""
    try:
        with open_directory()() as session:
            if arguments.services_command == "find":
                return find_services(session, query_of(arguments), arguments.json)
            if arguments.services_command == "due":
                return due_services(session, arguments.json)
            return list_services(session, arguments.json)
    except DirectoryError as error:
        print(f"services: {error}", file=sys.stderr)
        return 2


def add_parser(subparsers: Any) -> None:
    """Add ``services list|find|due`` to the command line; ``arguments.run(arguments)`` carries it out."""
    services = subparsers.add_parser("services", help="the service directory")
    commands = services.add_subparsers(dest="services_command", required=True)
    for name, text in (("list", "all entries"), ("due", "entries to verify, most urgent first")):
        command = commands.add_parser(name, help=text)
        command.add_argument("--json", action="store_true")
        command.set_defaults(run=run)
    add_editing(commands)
    finder = commands.add_parser("find", help="services for a situation, best first")
    finder.add_argument("--form", action="append", default=[], metavar="FORM", help="repeatable")
    finder.add_argument("--flag", action="append", default=[], choices=FLAGS, help="repeatable")
    finder.add_argument("--role", choices=ROLES)
    finder.add_argument("--age", type=_age, metavar="minor|adult|YEARS")
    finder.add_argument("--lang", choices=("nl", "fr"))
    finder.add_argument("--place", type=_area, help="municipality, village, postcode, province or region")
    finder.add_argument("--channel", choices=WAYS)
    finder.add_argument("--open", action="store_true", help="only what is surely open")
    finder.add_argument("--free", action="store_true", help="only what is stated to be free")
    finder.add_argument("--anonymous", action="store_true", help="only where one can stay anonymous")
    finder.add_argument("--at", type=_moment, metavar="TIME", help="ISO time, Brussels unless it has an offset")
    finder.add_argument("--json", action="store_true")
    finder.set_defaults(run=run)
